/**
 * Writes the NDJSON lines of plain events by the numbers of their rows: the fast code of settling for those who want lines.
 *
 * A plain event is one whose head has been written where its line was read (./event-heads.ts), of a message that nobody but WebAssembly
 * (./assembly/plain-lines.ts) knows to be open, and that no content filter of this host took. Head and tail are put together there, in
 * memory that is written again once its lines are out. What earlier lines of a queue id said, its opening, is kept there as well, for
 * plain events and for all others: those are settled as everywhere, and written by EventLines.
 */
import {
  type LogRecord,
  type LogRowBatch,
  MOST_OPENINGS,
  type Names,
  type NumberedRowExports,
  NumberedRows,
  type Opening,
  type Openings,
  type RowScope,
  type SharedWasmMemory,
} from '../event/index.ts';
import { EventLines } from './event-lines.ts';
import { quoted } from './event-ndjson.ts';
import { SharedLineBuffer } from './line-buffer.ts';
import { PLAIN_LINES_WASM } from './plain-lines.wasm.ts';

interface Exports extends NumberedRowExports {
  create(names: number, mostOpenings: number, free: number): number;
  hourTextAt(): number;
  begin(maxAge: number, since: number, until: number): void;
  enterScope(scope: number): void;
  run(row: number, end: number, from: number, limit: number): number;
  written(): number;
  ranFull(): number;
  copy(from: number, end: number, to: number): number;
  openingOf(key: number): number;
  oldestOpening(): number;
  /** 0 where it has to be told as text. */
  noteRow(row: number): number;
  /** Likewise where it has no room. */
  noteMessageId(key: number, start: number, end: number): number;
  noteOpened(key: number, start: number, end: number, size: number): number;
  keepElsewhere(key: number): void;
  closeOpening(key: number): void;
}

/** What stands before values, see assembly/plain-lines.ts. */
const KEYS = [',"timestamp":"', ',"sender":"', ',"message_id":"', ',"size":'];
const KEY_BYTES = 32;
const HOUR_BYTES = 32;
const HOUR = 3_600_000;
const MINUTE = 60_000;
/** Bytes of lines that are written before any is put aside: those of a block of one MiB are mostly as long as it is. */
const PART_BYTES = 8 << 20;
/** One is written to, one is on its way, one waits. */
const PARTS = 3;
/** Where in an opening things lie, 32-bit places: see assembly/openings.ts. */
const KEY = 4; // a double, in places of those
const NEWER = 11;
const HAS = 12;
const SIZE = 13;
const SENDER = 14;
const MESSAGE_ID = 16;
const HAS_SENDER = 1;
const HAS_MESSAGE_ID = 2;
const HAS_SIZE = 4;

export interface LineOptions {
  /** Events outside [since, until), ms since 1970 UTC, are settled, and not written. */
  readonly since: number;
  readonly until: number;
  /** So many openings are remembered at most: MOST_OPENINGS where absent. */
  readonly mostOpenings?: number;
  /** RFC 3339, of a moment in ms since 1970 UTC and a zone in minutes east of UTC. */
  readonly formatTimestamp: (time: number, offset: number) => string;
}

export class PlainLines extends NumberedRows<Exports> implements Openings {
  /** Writes what is not plain. */
  readonly events: EventLines;
  readonly openings: Openings = this;
  readonly #lines: SharedLineBuffer;
  readonly #options: LineOptions;
  /** Openings that found no room in the memory: the oldest first. */
  readonly #elsewhere = new Map<number, Opening>();

  /**
   * @param names those of the rows that are to be taken; they lie in `memory`, as the rows do
   * @param free from where on the memory is free, and zero: behind its present end where absent
   */
  constructor(memory: SharedWasmMemory, names: Names, options: LineOptions, free = memory.buffer.byteLength) {
    super(memory, names, PLAIN_LINES_WASM, {
      nameHour: (time: number, offset: number) => this.#nameHour(time, offset),
    });
    this.#options = options;
    const keys = this.wasm.create(names.at, options.mostOpenings ?? MOST_OPENINGS, free);
    const parts = Array.from({ length: PARTS }, () => this.room(PART_BYTES));
    const { bytes } = this.view;
    for (const [index, key] of KEYS.entries()) {
      const at = keys + index * KEY_BYTES;
      bytes[at + KEY_BYTES - 1] = bytes.write(key, at, 'latin1');
    }
    this.#lines = new SharedLineBuffer(parts.map((at) => bytes.subarray(at, at + PART_BYTES)));
    this.events = new EventLines(this.#lines, ({ headAt }, length) => {
      this.wasm.copy(headAt!, headAt! + length, this.#lines.place().at);
    });
  }

