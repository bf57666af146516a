/**
 * Where a unit of text ends: the only thing that has to be known before a block can be handed to any thread. Lines end at line
 * feeds, objects at their last brace. Works on bytes and their offsets (split2 turns bytes into strings and counts none).
 */
import type { Format } from '../parse/format.ts';
import { startsUnit } from '../parse/json-object.ts';
import { isBetween, isByteOrderMark, NEW_UNIT, ObjectScanner } from '../parse/json-objects.ts';

export interface Framer {
  /**
   * Up to where [start, end) consists of whole units; `start` where it holds none.
   * @param full whether the block has no room for more text
   */
  boundary(bytes: Buffer, start: number, end: number, full: boolean): number;
  /**
   * For a unit that is longer than a block: [start, end) is its beginning (the first call) or goes on with it. Where the unit
   * ends, or -1 where it goes on behind `end`.
   */
  endOfLongUnit(bytes: Buffer, start: number, end: number): number;
}

export function framerOf(format: Format): Framer {
  switch (format.framing) {
    case 'line':
      return new LineFramer();
    case 'json':
      return new ObjectFramer();
    case 'csv':
      return new CsvFramer();
  }
}

const LF = 0x0a;

class LineFramer implements Framer {
  boundary(bytes: Buffer, start: number, end: number): number {
    return Math.max(start, bytes.subarray(start, end).lastIndexOf(LF) + start + 1);
  }

  endOfLongUnit(bytes: Buffer, start: number, end: number): number {
    const feed = bytes.subarray(start, end).indexOf(LF);
    return feed < 0 ? -1 : start + feed + 1;
  }
}

const QUOTE = 0x22;

/** CSV records: a line feed between quotes belongs to its field. A block starts with a record, so quotes are counted from there. */
class CsvFramer implements Framer {
  readonly #line = new LineFramer();

  boundary(bytes: Buffer, start: number, end: number): number {
    let boundary = start;
    let quoted = false;
    for (let i = start; i < end; i++) {
      if (bytes[i] === QUOTE) quoted = !quoted;
      else if (bytes[i] === LF && !quoted) boundary = i + 1;
    }
    return boundary;
  }

  endOfLongUnit(bytes: Buffer, start: number, end: number): number {
    return this.#line.endOfLongUnit(bytes, start, end);
  }
}

/**
 * Objects, wherever they stand. What is cut off must begin where the reader of the block would begin anew by itself: behind an
 * object, at the end of a line of other text, or at a line that begins a unit (see `startsUnit`). The last such line of a
 * block is found from its end, so that only what follows it has to be gone through: of NDJSON, one line.
 */
class ObjectFramer implements Framer {
  readonly #scanner = new ObjectScanner();
  readonly #line = new LineFramer();
  /** Inside a unit longer than a block: an object, or other text. */
  #following: 'object' | 'text' | undefined;

  boundary(bytes: Buffer, start: number, end: number): number {
    let at = lastUnitLine(bytes, start, end);
    for (;;) {
      while (at < end && isBetween(bytes[at]!)) at++;
      if (at >= end) return end;
      if (isByteOrderMark(bytes, at, end)) {
        at += 3;
        continue;
      }
      if (bytes[at] !== 0x7b) {
        // Text that is no object ends with its line.
        const feed = bytes.subarray(at, end).indexOf(LF);
        if (feed < 0) return at;
        at += feed + 1;
        continue;
      }
      this.#scanner.begin();
      const found = this.#scanner.scan(bytes, at, end);
      if (found === 0) return at;
      at = Math.abs(found);
    }
  }

  endOfLongUnit(bytes: Buffer, start: number, end: number): number {
    if (this.#following === undefined) {
      this.#following = bytes[start] === 0x7b ? 'object' : 'text';
      this.#scanner.begin();
    }
    const found =
      this.#following === 'object'
        ? this.#scanner.scan(bytes, start, end)
        : Math.max(0, this.#line.endOfLongUnit(bytes, start, end));
    if (found === 0) return -1;
    this.#following = undefined;
    return found === NEW_UNIT ? start : Math.abs(found);
  }
}

/** The last line of [start, end) that begins a unit whatever is before it; `start` where there is none. */
function lastUnitLine(bytes: Buffer, start: number, end: number): number {
  const block = bytes.subarray(start, end);
  for (let feed = block.lastIndexOf(LF); feed > 0; feed = block.lastIndexOf(LF, feed - 1)) {
    if (feed + 1 < block.length && startsUnit(block[feed + 1]!)) return start + feed + 1;
  }
  return start;
}
