/**
 * The compact batch: what a block of a maillog says, as rows of numbers. Parsing writes where each field stands in the block
 * (nothing is cut into a string before somebody reads it), enrichment adds the numbers of verdict and provider, correlate
 * reads the rows as LogRecords. A batch made in a worker thread crosses to the main thread as typed arrays, beside the strings
 * and verdicts that thread has newly seen.
 */
import type { Accounting, MalformedSample } from './accounting.ts';
import type { Verdict } from './delivery-event.ts';
import type {
  HeaderSample,
  InputInfo,
  LogRecord,
  RecordBatch,
  RecordKind,
  SeenQueueId,
  StampKind,
} from './log-record.ts';
import { type PackedRelays, Relay } from './relay.ts';
import type { EventName } from './vocabulary.ts';

/** The columns of a row. A field is two numbers, start and end in the block's bytes; both 0 where the line has none. */
export const COLUMN = {
  kind: 0,
  lineStart: 1,
  lineEnd: 2,
  /** Number in Dictionaries.hosts / programs, + 1; 0 for none. So for all dictionary columns. */
  host: 3,
  program: 4,
  stampKind: 5,
  offset: 6,
  queueId: 7,
  recipient: 9,
  originalRecipient: 11,
  domain: 13,
  relay: 14,
  status: 15,
  event: 17,
  delay: 18,
  delays: 20,
  tls: 22,
  connectionUse: 24,
  dsn: 25,
  response: 27,
  verdict: 29,
  sender: 30,
  messageId: 32,
  size: 34,
} as const;
export const ROW_WIDTH = 36;

/** The columns that need 53 bits: time stamp and the hashes of LogRecord. */
export const WIDE = { stamp: 0, queueKey: 1, recipientKey: 2, queuedAsKey: 3 } as const;
export const WIDE_WIDTH = 4;

/** Values of the kind column; 0 is none. */
export const KIND = {
  outcome: 1,
  expired: 2,
  removed: 3,
  opened: 4,
  message_id: 5,
  warning: 6,
  rejected: 7,
} as const satisfies Record<RecordKind, number>;
const KIND_NAMES: readonly RecordKind[] = [
  'outcome',
  'outcome',
  'expired',
  'removed',
  'opened',
  'message_id',
  'warning',
  'rejected',
];

