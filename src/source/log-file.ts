/**
 * A log file that is read in parts, over days: opened once, so that a rotation between two looks at it cannot put another file
 * in its place, and looked at by its content.
 */
import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HEAD_BYTES, SmtpEnrichError } from '../event/index.ts';
import { unreadable } from './file.ts';
import { BEGINNING, fingerprint, type Position, Progress, positionAt, RECENT_BYTES, TAIL_BYTES } from './position.ts';
import type { ByteReader } from './source.ts';
import { streamReader } from './stream.ts';

/** As much of its beginning is read as is needed to tell its format and its first time stamp. */
const LOOK_BYTES = 16_384;
const CHUNK = 1 << 18;

/** Reading a file from a place on. */
export interface Placed {
  readonly reader: ByteReader;
  readonly start: Position;
}

export class LogFile {
  /** As given on the command line. */
  readonly name: string;
  readonly path: string;
  readonly device: string;
  readonly inode: string;
  /** Bytes on disk. */
  readonly size: number;
  /** ms since 1970 UTC. */
  readonly modified: number;
  readonly packed: boolean;
  /** The first bytes, unpacked: more than HEAD_BYTES. */
  readonly beginning: Buffer;
  readonly #handle: FileHandle;

  private constructor(
    name: string,
    handle: FileHandle,
    info: { dev: bigint; ino: bigint; size: bigint; mtimeMs: bigint },
    packed: boolean,
    beginning: Buffer,
  ) {
    this.name = name;
    this.path = resolve(name);
    this.#handle = handle;
    this.device = String(info.dev);
    this.inode = String(info.ino);
    this.size = Number(info.size);
    this.modified = Number(info.mtimeMs);
    this.packed = packed;
    this.beginning = beginning;
  }

  static async open(name: string): Promise<LogFile> {
    let handle: FileHandle;
    try {
      handle = await open(name, 'r');
    } catch (error) {
      throw unreadable(name, error);
    }
    try {
      const info = await handle.stat({ bigint: true });
      if (info.isDirectory())
        throw new SmtpEnrichError(
          'IO',
          `${name} is a directory, expected a log file`,
          `Name the files in it: ${name}/*`,
        );
      if (!info.isFile())
        throw new SmtpEnrichError(
          'USAGE',
          `${name} is a pipe or a device: with a state, its place could not be found again`,
          'Pipe it in, and name it: … | smtp-enrich ingest --state FILE --input-id NAME',
        );
      const magic = Buffer.alloc(2);
      const { bytesRead } = await handle.read(magic, 0, 2, 0);
      const packed = bytesRead === 2 && magic[0] === 0x1f && magic[1] === 0x8b;
      const reader = readerOf(name, handle, packed, 0);
      const beginning = Buffer.alloc(Math.max(LOOK_BYTES, HEAD_BYTES));
      let length = 0;
      while (length < beginning.length) {
        const count = await reader.read(beginning, length, beginning.length - length);
        if (count === 0) break;
        length += count;
      }
      await reader.close();
      return new LogFile(name, handle, info, packed, beginning.subarray(0, length));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The bytes that identify it: the first, at most HEAD_BYTES. */
  get head(): Buffer {
    return this.beginning.subarray(0, HEAD_BYTES);
  }

  /** For a compressed file: a hash of its packed beginning and end, which costs less than unpacking it. */
  async print(): Promise<string> {
    if (!this.packed) return '';
    const bytes = Buffer.alloc(HEAD_BYTES + TAIL_BYTES);
    const head = await this.#handle.read(bytes, 0, HEAD_BYTES, 0);
    const tail = await this.#handle.read(bytes, head.bytesRead, TAIL_BYTES, Math.max(0, this.size - TAIL_BYTES));
    return fingerprint(bytes.subarray(0, head.bytesRead + tail.bytesRead));
  }

  /** Goes to `offset` and hands over the bytes before it; undefined where the file is shorter. */
  async place(offset: number): Promise<Placed | undefined> {
    const progress = new Progress();
    const reader = readerOf(this.name, this.#handle, this.packed, this.packed ? 0 : offset);
    if (!this.packed) {
      const recent = Buffer.alloc(Math.min(RECENT_BYTES, offset));
      const { bytesRead } = await this.#handle.read(recent, 0, recent.length, offset - recent.length);
      return bytesRead < recent.length ? undefined : { reader, start: positionAt(offset, recent) };
    }
    const chunk = Buffer.alloc(Math.min(CHUNK, offset));
    for (let left = offset; left > 0; ) {
      const count = await reader.read(chunk, 0, Math.min(left, chunk.length));
      if (count === 0) {
        await reader.close();
        return undefined;
      }
      progress.pass(chunk, 0, count);
      left -= count;
    }
    return { reader, start: progress.position };
  }

  /** Where it ends, and whether it breaks off there: a compressed file that is being written does. */
  async end(): Promise<{ readonly position: Position; readonly broken: boolean }> {
    if (!this.packed) return { position: (await this.place(this.size))?.start ?? BEGINNING, broken: false };
    const progress = new Progress();
    const reader = readerOf(this.name, this.#handle, true, 0);
    const chunk = Buffer.alloc(CHUNK);
    for (let count = -1; count !== 0; ) {
      count = await reader.read(chunk, 0, CHUNK);
      progress.pass(chunk, 0, count);
    }
    await reader.close();
    return { position: progress.position, broken: reader.lost.length > 0 };
  }

  async endsAt(offset: number): Promise<boolean> {
    return (this.packed ? (await this.end()).position.offset : this.size) === offset;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function* chunksOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const { bytesRead } = await handle.read(chunk, 0, CHUNK, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/** Reads on from a place; closing it leaves the file open. */
function readerOf(name: string, handle: FileHandle, packed: boolean, offset: number): ByteReader {
  if (!packed) {
    let position = offset;
    return {
      lost: [],
      async read(target, at, length) {
        // At once, as file.ts reads: a thread between costs more than the copying.
        const count = readSync(handle.fd, target, at, length, position);
        position += count;
        return count;
      },
      async close() {},
    };
  }
  // Not a ReadStream: destroying one closes the file, which has other readers.
  const raw = Readable.from(chunksOf(handle), { objectMode: false, highWaterMark: CHUNK });
  const plain = raw.pipe(createGunzip({ chunkSize: CHUNK }));
  raw.on('error', (error) => plain.destroy(error));
  return streamReader(
    plain,
    async () => {
      raw.destroy();
    },
    `${name}: the gzip data ends or breaks off here`,
  );
}
