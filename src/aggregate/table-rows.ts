/** Questions about all rows of a table, by their counters: which of them a report tells of is found before any is looked at. */
import type { View } from '../event/index.ts';
import { COUNTER_COLUMNS } from './counters.ts';

/** The questions that assembly/table-rows.ts answers. */
export interface RowQuestions {
  askAbout(at: number, rows: number): number;
  compareBy(column: number): void;
  sumOf(column: number): number;
  countOfEither(column: number, other: number): number;
  reaching(column: number, least: number): number;
  foremost(filter: number, least: number, limit: number, enough: number): number;
}

/** Rows of counters, see COUNTER_COLUMNS. */
export interface RowAnswers {
  /** The sum of a column. */
  sumOf(column: number): number;
  /** How many rows have something in either of two columns. */
  countOfEither(column: number, other: number): number;
  /** The rows with at least so much in a column. */
  reaching(column: number, least: number): ArrayLike<number>;
  /**
   * Of the rows with at least so much in column `filter`, some that hold the first `limit` by these columns, most first, and all that are
   * equal to the last of these in them.
   * @param enough rows with so much in the first of the columns are all there, or all are there that have so much
   */
  foremost(columns: readonly number[], filter: number, least: number, limit: number, enough: number): ArrayLike<number>;
}

/** Of a table that lies in the memory in which is counted. */
export class CountedRows implements RowAnswers {
  readonly #questions: RowQuestions;
  readonly #view: View;
  readonly #told: number;

  /** Good until something is asked of another table. @param at where its sums lie */
  constructor(questions: RowQuestions, viewOf: () => View, at: number, rows: number) {
    this.#questions = questions;
    this.#told = questions.askAbout(at, rows) >> 2;
    this.#view = viewOf();
  }

  sumOf(column: number): number {
    return this.#questions.sumOf(column);
  }

  countOfEither(column: number, other: number): number {
    return this.#questions.countOfEither(column, other);
  }

  reaching(column: number, least: number): ArrayLike<number> {
    return this.#rows(this.#questions.reaching(column, least));
  }

  foremost(
    columns: readonly number[],
    filter: number,
    least: number,
    limit: number,
    enough: number,
  ): ArrayLike<number> {
    for (const column of columns) this.#questions.compareBy(column);
    return this.#rows(this.#questions.foremost(filter, least, limit, enough));
  }

  #rows(count: number): ArrayLike<number> {
    return this.#view.numbers.slice(this.#told, this.#told + count);
  }
}

/** Of a table whose sums lie anywhere. */
export class PlainRowsOf implements RowAnswers {
  readonly #sums: Float64Array<ArrayBufferLike>;
  readonly #end: number;

  constructor(sums: Float64Array<ArrayBufferLike>, rows: number) {
    this.#sums = sums;
    this.#end = rows * COUNTER_COLUMNS;
  }

  sumOf(column: number): number {
    let sum = 0;
    for (let at = column; at < this.#end; at += COUNTER_COLUMNS) sum += this.#sums[at]!;
    return sum;
  }

  countOfEither(column: number, other: number): number {
    let count = 0;
    for (let at = 0; at < this.#end; at += COUNTER_COLUMNS)
      if (this.#sums[at + column]! + this.#sums[at + other]! > 0) count++;
    return count;
  }

  reaching(column: number, least: number): ArrayLike<number> {
    const rows: number[] = [];
    for (let at = column, row = 0; at < this.#end; at += COUNTER_COLUMNS, row++)
      if (this.#sums[at]! >= least) rows.push(row);
    return rows;
  }

  /** All that pass the filter: whoever asks goes through them anyway. */
  foremost(_columns: readonly number[], filter: number, least: number): ArrayLike<number> {
    return this.reaching(filter, least);
  }
}
