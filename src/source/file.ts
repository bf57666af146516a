/** Files, plain or gzip (told by its first two bytes, RFC 1952 section 2.3.1, not by its name). */
import { createReadStream, readSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { SmtpEnrichError } from '../event/index.ts';
import type { ByteReader, Source } from './source.ts';
import { packedReader, streamReader } from './stream.ts';

/** Checks that the file can be read, so that a wrong name is reported before an hour's work, not after. */
export async function fileSource(path: string): Promise<Source> {
  let info: Awaited<ReturnType<typeof stat>>;
  try {
    info = await stat(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (info.isDirectory()) {
    throw new SmtpEnrichError('IO', `${path} is a directory, expected a log file`, `Name the files in it: ${path}/*`);
  }
  return { name: path, size: info.size, modified: info.mtimeMs, open: () => openFile(path) };
}

async function openFile(path: string): Promise<ByteReader> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
  const magic = Buffer.alloc(2);
  const isFile = (await handle.stat()).isFile();
  // A pipe named as a file (`<(zcat …)`) has no position to go back to.
  if (!isFile) return packedReader(handle.createReadStream({ autoClose: false }), path, () => handle.close());
  const { bytesRead } = await handle.read(magic, 0, 2, 0);
  if (bytesRead === 2 && magic[0] === 0x1f && magic[1] === 0x8b) {
    const packed = createReadStream('', { fd: handle.fd, start: 0, autoClose: false, highWaterMark: 1 << 18 });
    const plain = packed.pipe(createGunzip({ chunkSize: 1 << 18 }));
    packed.on('error', (error) => plain.destroy(error));
    return streamReader(plain, () => handle.close(), `${path}: the gzip data ends or breaks off here`);
  }
  let position = 0;
  return {
    lost: [],
    async read(target, offset, length) {
      // At once: handing the read to a thread and back costs more than the copying, which is from the page cache mostly.
      const count = readSync(handle.fd, target, offset, length, position);
      position += count;
      return count;
    },
    close: () => handle.close(),
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
