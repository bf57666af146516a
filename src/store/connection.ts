/** One connection to an SQLite file: opened only after a look at it, its errors told in words of this program. */

import { existsSync, linkSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Database, Statement } from 'libsql';
import { SmtpEnrichError } from '../event/index.ts';
import { draftName, removeDrafts } from './drafts.ts';
import { isLarge } from './large.ts';
import { SCHEMA, type Schema, stepsFrom } from './migrations.ts';
import { checkBeforeOpening, closingMark, isAsClosed, nameToOpen, setClosed } from './soundness.ts';
import { createTables, type Insert, insertSql, SQL, TABLE_NAMES } from './sql.ts';
import { damaged, explained } from './store-errors.ts';

export type Value = string | number | null | Uint8Array;
export type Row = readonly Value[];

const ROWS_AT_ONCE = 128;
/** Milliseconds that an ingest's end waits for readers, so that it can merge the log of writes. */
const LONGEST_WAIT_AT_CLOSE = 1000;
const CLUSTERED = ' WITHOUT ROWID';

export class Connection {
  readonly path: string;
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();
  readonly #waitSeconds: number;

  private constructor(path: string, database: Database, waitSeconds: number) {
    this.path = path;
    this.#database = database;
    this.#waitSeconds = waitSeconds;
  }

  /** Opens a state that is there. Nothing is written before it has been found to be sound and of a known version. */
  static open(path: string, write: boolean, waitSeconds: number, check = true, schema = SCHEMA): Connection {
    if (!existsSync(path))
      throw new SmtpEnrichError(
        'STATE',
        `${path}: no such state`,
        `Make one: smtp-enrich ingest --state ${path} LOGS…`,
      );
    try {
      checkBeforeOpening(path, write, check);
    } catch (error) {
      throw explained(error, path, waitSeconds);
    }
    let database: Database | undefined;
    try {
      database = load(nameToOpen(path, write));
      // Before anything that may meet a lock.
      database.exec(`PRAGMA busy_timeout = ${Math.round(waitSeconds * 1000)}`);
      const connection = new Connection(path, database, waitSeconds);
      if (!write) connection.exec('PRAGMA query_only = ON');
      connection.#check(write, schema);
      if (write) {
        connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
        removeDrafts(path);
      }
      // Kibibytes. Readers walk through tables in order, and need little of it.
      connection.exec(`PRAGMA cache_size = ${write ? -65_536 : -16_384}`);
      return connection;
    } catch (error) {
      database?.close();
      throw explained(error, path, waitSeconds);
    }
  }

  /** Makes an empty state: under another name first, so that at no moment half a state lies there. */
  static create(path: string, settings: string): void {
    const draft = draftName(path);
    try {
      if (!existsSync(dirname(path)))
        throw new SmtpEnrichError('STATE', `${dirname(path)}: no such directory`, 'Make it first, or name another.');
      rmSync(draft, { force: true });
      const database = load(draft);
      try {
        database.exec('PRAGMA synchronous = FULL');
        database.exec('BEGIN IMMEDIATE');
        for (const statement of createTables(CLUSTERED)) database.exec(statement);
        const put = database.prepare(SQL.writeMeta);
        put.run('schema_version', String(SCHEMA.version));
        put.run('settings', settings);
        put.run('revision', '0');
        database.exec('COMMIT');
      } finally {
        database.close();
      }
      try {
        linkSync(draft, path);
      } catch (error) {
        // Somebody else was faster: theirs it is.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    } catch (error) {
      throw explained(error, path, 0);
    } finally {
      rmSync(draft, { force: true });
      rmSync(`${draft}-journal`, { force: true });
    }
  }

  /** Refuses what is no state, is of a version that cannot be read, or is damaged. */
  #check(write: boolean, schema: Schema): void {
    const tables = this.all("SELECT name FROM sqlite_master WHERE type = 'table'").map(([name]) => String(name));
    if (!tables.includes('meta'))
      throw new SmtpEnrichError(
        'STATE',
        `${this.path} is an SQLite file, but no state of smtp-enrich`,
        'It was not touched.',
      );
    const version = Number(this.meta('schema_version') ?? Number.NaN);
    if (!(version <= schema.version))
      throw new SmtpEnrichError(
        'STATE',
        `${this.path} was made by a later version of smtp-enrich (schema ${version}, this one knows ${schema.version})`,
        'It was not touched. Use the version that made it.',
      );
    if (version < schema.version) this.#migrate(version, write, schema);
    else if (TABLE_NAMES.some((name) => !tables.includes(name))) throw damaged(this.path, 'a table is missing');
  }

