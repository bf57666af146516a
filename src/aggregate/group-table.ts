/** The sums of a table by key. */
import { COUNTER_COLUMNS, type Counters, countersAt } from './counters.ts';
import { DelayTable } from './delays.ts';
import { OTHER_KEY, type Reason } from './reasons.ts';

/** A GroupTable as plain data. */
export interface SavedGroups {
  readonly keys: readonly string[];
  readonly sums: Float64Array;
  readonly delays: Iterable<readonly [row: number, bucket: number, count: number]>;
  /** The first of each row's. */
  readonly reasons: readonly (Reason | null)[];
  readonly overflow: boolean;
}

/**
 * Keys and their sums. Most keys of a large table are domains that got a message or two, so what each key has lies in arrays that
 * all share; only a key with something undelivered has reasons of its own.
 */
export class GroupTable {
  /** Key → its row. */
  readonly rows = new Map<string, number>();
  readonly keys: string[] = [];
  /** Rows of counters, see COUNTER_COLUMNS. */
  sums = new Float64Array(64 * COUNTER_COLUMNS);
  readonly delays = new DelayTable();
  /** The first of each row's reasons. */
  readonly reasons: (Reason | null)[] = [];
  /** True once keys were added to `(other)`. */
  overflow = false;

  get size(): number {
    return this.keys.length;
  }

  /** A table of what was saved of one. */
  static of({ keys, sums, delays, reasons, overflow }: SavedGroups): GroupTable {
    const table = new GroupTable();
    for (const key of keys) table.#addRow(key);
    table.sums.set(sums);
    for (const [row, bucket, count] of delays) table.delays.add(row, bucket, count);
    for (const [row, known] of reasons.entries()) table.reasons[row] = known;
    table.overflow = overflow;
    return table;
  }

  /** The row of a key, made where there is none; beyond `maxKeys` that of `(other)`. */
  rowOf(key: string, maxKeys: number): number {
    const known = this.rows.get(key);
    if (known !== undefined) return known;
    if (this.keys.length >= maxKeys && key !== OTHER_KEY) {
      this.overflow = true;
      return this.rows.get(OTHER_KEY) ?? this.#addRow(OTHER_KEY);
    }
    return this.#addRow(key);
  }

  #addRow(key: string): number {
    const row = this.keys.push(key) - 1;
    this.rows.set(key, row);
    this.reasons.push(null);
    if (this.keys.length * COUNTER_COLUMNS > this.sums.length) {
      const sums = new Float64Array(this.sums.length * 2);
      sums.set(this.sums);
      this.sums = sums;
    }
    return row;
  }

  /** Gives each key another name; no two the same. */
  rename(name: (key: string) => string): void {
    this.rows.clear();
    for (const [row, key] of this.keys.entries()) {
      this.keys[row] = name(key);
      this.rows.set(this.keys[row]!, row);
    }
  }

  /** The counters of a key; undefined where it has none. */
  counters(key: string): Counters | undefined {
    const row = this.rows.get(key);
    return row === undefined ? undefined : countersAt(this.sums, row);
  }
}
