/** The built-in tables as the build has compiled them: a command need not read, check and compile three thousand rows each time. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The name of the file, beside this one. */
export const TABLE_IMAGE = 'tables.image';

/** What a compiled table is searched with, in memory that threads can share; and its text, which stays in the file. */
export interface ImageInFile {
  readonly numbers: Uint8Array;
  readonly text: { readonly file: number; readonly at: number; readonly modified: number };
}

/** What an image says of its length; undefined where it is none. */
export interface ImageLengths {
  readonly headBytes: number;
  ofNumbers(head: Uint8Array): number | undefined;
  ofText(numbers: Uint8Array): number;
}

/**
 * Undefined where there is none: run from source, the CSV files are read; and where it is none that can be used, or not whole.
 * @param path for tests; absent: what the build has written
 */
export function openTableImage(
  lengths: ImageLengths,
  path: string | URL = new URL(TABLE_IMAGE, import.meta.url),
): ImageInFile | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const image = imageIn(file, lengths);
    if (image !== undefined) return image;
  } catch {
    // What is wrong with it does not matter: it is not needed.
  }
  if (file !== undefined) closeSync(file);
  return undefined;
}

function imageIn(file: number, { headBytes, ofNumbers, ofText }: ImageLengths): ImageInFile | undefined {
  const { size, mtimeMs } = fstatSync(file);
  const head = new Uint8Array(headBytes);
  const length = readSync(file, head, 0, headBytes, 0) === headBytes ? ofNumbers(head) : undefined;
  if (length === undefined || length > size) return undefined;
  const numbers = new Uint8Array(new SharedArrayBuffer(length));
  if (readSync(file, numbers, 0, length, 0) !== length || length + ofText(numbers) !== size) return undefined;
  return { numbers, text: { file, at: length, modified: mtimeMs } };
}
