/** The built-in tables as the build has compiled them: a command need not read, check and compile three thousand rows each time. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The name of the file, beside this one. */
export const TABLE_IMAGE = 'tables.image';

/** In memory that threads can share. Undefined where there is none: run from source, the CSV files are read. */
export function readTableImage(): Uint8Array | undefined {
  let file: number;
  try {
    file = openSync(new URL(TABLE_IMAGE, import.meta.url), 'r');
  } catch {
    return undefined;
  }
  try {
    const bytes = new Uint8Array(new SharedArrayBuffer(fstatSync(file).size));
    return readSync(file, bytes) === bytes.length ? bytes : undefined;
  } finally {
    closeSync(file);
  }
}
