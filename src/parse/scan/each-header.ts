/** The headers of an input's first lines, read where no block is: in a small memory of their own. */
import type { NameTools } from '../../event/index.ts';
import {
  createScanMemory,
  emptyHeader,
  FIRST_FREE,
  type LineHeader,
  LineReader,
  SCAN_MARGIN,
  SMALL_DICTIONARIES,
  scratchBytes,
} from './log-lines.ts';

/**
 * Visits each whole line of a text, its header read: for a look at an input's beginning. The only line, where it is cut off.
 * @param visit returns false to see no more
 */
export function eachHeader(text: Buffer, visit: (header: LineHeader, text: Buffer) => boolean): void {
  const head = text.subarray(0, LONGEST_HEAD);
  headReader ??= newHeadReader();
  const { bytes } = headReader;
  const start = FIRST_FREE + SCAN_MARGIN;
  const end = start + head.copy(bytes, start);
  bytes.fill(0, end, end + SCAN_MARGIN);
  // What a last line without its end is looked for in is not all of the memory.
  const looked = bytes.subarray(0, end);
  headReader.forgetHeader();
  const header = emptyHeader();
  for (let at = start, seen = false; at < end; ) {
    let feed = looked.indexOf(0x0a, at);
    if (feed < 0) {
      if (seen) break;
      feed = end;
    }
    if (feed > at) {
      seen = true;
      headReader.readHeader(at, feed, header);
      if (!visit(header, bytes)) break;
    }
    at = feed + 1;
  }
}

/** Beginnings that are looked at are no longer than that. */
const LONGEST_HEAD = 1 << 20;
let headReader: LineReader | undefined;

function newHeadReader(): LineReader {
  const scratch = FIRST_FREE + LONGEST_HEAD + 2 * SCAN_MARGIN;
  const memory = createScanMemory(scratch + scratchBytes(0, SMALL_DICTIONARIES));
  const tools: NameTools = { providers: [], domainOf: (text) => text, providerOf: () => undefined };
  return new LineReader(memory, scratch, 0, tools, SMALL_DICTIONARIES);
}
