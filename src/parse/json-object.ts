/**
 * Reads one JSON object (RFC 8259) where it lies: whether it is valid, where it ends, and where the values of the wanted members
 * stand. A webhook's event has some seventeen members, and most events are counted by four of them; to make an object of all of
 * them costs several times what this walk does. A value that is asked for is read by JSON.parse, so what a text means is never
 * decided here.
 */

const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

export class ObjectReader {
  /** The wanted members of the object that was read last: of the n-th key, [2n] where its value starts, [2n + 1] where it ends; 0, 0 if absent. */
  readonly places: Int32Array;
  /** Bit n is set where the value of the n-th key holds an escape. */
  escapes = 0;
  readonly #keys: readonly string[];
  /** By length: the keys as bytes, and their numbers. */
  readonly #byLength: { readonly bytes: Buffer; readonly number: number }[][] = [];
  /** Of each container that is open, the byte that closes it. */
  readonly #closers: number[] = [];
  /** The wanted key whose value comes next, else −1. */
  #key = -1;

  /** @param keys at most 31 */
  constructor(keys: readonly string[]) {
    this.#keys = keys;
    this.places = new Int32Array(keys.length * 2);
    for (const [number, key] of keys.entries()) {
      const bytes = Buffer.from(key);
      this.#byLength[bytes.length] ??= [];
      this.#byLength[bytes.length]!.push({ bytes, number });
    }
  }

  /**
   * Reads the object whose `{` is at `at`.
   * @returns where it ends, or 0 where it does not end, or is not valid. Of two members of one name the last counts.
   */
  read(bytes: Buffer, at: number, end: number): number {
    const { places } = this;
    const closers = this.#closers;
    places.fill(0);
    this.escapes = 0;
    let depth = 0;
    let i = at;
    for (;;) {
      // A value starts here.
      const first = i < end ? bytes[i]! : 0;
      if (first === QUOTE) i = endOfString(bytes, i, end);
      else if (first === OPEN || first === OPEN_LIST) {
        const closer = first === OPEN ? CLOSE : CLOSE_LIST;
        closers[depth++] = closer;
        i = skipSpace(bytes, i + 1, end);
        if (i >= end) return 0;
        if (bytes[i] !== closer) {
          if (first === OPEN) i = this.#member(bytes, i, end, depth);
          if (i === 0) return 0;
          continue;
        }
      } else i = endOfScalar(bytes, i, end);
      if (i === 0) return 0;
      if (depth === 1 && this.#key >= 0) {
        places[this.#key * 2 + 1] = i;
        if (escaped) this.escapes |= 1 << this.#key;
      }
      // A value has ended, or the container that was opened holds none.
      for (;;) {
        i = skipSpace(bytes, i, end);
        if (i >= end) return 0;
        const closer = closers[depth - 1]!;
        if (bytes[i] === closer) {
          i++;
          if (--depth === 0) return i;
          if (depth === 1 && this.#key >= 0) places[this.#key * 2 + 1] = i;
          continue;
        }
        if (bytes[i] !== COMMA) return 0;
        i = skipSpace(bytes, i + 1, end);
        if (closer === CLOSE) i = this.#member(bytes, i, end, depth);
        if (i === 0) return 0;
        break;
      }
    }
  }

  /** The wanted members of the object that was read last. */
  pick(bytes: Buffer): Record<string, unknown> {
    const picked: [key: string, value: unknown][] = [];
    for (const [number, key] of this.#keys.entries()) {
      const start = this.places[number * 2]!;
      if (start > 0) picked.push([key, valueAt(bytes, start, this.places[number * 2 + 1]!)]);
    }
    // Not by assignment: a member may be called `__proto__`.
    return Object.fromEntries(picked);
  }

  /** Passes over a member's name and colon. Where its value starts, or 0. */
  #member(bytes: Buffer, at: number, end: number, depth: number): number {
    if (at >= end || bytes[at] !== QUOTE) return 0;
    escaped = false;
    const nameEnd = endOfString(bytes, at, end);
    if (nameEnd === 0) return 0;
    const colon = skipSpace(bytes, nameEnd, end);
    if (colon >= end || bytes[colon] !== COLON) return 0;
    const value = skipSpace(bytes, colon + 1, end);
    if (depth === 1) {
      const key = this.#numberOf(bytes, at, nameEnd);
      this.#key = key;
      if (key >= 0) {
        this.places[key * 2] = value;
        this.escapes &= ~(1 << key);
        escaped = false;
      }
    }
    return value;
  }

  /** The number of the wanted key that the string in [start, end) is, or −1. */
  #numberOf(bytes: Buffer, start: number, end: number): number {
    const list = this.#byLength[end - start - 2];
    if (list !== undefined) {
      for (const { bytes: key, number } of list) {
        let i = 0;
        while (i < key.length && key[i] === bytes[start + 1 + i]) i++;
        if (i === key.length) return number;
      }
    }
    return escaped ? this.#keys.indexOf(valueAt(bytes, start, end) as string) : -1;
  }
}

