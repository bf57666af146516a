/** Files written whole or not at all: a reader never sees half a report, a full disk leaves yesterday's in place. */
import { randomBytes } from 'node:crypto';
import { lstat, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SmtpEnrichError } from '../event/index.ts';

/**
 * Replaces `path` with `text`, readable by its owner alone (mode 0600): a suppression list names people. What is no file, a pipe or
 * /dev/null, is written to: a file in its place would be the machine's ruin.
 */
export async function writeFileAtomically(path: string, text: string | Iterable<string>): Promise<void> {
  if (await isDevice(path)) return writeInto(path, text);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    // wx: never through a link or over a file that somebody put there.
    const file = await open(temporary, 'wx', 0o600);
    try {
      if (typeof text === 'string') await file.writeFile(text);
      else for (const part of text) await file.appendFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw new SmtpEnrichError('IO', `cannot write ${path}: ${(error as Error).message}`, 'Nothing was changed there.', {
      cause: error,
    });
  }
}

/** Whether there is something at `path` that cannot be replaced by a file; also `/dev/stdout` and its like, which lead anywhere. */
async function isDevice(path: string): Promise<boolean> {
  const own = await lstat(path).catch(() => undefined);
  if (own === undefined || own.isFile() || own.isDirectory()) return false;
  if (!own.isSymbolicLink()) return true;
  const folder = await realpath(dirname(path)).catch(() => '');
  if (/^\/(?:dev|proc)(?:\/|$)/.test(folder)) return true;
  const target = await stat(path).catch(() => undefined);
  return target !== undefined && !target.isFile() && !target.isDirectory();
}

async function writeInto(path: string, text: string | Iterable<string>): Promise<void> {
  try {
    const file = await open(path, 'a');
    try {
      for (const part of typeof text === 'string' ? [text] : text) await file.appendFile(part);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new SmtpEnrichError('IO', `cannot write ${path}: ${(error as Error).message}`, '', { cause: error });
  }
}
