/** The sums of a table by key. */

import type { CountedTable } from './counted-table.ts';
import { COUNTER_COLUMNS, type Counters, countersOf, type Tally } from './counters.ts';
import { DelayTable } from './delays.ts';
import { OTHER_KEY, type Reason } from './reasons.ts';
import { PlainRowsOf, type RowAnswers } from './table-rows.ts';

/** A GroupTable as plain data. */
export interface SavedGroups {
  readonly keys: readonly string[];
  /** Rows of counters, see COUNTER_COLUMNS. */
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
  /** Key → its row; of a table that is counted in, those that were asked for by their text. */
  readonly #rows = new Map<string, number>();
  /** Row → its key, likewise. */
  readonly #keys: (string | undefined)[] = [];
  /** Rows of counters, see COUNTER_COLUMNS; of none where the table is counted in. */
  #sums: Float64Array<ArrayBufferLike>;
  readonly delays: DelayTable;
  /** The first of each row's reasons. */
  readonly #reasons: (Reason | null | undefined)[] = [];
  /** Of rows that events gave reasons: these are added to, once. */
  readonly #allReasons = new Map<number, Reason | null>();
  /** True once keys were added to `(other)`. */
  overflow = false;
  /** Where deliveries are counted by their numbers, in rows of this table. */
  readonly counted: CountedTable | undefined;

  constructor(counted?: CountedTable) {
    this.counted = counted;
    this.#sums = new Float64Array(counted === undefined ? 64 * COUNTER_COLUMNS : 0);
    this.delays = new DelayTable(counted);
  }

  get size(): number {
    return this.counted?.size ?? this.#keys.length;
  }

  /** A counter of a row, by its place among COUNTER_NAMES. */
  valueAt(row: number, column: number): number {
    return this.counted === undefined ? this.#sums[row * COUNTER_COLUMNS + column]! : this.counted.valueAt(row, column);
  }

  /** The counters of a row. */
  countersOf(row: number): Counters {
    return countersOf((column) => this.valueAt(row, column));
  }

  /** Adds an event to a row. */
  add(row: number, tally: Tally): void {
    if (this.counted === undefined) tally.addTo(this.#sums, row * COUNTER_COLUMNS);
    else this.counted.add(row, tally);
  }

  /** Adds a row of another table to a row of this one, which is not counted in. */
  addRowOf(table: GroupTable, theirs: number, row: number): void {
    if (this.counted !== undefined) throw new Error('nothing is merged into a table that is counted in');
    const at = row * COUNTER_COLUMNS;
    for (let column = 0; column < COUNTER_COLUMNS; column++) this.#sums[at + column]! += table.valueAt(theirs, column);
  }

  /** Answers questions about all rows: good until another table is asked about. */
  get rows(): RowAnswers {
    return this.counted?.rows ?? new PlainRowsOf(this.#sums, this.size);
  }

  keyOf(row: number): string {
    const known = this.#keys[row];
    if (known !== undefined) return known;
    const key = this.counted!.keyOf(row)!;
    this.#keys[row] = key;
    return key;
  }

  /** The keys of all rows, in the order in which they came. */
  allKeys(): string[] {
    return Array.from({ length: this.size }, (_, row) => this.keyOf(row));
  }

  /** The first reason of a row that events gave. */
  ownReasonOf(row: number): Reason | null {
    return this.#reasons[row] ?? null;
  }

  /** Adds to a row's reasons what was counted by numbers; see refusals.ts. */
  reasonsOfMore: ((row: number, own: Reason | null) => Reason | null) | undefined;

  /** The first of all reasons of a row. */
  reasonOf(row: number): Reason | null {
    const own = this.ownReasonOf(row);
    if (this.reasonsOfMore === undefined) return own;
    if (own === null) return this.reasonsOfMore(row, null);
    let all = this.#allReasons.get(row);
    if (all === undefined) {
      all = this.reasonsOfMore(row, own);
      this.#allReasons.set(row, all);
    }
    return all;
  }

  setReason(row: number, first: Reason | null): void {
    if (first !== null) this.#reasons[row] = first;
  }

  /** A table of what was saved of one. */
  static of({ keys, sums, delays, reasons, overflow }: SavedGroups): GroupTable {
    const table = new GroupTable();
    for (const key of keys) table.#addRow(key);
    table.#sums.set(sums);
    for (const [row, bucket, count] of delays) table.delays.add(row, bucket, count);
    for (const [row, known] of reasons.entries()) table.setReason(row, known);
    table.overflow = overflow;
    return table;
  }

  /** The row of a key, made where there is none; beyond `maxKeys` that of `(other)`. */
  rowOf(key: string, maxKeys: number): number {
    const known = this.find(key);
    if (known >= 0) return known;
    if (this.size >= maxKeys && key !== OTHER_KEY) {
      this.overflow = true;
      const other = this.find(OTHER_KEY);
      return other >= 0 ? other : this.#addRow(OTHER_KEY);
    }
    return this.#addRow(key);
  }

  /** The row of a key; −1 where it has none. */
  find(key: string): number {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.counted?.find(key) ?? -1;
    if (row >= 0) this.#rows.set(key, row);
    return row;
  }

  #addRow(key: string): number {
    const row = this.counted?.addRow(key) ?? this.#keys.length;
    this.#keys[row] = key;
    this.#rows.set(key, row);
    if (this.counted === undefined && (row + 1) * COUNTER_COLUMNS > this.#sums.length) {
      const sums = new Float64Array(this.#sums.length * 2);
      sums.set(this.#sums);
      this.#sums = sums;
    }
    return row;
  }

  /** Gives each key another name; no two the same. */
  rename(name: (key: string) => string): void {
    this.#rows.clear();
    for (const [row, key] of this.allKeys().entries()) {
      this.#keys[row] = name(key);
      this.#rows.set(this.#keys[row]!, row);
    }
  }

  /** The counters of a key; undefined where it has none. */
  counters(key: string): Counters | undefined {
    const row = this.find(key);
    return row < 0 ? undefined : this.countersOf(row);
  }
}
