// Reads one JSON object where it lies; see ../json-object.ts for what it promises. All is checked that RFC 8259 asks for, but for
// whether strings are UTF-8.
import { isDigit, matches, same, SPACE } from "../../event/assembly/bytes";

const LF: u8 = 0x0a, CR: u8 = 0x0d, TAB: u8 = 0x09;
const QUOTE: u8 = 0x22, COMMA: u8 = 0x2c, COLON: u8 = 0x3a, BACKSLASH: u8 = 0x5c;
export const OPEN: u8 = 0x7b, CLOSE: u8 = 0x7d, OPEN_LIST: u8 = 0x5b, CLOSE_LIST: u8 = 0x5d;
const LETTER_U: u8 = 0x75, POINT: u8 = 0x2e, MINUS: u8 = 0x2d, PLUS: u8 = 0x2b, ZERO: u8 = 0x30, LETTER_E: u8 = 0x65;

/** Longer keys are not wanted. */
const LONGEST_KEY: usize = 31;
// A table of words: by their length, the number + 1 of the first of that length; then each word in its place.
const WORDS: usize = 32, WORD_BYTES: usize = 40, WORD_TEXT: usize = 8;

/** The number of the word in [at, at + length) in a table, else −1. */
export function numberOfWord(table: usize, at: usize, length: usize): i32 {
  if (length > LONGEST_KEY) return -1;
  let number = <u32>load<u8>(table + length);
  while (number != 0) {
    const word = table + WORDS + <usize>(number - 1) * WORD_BYTES;
    if (same(word + WORD_TEXT, at, length)) return number - 1;
    number = load<u32>(word);
  }
  return -1;
}

let keys: usize = 0;
let keyCount: i32 = 0;
/** Of each container that is open, the byte that closes it. */
let closers: usize = 0;
/** Room for a name without its escapes. */
let name: usize = 0;

/**
 * Says what to look for; called once.
 * @param keysAt the wanted keys, a table of words
 * @param closersAt room for a byte for each byte of the longest text
 * @param nameAt room for 48 bytes
 */
export function createReader(keysAt: usize, count: i32, closersAt: usize, nameAt: usize): void {
  keys = keysAt;
  keyCount = count;
  closers = closersAt;
  name = nameAt;
}

/** Where the wanted members of the object that is read go. */
let places: usize = 0;
/** The wanted key whose value comes next, else −1. */
let key: i32 = -1;
/** Bit n is set where the value of the n-th key holds an escape. */
export let escapes: i32 = 0;
/** Whether a string passed over since this was last set to false holds an escape. */
let escaped: bool = false;

/**
 * Reads the object whose `{` is at `at`; its wanted members go to `out`, two numbers each, then the bits of `escapes`.
 * Returns where it ends, or 0 where it does not end, or is not valid.
 */
export function readObject(at: usize, end: usize, out: usize): usize {
  places = out;
  memory.fill(out, 0, keyCount * 8);
  escapes = 0;
  key = -1;
  const behind = walk(at, end);
  store<i32>(out + keyCount * 8, escapes);
  return behind;
}

function walk(at: usize, end: usize): usize {
  let depth: usize = 0;
  let i = at;
  while (true) {
    // A value starts here.
    const first: u8 = i < end ? load<u8>(i) : 0;
    if (first == QUOTE) i = endOfString(i, end);
    else if (first == OPEN || first == OPEN_LIST) {
      const closer = first == OPEN ? CLOSE : CLOSE_LIST;
      store<u8>(closers + depth++, closer);
      i = skipSpace(i + 1, end);
      if (i >= end) return 0;
      if (load<u8>(i) != closer) {
        if (first == OPEN) i = member(i, end, depth);
        if (i == 0) return 0;
        continue;
      }
    } else i = endOfScalar(i, end);
    if (i == 0) return 0;
    if (depth == 1 && key >= 0) {
      store<i32>(places + key * 8, <i32>i, 4);
      if (escaped) escapes |= 1 << key;
    }
    // A value has ended, or the container that was opened holds none.
    while (true) {
      i = skipSpace(i, end);
      if (i >= end) return 0;
      const closer = load<u8>(closers + depth - 1);
      const byte = load<u8>(i);
      if (byte == closer) {
        i++;
        if (--depth == 0) return i;
        if (depth == 1 && key >= 0) store<i32>(places + key * 8, <i32>i, 4);
        continue;
      }
      if (byte != COMMA) return 0;
      i = skipSpace(i + 1, end);
      if (closer == CLOSE) i = member(i, end, depth);
      if (i == 0) return 0;
      break;
    }
  }
}

