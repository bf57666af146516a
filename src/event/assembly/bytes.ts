// Looking at bytes several at a time. All of these may read up to sixteen bytes behind the end they are given: see SCAN_MARGIN.

export const SPACE: u8 = 0x20;
export const COMMA: u8 = 0x2c;
export const COLON: u8 = 0x3a;
export const LESS: u8 = 0x3c;
export const EQUALS: u8 = 0x3d;
export const GREATER: u8 = 0x3e;
export const CR: u8 = 0x0d;

// @ts-ignore: decorators are AssemblyScript's
@inline
export function isDigit(byte: u8): bool {
  return <u8>(byte - 0x30) <= 9;
}

/** Four bytes with the ASCII capitals among them as small letters: adds with carry into each byte's highest bit. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function foldedWord(word: u32): u32 {
  const seven = word & 0x7f7f7f7f;
  const capital = (seven + 0x3f3f3f3f) ^ (seven + 0x25252525); // from `A`, but not from behind `Z`
  return word | ((capital & ~word & 0x80808080) >> 2);
}

/** Eight bytes, likewise. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function foldedLong(long: u64): u64 {
  const seven = long & 0x7f7f7f7f7f7f7f7f;
  const capital = (seven + 0x3f3f3f3f3f3f3f3f) ^ (seven + 0x2525252525252525);
  return long | ((capital & ~long & 0x8080808080808080) >> 2);
}

/** Whether the ASCII text stands at `at`, before `end`. */
export function matches(at: usize, end: usize, text: string): bool {
  const length = text.length;
  if (at + length > end) return false;
  // Eight characters a step; those of the text are two bytes each.
  for (let i = 0, left = length; left > 0; i += 8, left -= 8) {
    const bytes = i16x8.extend_low_i8x16_u(v128.load64_zero(at + i));
    const differ = i16x8.bitmask(i16x8.ne(bytes, v128.load(changetype<usize>(text) + (<usize>i << 1))));
    if ((differ & (left >= 8 ? 0xff : (1 << left) - 1)) != 0) return false;
  }
  return true;
}

/** Whether [at, at + length) and [other, other + length) hold the same bytes. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function same(at: usize, other: usize, length: usize): bool {
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) if (load<u64>(at + i) != load<u64>(other + i)) return false;
  const left = length - i;
  return left == 0 || ((load<u64>(at + i) ^ load<u64>(other + i)) << (64 - left * 8)) == 0;
}

/** Whether all of [at, end) is printable ASCII, and no quotation mark or backslash. */
export function isPlain(at: usize, end: usize): bool {
  const last = i8x16.splat(0x1f), quote = i8x16.splat(0x22), backslash = i8x16.splat(0x5c), rubout = i8x16.splat(0x7f);
  for (; at < end; at += 16) {
    const bytes = v128.load(at);
    // As signed numbers, control characters and all beyond ASCII are below the space.
    const printable = v128.andnot(i8x16.gt_s(bytes, last), v128.or(i8x16.eq(bytes, rubout), v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash))));
    let bits = <u32>i8x16.bitmask(printable);
    if (end - at < 16) bits |= ~(((<u32>1) << <u32>(end - at)) - 1) & 0xffff;
    if (bits != 0xffff) return false;
  }
  return true;
}

/** Where `byte` stands first in [at, end); `end` where it does not. */
export function find(byte: u8, at: usize, end: usize): usize {
  const wanted = i8x16.splat(byte);
  for (; at < end; at += 16) {
    const bits = i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
    if (bits != 0) return min(at + ctz(bits), end);
  }
  return end;
}

/** Where one of two bytes stands first in [at, end); `end` where none does. */
export function findEither(byte: u8, other: u8, at: usize, end: usize): usize {
  const wanted = i8x16.splat(byte), second = i8x16.splat(other);
  for (; at < end; at += 16) {
    const bytes = v128.load(at);
    const bits = i8x16.bitmask(v128.or(i8x16.eq(bytes, wanted), i8x16.eq(bytes, second)));
    if (bits != 0) return min(at + ctz(bits), end);
  }
  return end;
}

/** Where one of three bytes stands first in [at, end); `end` where none does. */
export function findAny(byte: u8, other: u8, third: u8, at: usize, end: usize): usize {
  const wanted = i8x16.splat(byte), second = i8x16.splat(other), last = i8x16.splat(third);
  for (; at < end; at += 16) {
    const bytes = v128.load(at);
    const bits = i8x16.bitmask(v128.or(i8x16.eq(bytes, wanted), v128.or(i8x16.eq(bytes, second), i8x16.eq(bytes, last))));
    if (bits != 0) return min(at + ctz(bits), end);
  }
  return end;
}

/** Where `byte` stands last in [start, end); −1 below `start` where it does not. */
export function findLast(byte: u8, start: usize, end: usize): usize {
  const wanted = i8x16.splat(byte);
  let at = end;
  while (at > start + 16) {
    at -= 16;
    const bits = i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
    if (bits != 0) return at + 31 - clz(bits);
  }
  while (at > start) if (load<u8>(--at) == byte) return at;
  return start - 1;
}
