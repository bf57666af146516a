// Finds the lines that bear a mark; see ../scan/log-lines.ts for what it promises.
//
// Thirty-two bytes a step, as two times sixteen. A mark is known by three bytes. Two of them, next to each other, are looked for first: a
// table look-up by each half of a byte (Mula's way) tells of what pairs a byte may be the first, or the second; pairs are bits. Only
// where a step shows one, or where a mark waits for the end of its line, are single bytes looked at.

const STATUS: i32 = 1, REMOVED: i32 = 2, WARNING: i32 = 4, OPENED: i32 = 8, MESSAGE_ID: i32 = 16, INBOUND: i32 = 32, CONNECT: i32 = 64;

// Pairs: `s=`, `d` before a line feed or carriage return, `g:` `l:` `c:`, `fi`, `o `, `t=` `d=`, `t:` `d:` `g:`.
const S_EQUALS: u8 = 1, D_END: u8 = 2, SEVERITY: u8 = 4, FI: u8 = 8, O_SPACE: u8 = 16, ID_EQUALS: u8 = 32, REFUSAL: u8 = 64;

// By the lower and the higher half of a byte: of what pairs it may be the first, the second. Beyond `g` and `d`, REFUSAL lets `w` pass.
const T: u8 = 0;
const FIRST_LOW = memory.data<u8>([
  T, T, T, S_EQUALS | SEVERITY, D_END | ID_EQUALS | REFUSAL, T, FI, SEVERITY | REFUSAL,
  T, T, T, T, SEVERITY, T, T, O_SPACE,
], 16);
const FIRST_HIGH = memory.data<u8>([
  T, T, T, T, T, T, D_END | SEVERITY | FI | O_SPACE | ID_EQUALS | REFUSAL, S_EQUALS | ID_EQUALS | REFUSAL,
  T, T, T, T, T, T, T, T,
], 16);
const SECOND_LOW = memory.data<u8>([
  O_SPACE, T, T, T, T, T, T, T,
  T, FI, D_END | SEVERITY | REFUSAL, T, T, D_END | S_EQUALS | ID_EQUALS, T, T,
], 16);
const SECOND_HIGH = memory.data<u8>([
  D_END, T, O_SPACE, S_EQUALS | SEVERITY | ID_EQUALS | REFUSAL, T, T, FI, T,
  T, T, T, T, T, T, T, T,
], 16);

const STEP: usize = 32;
const LF: u8 = 0x0a, CR: u8 = 0x0d, SPACE: u8 = 0x20, COLON: u8 = 0x3a, EQUALS: u8 = 0x3d;

/**
 * Writes three numbers for each marked line to `out`: its start, its end (the offset of its line feed), its marks as bits.
 * The text lies in [start, end) and ends with a line feed; sixteen bytes before `start` and thirty-two after `end` may be read.
 * Returns the number of marked lines, −1 where there are more than `most`; the number of lines goes to `out - 4`.
 */
export function markedLines(start: usize, end: usize, out: usize, most: i32, wanted: i32): i32 {
  const firstLow = v128.and(v128.load(FIRST_LOW), i8x16.splat(<i8>pairsOf(wanted))), firstHigh = v128.load(FIRST_HIGH);
  const secondLow = v128.load(SECOND_LOW), secondHigh = v128.load(SECOND_HIGH);
  const half = i8x16.splat(0x0f), lf = i8x16.splat(LF), none = i8x16.splat(0);
  const countAt = out - 4;
  let lines: i32 = 0, found: i32 = 0;
  let lineStart = start;
  let marks: i32 = 0; // of the line that is open
  const before = v128.load(start - 16);
  let firstBefore = mayBe(before, firstLow, firstHigh, half);
  for (let at = start; at < end; at += STEP) {
    const low = v128.load(at), high = v128.load(at, 16);
    const firstOfLow = mayBe(low, firstLow, firstHigh, half), firstOfHigh = mayBe(high, firstLow, firstHigh, half);
    const pairsLow = v128.and(mayBe(low, secondLow, secondHigh, half), followed(firstBefore, firstOfLow));
    const pairsHigh = v128.and(mayBe(high, secondLow, secondHigh, half), followed(firstOfLow, firstOfHigh));
    firstBefore = firstOfHigh;
    let lineFeeds = bits(i8x16.eq(low, lf), i8x16.eq(high, lf));
    const rest = end - at;
    if (rest < STEP) lineFeeds &= (<u32>1 << <u32>rest) - 1; // what lies behind the end is not text
    if (v128.any_true(v128.or(pairsLow, pairsHigh))) {
      const pairs = ~bits(i8x16.eq(pairsLow, none), i8x16.eq(pairsHigh, none));
      // A mark that ends with the line feed itself (`removed`) belongs to the line it ends.
      for (let left = pairs | lineFeeds; left != 0; left &= left - 1) {
        const place = left & (0 - left);
        const byte = at + <usize>ctz(left);
        if ((pairs & place) != 0) marks |= markAt(byte) & wanted;
        if ((lineFeeds & place) == 0) continue;
        if (marks != 0) {
          if (found == most) return -1;
          putLine(out, lineStart, byte, marks);
          out += 12;
          found++;
          marks = 0;
        }
        lines++;
        lineStart = byte + 1;
      }
    } else if (lineFeeds != 0) {
      if (marks != 0) {
        if (found == most) return -1;
        putLine(out, lineStart, at + <usize>ctz(lineFeeds), marks);
        out += 12;
        found++;
        marks = 0;
      }
      lines += popcnt(lineFeeds);
      lineStart = at + 32 - clz(lineFeeds);
    }
  }
  store<i32>(countAt, lines);
  return found;
}

