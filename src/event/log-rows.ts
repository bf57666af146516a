/**
 * The compact batch: what a block of a maillog says, as rows of numbers. Parsing writes where each field stands in the block
 * (nothing is cut into a string before somebody reads it), enrichment adds the number of a verdict, correlate reads the rows as
 * LogRecords. Rows lie in memory that threads share: a batch made in a worker thread crosses to the main thread as one small
 * message, beside the verdicts that thread has newly made.
 */
import type { Accounting, MalformedSample } from './accounting.ts';
import { decode } from './decode.ts';
import type { Verdict } from './delivery-event.ts';
import type { HeaderSample, InputInfo, LogRecord, RecordBatch, RecordKind, SeenQueueId } from './log-record.ts';
import type { Names } from './names.ts';
import type { Relay } from './relay.ts';
import * as COLUMN from './row-layout.ts';
import type { StampKind } from './stamp-kind.ts';
import type { EventName } from './vocabulary.ts';

export * as COLUMN from './row-layout.ts';

/** 32-bit columns of a row. */
export const ROW_COLUMNS = COLUMN.WIDTH;
const DOUBLES = COLUMN.WIDTH / 2;

/** Values of the kind column. */
export const KIND = {
  outcome: 1,
  expired: 2,
  removed: 3,
  opened: 4,
  message_id: 5,
  warning: 6,
  received: 7,
  rejected: 8,
} as const satisfies Record<RecordKind, number>;
const KIND_NAMES: readonly RecordKind[] = [
  'outcome',
  'outcome',
  'expired',
  'removed',
  'opened',
  'message_id',
  'warning',
  'received',
  'rejected',
];

/** Values of the event column for outcomes. */
export const OUTCOMES = [
  'delivered',
  'deferred',
  'bounced',
  'probe',
  'discarded',
  'rejected',
  'warning',
  'reject_warning',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

const SLASH = 0x2f;

/** A line that gives a row has more bytes than that: the shortest header is `<1>1 - a /`, the shortest message `fatal: `. */
const SHORTEST_LINE = 16;

/** The rows of one block, in memory that is used again for the next. */
export class LogRows {
  readonly numbers: Int32Array;
  readonly doubles: Float64Array;
  /** Where they lie in their memory. */
  readonly address: number;
  length = 0;

  /** @param capacity how many rows there is room for: see `capacityFor` */
  constructor(capacity: number, buffer: ArrayBufferLike, address: number) {
    this.address = address;
    this.numbers = new Int32Array(buffer, address, capacity * COLUMN.WIDTH);
    this.doubles = new Float64Array(buffer, address, capacity * DOUBLES);
  }

  /** The most rows that a block of so many bytes can give. */
  static capacityFor(blockBytes: number): number {
    return Math.ceil(blockBytes / SHORTEST_LINE) + 1;
  }

  static bytesFor(capacity: number): number {
    return capacity * COLUMN.WIDTH * 4;
  }

  /** Takes over the rows of another memory. */
  copyFrom(other: LogRows): void {
    this.numbers.set(other.numbers.subarray(0, other.length * COLUMN.WIDTH));
    this.length = other.length;
  }

  /** Drops the rows for which `keep` says no, by number; the others move up. */
  keepWhere(keep: (row: number) => boolean): void {
    let kept = 0;
    for (let row = 0; row < this.length; row++) {
      if (!keep(row)) continue;
      if (kept !== row) {
        this.numbers.copyWithin(kept * COLUMN.WIDTH, row * COLUMN.WIDTH, (row + 1) * COLUMN.WIDTH);
      }
      kept++;
    }
    this.length = kept;
  }
}

/** What the numbers of rows stand for: the same for all batches of one reader. */
export interface RowScope {
  readonly names: Names;
  /** What the verdict column counts, from 1; grows. */
  readonly verdicts: readonly Verdict[];
}

export interface LogRowBatchParts {
  /** The format named in events: `postfix`, whatever framed its lines. */
  readonly format: string;
  readonly input: InputInfo;
  readonly bytes: Buffer;
  readonly rows: LogRows;
  readonly scope: RowScope;
  readonly accounting: Accounting;
  readonly malformed: readonly MalformedSample[];
  readonly sample: HeaderSample;
  readonly replyText: (response: string) => string | undefined;
  readonly openings: () => readonly SeenQueueId[];
  readonly release: () => void;
}

/** A batch of rows as correlate reads it. */
export class LogRowBatch implements RecordBatch {
  readonly ordered = true;
  readonly format: string;
  readonly input: InputInfo;
  readonly bytes: Buffer;
  readonly rows: LogRows;
  readonly scope: RowScope;
  readonly accounting: Accounting;
  readonly malformed: readonly MalformedSample[];
  readonly sample: HeaderSample;
  readonly #release: () => void;
  readonly openings: () => readonly SeenQueueId[];
  /** Finds the server's own words in a response, for those who ask for `reply_text`. */
  readonly replyText: (response: string) => string | undefined;
  readonly #record: RowRecord;

  constructor(parts: LogRowBatchParts) {
    this.input = parts.input;
    this.format = parts.format;
    this.bytes = parts.bytes;
    this.rows = parts.rows;
    this.scope = parts.scope;
    this.accounting = parts.accounting;
    this.malformed = parts.malformed;
    this.sample = parts.sample;
    this.replyText = parts.replyText;
    this.openings = parts.openings;
    this.#release = parts.release;
    this.#record = new RowRecord(this);
  }

  get length(): number {
    return this.rows.length;
  }

  kindOf(index: number): RecordKind {
    return KIND_NAMES[this.rows.numbers[index * COLUMN.WIDTH + COLUMN.kind]!]!;
  }

  queueKeyOf(index: number): number {
    return this.rows.doubles[index * DOUBLES + COLUMN.queueKey / 2]!;
  }

  /** The relay that a row names, taken apart. */
  relayOf(index: number): Relay | undefined {
    return this.#record.moveTo(index).relayEntry;
  }

  lineStartOf(index: number): number {
    return this.rows.numbers[index * COLUMN.WIDTH + COLUMN.lineStart]!;
  }

  /** One object, moved from row to row. */
  record(index: number): LogRecord {
    return this.#record.moveTo(index);
  }

  release(): void {
    this.#release();
  }

  /** From now on, fields of plain lines are parts of one string, their line: for who uses them at once and keeps none. */
  borrow(): void {
    this.#record.borrowed = true;
  }

  /** The same batch, its rows copied to where they may stay. */
  withRows(rows: LogRows): LogRowBatch {
    rows.copyFrom(this.rows);
    return new LogRowBatch({ ...this, rows, release: this.#release });
  }
}

/** What a record is read from. */
type RowSource = Pick<LogRowBatch, 'bytes' | 'rows' | 'scope' | 'format' | 'replyText'>;

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
class RowRecord implements LogRecord {
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
    this.doublesAt = index * DOUBLES;
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
