/** One connection to an SQLite file: opened only after a look at it, its errors told in words of this program. */

import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, linkSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Database, Statement } from 'libsql';
import { SmtpEnrichError } from '../event/index.ts';
import { createTables, type Insert, insertSql, SCHEMA_VERSION, SQL, TABLE_NAMES } from './sql.ts';

export type Value = string | number | null | Uint8Array;
export type Row = readonly Value[];

/** A whole check at every opening, up to so many bytes; beyond, `state verify` does it. */
const CHECKED_AT_ONCE = 8 * 1024 * 1024;
const MAGIC = 'SQLite format 3\0';
const ROWS_AT_ONCE = 128;
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
  static open(path: string, write: boolean, waitSeconds: number, check = true): Connection {
    if (!existsSync(path))
      throw new SmtpEnrichError(
        'STATE',
        `${path}: no such state`,
        `Make one: smtp-enrich ingest --state ${path} LOGS…`,
      );
    try {
      lookAt(path);
      // Beside a log of unfinished writes, closing the check would merge them: it looks only where nothing is left to merge.
      if (check && statSync(path).size <= CHECKED_AT_ONCE && !hasUnmerged(path)) checkApart(path);
    } catch (error) {
      throw explained(error, path, waitSeconds);
    }
    let database: Database | undefined;
    try {
      database = load(path);
      // Before anything that may meet a lock.
      database.exec(`PRAGMA busy_timeout = ${Math.round(waitSeconds * 1000)}`);
      const connection = new Connection(path, database, waitSeconds);
      if (!write) connection.exec('PRAGMA query_only = ON');
      connection.#check();
      if (write) connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
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
    const draft = `${path}.new-${process.pid}`;
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
        put.run('schema_version', String(SCHEMA_VERSION));
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

  /** Refuses what is no state, is of a later version, or is damaged. */
  #check(): void {
    const tables = this.all("SELECT name FROM sqlite_master WHERE type = 'table'").map(([name]) => String(name));
    if (!tables.includes('meta'))
      throw new SmtpEnrichError(
        'STATE',
        `${this.path} is an SQLite file, but no state of smtp-enrich`,
        'It was not touched.',
      );
    const version = Number(this.get(SQL.readMeta, 'schema_version')?.[0] ?? Number.NaN);
    if (!(version <= SCHEMA_VERSION))
      throw new SmtpEnrichError(
        'STATE',
        `${this.path} was made by a later version of smtp-enrich (schema ${version}, this one knows ${SCHEMA_VERSION})`,
        'It was not touched. Use the version that made it.',
      );
    if (TABLE_NAMES.some((name) => !tables.includes(name))) throw damaged(this.path, 'a table is missing');
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
}

/** The driver is loaded where a state is used, not before: `--version` and `explain` start without it. */
function load(path: string): Database {
  const Libsql = createRequire(import.meta.url)('libsql') as new (path: string) => Database;
  return new Libsql(path);
}

/** What can be told from the first bytes and the length, without asking SQLite, which would repair before it reads. */
function lookAt(path: string): void {
  const info = statSync(path);
  if (!info.isFile()) throw new SmtpEnrichError('STATE', `${path} is no file`, 'Name a file for --state.');
  if (info.size === 0)
    throw damaged(path, 'it is empty', 'If it never was a state, remove it: ingest makes a new one.');
  const header = Buffer.alloc(100);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  if (info.size < 100 || header.toString('latin1', 0, 16) !== MAGIC) {
    if (MAGIC.startsWith(header.toString('latin1', 0, Math.min(16, info.size))))
      throw damaged(path, 'its header is cut off');
    throw new SmtpEnrichError('STATE', `${path} is no state of smtp-enrich`, 'It was not touched.');
  }
  // A log of unfinished writes beside it may hold the pages that are missing here.
  if (hasUnmerged(path)) return;
  const page = header.readUInt16BE(16);
  const pages = header.readUInt32BE(28);
  const expected = pages * (page === 1 ? 65_536 : page);
  if (info.size < expected) throw damaged(path, `it ends after ${info.size} of ${expected} bytes`);
}

function hasUnmerged(path: string): boolean {
  return existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0;
}

/**
 * Reads every byte of a state in a process of its own: the driver ends its process where a text is no UTF-8 or the schema is
 * garbled, which damage brings about. Only SELECTs; nothing is written.
 */
const CHECK = `
  const Libsql = require(process.argv[1]);
  const database = new Libsql(process.argv[2]);
  database.exec('PRAGMA busy_timeout = 5000; PRAGMA query_only = ON');
  const all = (sql) => database.prepare(sql).raw(true).all();
  const faults = all('PRAGMA integrity_check').map(([text]) => text).filter((text) => text !== 'ok');
  if (faults.length === 0)
    for (const [name] of all("SELECT name FROM sqlite_master WHERE type = 'table'"))
      for (const row of database.prepare('SELECT * FROM "' + name + '"').raw(true).iterate());
  database.close();
  process.stdout.write(JSON.stringify(faults));
`;

function checkApart(path: string): void {
  const driver = createRequire(import.meta.url).resolve('libsql');
  const { stdout, status, stderr } = spawnSync(process.execPath, ['-e', CHECK, driver, path], { encoding: 'utf8' });
  if (status !== 0) {
    // Locked or not readable is said where it is opened; what ends the driver is damage.
    if (/SQLITE_(?:BUSY|LOCKED|CANTOPEN|READONLY|PERM|IOERR)|ConnectionFailed/.test(stderr)) return;
    throw damaged(path, /SqliteError: (.*)/.exec(stderr)?.[1] ?? 'it cannot be read through');
  }
  const faults = JSON.parse(stdout) as string[];
  if (faults.length > 0) throw damaged(path, faults[0]!);
}

const REBUILD =
  'Nothing was written to it. Move it away and ingest the logs that are left: smtp-enrich ingest --state FILE LOGS…';

function damaged(path: string, what: string, hint = REBUILD): SmtpEnrichError {
  return new SmtpEnrichError('STATE', `${path} is damaged: ${what}`, hint);
}

function explained(error: unknown, path: string, waitSeconds: number): SmtpEnrichError {
  if (error instanceof SmtpEnrichError) return error;
  const { code = '', message = '' } = error as { code?: string; message?: string };
  const cause = { cause: error };
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return new SmtpEnrichError(
      'STATE',
      `${path}: another ingest is writing to it; waited ${waitSeconds} s`,
      'Nothing was counted. Run it again later, or wait longer: --wait SECONDS.',
      cause,
    );
  if (code === 'SQLITE_FULL' || code === 'ENOSPC')
    return new SmtpEnrichError(
      'STATE',
      `${path}: the disk is full`,
      'What was stored before is intact, and reading goes on there next time. Make room and run it again.',
      cause,
    );
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
    return new SmtpEnrichError('STATE', `${path} is damaged: ${message}`, REBUILD, cause);
  if (code.startsWith('SQLITE_READONLY') || code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return new SmtpEnrichError(
      'STATE',
      `${path} cannot be written`,
      'The file and its directory must be writable: SQLite keeps its log of writes beside it.',
      cause,
    );
  if (code.startsWith('SQLITE_CANTOPEN') || /Unable to open/i.test(message))
    return new SmtpEnrichError(
      'STATE',
      `${path} cannot be opened: ${message}`,
      'The file and its directory must be readable and writable for this user.',
      cause,
    );
  return new SmtpEnrichError('STATE', `${path}: ${message}`, 'What was stored before is intact.', cause);
}