/** The pairs that wanted marks have. */
function pairsOf(wanted: i32): u8 {
  let pairs: u8 = 0;
  if ((wanted & STATUS) != 0) pairs |= S_EQUALS;
  if ((wanted & REMOVED) != 0) pairs |= D_END;
  if ((wanted & WARNING) != 0) pairs |= SEVERITY | FI;
  if ((wanted & CONNECT) != 0) pairs |= O_SPACE;
  if ((wanted & (OPENED | MESSAGE_ID)) != 0) pairs |= ID_EQUALS;
  if ((wanted & INBOUND) != 0) pairs |= REFUSAL | ID_EQUALS;
  return pairs;
}

/** Of what pairs each of sixteen bytes may be a part. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function mayBe(bytes: v128, low: v128, high: v128, half: v128): v128 {
  return v128.and(i8x16.swizzle(low, v128.and(bytes, half)), i8x16.swizzle(high, i8x16.shr_u(bytes, 4)));
}

/** Of each byte, what stood for the one before it. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function followed(before: v128, here: v128): v128 {
  return i8x16.shuffle(before, here, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
}

/** One bit for each of thirty-two bytes. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function bits(low: v128, high: v128): u32 {
  return <u32>i8x16.bitmask(low) | (<u32>i8x16.bitmask(high) << 16);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function putLine(out: usize, start: usize, end: usize, marks: i32): void {
  store<i32>(out, <i32>start);
  store<i32>(out, <i32>end, 4);
  store<i32>(out, marks, 8);
}

/** The marks that a pair, the second of which stands at `at`, is of. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function markAt(at: usize): i32 {
  const second = load<u8>(at), first = load<u8>(at - 1);
  switch (second) {
    case EQUALS: {
      const before = load<u8>(at - 2);
      // `us=` of ` status=`, `pt=` of ` nrcpt=`, `nt=` of ` client=`, `id=` of `message-id=` and of ` uid=`
      if (first == 0x73) return before == 0x75 ? STATUS : 0;
      if (first == 0x74) return before == 0x70 ? OPENED : before == 0x6e ? INBOUND : 0;
      return before == 0x69 ? MESSAGE_ID | INBOUND : 0;
    }
    case LF:
    case CR: // `ed` before the end of the line, of `removed`
      return load<u8>(at - 2) == 0x65 ? REMOVED : 0;
    case COLON:
      if (load<u8>(at + 1) != SPACE) return 0;
      switch (first) {
        case 0x63: // `c: ` of `panic: `, `l: ` of `fatal: `
        case 0x6c:
          return WARNING;
        case 0x67: // `g: ` of `warning: ` and of `reject_warning: `
          return WARNING | INBOUND;
        case 0x64: // `d: ` of `hold: ` and `discard: `, `t: ` of `reject: `
        case 0x74:
          return INBOUND;
        default:
          return 0;
      }
    case SPACE: // `to ` of `connect to `, a warning that only they see who ask for it
      return load<u8>(at - 2) == 0x74 ? WARNING : 0;
    default: // `fic` of `certificate verification failed for `
      return load<u8>(at + 1) == 0x63 ? WARNING : 0;
  }
}
