/**
 * Where the objects of a JSON text stand, whatever holds them: one on a line, many in an array on a line, an array printed
 * over many lines, one after the other. A webhook's payloads are stored in all of these ways. The unit is the top-level
 * object; brackets, commas and white space between objects are passed over.
 */
import { type ObjectReader, startsUnit } from './json-object.ts';

const LF = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Follows one object to its end, over as many pieces of text as it takes. */
export class ObjectScanner {
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The piece before ended with a line feed. */
  #lineFeed = false;

  /** Begins with a new object: the next byte is its `{`. */
  begin(): void {
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
    this.#lineFeed = false;
  }

  /**
   * Goes on from `at`.
   * @returns behind the object's last `}`; or, as a negative number, minus the place where a new unit starts although this
   *   one never ended (see `startsUnit`; or any line, where a string is open: JSON has no raw line feed inside one), so that a
   *   damaged object swallows no good one; or 0 where the text runs out. A new unit at the very start of `bytes` is NEW_UNIT.
   */
  scan(bytes: Buffer, at: number, end: number): number {
    let depth = this.#depth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    if (this.#lineFeed && at < end && depth > 0 && (inString || startsUnit(bytes[at]!)))
      return at === 0 ? NEW_UNIT : -at;
    for (let i = at; i < end; i++) {
      const byte = bytes[i]!;
      if (byte === LF && depth > 0 && i + 1 < end && (inString || startsUnit(bytes[i + 1]!))) return -(i + 1);
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN) depth++;
      else if (byte === CLOSE && --depth === 0) return i + 1;
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    this.#lineFeed = end > at ? bytes[end - 1] === LF : this.#lineFeed;
    return 0;
  }
}

/** See ObjectScanner.scan. */
export const NEW_UNIT = Number.MIN_SAFE_INTEGER;

/** What was found of one unit. */
export interface JsonVisitor {
  /** A valid object; the reader knows where its members are. */
  object(start: number, end: number): void;
  /** Text that is no JSON object. */
  broken(reason: string, start: number, end: number): void;
  /** An object beyond the limit. */
  tooLong(): void;
}

/** Visits each unit in [start, end), which holds whole units only. Each byte is gone through twice at most. */
export function visitObjects(
  bytes: Buffer,
  start: number,
  end: number,
  longest: number,
  reader: ObjectReader,
  visitor: JsonVisitor,
): void {
  let at = start;
  while (at < end) {
    const byte = bytes[at]!;
    if (isBetween(byte)) {
      at++;
      continue;
    }
    const behind = byte === OPEN ? reader.read(at, end) : 0;
    if (behind === 0) at = passOverOddUnit(bytes, at, end, longest, visitor);
    else {
      if (behind - at > longest) visitor.tooLong();
      else visitor.object(at, behind);
      at = behind;
    }
  }
}

/**
 * Passes over what no reader could read: an object that is none, or other text.
 * @returns where it ends
 */
export function passOverOddUnit(
  bytes: Buffer,
  at: number,
  end: number,
  longest: number,
  visitor: Omit<JsonVisitor, 'object'>,
): number {
  if (bytes[at] === OPEN) {
    const scanner = new ObjectScanner();
    const found = scanner.scan(bytes, at, end);
    const next = found > 0 ? found : found < 0 ? -found : end;
    if (found > 0 && found - at > longest) visitor.tooLong();
    else visitor.broken(found > 0 ? 'an object that is not valid JSON' : 'an object that never ends', at, next);
    return next;
  }
  if (isByteOrderMark(bytes, at, end)) return at + 3;
  const lineEnd = endOfLine(bytes, at, end);
  visitor.broken('text that is no JSON object', at, lineEnd);
  return lineEnd;
}

/** Where an editor has saved the file. */
export function isByteOrderMark(bytes: Buffer, at: number, end: number): boolean {
  return bytes[at] === 0xef && at + 3 <= end && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf;
}

/** White space, and what stands between the objects of an array. */
export function isBetween(byte: number): boolean {
  return (
    byte === 0x20 || byte === LF || byte === 0x0d || byte === 0x09 || byte === 0x2c || byte === 0x5b || byte === 0x5d
  );
}

function endOfLine(bytes: Buffer, at: number, end: number): number {
  const feed = bytes.indexOf(LF, at);
  return feed < 0 || feed > end ? end : feed;
}
