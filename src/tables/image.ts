/** The built-in tables as the build has compiled them: a command need not read, check and compile three thousand rows each time. */
import { closeSync, openSync, readSync } from 'node:fs';

/** The name of the file, beside this one. */
export const TABLE_IMAGE = 'tables.image';

/** What a compiled table is searched with, in memory that threads can share; and its text, which stays in the file. */
export interface ImageInFile {
  readonly numbers: Uint8Array;
  readonly text: { readonly file: number; readonly at: number };
}

/**
 * Undefined where there is none: run from source, the CSV files are read.
 * @param headBytes so many bytes say
 * @param numbersIn for how many the numbers go on: undefined where they are none
 */
export function openTableImage(
  headBytes: number,
  numbersIn: (head: Uint8Array) => number | undefined,
): ImageInFile | undefined {
  let file: number;
  try {
    file = openSync(new URL(TABLE_IMAGE, import.meta.url), 'r');
  } catch {
    return undefined;
  }
  const head = new Uint8Array(headBytes);
  const length = readSync(file, head, 0, headBytes, 0) === headBytes ? numbersIn(head) : undefined;
  if (length !== undefined) {
    const numbers = new Uint8Array(new SharedArrayBuffer(length));
    if (readSync(file, numbers, 0, length, 0) === length) return { numbers, text: { file, at: length } };
  }
  closeSync(file);
  return undefined;
}
