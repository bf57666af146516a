/** Which states are large: apart, for this is asked before the program is loaded. */
import { statSync } from 'node:fs';

/** Up to so many bytes a state is read through at every opening; a larger one where it does not lie as it was closed. */
const CHECKED_AT_ONCE = 8 * 1024 * 1024;

export function isLarge(path: string): boolean {
  const info = statSync(path, { throwIfNoEntry: false });
  return info?.isFile() === true && info.size > CHECKED_AT_ONCE;
}
