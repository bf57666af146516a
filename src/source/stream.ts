/** Any Readable as a ByteReader: standard input, what a gunzip hands out. */
import { Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import type { Bytes } from './bytes.ts';
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
class Chunks implements Bytes {
  readonly #stream: Readable;
  readonly #ready: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
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
    if (this.#bytes < AHEAD && this.#stream.isPaused()) this.#stream.resume();
    return taken;
  }

  async peek(count: number): Promise<Buffer> {
    while (this.#bytes < count && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return Buffer.concat(this.#ready.slice(0, count)).subarray(0, count);
  }

  close(): void {
    this.#stream.destroy();
  }
}

/** The same as parts, to be read as a stream. */
async function* partsOf(bytes: Bytes): AsyncGenerator<Buffer> {
  while (await bytes.wait()) {
    const part = Buffer.allocUnsafe(PART_BYTES);
    yield part.subarray(0, bytes.take(part, 0, part.length));
  }
}
const PART_BYTES = 65_536;

/**
 * @param damaged what to say where the stream fails half-way: what it gave until then is kept, the failure is no exception but a loss
 */
export function streamReader(
  stream: Readable,
  close: () => Promise<void> = async () => {},
  damaged?: string,
): ByteReader {
  return readerOf(new Chunks(stream), close, damaged);
}

function readerOf(bytes: Bytes, close: () => Promise<void>, damaged?: string): ByteReader {
  const lost: string[] = [];
  return {
    lost,
    async read(target, offset, length) {
      try {
        if (!(await bytes.wait())) return 0;
      } catch (error) {
        if (damaged === undefined) throw error;
        if (lost.length === 0) lost.push(`${damaged} (${(error as Error).message})`);
        return 0;
      }
      let count = bytes.take(target, offset, length);
      // Who writes fast has more in a moment: a block of many chunks costs no more than one of one. Who writes slowly is not waited for.
      for (let empty = 0; empty < PATIENCE && count < length; empty++) {
        await nextTurn();
        const more = bytes.take(target, offset + count, length - count);
        count += more;
        if (more > 0) empty = -1;
      }
      return count;
    },
    async close() {
      bytes.close();
      await close();
    },
    // What reading failed with is for `read` to say.
    ready: () => bytes.wait().catch(() => {}),
  };
}

/**
 * A stream that may be gzip, which its first two bytes tell, as they do of a file. It waits for no more than that: what `tail -f`
 * has written goes on at once.
 */
export function packedReader(stream: Readable, name: string, close?: () => Promise<void>): Promise<ByteReader> {
  return unpacked(new Chunks(stream), name, close);
}

async function unpacked(bytes: Bytes, name: string, close: () => Promise<void> = async () => {}): Promise<ByteReader> {
  let head = await bytes.peek(1);
  if (head[0] === 0x1f) head = await bytes.peek(2);
  if (head[0] !== 0x1f || head[1] !== 0x8b) return readerOf(bytes, close);
  const plain = createGunzip({ chunkSize: 1 << 18 });
  const packed = Readable.from(partsOf(bytes), { objectMode: false });
  packed.on('error', (error) => plain.destroy(error));
  const end = async (): Promise<void> => {
    bytes.close();
    await close();
  };
  return streamReader(packed.pipe(plain), end, `${name}: the gzip data ends or breaks off here`);
}

/** Standard input. */
export function stdinSource(stdin: Readable): Source {
  const open = async (): Promise<ByteReader> => {
    const { bytesOf } = await import('./descriptor.ts');
    return unpacked((await bytesOf(stdin)) ?? new Chunks(stdin), 'standard input');
  };
  return { name: '-', size: undefined, modified: undefined, open };
}

/** A text at hand, for the library's callers and for tests. */
export function textSource(name: string, text: string | Buffer, modified?: number): Source {
  const bytes = Buffer.from(text as string);
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  return {
    name,
    size: plain.length,
    modified,
    open: async () => bytesReader(plain),
  };
}

/** Reads bytes that are in memory. */
export function bytesReader(bytes: Buffer): ByteReader {
  let position = 0;
  return {
    lost: [],
    async read(target, offset, length) {
      const count = bytes.copy(target, offset, position, position + length);
      position += count;
      return count;
    },
    async close() {},
  };
}
