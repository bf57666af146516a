/** The numbers that dictionaries and other tables give out: each one more than the last. */
import type { Connection } from './connection.ts';
import { SQL } from './sql.ts';

export type Numbered = keyof typeof SQL.lastId;

/** What other tables do not tell cheaply is kept in `meta`. */
const KEPT: readonly Numbered[] = ['word', 'series'];

export class Ids {
  readonly #db: Connection;
  readonly #last = new Map<Numbered, number>();
  /** The last ones that were there before. */
  readonly #first = new Map<Numbered, number>();

  constructor(db: Connection) {
    this.#db = db;
  }

  next(table: Numbered): number {
    const id = this.last(table) + 1;
    this.#last.set(table, id);
    return id;
  }

  last(table: Numbered): number {
    let id = this.#last.get(table);
    if (id === undefined) {
      id = Number(this.#db.get(SQL.lastId[table])?.[0] ?? 0);
      this.#last.set(table, id);
      this.#first.set(table, id);
    }
    return id;
  }

  /** Everything in the table was put there since the last `forget`. */
  isNew(table: Numbered): boolean {
    this.last(table);
    return this.#first.get(table) === 0;
  }

  write(): void {
    for (const table of KEPT) {
      const id = this.#last.get(table);
      if (id !== undefined) this.#db.run(SQL.writeMeta, `last_${table}`, String(id));
    }
  }

  /** Somebody else may have given out numbers. */
  forget(): void {
    this.#last.clear();
    this.#first.clear();
  }
}
