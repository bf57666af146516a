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
  const isWritten = endsInFile(stdout);
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

/** What ends in a file descriptor has written what it says it has. Another stream may only have taken it. */
function endsInFile(stream: Writable): boolean {
  return (stream as { fd?: unknown }).fd !== undefined;
}

/** Writes a long text, part by part, as fast as it is taken and no faster; ends where the reader has gone. */
export async function writeParts(parts: Iterable<string>, stdout: Writable): Promise<void> {
  // Each part is written where the one before it was: memory that is new costs more than the text in it (docs/decisions/0067).
  let bytes = Buffer.allocUnsafeSlow(0);
  const write = endsInFile(stdout)
    ? (part: string): Promise<void> => {
        // Of UTF-8, a UTF-16 unit has three bytes at most.
        if (bytes.length < part.length * 3) bytes = Buffer.allocUnsafeSlow(part.length * 3);
        const taken = bytes.subarray(0, bytes.write(part));
        return new Promise((resolve) => stdout.write(taken, () => resolve()));
      }
    : async (part: string): Promise<void> => {
        if (stdout.write(part) || stdout.destroyed) return;
        await new Promise<void>((resolve) => {
          const goOn = (): void => {
            stdout.off('drain', goOn).off('close', goOn);
            resolve();
          };
          stdout.on('drain', goOn).on('close', goOn);
        });
      };
  for (const part of parts) {
    if (part !== '') await write(part);
    if (stdout.destroyed) return;
  }
}
