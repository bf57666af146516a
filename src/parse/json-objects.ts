/**
 * Where the objects of a JSON text stand, whatever holds them: one on a line, many in an array on a line, an array printed
 * over many lines, one after the other. A webhook's payloads are stored in all of these ways. The unit is the top-level
 * object; brackets, commas and white space between objects are passed over.
 */

const LF = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;

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

/**
 * Whether a line that begins with this byte begins a unit, whatever came before: nothing prints an inner object or array at the
 * start of a line. So such a place divides a text without anybody having read what is before it.
 */
export function startsUnit(byte: number): boolean {
  return byte === OPEN || byte === OPEN_LIST;
}

/** What was found of one unit. */
export interface JsonVisitor {
  object(value: Record<string, unknown>, start: number, end: number): void;
  /** Text that is no JSON object. */
  broken(reason: string, start: number, end: number): void;
  /** An object beyond the limit. */
  tooLong(): void;
}

/** Visits each unit in [start, end), which holds whole units only. */
export function visitObjects(bytes: Buffer, start: number, end: number, longest: number, visitor: JsonVisitor): void {
  const scanner = new ObjectScanner();
  let at = start;
  // Of the line that `at` is in: where it ends, and whether it has been tried as one text. A line of a thousand objects is
  // measured once and tried once, or its cost would be its length squared.
  let lineEnd = start;
  let tried = false;
  while (at < end) {
    if (at >= lineEnd) {
      lineEnd = endOfLine(bytes, at, end);
      tried = false;
      if (at === lineEnd) {
        at++;
        continue;
      }
    }
    const byte = bytes[at]!;
    if (isBetween(byte)) {
      // A whole array on one line is parsed at once.
      if (byte === 0x5b && !tried) {
        const last = lastVisible(bytes, at, lineEnd);
        if (last > at && bytes[last] === 0x5d && lineEnd - at <= longest) {
          tried = true;
          const list = parseOrUndefined(bytes, at, last + 1);
          // Of anything but objects the pieces are what counts, as they are where the line is cut into blocks.
          if (Array.isArray(list) && list.every(isObject)) {
            for (const item of list) visitItem(item, at, last + 1, visitor);
            at = lineEnd;
            continue;
          }
        }
      }
      at++;
      continue;
    }
    if (isByteOrderMark(bytes, at, end)) {
      at += 3;
      continue;
    }
    if (byte !== OPEN) {
      visitor.broken('text that is no JSON object', at, lineEnd);
      at = lineEnd;
      continue;
    }
    // One object on a line: the common form, parsed without being scanned first.
    let last = tried ? at : lastVisible(bytes, at, lineEnd);
    while (last > at && (bytes[last] === 0x2c || bytes[last] === 0x5d)) last = lastVisible(bytes, at, last);
    const whole = !tried && bytes[last] === CLOSE && last + 1 - at <= longest;
    tried = true;
    if (whole) {
      const value = parseOrUndefined(bytes, at, last + 1);
      if (value !== undefined) {
        visitItem(value, at, last + 1, visitor);
        at = lineEnd;
        continue;
      }
    }
    scanner.begin();
    const found = scanner.scan(bytes, at, end);
    if (found > 0) {
      if (found - at > longest) visitor.tooLong();
      else {
        const value = parseOrUndefined(bytes, at, found);
        if (value === undefined) visitor.broken('an object that is not valid JSON', at, found);
        else visitItem(value, at, found, visitor);
      }
      at = found;
    } else {
      const next = found < 0 ? -found : end;
      visitor.broken('an object that never ends', at, next);
      at = next;
    }
  }
}

function visitItem(value: unknown, start: number, end: number, visitor: JsonVisitor): void {
  if (isObject(value)) visitor.object(value, start, end);
  else visitor.broken('a value that is no object', start, end);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
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

/** The last byte before `end` that is no white space; `start` where there is none. */
function lastVisible(bytes: Buffer, start: number, end: number): number {
  let last = end - 1;
  while (last > start && bytes[last]! <= 0x20) last--;
  return Math.max(last, start);
}

function parseOrUndefined(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    return undefined;
  }
}
