/**
 * Where a unit of text ends: the only thing that has to be known before a block can be handed to any thread. Lines end at line
 * feeds, objects at their last brace. Works on bytes and their offsets (split2 turns bytes into strings and counts none).
 */
import type { Format } from '../parse/format.ts';
import { isBetween, ObjectScanner } from '../parse/json-objects.ts';

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
 * Objects. Where the first line is a whole JSON text, so are the others (NDJSON), and a block ends with a line: a damaged line
 * then harms itself only. Otherwise objects are followed brace by brace.
 */
class ObjectFramer implements Framer {
  #byLine: boolean | undefined;
  readonly #scanner = new ObjectScanner();
  readonly #line = new LineFramer();
  /** Inside a unit longer than a block. */
  #following = false;

  boundary(bytes: Buffer, start: number, end: number, full: boolean): number {
    if (this.#byLine === undefined) this.#byLine = isWholeFirstLine(bytes, start, end);
    if (this.#byLine !== false) {
      const boundary = this.#line.boundary(bytes, start, end);
      if (boundary > start || !full) return boundary;
      // A line that fills a block holds an array of many objects.
      this.#byLine = false;
    }
    let at = start;
    for (;;) {
      while (at < end && isBetween(bytes[at]!)) at++;
      if (at >= end) return end;
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
    if (!this.#following) {
      this.#scanner.begin();
      this.#following = true;
    }
    const found = this.#scanner.scan(bytes, start, end);
    if (found === 0) return -1;
    this.#following = false;
    return Math.abs(found);
  }
}

/** Undefined as long as the first line is not there. */
function isWholeFirstLine(bytes: Buffer, start: number, end: number): boolean | undefined {
  while (start < end && bytes[start]! <= 0x20) start++;
  const feed = bytes.subarray(start, end).indexOf(LF);
  if (feed < 0) return undefined;
  try {
    JSON.parse(bytes.toString('utf8', start, start + feed));
    return true;
  } catch {
    return false;
  }
}
