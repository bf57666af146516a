/**
 * The hashes that lead from a line to the message it speaks of. 53 bits, so that they are exact as a number; made from bytes,
 * so that no string is cut for a line whose message nobody remembers; src/parse/assembly/keys.ts makes the same. A hash only leads to an entry: correlate compares the
 * strings behind it before it believes.
 */

/** Two 32-bit states, folded together by `key`. Module state on purpose: one thread, no allocation per line. */
let low = 0;
let high = 0;

/** Starts a hash from another: a host's, or a queue key's. */
export function begin(seed: number): void {
  low = seed | 0;
  high = (seed / 0x100000000) | 0;
}

/**
 * Mixes in [start, end), four bytes a step, then what is left, with its length; ASCII letters without case where `fold`:
 * addresses compare so.
 */
export function mix(bytes: Buffer, start: number, end: number, fold: boolean): void {
  let at = start;
  for (; at + 4 <= end; at += 4) step(bytes.readInt32LE(at), fold);
  let left = 0;
  for (let i = end - 1; i >= at; i--) left = (left << 8) | bytes[i]!;
  step(left, fold, (end - at) << 24);
}

function step(word: number, fold: boolean, length = 0): void {
  const mixed = (fold ? folded(word) : word) | length;
  let a = low ^ mixed;
  a = Math.imul((a << 13) | (a >>> 19), 0x9e3779b1);
  const b = (high + mixed) | 0;
  high = Math.imul((b << 19) | (b >>> 13), 0x85ebca6b) ^ a;
  low = a;
}

/** Four bytes with the ASCII capitals among them as small letters: adds with carry into each byte's highest bit. */
function folded(word: number): number {
  const seven = word & 0x7f7f7f7f;
  const capital = (seven + 0x3f3f3f3f) ^ (seven + 0x25252525); // from `A`, but not from behind `Z`
  return word | ((capital & ~word & 0x80808080) >>> 2);
}

/** The hash: a positive integer below 2^53, never 0. */
export function key(): number {
  let a = low ^ (high >>> 7);
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b);
  a ^= a >>> 13;
  let b = high ^ (low >>> 11);
  b = Math.imul(b ^ (b >>> 15), 0xc2b2ae35);
  b ^= b >>> 16;
  return (b & 0x1fffff) * 0x100000000 + (a >>> 0) || 1;
}

/** The hash by which an address is recognised, without case; the same from bytes and from a string. */
export function addressKey(bytes: Buffer, start: number, end: number): number {
  begin(ADDRESS_SEED);
  mix(bytes, start, end, true);
  return key();
}

const ADDRESS_SEED = 0x2545f491;

export function addressKeyOfText(text: string): number {
  const bytes = Buffer.from(text);
  return addressKey(bytes, 0, bytes.length);
}

/** The hash of one run of bytes. */
export function keyOf(bytes: Buffer, start: number, end: number, seed: number): number {
  begin(seed);
  mix(bytes, start, end, false);
  return key();
}

/** The same of a text: what keyOf says of its bytes. */
export function keyOfText(text: string, seed: number): number {
  const bytes = Buffer.from(text);
  return keyOf(bytes, 0, bytes.length, seed);
}
