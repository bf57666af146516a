/** Files, plain or gzip (told by its first two bytes, RFC 1952 section 2.3.1, not by its name). */
import { closeSync, createReadStream, openSync, promises, readSync, type Stats, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { SmtpEnrichError } from '../event/index.ts';
import type { ByteReader, Source } from './source.ts';
import { packedReader, streamReader } from './stream.ts';

/** Checks that the file can be read, so that a wrong name is reported before an hour's work, not after. */
export async function fileSource(path: string): Promise<Source> {
  let info: Stats;
  try {
    info = statSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (info.isDirectory()) {
    throw new SmtpEnrichError('IO', `${path} is a directory, expected a log file`, `Name the files in it: ${path}/*`);
  }
  return { name: path, size: info.size, modified: info.mtimeMs, open: () => openPath(path) };
}

/** A pipe named as a file (`<(zcat …)`) has no position to go back to; and may be waited for until it is opened. */
async function openPipe(path: string): Promise<ByteReader> {
  // Node takes milliseconds to load these, and a file needs none of them.
  const handle = await promises.open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  return packedReader(handle.createReadStream({ autoClose: false }), path, () => handle.close());
}

async function openPath(path: string): Promise<ByteReader> {
  let fd: number;
  try {
    // It may be something else by now.
    if (!statSync(path).isFile()) return openPipe(path);
    fd = openSync(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
  let isOpen = true;
  const close = async (): Promise<void> => {
    // A second time would close whatever has this number then.
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  try {
    return readerOf(path, fd, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param fd a file, of which the beginning is looked at */
function readerOf(path: string, fd: number, close: () => Promise<void>): ByteReader {
  const magic = Buffer.alloc(2);
  if (readSync(fd, magic, 0, 2, 0) === 2 && magic[0] === 0x1f && magic[1] === 0x8b) {
    const packed = createReadStream('', { fd, start: 0, autoClose: false, highWaterMark: 1 << 18 });
    const plain = packed.pipe(createGunzip({ chunkSize: 1 << 18 }));
    packed.on('error', (error) => plain.destroy(error));
    return streamReader(plain, close, `${path}: the gzip data ends or breaks off here`);
  }
  let position = 0;
  return {
    lost: [],
    async read(target, offset, length) {
      // At once: handing the read to a thread and back costs more than the copying, which is from the page cache mostly.
      const count = readSync(fd, target, offset, length, position);
      position += count;
      return count;
    },
    close,
  };
}

export function unreadable(path: string, error: unknown): SmtpEnrichError {
  const code = (error as NodeJS.ErrnoException).code;
  const what =
    code === 'ENOENT'
      ? `${path}: no such file`
      : code === 'EACCES'
        ? `${path}: permission denied`
        : `${path} cannot be read: ${(error as Error).message}`;
  const hint = code === 'EACCES' ? 'Run as a user of the group that may read the log (adm, on Debian).' : '';
  return new SmtpEnrichError('IO', what, hint, { cause: error });
}
