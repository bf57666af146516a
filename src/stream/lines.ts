/** Lines of text from a stream, one by one: for input that a person or another program wrote, where byte offsets do not matter. */
import { pipeline, type Readable } from 'node:stream';
import split2 from 'split2';

/** Every line, blank ones too, without its line end; a last line without one counts, an empty rest does not. */
export async function* textLines(readable: Readable): AsyncGenerator<string, void, undefined> {
  // split2 drops what a mapper returns as '': so blank lines travel in a box.
  const lines = split2(/\r?\n/, (line: string) => ({ line }));
  // An error of the source destroys the lines too, and the loop below throws it.
  pipeline(readable, lines, () => {});
  for await (const { line } of lines as AsyncIterable<{ line: string }>) yield line;
}