  /** Brings the tables of an earlier version up to date, all steps or none. */
  #migrate(version: number, write: boolean, schema: Schema): void {
    if (stepsFrom(version, schema) === undefined)
      throw new SmtpEnrichError(
        'STATE',
        `${this.path} was made by an earlier version of smtp-enrich (schema ${version}) and cannot be brought up to date`,
        'It was not touched. Make another state, and ingest the logs anew.',
      );
    if (!write)
      throw new SmtpEnrichError(
        'STATE',
        `${this.path} was made by an earlier version of smtp-enrich`,
        'The next ingest brings it up to date. It was not touched.',
      );
    this.exec('BEGIN IMMEDIATE');
    try {
      // Another one may have been faster.
      for (const { from, statements } of stepsFrom(Number(this.meta('schema_version')), schema) ?? []) {
        for (const statement of statements(CLUSTERED)) this.exec(statement);
        this.run(SQL.writeMeta, 'schema_version', String(from + 1));
      }
      this.exec('COMMIT');
    } catch (error) {
      if (this.inTransaction) this.exec('ROLLBACK');
      throw error;
    }
  }

  /** What SQLite's own check finds: pages, order, indexes. */
  verify(): string[] {
    return this.all('PRAGMA integrity_check')
      .map(([text]) => String(text))
      .filter((text) => text !== 'ok');
  }

  exec(sql: string): void {
    try {
      this.#database.exec(sql);
    } catch (error) {
      throw explained(error, this.path, this.#waitSeconds);
    }
  }

  run(sql: string, ...values: Value[]): void {
    try {
      this.#statement(sql, false).run(values);
    } catch (error) {
      throw explained(error, this.path, this.#waitSeconds);
    }
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    try {
      return this.#statement(sql, true).get(values) as Row | undefined;
    } catch (error) {
      throw explained(error, this.path, this.#waitSeconds);
    }
  }

  readonly #waiting = new Map<Insert, Value[]>();
  readonly #inserts = new Map<Insert, Statement>();

  /** Queues a row; it is in the table after `flush`. */
  insert(into: Insert, ...values: Value[]): void {
    let rows = this.#waiting.get(into);
    if (rows === undefined) {
      rows = [];
      this.#waiting.set(into, rows);
    }
    for (const value of values) rows.push(value);
    if (rows.length >= ROWS_AT_ONCE * into.width) this.#insertNow(into, rows);
  }

  flush(): void {
    for (const [into, rows] of this.#waiting) if (rows.length > 0) this.#insertNow(into, rows);
  }

  #insertNow(into: Insert, rows: Value[]): void {
    const count = rows.length / into.width;
    try {
      // One statement is kept, of the full size; the rest of a commit gets one of its own.
      if (count === ROWS_AT_ONCE) {
        let statement = this.#inserts.get(into);
        if (statement === undefined) {
          statement = this.#database.prepare(insertSql(into, count));
          this.#inserts.set(into, statement);
        }
        statement.run(rows);
      } else this.#database.prepare(insertSql(into, count)).run(rows);
    } catch (error) {
      throw explained(error, this.path, this.#waitSeconds);
    }
    rows.length = 0;
  }

  /** Queued rows of a transaction that is given up. */
  forget(): void {
    this.#waiting.clear();
  }

  *rows(sql: string, ...values: Value[]): IterableIterator<Row> {
    try {
      // A statement of its own: two walks through the same rows must not meet.
      yield* this.#database.prepare(sql).raw(true).iterate(values) as IterableIterator<Row>;
    } catch (error) {
      throw explained(error, this.path, this.#waitSeconds);
    }
  }

  all(sql: string, ...values: Value[]): Row[] {
    return [...this.rows(sql, ...values)];
  }

  #statement(sql: string, reads: boolean): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      if (reads) statement.raw(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  meta(name: string): string | undefined {
    const row = this.get(SQL.readMeta, name);
    return row === undefined ? undefined : String(row[0]);
  }

  /** Several queries see one state, whatever an ingest commits meanwhile, until what this returns is called. */
  readOneMoment(): () => void {
    if (this.inTransaction) return () => {};
    this.exec('BEGIN');
    return () => this.exec('COMMIT');
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  close(): void {
    this.#statements.clear();
    this.#inserts.clear();
    this.#database.close();
  }

  /** The end of writing: everything is merged into the one file, which is marked as closed. */
  closeWritten(): void {
    let mark: number | undefined;
    // A report is soon done; who reads for longer leaves the merging to the next ingest.
    this.#database.exec(`PRAGMA busy_timeout = ${LONGEST_WAIT_AT_CLOSE}`);
    try {
      if (isLarge(this.path) && !isAsClosed(this.path)) {
        mark = closingMark();
        // Not where another ingest writes already: it marks its own end.
        this.#database.exec(`PRAGMA user_version = ${mark}`);
      }
    } catch {
      mark = undefined;
    }
    try {
      // So that a copy of the one file is a copy of all.
      this.all('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.close();
    }
    if (mark !== undefined) setClosed(this.path, mark);
  }
}

/** The driver is loaded where a state is used, not before: `--version` and `explain` start without it. */
function load(path: string): Database {
  const Libsql = createRequire(import.meta.url)('libsql') as new (path: string) => Database;
  return new Libsql(path);
}
