/**
 * What standard input, a pipe, holds before anybody has asked for it: whoever fills it at once has more. Only for those who know that the
 * command reads its standard input: what is taken here is lost to all others, a shell's loop among them.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const STDIN = 0;
/** A pipe holds no more, by default. */
export const PIPE_BYTES = 65_536;

let ahead: Buffer | undefined;

/** Whether there was as much as a pipe holds. Waits for nothing; false where standard input is no pipe, or the system knows no such way. */
export function isPipeFull(): boolean {
  try {
    if (!fstatSync(STDIN).isFIFO()) return false;
    // By this name Linux opens the same pipe again: who shares the descriptor is still made to wait where it is empty.
    const fd = openSync('/proc/self/fd/0', constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const bytes = Buffer.allocUnsafeSlow(PIPE_BYTES);
      ahead = bytes.subarray(0, readSync(fd, bytes));
      return ahead.length === PIPE_BYTES;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false; // EAGAIN: nothing is there yet; or there is no such name, or it may not be opened
  }
}

/** What was read ahead of standard input, once; undefined where nothing was. @param fd the descriptor that is read */
export function takeAhead(fd: number): Buffer | undefined {
  if (fd !== STDIN) return undefined;
  const taken = ahead;
  ahead = undefined;
  return taken;
}
