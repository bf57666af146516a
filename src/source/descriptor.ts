/**
 * Standard input read to where its bytes are wanted: a pipe (`cat maillog | …`) or a file (`… < maillog`). In a stream of Node's, each 64 KiB
 * is an object of its own, and garbage soon: that cost a fifth of the processor time of a report.
 */
import { fstatSync, readSync } from 'node:fs';
import type { Socket, SocketConstructorOpts } from 'node:net';
import type { Readable } from 'node:stream';
import { PIPE_BYTES, takeAhead } from './ahead.ts';
import type { Bytes } from './bytes.ts';

/**
 * The bytes of standard input where it is a pipe or a file; undefined where it is anything else: a terminal, a socket.
 * @param stream what Node made of it, of which nothing has been read: from now on it must not be
 */
export async function bytesOf(stream: Readable): Promise<Bytes | undefined> {
  const { fd } = stream as { fd?: unknown };
  if (typeof fd !== 'number') return undefined;
  const info = fstatSync(fd);
  if (info.isFile()) return new FileBytes(fd);
  // Loaded already, by the stream.
  return info.isFIFO() ? new PipeBytes(fd, (await import('node:net')).Socket) : undefined;
}

/** What has been read and not been taken, and what both kinds do with it. */
abstract class DescriptorBytes implements Bytes {
  protected readonly fd: number;
  /** What it is waited with. */
  protected readonly buffer: Buffer;
  protected ended = false;
  protected error: Error | undefined;
  /** A part of `buffer`, or a copy of one. */
  #held: Buffer;

  /** @param waitingFor so many bytes at most are read while waiting, the rest straight to where they are wanted */
  constructor(fd: number, waitingFor: number) {
    this.fd = fd;
    this.buffer = Buffer.allocUnsafeSlow(waitingFor);
    this.#held = takeAhead(fd) ?? this.buffer.subarray(0, 0);
  }

  /** Fulfilled when more is held, or when there is no more. */
  protected abstract more(): Promise<void>;
  /** Reads what is there now, without waiting; 0 where nothing is. */
  protected abstract readNow(target: Buffer, offset: number, length: number): number;

  /** So much of `buffer` is new. */
  protected hold(count: number): void {
    const read = this.buffer.subarray(0, count);
    this.#held = this.#held.length === 0 ? read : Buffer.concat([this.#held, read]);
  }

  async wait(): Promise<boolean> {
    while (this.#held.length === 0) {
      if (this.error !== undefined) throw this.error;
      if (this.ended) return false;
      await this.more();
    }
    return true;
  }

  async peek(count: number): Promise<Buffer> {
    while (this.#held.length < count && !this.ended) {
      this.#held = Buffer.from(this.#held); // `buffer` is written over
      await this.more();
    }
    return this.#held.subarray(0, count);
  }

  take(target: Buffer, offset: number, length: number): number {
    let taken = this.#held.copy(target, offset, 0, length);
    this.#held = this.#held.subarray(taken);
    while (taken < length) {
      const count = this.readNow(target, offset + taken, length - taken);
      if (count === 0) break;
      taken += count;
    }
    return taken;
  }

  abstract close(): void;
}

/**
 * A pipe. Node reads pipes without blocking (libuv's uv_pipe_open sets O_NONBLOCK), so what is in it is read at once, and a socket
 * of Node's is only asked to say when there is something again.
 */
class PipeBytes extends DescriptorBytes {
  readonly #socket: Socket;
  #wake = (): void => {};

  constructor(fd: number, NetSocket: typeof Socket) {
    super(fd, WAKING_BYTES);
    const onread = {
      buffer: this.buffer,
      callback: (count: number): boolean => {
        this.hold(count);
        this.#wake();
        return false; // and nothing more until it is asked for
      },
    };
    this.#socket = new NetSocket({ fd, readable: true, writable: false, onread } as SocketConstructorOpts);
    const end = (error?: Error): void => {
      this.ended = true;
      this.error ??= error;
      this.#wake();
    };
    this.#socket.on('end', () => end());
    this.#socket.on('error', end);
    this.#socket.on('close', () => end());
  }

  protected more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#socket.resume();
    });
  }

  protected readNow(target: Buffer, offset: number, length: number): number {
    try {
      return readSync(this.fd, target, offset, length, null);
    } catch {
      return 0; // EAGAIN: it is empty; anything else the socket will run into as well, as it will into the end
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A socket says that there is something by reading it: so little, for all of it is copied once more. */
const WAKING_BYTES = 16;

/** A file, read on from where its descriptor stands. */
class FileBytes extends DescriptorBytes {
  constructor(fd: number) {
    super(fd, PIPE_BYTES);
  }

  protected async more(): Promise<void> {
    this.hold(this.readNow(this.buffer, 0, this.buffer.length));
  }

  protected readNow(target: Buffer, offset: number, length: number): number {
    const count = readSync(this.fd, target, offset, length, null);
    if (count === 0) this.ended = true;
    return count;
  }

  close(): void {}
}