/** The value in [start, end), which is valid JSON. */
export function valueAt(bytes: Buffer, start: number, end: number): unknown {
  return JSON.parse(bytes.toString('utf8', start, end));
}

/**
 * Where the wanted members of many objects of one text stand, and their values, read when asked. A view: as long as the bytes are
 * those that were read.
 */
export class MemberTable {
  bytes: Buffer;
  readonly #width: number;
  #places: Int32Array<ArrayBuffer>;
  /** Of each object: see ObjectReader.escapes. */
  readonly #escapes: number[] = [];
  #kept = 0;

  constructor(bytes: Buffer, reader: ObjectReader) {
    this.bytes = bytes;
    this.#width = reader.places.length;
    this.#places = new Int32Array(reader.places.length * 256);
  }

  /** Forgets all objects, for those of another text. */
  clear(bytes: Buffer): void {
    this.bytes = bytes;
    this.#kept = 0;
  }

  /**
   * Puts the object that was read last behind those that are kept, over one that was not.
   * @returns its number
   */
  put({ places, escapes }: ObjectReader): number {
    const start = this.#kept * this.#width;
    if (start + places.length > this.#places.length) {
      const grown = new Int32Array(this.#places.length * 2);
      grown.set(this.#places);
      this.#places = grown;
    }
    for (let i = 0; i < places.length; i++) this.#places[start + i] = places[i]!;
    this.#escapes[this.#kept] = escapes;
    return this.#kept;
  }

  /** Keeps the object that was put last. */
  keep(): void {
    this.#kept++;
  }

  /** Where the value of an object's member starts; 0 where it has none. */
  start(object: number, key: number): number {
    return this.#places[object * this.#width + key * 2]!;
  }

  end(object: number, key: number): number {
    return this.#places[object * this.#width + key * 2 + 1]!;
  }

  value(object: number, key: number): unknown {
    const start = this.start(object, key);
    return start === 0 ? undefined : valueAt(this.bytes, start, this.end(object, key));
  }

  isString(object: number, key: number): boolean {
    const start = this.start(object, key);
    return start > 0 && this.bytes[start] === QUOTE;
  }

  isEscaped(object: number, key: number): boolean {
    return (this.#escapes[object]! & (1 << key)) !== 0;
  }

  /** The member's value where it is a string. */
  string(object: number, key: number): string | undefined {
    if (!this.isString(object, key)) return undefined;
    const start = this.start(object, key);
    const end = this.end(object, key);
    return this.isEscaped(object, key)
      ? (valueAt(this.bytes, start, end) as string)
      : this.bytes.toString('utf8', start + 1, end - 1);
  }

  /** Whether it is a string that is not empty and means what stands between its quotes. */
  isPlain(object: number, key: number): boolean {
    return (
      this.isString(object, key) && this.end(object, key) - this.start(object, key) > 2 && !this.isEscaped(object, key)
    );
  }

  /** The value of a number that is digits only, up to 15. */
  wholeNumber(object: number, key: number): number | undefined {
    const start = this.start(object, key);
    const end = this.end(object, key);
    if (start === 0 || end - start > 15) return undefined;
    let number = 0;
    for (let i = start; i < end; i++) {
      if (!isDigit(this.bytes[i]!)) return undefined;
      number = number * 10 + this.bytes[i]! - 0x30;
    }
    return number;
  }
}

/** Behind white space; `end` where a unit begins instead (see `startsUnit`), as one does where an object was cut off. */
function skipSpace(bytes: Buffer, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const byte = bytes[i]!;
    if (byte > 0x20) return i;
    if (byte === LF) {
      if (i + 1 < end && startsUnit(bytes[i + 1]!)) return end;
    } else if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return i;
  }
  return end;
}

/** 1 for a byte that ends no string and needs no look: all but quotes, backslashes and control characters. */
const INSIDE = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 0 : 1,
);

/** Whether a string passed over since this was last set to false holds an escape. */
let escaped = false;

/** Behind the closing quote of the string that starts at `at`, or 0. */
function endOfString(bytes: Buffer, at: number, end: number): number {
  let i = at + 1;
  for (;;) {
    // Four at a time: most of a text is this.
    while (
      i + 4 <= end &&
      (INSIDE[bytes[i]!]! & INSIDE[bytes[i + 1]!]! & INSIDE[bytes[i + 2]!]! & INSIDE[bytes[i + 3]!]!) === 1
    )
      i += 4;
    while (i < end && INSIDE[bytes[i]!] === 1) i++;
    if (i >= end) return 0;
    if (bytes[i] === QUOTE) return i + 1;
    if (bytes[i] !== BACKSLASH) return 0;
    escaped = true;
    i = endOfEscape(bytes, i + 1, end);
    if (i === 0) return 0;
    i++;
  }
}

/** The last byte of the escape whose letter is at `at`, or 0. */
function endOfEscape(bytes: Buffer, at: number, end: number): number {
  if (at >= end) return 0;
  if (bytes[at] !== 0x75) return ESCAPES.includes(bytes[at]!) ? at : 0;
  if (at + 4 >= end) return 0;
  for (let i = at + 1; i <= at + 4; i++) {
    const letter = bytes[i]! | 0x20;
    if (!isDigit(bytes[i]!) && !(letter >= 0x61 && letter <= 0x66)) return 0;
  }
  return at + 4;
}

const ESCAPES = Buffer.from('"\\/bfnrt');
const WORDS = ['true', 'false', 'null'].map((word) => Buffer.from(word));

/** Behind the number, or true, false or null, that starts at `at`, or 0. */
function endOfScalar(bytes: Buffer, at: number, end: number): number {
  if (at >= end) return 0;
  for (const word of WORDS) {
    let i = 0;
    while (i < word.length && at + i < end && word[i] === bytes[at + i]) i++;
    if (i === word.length) return at + i;
  }
  let i = bytes[at] === 0x2d ? at + 1 : at;
  const whole = endOfDigits(bytes, i, end);
  if (whole === i || (bytes[i] === 0x30 && whole > i + 1)) return 0;
  i = whole;
  if (i < end && bytes[i] === 0x2e) {
    const fraction = endOfDigits(bytes, i + 1, end);
    if (fraction === i + 1) return 0;
    i = fraction;
  }
  if (i < end && (bytes[i]! | 0x20) === 0x65) {
    const sign = i + 1 < end && (bytes[i + 1] === 0x2b || bytes[i + 1] === 0x2d) ? 1 : 0;
    const exponent = endOfDigits(bytes, i + 1 + sign, end);
    if (exponent === i + 1 + sign) return 0;
    i = exponent;
  }
  return i;
}

function endOfDigits(bytes: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end && isDigit(bytes[i]!)) i++;
  return i;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/**
 * Whether a line that begins with this byte begins a unit, whatever came before: nothing prints an inner object or array at the
 * start of a line. So such a place divides a text without anybody having read what is before it.
 */
export function startsUnit(byte: number): boolean {
  return byte === OPEN || byte === OPEN_LIST;
}