/** Values of the event column for outcomes. */
export const OUTCOMES = ['delivered', 'deferred', 'bounced', 'probe', 'discarded', 'rejected', 'warning'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The values behind the dictionary columns. Grows only at its ends, so that a copy is kept up by what is new. */
export interface Dictionaries {
  readonly hosts: string[];
  readonly programs: string[];
  readonly domains: string[];
  readonly relays: Relay[];
  readonly verdicts: Verdict[];
}

export function emptyDictionaries(): Dictionaries {
  return { hosts: [], programs: [], domains: [], relays: [], verdicts: [] };
}

/** What a thread has newly seen, for another to append: lists of text as one text each, which cross fastest. */
export interface DictionaryGrowth {
  readonly hosts: string;
  readonly programs: string;
  readonly domains: string;
  readonly relays: PackedRelays;
  readonly verdicts: readonly Verdict[];
}

/** What is in `dictionaries` beyond `known`; `known` is brought up to it. No entry holds a line feed: they come from lines. */
export function dictionaryGrowth(
  dictionaries: Dictionaries,
  known: Record<keyof Dictionaries, number>,
): DictionaryGrowth {
  const since = <T>(name: keyof Dictionaries, list: readonly T[]): T[] => {
    const growth = list.slice(known[name]);
    known[name] = list.length;
    return growth;
  };
  return {
    hosts: packed(since('hosts', dictionaries.hosts)),
    programs: packed(since('programs', dictionaries.programs)),
    domains: packed(since('domains', dictionaries.domains)),
    relays: Relay.pack(since('relays', dictionaries.relays)),
    verdicts: since('verdicts', dictionaries.verdicts),
  };
}

/** Appends what another thread has newly seen. */
export function growDictionaries(dictionaries: Dictionaries, growth: DictionaryGrowth): void {
  appendPacked(dictionaries.hosts, growth.hosts);
  appendPacked(dictionaries.programs, growth.programs);
  appendPacked(dictionaries.domains, growth.domains);
  for (const relay of Relay.unpack(growth.relays)) dictionaries.relays.push(relay);
  for (const verdict of growth.verdicts) dictionaries.verdicts.push(verdict);
}

/** Each entry behind a line feed, so that no entry and one empty entry are told apart. */
function packed(list: readonly string[]): string {
  return list.length === 0 ? '' : `\n${list.join('\n')}`;
}

function appendPacked(list: string[], text: string): void {
  if (text === '') return;
  for (const entry of text.slice(1).split('\n')) list.push(entry);
}

/** A line that gives a row has more bytes than that: the shortest header is `<1>1 - a /`, the shortest message `fatal: `. */
const SHORTEST_LINE = 16;

/** The rows of one block, in memory that is used again for the next: whoever adds a row writes each column that is read of it. */
export class LogRows {
  readonly numbers: Int32Array;
  readonly wide: Float64Array;
  length = 0;

  /** @param capacity how many rows there is room for: see `capacityFor` */
  constructor(capacity: number, buffer: ArrayBufferLike = new ArrayBuffer(LogRows.bytesFor(capacity)), offset = 0) {
    this.wide = new Float64Array(buffer, offset, capacity * WIDE_WIDTH);
    this.numbers = new Int32Array(buffer, offset + this.wide.byteLength, capacity * ROW_WIDTH);
  }

  /** The most rows that a block of so many bytes can give. */
  static capacityFor(blockBytes: number): number {
    return Math.ceil(blockBytes / SHORTEST_LINE) + 1;
  }

  static bytesFor(capacity: number): number {
    return capacity * (ROW_WIDTH * 4 + WIDE_WIDTH * 8);
  }

  /** Adds a row whose columns hold what an earlier use left there; returns where its numbers start. */
  add(): number {
    return this.length++ * ROW_WIDTH;
  }

  /** Adds a row of zeros. */
  addCleared(): number {
    const at = this.add();
    this.numbers.fill(0, at, at + ROW_WIDTH);
    this.wide.fill(0, (this.length - 1) * WIDE_WIDTH, this.length * WIDE_WIDTH);
    return at;
  }
}

export interface LogRowBatchParts {
  /** The format named in events: `postfix`, whatever framed its lines. */
  readonly format: string;
  readonly input: InputInfo;
  readonly bytes: Buffer;
  readonly rows: LogRows;
  readonly dictionaries: Dictionaries;
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
  readonly dictionaries: Dictionaries;
  readonly accounting: Accounting;
  readonly malformed: readonly MalformedSample[];
  readonly sample: HeaderSample;
  readonly #release: () => void;
  readonly openings: () => readonly SeenQueueId[];
  /** Finds the server's own words in a response, for those who ask for `reply_text`. */
  readonly replyText: (response: string) => string | undefined;

  constructor(parts: LogRowBatchParts) {
    this.input = parts.input;
    this.format = parts.format;
    this.bytes = parts.bytes;
    this.rows = parts.rows;
    this.dictionaries = parts.dictionaries;
    this.accounting = parts.accounting;
    this.malformed = parts.malformed;
    this.sample = parts.sample;
    this.replyText = parts.replyText;
    this.openings = parts.openings;
    this.#release = parts.release;
  }

  get length(): number {
    return this.rows.length;
  }

  kindOf(index: number): RecordKind {
    return KIND_NAMES[this.rows.numbers[index * ROW_WIDTH + COLUMN.kind]!]!;
  }

  queueKeyOf(index: number): number {
    return this.rows.wide[index * WIDE_WIDTH + WIDE.queueKey]!;
  }

  lineStartOf(index: number): number {
    return this.rows.numbers[index * ROW_WIDTH + COLUMN.lineStart]!;
  }

  record(index: number): LogRecord {
    return new RowRecord(this, index);
  }

  release(): void {
    this.#release();
  }
}

/** One row, read as a record: every getter cuts its field from the block when it is asked for. */
class RowRecord implements LogRecord {
  private readonly batch: LogRowBatch;
  private readonly numbers: Int32Array;
  private readonly wide: Float64Array;
  private readonly at: number;
  private readonly wideAt: number;

  constructor(batch: LogRowBatch, index: number) {
    this.batch = batch;
    this.numbers = batch.rows.numbers;
    this.wide = batch.rows.wide;
    this.at = index * ROW_WIDTH;
    this.wideAt = index * WIDE_WIDTH;
  }

  private text(column: number): string | undefined {
    const end = this.numbers[this.at + column + 1]!;
    return end === 0 ? undefined : decode(this.batch.bytes, this.numbers[this.at + column]!, end);
  }

  get kind(): RecordKind {
    return KIND_NAMES[this.numbers[this.at + COLUMN.kind]!]!;
  }
  get event(): EventName {
    return OUTCOMES[this.numbers[this.at + COLUMN.event]!]!;
  }
  get verdict(): Verdict {
    return this.batch.dictionaries.verdicts[this.numbers[this.at + COLUMN.verdict]! - 1]!;
  }
  get stampKind(): StampKind {
    return this.numbers[this.at + COLUMN.stampKind] as StampKind;
  }
  get stamp(): number {
    return this.wide[this.wideAt + WIDE.stamp]!;
  }
  get offset(): number {
    return this.numbers[this.at + COLUMN.offset]!;
  }
  get queueKey(): number {
    return this.wide[this.wideAt + WIDE.queueKey]!;
  }
  get messageKey(): number {
    return 0;
  }
  get recipientKey(): number {
    return this.wide[this.wideAt + WIDE.recipientKey]!;
  }
  get queuedAsKey(): number {
    return this.wide[this.wideAt + WIDE.queuedAsKey]!;
  }
  get eventKey(): number {
    return 0;
  }
  get format(): string {
    return this.batch.format;
  }
  get host(): string | undefined {
    return this.batch.dictionaries.hosts[this.numbers[this.at + COLUMN.host]! - 1];
  }
  get program(): string | undefined {
    return this.batch.dictionaries.programs[this.numbers[this.at + COLUMN.program]! - 1];
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
    return this.batch.dictionaries.domains[this.numbers[this.at + COLUMN.domain]! - 1];
  }
  private get relayEntry(): Relay | undefined {
    return this.batch.dictionaries.relays[this.numbers[this.at + COLUMN.relay]! - 1];
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
    const end = this.numbers[this.at + COLUMN.delay + 1]!;
    return end === 0 ? undefined : decimal(this.batch.bytes, this.numbers[this.at + COLUMN.delay]!, end);
  }
  get delays(): readonly number[] | undefined {
    return this.text(COLUMN.delays)?.split('/').map(Number);
  }
  get tls(): string | undefined {
    return this.text(COLUMN.tls);
  }
  get connection_use(): number | undefined {
    return this.numbers[this.at + COLUMN.connectionUse]! || undefined;
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
  get sender(): string | undefined {
    return this.text(COLUMN.sender);
  }
  get message_id(): string | undefined {
    return this.text(COLUMN.messageId);
  }
  get size(): number | undefined {
    const size = this.numbers[this.at + COLUMN.size]!;
    return this.numbers[this.at + COLUMN.kind] === KIND.opened ? size : undefined;
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

/** The bytes as text: pure ASCII by the short way, all else as UTF-8, where bytes that are none become U+FFFD. */
export function decode(bytes: Buffer, start: number, end: number): string {
  for (let i = start; i < end; i++) if (bytes[i]! >= 0x80) return bytes.toString('utf8', start, end);
  return bytes.toString('latin1', start, end);
}
