/** Reads the text of a compiled table where it lies in a file: a record at a time, when an answer first asks for it. */
import { readSync } from 'node:fs';
import type { TextInFile } from '../enrich/table-image.ts';
import { SmtpEnrichError } from '../event/index.ts';

/** The file stays open as long as the program runs, for all its threads. */
export function readTableText({ file, at }: TextInFile, from: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  const count = readSync(file, bytes, 0, length, at + from);
  if (count === length) return bytes;
  throw new SmtpEnrichError(
    'TABLE',
    `the compiled table ends early: expected ${length} bytes at ${at + from}, found ${count}`,
    'Install the package again.',
  );
}
