/** Standard output as the end of a pipeline: `| head -1` closes it early, and that is no error. */
import { Writable } from 'node:stream';

/** Raised inside the pipeline where the reader has gone; see `isClosedPipe`. */
export function isClosedPipe(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'ECONNRESET';
}

/**
 * Writes to `stdout` and waits for it (backpressure), without ever closing it: others write to it as well.
 * @param giveBack takes chunks that have been written: nobody reads them any more
 */
export function stdoutSink(stdout: Writable, giveBack?: (chunk: Buffer) => void): Writable {
  // What ends in a file descriptor has written what it says it has. Another stream may only have taken it.
  const isWritten = (stdout as { fd?: unknown }).fd !== undefined;
  return new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(chunk: string | Buffer, _encoding, done) {
      if (stdout.destroyed) {
        done(Object.assign(new Error('standard output is closed'), { code: 'EPIPE' }));
        return;
      }
      stdout.write(chunk, (error) => {
        if (isWritten && typeof chunk !== 'string') giveBack?.(chunk);
        done(error);
      });
    },
  });
}
