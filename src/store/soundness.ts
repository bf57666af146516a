/**
 * Whether a state can be opened: the driver ends its process where a text is no UTF-8 or the schema is garbled, which damage
 * brings about, so a file that may be damaged is read through by a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SmtpEnrichError } from '../event/index.ts';
import { isLarge } from './large.ts';
import { codeOf, damaged } from './store-errors.ts';

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
/** SQLite's header has four bytes for the application's use: `PRAGMA user_version`. */
const USER_VERSION_AT = 60;

/** @param whole whether to read it through where that is due */
export function checkBeforeOpening(path: string, write: boolean, whole: boolean): void {
  lookAt(path);
  if (!whole) return;
  // Beside a log of writes there is mostly a process that writes: who only reads a large state then does not wait for a check.
  if (!isLarge(path) || (hasUnmerged(path) ? write : !isAsClosed(path))) checkApart(path, write);
}

/** A moment as it fits into the header. */
export function closingMark(): number {
  return Math.floor(Date.now() / 1000) % 2 ** 31;
}

/** The file is closed: from now on whoever changes it changes the time of its last change, too. */
export function setClosed(path: string, mark: number): void {
  try {
    utimesSync(path, mark, mark);
  } catch {
    // Only its owner may: for others it never lies as closed, and is read through each time.
  }
}

/** The file lies as the last ingest closed it; who copied or changed it since has changed its time. */
export function isAsClosed(path: string): boolean {
  return !hasUnmerged(path) && headerOf(path).readUInt32BE(USER_VERSION_AT) === statSync(path).mtimeMs / 1000;
}

function headerOf(path: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  return header;
}

/** What can be told from the first bytes and the length, without asking SQLite, which would repair before it reads. */
function lookAt(path: string): void {
  const info = statSync(path);
  if (!info.isFile()) throw new SmtpEnrichError('STATE', `${path} is no file`, 'Name a file for --state.');
  if (info.size === 0)
    throw damaged(path, 'it is empty', 'If it never was a state, remove it: ingest makes a new one.');
  const header = headerOf(path);
  if (info.size < HEADER_BYTES || header.toString('latin1', 0, 16) !== MAGIC) {
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

export function hasUnmerged(path: string): boolean {
  return existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0;
}

/** SQLite keeps its log of writes, and the table by which processes find their way in it, beside the file. */
function canBeWrittenBeside(path: string): boolean {
  try {
    accessSync(dirname(path), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The name by which SQLite opens a state; for a reader who cannot write beside it, one by which it reads nothing but the file. */
export function nameToOpen(path: string, write: boolean): string {
  return write || canBeWrittenBeside(path) || hasUnmerged(path) ? path : `${pathToFileURL(resolve(path))}?immutable=1`;
}

/**
 * Reads every byte of a state in a process of its own: the driver ends its process where a text is no UTF-8 or the schema is
 * garbled, which damage brings about. Only SELECTs; nothing is written.
 */
const CHECK = `
  const Libsql = require(process.argv[1]);
  let database;
  const all = (sql) => database.prepare(sql).raw(true).all();
  const read = () => {
    database = new Libsql(process.argv[2]);
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA query_only = ON');
    const [fault] = all('PRAGMA integrity_check').map(([text]) => text).filter((text) => text !== 'ok');
    if (fault !== undefined) return { fault };
    for (const [name] of all("SELECT name FROM sqlite_master WHERE type = 'table'"))
      for (const row of database.prepare('SELECT * FROM "' + name + '"').raw(true).iterate());
    return {};
  };
  let found;
  try {
    found = read();
  } catch ({ code, message }) {
    found = { code, fault: message };
  }
  process.stdout.write(JSON.stringify(found));
  // Not closed: the last to close would merge what is left of unfinished writes into a file that may be damaged.
  process.kill(process.pid, 'SIGKILL');
`;

/** @throws where it is damaged */
export function checkApart(path: string, write = false): void {
  const driver = createRequire(import.meta.url).resolve('libsql');
  const { stdout } = spawnSync(process.execPath, ['-e', CHECK, driver, nameToOpen(path, write)], { encoding: 'utf8' });
  // What ends the driver is damage.
  if (stdout === '') throw damaged(path, 'it cannot be read through');
  const { fault, code = '' } = JSON.parse(stdout) as { fault?: string; code?: string };
  if (fault === undefined) return;
  // Locked or not readable is said where it is opened.
  if (/^SQLITE_(?:BUSY|LOCKED|CANTOPEN|READONLY|PERM|IOERR)/.test(codeOf(code)) || fault.startsWith('ConnectionFailed'))
    return;
  throw damaged(path, fault);
}
