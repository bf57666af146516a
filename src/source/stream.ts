/** Any Readable as a ByteReader: standard input, what a gunzip hands out. */
import { Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import type { ByteReader, Source } from './source.ts';

type Chunks = AsyncIterator<Buffer | string>;

/**
 * @param damaged what to say where the stream fails half-way: what it gave until then is kept, the failure is no exception but a loss
 */
export function streamReader(
  stream: Readable,
  close: () => Promise<void> = async () => {},
  damaged?: string,
): ByteReader {
  const end = async (): Promise<void> => {
    stream.destroy();
    await close();
  };
  return chunkReader(stream[Symbol.asyncIterator]() as Chunks, Buffer.alloc(0), end, damaged);
}

/** The first chunk, which has been taken already, and then the others. */
function chunkReader(chunks: Chunks, first: Buffer, close: () => Promise<void>, damaged?: string): ByteReader {
  const lost: string[] = [];
  let chunk = first;
  let ended = false;
  return {
    lost,
    async read(target, offset, length) {
      while (chunk.length === 0) {
        if (ended) return 0;
        try {
          const { value, done } = await chunks.next();
          if (done === true) ended = true;
          else chunk = typeof value === 'string' ? Buffer.from(value) : value;
        } catch (error) {
          if (damaged === undefined) throw error;
          ended = true;
          lost.push(`${damaged} (${(error as Error).message})`);
        }
      }
      const count = Math.min(length, chunk.length);
      chunk.copy(target, offset, 0, count);
      chunk = chunk.subarray(count);
      return count;
    },
    close,
  };
}

/**
 * A stream that may be gzip, which its first two bytes tell, as they do of a file. It waits for no more than that: what `tail -f`
 * has written goes on at once.
 */
export async function packedReader(
  stream: Readable,
  name: string,
  close: () => Promise<void> = async () => {},
): Promise<ByteReader> {
  const chunks = stream[Symbol.asyncIterator]() as Chunks;
  let head: Buffer = Buffer.alloc(0);
  while (head.length === 0 || (head.length === 1 && head[0] === 0x1f)) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    head = Buffer.concat([head, Buffer.from(value as string)]);
  }
  const end = async (): Promise<void> => {
    stream.destroy();
    await close();
  };
  if (head[0] !== 0x1f || head[1] !== 0x8b) return chunkReader(chunks, head, end);
  const plain = createGunzip({ chunkSize: 1 << 18 });
  const packed = Readable.from(rejoined(head, chunks), { objectMode: false });
  packed.on('error', (error) => plain.destroy(error));
  return streamReader(packed.pipe(plain), end, `${name}: the gzip data ends or breaks off here`);
}

async function* rejoined(head: Buffer, chunks: Chunks): AsyncGenerator<Buffer | string> {
  yield head;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}

/** Standard input. */
export function stdinSource(stdin: Readable): Source {
  return { name: '-', size: undefined, modified: undefined, open: () => packedReader(stdin, 'standard input') };
}

/** A text at hand, for the library's callers and for tests. */
export function textSource(name: string, text: string | Buffer, modified?: number): Source {
  const bytes = Buffer.from(text as string);
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  return {
    name,
    size: plain.length,
    modified,
    async open() {
      let position = 0;
      return {
        lost: [],
        async read(target, offset, length) {
          const count = plain.copy(target, offset, position, position + length);
          position += count;
          return count;
        },
        async close() {},
      };
    },
  };
}