/** Passes over a member's name and colon. Where its value starts, or 0. */
function member(at: usize, end: usize, depth: usize): usize {
  if (at >= end || load<u8>(at) != QUOTE) return 0;
  escaped = false;
  const nameEnd = endOfString(at, end);
  if (nameEnd == 0) return 0;
  const colon = skipSpace(nameEnd, end);
  if (colon >= end || load<u8>(colon) != COLON) return 0;
  const value = skipSpace(colon + 1, end);
  if (depth == 1) {
    key = escaped ? escapedKey(at + 1, nameEnd - 1) : numberOfWord(keys, at + 1, nameEnd - at - 2);
    if (key >= 0) {
      store<i32>(places + key * 8, <i32>value);
      escapes &= ~(1 << key);
    }
    escaped = false;
  }
  return value;
}

/** The number of the wanted key that a name with escapes means, or −1. All wanted keys are ASCII. */
function escapedKey(at: usize, end: usize): i32 {
  let length: usize = 0;
  while (at < end) {
    if (length > LONGEST_KEY) return -1;
    let byte = load<u8>(at++);
    if (byte == BACKSLASH) {
      byte = load<u8>(at++);
      if (byte == LETTER_U) {
        let code: u32 = 0;
        for (const last = at + 4; at < last; at++) {
          const digit = load<u8>(at);
          code = code * 16 + (isDigit(digit) ? digit - 0x30 : (digit | 0x20) - 0x57);
        }
        if (code > 0x7f) return -1;
        byte = <u8>code;
      } else if (byte != QUOTE && byte != BACKSLASH && byte != 0x2f) return -1; // a control character: in no key of ours
    }
    store<u8>(name + length++, byte);
  }
  return numberOfWord(keys, name, length);
}

/** Behind white space; `end` where a unit begins instead (see `startsUnit`), as one does where an object was cut off. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function skipSpace(at: usize, end: usize): usize {
  return at < end && load<u8>(at) > SPACE ? at : skipMoreSpace(at, end);
}

function skipMoreSpace(at: usize, end: usize): usize {
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte > SPACE) return at;
    if (byte == LF) {
      if (at + 1 < end) {
        const next = load<u8>(at + 1);
        if (next == OPEN || next == OPEN_LIST) return end;
      }
    } else if (byte != SPACE && byte != CR && byte != TAB) return at;
  }
  return end;
}

/** Behind the closing quote of the string that starts at `at`, or 0. */
function endOfString(at: usize, end: usize): usize {
  const quote = i8x16.splat(QUOTE), backslash = i8x16.splat(BACKSLASH), space = i8x16.splat(SPACE);
  at++;
  while (true) {
    if (at >= end) return 0;
    const bytes = v128.load(at);
    const bits = i8x16.bitmask(v128.or(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)), i8x16.lt_u(bytes, space)));
    if (bits == 0) {
      at += 16;
      continue;
    }
    at += ctz(bits);
    if (at >= end) return 0;
    const byte = load<u8>(at);
    if (byte == QUOTE) return at + 1;
    if (byte != BACKSLASH) return 0;
    escaped = true;
    at = endOfEscape(at + 1, end);
    if (at == 0) return 0;
  }
}

/** Behind the escape whose letter is at `at`, or 0. */
function endOfEscape(at: usize, end: usize): usize {
  if (at >= end) return 0;
  const letter = load<u8>(at);
  if (letter != LETTER_U) {
    switch (letter) {
      case 0x22: case 0x5c: case 0x2f: case 0x62: case 0x66: case 0x6e: case 0x72: case 0x74: // "\/bfnrt
        return at + 1;
      default:
        return 0;
    }
  }
  if (at + 4 >= end) return 0;
  for (let i = at + 1; i <= at + 4; i++) {
    const digit = load<u8>(i);
    if (!isDigit(digit) && <u8>((digit | 0x20) - 0x61) > 5) return 0;
  }
  return at + 5;
}

/** Behind the number, or true, false or null, that starts at `at`, or 0. */
function endOfScalar(at: usize, end: usize): usize {
  if (at >= end) return 0;
  if (load<u8>(at) > 0x39) {
    if (matches(at, end, "true") || matches(at, end, "null")) return at + 4;
    return matches(at, end, "false") ? at + 5 : 0;
  }
  let i = load<u8>(at) == MINUS ? at + 1 : at;
  const whole = endOfDigits(i, end);
  if (whole == i || (load<u8>(i) == ZERO && whole > i + 1)) return 0;
  i = whole;
  if (i < end && load<u8>(i) == POINT) {
    const fraction = endOfDigits(i + 1, end);
    if (fraction == i + 1) return 0;
    i = fraction;
  }
  if (i < end && (load<u8>(i) | 0x20) == LETTER_E) {
    const sign = i + 1 < end && (load<u8>(i + 1) == PLUS || load<u8>(i + 1) == MINUS) ? i + 2 : i + 1;
    const exponent = endOfDigits(sign, end);
    if (exponent == sign) return 0;
    i = exponent;
  }
  return i;
}

function endOfDigits(at: usize, end: usize): usize {
  while (at < end && isDigit(load<u8>(at))) at++;
  return at;
}
