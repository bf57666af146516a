/** Reads the text of a compiled table where it lies in a file: a record at a time, when an answer first asks for it. */
import { fstatSync, readSync } from 'node:fs';
import type { TextInFile } from '../enrich/table-image.ts';
import { SmtpEnrichError } from '../event/index.ts';

/** The file stays open as long as the program runs, for all its threads. One that is replaced is still there; one that is written over is not. */
export function readTableText({ file, at, modified }: TextInFile, from: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  const count = readSync(file, bytes, 0, length, at + from);
  if (count === length && fstatSync(file).mtimeMs === modified) return bytes;
  throw new SmtpEnrichError(
    'TABLE',
    'the compiled code table was written over while the program ran',
    'Start it again; where that does not help, install the package again.',
  );
}
