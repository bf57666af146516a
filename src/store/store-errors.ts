/** What goes wrong with a state file, in words of this program. */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { SmtpEnrichError } from '../event/index.ts';

const REBUILD =
  'Nothing was written to it. Move it away and ingest the logs that are left: smtp-enrich ingest --state FILE LOGS…';

export function damaged(path: string, what: string, hint = REBUILD): SmtpEnrichError {
  return new SmtpEnrichError('STATE', `${path} is damaged: ${what}`, hint);
}

/** SQLite's primary result codes (sqlite.org/rescode.html); an extended one has one of them in its low byte. */
const PRIMARY: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  26: 'SQLITE_NOTADB',
};
/** With less room than that beside it SQLite cannot even read: it makes a file of 32 KiB there. */
const LEAST_ROOM = 64 * 1024;

/** The driver has no name for some of the extended codes: `UNKNOWN_SQLITE_ERROR_1544` is SQLITE_READONLY_DIRECTORY. */
export function codeOf(code: string): string {
  const extended = /^UNKNOWN_SQLITE_ERROR_(\d+)$/.exec(code)?.[1];
  return extended === undefined ? code : (PRIMARY[Number(extended) & 0xff] ?? code);
}

function isFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < LEAST_ROOM;
  } catch {
    return false;
  }
}

export function explained(error: unknown, path: string, waitSeconds: number): SmtpEnrichError {
  if (error instanceof SmtpEnrichError) return error;
  const { code: given = '', message = '' } = error as { code?: string; message?: string };
  const code = codeOf(given);
  const cause = { cause: error };
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return new SmtpEnrichError(
      'STATE',
      `${path}: another ingest is writing to it; waited ${waitSeconds} s`,
      'Nothing was counted. Run it again later, or wait longer: --wait SECONDS.',
      cause,
    );
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || (code.startsWith('SQLITE_IOERR') && isFull(path)))
    return new SmtpEnrichError(
      'STATE',
      `${path}: the disk is full`,
      'What was stored before is intact, and reading goes on there next time. Make room and run it again.',
      cause,
    );
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
    return new SmtpEnrichError('STATE', `${path} is damaged: ${message}`, REBUILD, cause);
  if (
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_PERM') ||
    code === 'EACCES' ||
    code === 'EROFS' ||
    code === 'EPERM'
  )
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
