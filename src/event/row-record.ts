/** A row as a LogRecord: nothing is cut into a string before somebody reads it. */
import { decode } from './decode.ts';
import type { Verdict } from './delivery-event.ts';
import type { LogRecord, RecordKind } from './log-record.ts';
import { COLUMN, KIND, KIND_NAMES, LogRows, OUTCOMES, ROW_DOUBLES, type RowScope } from './log-rows.ts';
import type { Names } from './names.ts';
import type { Relay } from './relay.ts';
import type { StampKind } from './stamp-kind.ts';
import type { EventName } from './vocabulary.ts';

const SLASH = 0x2f;

/** What a record is read from. */
export interface RowSource {
  readonly bytes: Buffer;
  readonly rows: LogRows;
  readonly scope: RowScope;
  /** See LogRowBatchParts. */
  readonly format: string;
  /** Finds the server's own words in a response, for those who ask for `reply_text`. */
  readonly replyText: (response: string) => string | undefined;
}

/**
 * The record of one row that lies anywhere in a memory, its text with it.
 * @param address where the row lies, a multiple of 8
 */
export function recordAt(
  bytes: Buffer,
  address: number,
  format: string,
  scope: RowScope,
  replyText: (response: string) => string | undefined = () => undefined,
): LogRecord {
  const rows = new LogRows(1, bytes.buffer, address);
  return new RowRecord({ bytes, rows, scope, format, replyText }).moveTo(0);
}

/** A row, read as a record: every getter cuts its field from the block when it is asked for. */
export class RowRecord implements LogRecord {
  private readonly batch: RowSource;
  private readonly names: Names;
  private readonly numbers: Int32Array;
  private readonly doubles: Float64Array;
  private at = 0;
  private doublesAt = 0;
  borrowed = false;
  private line = '';
  private lineAt = -1;

  constructor(batch: RowSource) {
    this.batch = batch;
    this.names = batch.scope.names;
    this.numbers = batch.rows.numbers;
    this.doubles = batch.rows.doubles;
  }

  moveTo(index: number): this {
    this.at = index * COLUMN.WIDTH;
    this.doublesAt = index * ROW_DOUBLES;
    return this;
  }

  private number(column: number): number {
    return this.numbers[this.at + column]!;
  }

  private text(column: number): string | undefined {
    const end = this.number(column + 1);
    if (end === 0) return undefined;
    const start = this.number(column);
    if (this.borrowed && this.plain) {
      const lineStart = this.number(COLUMN.lineStart);
      if (this.lineAt !== this.at) {
        this.lineAt = this.at;
        this.line = this.batch.bytes.toString('latin1', lineStart, this.number(COLUMN.lineEnd));
      }
      return this.line.slice(start - lineStart, end - lineStart);
    }
    return this.plain ? this.batch.bytes.toString('latin1', start, end) : decode(this.batch.bytes, start, end);
  }

  /** The line's fields can stand in JSON as they are. */
  get plain(): boolean {
    return this.number(COLUMN.plain) === 1;
  }

