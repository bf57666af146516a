import { COLUMN, type RowScope } from '../event/index.ts';
import type { CountedMemory } from './counted-memory.ts';
import { COUNTED_COLUMNS, COUNTED_ROW, DELAY_COUNT, DELAYS, FIRST_COUNTER, MORE, ROW_DELAYS } from './counted-row.ts';
import type { Tally } from './counters.ts';
import { BUCKETS } from './delays.ts';
import { CountedRows, type RowAnswers, type RowQuestions } from './table-rows.ts';

/** How a table's keys are known by numbers: see assembly/plain-deliveries.ts, and the seeds in event/assembly/dictionary.ts. */
export const NUMBERED = {
  host: { by: 0, column: COLUMN.host, seed: 1, fold: false },
  domain: { by: 0, column: COLUMN.domain, seed: 3, fold: true },
  relay: { by: 0, column: COLUMN.relay, seed: 4, fold: false },
  group: { by: 1, column: COLUMN.relay, seed: 6, fold: false },
  verdict: { by: 2, column: COLUMN.verdict, seed: 0, fold: false },
} as const;
export type NumberedBy = keyof typeof NUMBERED;

/** So many verdicts of a scope can be placed; a log has hundreds. */
export const MOST_VERDICTS = 16_384;

// Where in a table's description what stands: 32-bit places, see assembly/plain-deliveries.ts.
export const MAP_LENGTH = 3;
export const MAP = 2;
const ROWS = 4;
const SUMS = 6;
const NAMES = 7;
const DELAY_TABLE = 8;
const DELAY_MASK = 9;

/** What a table asks of whose memory it lies in: see PlainDeliveries. */
interface TableMemory extends CountedMemory {
  readonly rowQuestions: RowQuestions;
  mapOf(table: CountedTable, scope: RowScope): number;
  numberOf(by: NumberedBy, key: string, add?: boolean): number;
  textOf(by: NumberedBy, number: number): string;
  eachDelay(delays: number, row: number, counters: number, tell: (bucket: number, count: number) => void): void;
  /** Where the doubles of a row lie that lies there, bytes; it has some from then on. */
  moreOf(row: number): number;
}

/** The rows of a table that are counted in here: what a GroupTable keeps of its keys is kept there. */
export class CountedTable {
  readonly by: NumberedBy;
  /** @internal */
  readonly at: number;
  readonly #owner: TableMemory;

  constructor(owner: TableMemory, by: NumberedBy, at: number) {
    this.#owner = owner;
    this.by = by;
    this.at = at;
  }

  #number(place: number): number {
    return this.#owner.view.numbers[(this.at >> 2) + place]!;
  }

  /** Where a row lies, bytes. */
  #rowAt(row: number): number {
    return this.#number(SUMS) + row * COUNTED_ROW * 4;
  }

  get size(): number {
    return this.#number(ROWS);
  }

  /** A counter of a row, by its place among COUNTER_NAMES. */
  valueAt(row: number, column: number): number {
    const { numbers, doubles } = this.#owner.view;
    const at = this.#rowAt(row) >> 2;
    const more = numbers[at + MORE]!;
    const counted = column < COUNTED_COLUMNS ? numbers[at + FIRST_COUNTER + column]! >>> 0 : 0;
    return more === 0 ? counted : counted + doubles[(more >> 3) + column]!;
  }

  /** Adds an event to a row. */
  add(row: number, tally: Tally): void {
    const more = this.#owner.moreOf(this.#rowAt(row));
    tally.addTo(this.#owner.view.doubles, more >> 3);
  }

  /** Answers questions about its rows, until another table is asked about. */
  get rows(): RowAnswers {
    const owner = this.#owner;
    return new CountedRows(owner.rowQuestions, () => owner.view, this.#number(SUMS), this.size);
  }

  /** The key of a row that was made by counting; undefined where `addRow` made it. */
  keyOf(row: number): string | undefined {
    const number = this.#owner.view.numbers[(this.#number(NAMES) >> 2) + row]!;
    return number === 0 ? undefined : this.#owner.textOf(this.by, number);
  }

  /** The row of a key that was met as a name; −1 where there is none. */
  find(key: string): number {
    const number = this.#owner.numberOf(this.by, key);
    return number > 0 ? this.#owner.view.numbers[(this.#number(MAP) >> 2) + number]! - 1 : -1;
  }

  /** A row more, for a key that none has. */
  addRow(key: string): number {
    const { numbers } = this.#owner.view;
    const row = numbers[(this.at >> 2) + ROWS]!++;
    // A name that says the same may be met later: it has its number from here on, and so this row.
    const number = this.#owner.numberOf(this.by, key, true);
    if (number > 0) numbers[(this.#number(MAP) >> 2) + number] = row + 1;
    return row;
  }

  /** Whether numbers of a scope lead to its rows; of relays, only their groups do. */
  isNumbered(scope: object): boolean {
    return this.by !== 'group' && this.#owner.counts(scope);
  }

  /** The row of a number of a scope that is numbered; −1 where it is not known. */
  rowOfNumber(scope: RowScope, number: number): number {
    if (!this.#isPlaced(number)) return -1;
    return this.#owner.view.numbers[(this.#owner.mapOf(this, scope) >> 2) + number]! - 1;
  }

  /** Says which row a number of such a scope leads to from now on. */
  setRowOfNumber(scope: RowScope, number: number, row: number): void {
    if (this.#isPlaced(number)) this.#owner.view.numbers[(this.#owner.mapOf(this, scope) >> 2) + number] = row + 1;
  }

  #isPlaced(number: number): boolean {
    return number > 0 && (this.by !== 'verdict' || number < MOST_VERDICTS);
  }

  /** The delays of a row, lowest bucket first. */
  eachDelay(row: number, tell: (bucket: number, count: number) => void): void {
    this.#owner.eachDelay(this.at + DELAY_TABLE * 4, row, this.#rowAt(row), tell);
  }

  /** The delays of all rows, in no order: see assembly/delay-table.ts. */
  *allDelays(): IterableIterator<[row: number, bucket: number, count: number]> {
    const { numbers } = this.#owner.view;
    for (let row = 0; row < this.size; row++) {
      const first = (this.#rowAt(row) >> 2) + DELAYS;
      for (let place = first; place < first + ROW_DELAYS && numbers[place] !== 0; place++)
        yield [row, numbers[place]! & ((1 << DELAY_COUNT) - 1), numbers[place]! >>> DELAY_COUNT];
    }
    const from = this.#number(DELAY_TABLE) >> 2;
    const to = from + 2 * (this.#number(DELAY_MASK) + 1);
    for (let place = from; place < to; place += 2) {
      const key = (numbers[place]! >>> 0) - 1;
      if (key >= 0) yield [Math.floor(key / BUCKETS), key % BUCKETS, numbers[place + 1]! >>> 0];
    }
  }
}
