/** Any Readable as a ByteReader: standard input, what a gunzip hands out. */
import type { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import type { ByteReader, Source } from './source.ts';

/**
 * @param damaged what to say where the stream fails half-way: what it gave until then is kept, the failure is no exception but a loss
 */
export function streamReader(
  stream: Readable,
  close: () => Promise<void> = async () => {},
  damaged?: string,
): ByteReader {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>;
  const lost: string[] = [];
  let chunk: Buffer = Buffer.alloc(0);
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
    async close() {
      stream.destroy();
      await close();
    },
  };
}

/** Standard input. */
export function stdinSource(stdin: Readable): Source {
  return { name: '-', size: undefined, modified: undefined, open: async () => streamReader(stdin) };
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
