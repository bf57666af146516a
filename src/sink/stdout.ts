/** Standard output as the end of a pipeline: `| head -1` closes it early, and that is no error. */
import { Writable } from 'node:stream';

/** Raised inside the pipeline where the reader has gone; see `isClosedPipe`. */
export function isClosedPipe(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'ECONNRESET';
}

/** Writes to `stdout` and waits for it (backpressure), without ever closing it: others write to it as well. */
export function stdoutSink(stdout: Writable): Writable {
  return new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(chunk: string | Buffer, _encoding, done) {
      if (stdout.destroyed) {
        done(Object.assign(new Error('standard output is closed'), { code: 'EPIPE' }));
        return;
      }
      stdout.write(chunk, (error) => done(error));
    },
  });
}