  begin(maxAge: number): void {
    this.wasm.begin(maxAge, this.#options.since, this.#options.until);
    this.keepsOpen = true;
  }

  protected runRows(_batch: LogRowBatch, row: number, end: number): number {
    const { at, end: limit } = this.#lines.place();
    const stopped = this.wasm.run(row, end, at, limit);
    this.#lines.length += this.wasm.written() - at;
    return stopped;
  }

  protected override goesOn(): boolean {
    if (this.wasm.ranFull() === 0 || this.#lines.length === 0) return false;
    this.#lines.putAside();
    return true;
  }

  protected enterScope(number: number): void {
    this.wasm.enterScope(number);
  }

  get(key: number): Opening | undefined {
    const at = this.wasm.openingOf(key);
    return at !== 0 ? this.openingAt(at) : this.#elsewhere.size === 0 ? undefined : this.#elsewhere.get(key);
  }

  noteMessageId(record: LogRecord): void {
    const { queueKey: key, message_id } = record;
    this.#note(record, { message_id }, message_id, (start, end) => this.wasm.noteMessageId(key, start, end));
  }

  noteOpened(record: LogRecord): void {
    const { queueKey: key, sender, size } = record;
    this.#note(record, { sender, size }, sender, (start, end) => this.wasm.noteOpened(key, start, end, size!));
  }

  /** Remembers what a record says: by its row, as text, or beside the memory. @param use takes the text as it stands in JSON */
  #note(
    record: LogRecord,
    said: Partial<Opening>,
    text: string | undefined,
    use: (start: number, end: number) => number,
  ): void {
    const { queueKey: key, scope, rowAddress } = record;
    // Rows of other formats lie in other memories.
    const isHere = (scope as RowScope | undefined)?.names === this.names;
    let opening = this.#elsewhere.get(key);
    if (opening === undefined) {
      if (isHere && this.wasm.noteRow(rowAddress!) !== 0) return;
      const written = Buffer.from(quoted(text ?? '').slice(1, -1));
      // Where the next line will be.
      this.#lines.makeRoom(written.length);
      const { at, end } = this.#lines.place();
      if (at + written.length <= end) {
        this.view.bytes.set(written, at);
        if (use(at, at + written.length) !== 0) return;
      }
      opening = this.get(key) ?? { sender: undefined, message_id: undefined, size: undefined };
      this.wasm.keepElsewhere(key);
      this.#elsewhere.set(key, opening);
      if (this.#elsewhere.size > MOST_OPENINGS) this.close(this.#elsewhere.keys().next().value!);
    }
    Object.assign(opening, said);
  }

  close(key: number): void {
    this.wasm.closeOpening(key);
    this.#elsewhere.delete(key);
  }

  *entries(): IterableIterator<readonly [key: number, opening: Opening]> {
    for (let at = this.wasm.oldestOpening(); at !== 0; at = this.view.numbers[(at >> 2) + NEWER]!)
      yield [this.view.doubles[(at >> 3) + KEY]!, this.openingAt(at)];
    yield* this.#elsewhere;
  }

  protected override openingAt(at: number): Opening {
    const { numbers, bytes } = this.view;
    const place = at >> 2;
    const has = numbers[place + HAS]!;
    const text = (column: number): string => {
      const start = numbers[place + column]!;
      const end = start + numbers[place + column + 1]!;
      const written = bytes.toString('utf8', start, end);
      return written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
    };
    return {
      sender: has & HAS_SENDER ? text(SENDER) : undefined,
      message_id: has & HAS_MESSAGE_ID ? text(MESSAGE_ID) : undefined,
      size: has & HAS_SIZE ? numbers[place + SIZE]! : undefined,
    };
  }

  #nameHour(time: number, offset: number): number {
    const zone = offset * MINUTE;
    const hour = Math.floor((time + zone) / HOUR) * HOUR - zone;
    // 2026-11-22T02:00:00+01:00      what stands before the minutes, and behind the seconds
    const text = this.#options.formatTimestamp(hour, offset);
    const { bytes } = this.view;
    const at = this.wasm.hourTextAt();
    bytes[at + HOUR_BYTES - 1] = bytes.write(text.slice(0, -'00:00+01:00'.length), at, 'latin1');
    bytes.write(text.slice(-'+01:00'.length), at + HOUR_BYTES, 'latin1');
    return hour;
  }
}
