/** Files written whole or not at all: a reader never sees half a report, a full disk leaves yesterday's in place. */
import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SmtpEnrichError } from '../event/index.ts';

/** Replaces `path` with `text`, readable by its owner alone (mode 0600): a suppression list names people. */
export async function writeFileAtomically(path: string, text: string | Iterable<string>): Promise<void> {
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
