/** What goes wrong with a state file, in words of this program. */
import { SmtpEnrichError } from '../event/index.ts';

const REBUILD =
  'Nothing was written to it. Move it away and ingest the logs that are left: smtp-enrich ingest --state FILE LOGS…';

export function damaged(path: string, what: string, hint = REBUILD): SmtpEnrichError {
  return new SmtpEnrichError('STATE', `${path} is damaged: ${what}`, hint);
}

export function explained(error: unknown, path: string, waitSeconds: number): SmtpEnrichError {
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
