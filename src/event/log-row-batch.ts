/**
 * The compact batch: the rows of a block of a maillog, read by correlate as LogRecords. One that is made in a worker thread crosses to the main
 * thread as one small message, beside the verdicts that thread has newly made.
 */
import type { Accounting, MalformedSample } from './accounting.ts';
import type { HeaderSample, InputInfo, LogRecord, RecordBatch, RecordKind, SeenQueueId } from './log-record.ts';
import { COLUMN, KIND_NAMES, type LogRows, ROW_DOUBLES, type RowScope } from './log-rows.ts';
import type { Relay } from './relay.ts';
import { RowRecord } from './row-record.ts';

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
    return this.rows.doubles[index * ROW_DOUBLES + COLUMN.queueKey / 2]!;
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
