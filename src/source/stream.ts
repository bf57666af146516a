/** Any Readable as a ByteReader: standard input, what a gunzip hands out. */
import { fstatSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import type { ByteReader, Source } from './source.ts';

/** So many turns of the event loop without anything new are waited for more. */
const PATIENCE = 2;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** So much is taken from a stream ahead of who reads it. */
const AHEAD = 4 << 20;

/**
 * The chunks of a stream, as they come. They are small (a pipe hands over 64 KiB at a time) and are taken while others are busy, so that who
 * comes back for more finds many, and who waits gets the first at once.
 */
class Chunks {
  readonly #stream: Readable;
  /** Where the stream is a pipe that says when it is empty: it can be read at once, behind what the stream has handed over. */
  readonly #pipe: number | undefined;
  readonly #ready: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    this.#pipe = pipeOf(stream);
    stream.on('data', (chunk: Buffer | string) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      this.#ready.push(bytes);
      this.#bytes += bytes.length;
      if (this.#bytes >= AHEAD) stream.pause();
      this.#wake?.();
    });
    const end = (error?: Error | null): void => {
      this.#ended = true;
      this.#error ??= error ?? undefined;
      this.#wake?.();
    };
    stream.on('end', () => end());
    stream.on('error', end);
    stream.on('close', () => end());
  }

  /** Waits until there is something, or nothing more. Throws what the stream failed with, once all before it has been taken. */
  async wait(): Promise<boolean> {
    while (this.#ready.length === 0) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return false;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return true;
  }

  /** Copies what is there, up to `length` bytes. */
  take(target: Buffer, offset: number, length: number): number {
    let taken = 0;
    while (taken < length && this.#ready.length > 0) {
      const chunk = this.#ready[0]!;
      const count = Math.min(length - taken, chunk.length);
      chunk.copy(target, offset + taken, 0, count);
      taken += count;
      if (count === chunk.length) this.#ready.shift();
      else this.#ready[0] = chunk.subarray(count);
    }
    this.#bytes -= taken;
    if (this.#ready.length === 0) taken += this.#readPipe(target, offset + taken, length - taken);
    if (this.#bytes < AHEAD && this.#stream.isPaused()) this.#stream.resume();
    return taken;
  }

  /** What is in the pipe now. Its end is left to the stream to find. */
  #readPipe(target: Buffer, offset: number, length: number): number {
    let count = 0;
    while (this.#pipe !== undefined && count < length) {
      try {
        const read = readSync(this.#pipe, target, offset + count, length - count, null);
        if (read === 0) break;
        count += read;
      } catch {
        break; // EAGAIN: it is empty; anything else the stream will run into as well
      }
    }
    return count;
  }

  /** The first bytes, which stay where they are; fewer where the stream ends before. */
  async peek(count: number): Promise<Buffer> {
    while (this.#bytes < count && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return Buffer.concat(this.#ready.slice(0, count)).subarray(0, count);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    while (await this.wait()) {
      const chunk = Buffer.allocUnsafe(this.#ready[0]!.length);
      this.take(chunk, 0, chunk.length);
      yield chunk;
    }
  }
}

/**
 * The descriptor of a stream that is a pipe (`cat maillog | …`). Node reads pipes without blocking (libuv's uv_pipe_open), so a read
 * of an empty one returns at once. Told by what only a net.Socket has: loading node:net would cost every start. A pipe that is named as a
 * file (`<(zcat …)`) is an fs.ReadStream, and blocks.
 */
function pipeOf(stream: Readable): number | undefined {
  const { fd } = stream as { fd?: unknown };
  if (typeof fd !== 'number' || !('setKeepAlive' in stream)) return undefined;
  try {
    return fstatSync(fd).isFIFO() ? fd : undefined;
  } catch {
    return undefined;
  }
}

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
  return chunkReader(new Chunks(stream), end, damaged);
}

function chunkReader(chunks: Chunks, close: () => Promise<void>, damaged?: string): ByteReader {
  const lost: string[] = [];
  return {
    lost,
    async read(target, offset, length) {
      try {
        if (!(await chunks.wait())) return 0;
      } catch (error) {
        if (damaged === undefined) throw error;
        if (lost.length === 0) lost.push(`${damaged} (${(error as Error).message})`);
        return 0;
      }
      let count = chunks.take(target, offset, length);
      // Who writes fast has more in a moment: a block of many chunks costs no more than one of one. Who writes slowly is not waited for.
      for (let empty = 0; empty < PATIENCE && count < length; empty++) {
        await nextTurn();
        const more = chunks.take(target, offset + count, length - count);
        count += more;
        if (more > 0) empty = -1;
      }
      return count;
    },
    close,
    // What the stream failed with is for `read` to say.
    ready: () => chunks.wait().catch(() => {}),
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
  const chunks = new Chunks(stream);
  const end = async (): Promise<void> => {
    stream.destroy();
    await close();
  };
  let head = await chunks.peek(1);
  if (head[0] === 0x1f) head = await chunks.peek(2);
  if (head[0] !== 0x1f || head[1] !== 0x8b) return chunkReader(chunks, end);
  const plain = createGunzip({ chunkSize: 1 << 18 });
  const packed = Readable.from(chunks, { objectMode: false });
  packed.on('error', (error) => plain.destroy(error));
  return streamReader(packed.pipe(plain), end, `${name}: the gzip data ends or breaks off here`);
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
