/** What one UTF-16 unit counts as when answers are compared: lower case, accents off, one kind of space, quote and dash. */

export const SPACE = 32;

/** Kinds of the units of which words, numbers, addresses, host names and ids are made; as bits, so that a run's kinds can be gathered. */
export const DIGIT = 1;
/** a-f */
export const HEX = 2;
/** g-z */
export const LETTER = 4;
export const WORD = DIGIT | HEX | LETTER;
export const DOT = 8;
/** - _ + =: may stand inside an address, a host name or an id. */
export const JOIN = 16;

/** The units below this (Latin, Greek, Cyrillic) are folded by the table. */
export const TABLED = 0x530;
/** The folded unit, and 16 bits above it its kind. A folded unit of 0 is dropped. */
export const FOLDED = new Int32Array(TABLED);

const KINDS = new Uint8Array(128);
for (let c = 48; c < 58; c++) KINDS[c] = DIGIT;
for (let c = 97; c < 103; c++) KINDS[c] = HEX;
for (let c = 103; c < 123; c++) KINDS[c] = LETTER;
for (const ch of '_-+=') KINDS[ch.charCodeAt(0)] = JOIN;
KINDS[46] = DOT;

// Letters that Unicode does not take apart but people write without their stroke, and signs that are written for an apostrophe.
const ALIKE = new Map(['łl', 'Łl', 'øo', 'Øo', 'đd', 'Đd', 'ıi', 'ёе', 'Ёе', "`'", "´'"].map(([a, b]) => [a, b]));
const SOFT_HYPHEN = 0xad;

for (let c = 0; c < TABLED; c++) {
  let unit: number;
  if (c < 33 || (c >= 0x7f && c <= 0xa0)) unit = SPACE;
  else if ((c >= 0x300 && c < 0x370) || c === SOFT_HYPHEN) unit = 0;
  else {
    const ch = String.fromCharCode(c);
    const lower = ALIKE.get(ch) ?? ch.toLowerCase();
    unit = (c < 0x400 ? lower.normalize('NFD') : lower).charCodeAt(0);
  }
  FOLDED[c] = unit | (kindOf(unit) << 16);
}

/** The kind of a folded unit; 0 where it is none of them. */
export function kindOf(unit: number): number {
  return unit < 128 ? (KINDS[unit] as number) : 0;
}

/** One unit as it is matched; 0 drops it. */
export function fold(c: number): number {
  if (c < TABLED) return (FOLDED[c] as number) & 0xffff;
  if (c >= 0x2000 && c <= 0x206f) {
    if (c <= 0x200a || c === 0x2028 || c === 0x2029 || c === 0x202f || c === 0x205f) return SPACE;
    if (c <= 0x200f || c === 0x2060) return 0; // zero width
    if (c <= 0x2015) return 45; // dashes
    if (c <= 0x201b) return 39;
    if (c <= 0x201f) return 34;
    return c;
  }
  if (c === 0x3000) return SPACE;
  if (c === 0xfeff) return 0;
  if (c >= 0xe000 && c <= 0xf8ff) return SPACE;
  if (c >= 0xff01 && c <= 0xff5e) return fold(c - 0xfee0); // full width
  return c;
}

/** Letters and digits whose neighbours decide whether a phrase stands as words of its own; scripts without spaces are not among them. */
export function isWordUnit(c: number): boolean {
  return c < 128 ? ((KINDS[c] as number) & WORD) !== 0 : c < 0x0e00;
}
