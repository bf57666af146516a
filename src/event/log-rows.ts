/**
 * What a block of a maillog says, as rows of numbers: where each field stands in the block, of names and verdicts their numbers. Rows lie in
 * memory that threads share: parsing writes them, enrichment adds verdicts, correlate reads them.
 */
import type { Verdict } from './delivery-event.ts';
import type { RecordKind } from './log-record.ts';
import type { Names } from './names.ts';
import * as COLUMN from './row-layout.ts';

export * as COLUMN from './row-layout.ts';

/** 32-bit columns of a row. */
export const ROW_COLUMNS = COLUMN.WIDTH;
/** 64-bit ones. */
export const ROW_DOUBLES = COLUMN.WIDTH / 2;

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
/** Value of the kind column → kind. */
export const KIND_NAMES: readonly RecordKind[] = [
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
    this.doubles = new Float64Array(buffer, address, capacity * ROW_DOUBLES);
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