  get kind(): RecordKind {
    return KIND_NAMES[this.number(COLUMN.kind)]!;
  }
  get event(): EventName {
    return OUTCOMES[this.number(COLUMN.event)]!;
  }
  get verdict(): Verdict {
    return this.batch.scope.verdicts[this.number(COLUMN.verdict) - 1]!;
  }
  get stampKind(): StampKind {
    return this.number(COLUMN.stampKind) as StampKind;
  }
  get stamp(): number {
    return this.doubles[this.doublesAt + COLUMN.stamp / 2]!;
  }
  get offset(): number {
    return this.number(COLUMN.offset);
  }
  get queueKey(): number {
    return this.doubles[this.doublesAt + COLUMN.queueKey / 2]!;
  }
  get messageKey(): number {
    return 0;
  }
  get recipientKey(): number {
    return this.doubles[this.doublesAt + COLUMN.recipientKey / 2]!;
  }
  get queuedAsKey(): number {
    return this.doubles[this.doublesAt + COLUMN.queuedAsKey / 2]!;
  }
  get scope(): object {
    return this.batch.scope;
  }
  get hostNumber(): number {
    return this.number(COLUMN.host);
  }
  get domainNumber(): number {
    return this.number(COLUMN.domain);
  }
  get relayNumber(): number {
    return this.number(COLUMN.relay);
  }
  get verdictNumber(): number {
    return this.number(COLUMN.verdict);
  }
  get rowAddress(): number {
    return this.batch.rows.address + this.at * Int32Array.BYTES_PER_ELEMENT;
  }
  get delayMs(): number {
    return this.number(COLUMN.delayMs);
  }
  get delayText(): string | undefined {
    return this.text(COLUMN.delay);
  }
  get delaysText(): string | undefined {
    return this.text(COLUMN.delays);
  }
  get headLength(): number {
    return this.number(COLUMN.head + 1) - this.number(COLUMN.head);
  }
  get headAt(): number {
    return this.number(COLUMN.head);
  }
  get eventKey(): number {
    return 0;
  }
  get format(): string {
    return this.batch.format;
  }
  get host(): string | undefined {
    const number = this.number(COLUMN.host);
    return number > 0 ? this.names.text(number) : number === 0 ? undefined : this.text(COLUMN.hostStart);
  }
  get program(): string | undefined {
    const number = this.number(COLUMN.program);
    return number > 0 ? this.names.text(number) : number === 0 ? undefined : this.text(COLUMN.programStart);
  }
  get queue_id(): string | undefined {
    return this.text(COLUMN.queueId);
  }
  get status(): string | undefined {
    return this.text(COLUMN.status);
  }
  get recipient(): string | undefined {
    // `to=<>` is a recipient, an empty one: its start and end are equal, and not 0.
    return this.text(COLUMN.recipient);
  }
  get original_recipient(): string | undefined {
    return this.text(COLUMN.originalRecipient);
  }
  get domain(): string | undefined {
    const number = this.number(COLUMN.domain);
    if (number > 0) return this.names.domain(number);
    if (number === 0) return undefined;
    const recipient = this.recipient!;
    return this.names.domainNamed(recipient.slice(recipient.lastIndexOf('@') + 1));
  }
  get relayEntry(): Relay | undefined {
    const number = this.number(COLUMN.relay);
    const unreached = this.number(COLUMN.unreached) === 1;
    if (number > 0) return this.names.relay(number, unreached);
    return number === 0 ? undefined : this.names.relayNamed(this.text(COLUMN.relayStart)!, unreached);
  }
  get nearby(): boolean {
    return this.relayEntry?.nearby === true;
  }
  get relay(): string | undefined {
    return this.relayEntry?.text;
  }
  get relay_host(): string | undefined {
    return this.relayEntry?.host;
  }
  get relay_ip(): string | undefined {
    return this.relayEntry?.ip;
  }
  get relay_port(): number | undefined {
    return this.relayEntry?.port;
  }
  get provider(): string | undefined {
    return this.relayEntry?.provider;
  }
  get delay(): number | undefined {
    const end = this.number(COLUMN.delay + 1);
    return end === 0 ? undefined : decimal(this.batch.bytes, this.number(COLUMN.delay), end);
  }
  get delays(): readonly number[] | undefined {
    const end = this.number(COLUMN.delays + 1);
    if (end === 0) return undefined;
    const { bytes } = this.batch;
    const delays: number[] = [];
    for (let from = this.number(COLUMN.delays), at = from; at <= end; at++) {
      if (at < end && bytes[at] !== SLASH) continue;
      delays.push(decimal(bytes, from, at));
      from = at + 1;
    }
    return delays;
  }
  get tls(): string | undefined {
    return this.text(COLUMN.tls);
  }
  get connection_use(): number | undefined {
    return this.number(COLUMN.connectionUse) || undefined;
  }
  get dsn(): string | undefined {
    return this.text(COLUMN.dsn);
  }
  get response(): string | undefined {
    return this.text(COLUMN.response);
  }
  get reply_text(): string | undefined {
    const response = this.response;
    return response === undefined ? undefined : this.batch.replyText(response);
  }
  get stage(): string | undefined {
    return this.number(COLUMN.kind) === KIND.rejected ? this.text(COLUMN.stage) : undefined;
  }
  get sender(): string | undefined {
    return this.text(COLUMN.sender);
  }
  get message_id(): string | undefined {
    return this.text(COLUMN.messageId);
  }
  get size(): number | undefined {
    return this.number(COLUMN.kind) === KIND.opened ? this.number(COLUMN.size) : undefined;
  }
  get unsubscribe_group(): undefined {
    return undefined;
  }
}

/** A decimal number without sign or exponent, as delays are logged; NaN where it is none. The same as Number() of the text. */
function decimal(bytes: Buffer, start: number, end: number): number {
  if (end - start > 15) return Number(decode(bytes, start, end)); // more digits than are exact
  let digits = 0;
  let scale = 1;
  let point = false;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === 0x2e && !point) point = true;
    else if (byte >= 0x30 && byte <= 0x39) {
      digits = digits * 10 + (byte - 0x30);
      if (point) scale *= 10;
    } else return Number(decode(bytes, start, end));
  }
  return digits / scale;
}
