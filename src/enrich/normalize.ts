/**
 * An answer's words in the form in which phrases are matched: lower case, accents off, white space folded, and what differs from one
 * message to the next (addresses, client IPs, queue ids, counts) put as one sign each. So answers of one kind become one string, its
 * template, and the cache of the classifier works on templates.
 *
 * Host names and URLs stay: a blocklist's name says more than the words around it. Reply and enhanced codes stay: they are data.
 */

/** The signs. Of the private use area, which is folded to a space where an answer contains it, so no answer can forge one. */
const ADDRESS = 0xe001;
const IP = 0xe002;
const ID = 0xe003;
const NUMBER = 0xe004;

/** How a table's author writes the signs. */
export const PLACEHOLDERS: ReadonlyMap<string, string> = new Map([
  ['{addr}', String.fromCharCode(ADDRESS)],
  ['{ip}', String.fromCharCode(IP)],
  ['{id}', String.fromCharCode(ID)],
  ['{n}', String.fromCharCode(NUMBER)],
]);

const SPACE = 32;
/** Character classes. */
const OTHER = 0;
const WORD = 1; // a-z 0-9
const JOIN = 2; // may stand inside an address, a host name or an id

const FOLD_SIZE = 0x530;
/** Lower case without diacritics, for Latin, Greek and Cyrillic; 0 drops the character. */
const FOLD = new Uint16Array(FOLD_SIZE);
const CLASS = new Uint8Array(128);

for (let c = 0; c < FOLD_SIZE; c++) {
  const ch = String.fromCharCode(c);
  if (c < 33 || (c >= 0x7f && c <= 0xa0)) FOLD[c] = SPACE;
  else if (c >= 0x300 && c < 0x370) FOLD[c] = 0;
  else {
    const lower = ch.toLowerCase();
    const base = c < 0x400 ? lower.normalize('NFD') : lower;
    FOLD[c] = base.charCodeAt(0);
  }
}
// Letters that Unicode does not take apart but people write without their stroke.
for (const [from, to] of ['łl', 'Łl', 'øo', 'Øo', 'đd', 'Đd', 'ıi', 'ёе', 'Ёе'])
  FOLD[(from as string).charCodeAt(0)] = (to as string).charCodeAt(0);
FOLD[0xad] = 0; // soft hyphen
FOLD[0x60] = FOLD[0xb4] = 39; // ` ´ → '
for (let c = 48; c < 58; c++) CLASS[c] = WORD;
for (let c = 97; c < 123; c++) CLASS[c] = WORD;
for (const ch of '._-+=') CLASS[ch.charCodeAt(0)] = JOIN;

/** One UTF-16 unit as it is matched; 0 drops it. */
function fold(c: number): number {
  if (c < FOLD_SIZE) return FOLD[c] as number;
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
  if (c >= 0xff01 && c <= 0xff5e) return FOLD[c - 0xfee0] as number; // full width
  return c;
}

/** Letters and digits whose neighbours decide whether a phrase stands as words of its own; scripts without spaces are not among them. */
export function isWordUnit(c: number): boolean {
  if (c < 128) return CLASS[c] === WORD;
  return c < 0x0e00;
}

/** Grown as needed and used again: normalising allocates nothing but its result. */
let units = new Uint16Array(4096);
let bytes = Buffer.from(units.buffer);

function room(length: number): void {
  if (units.length >= length) return;
  units = new Uint16Array(length * 2);
  bytes = Buffer.from(units.buffer);
}

/** The template of an answer. */
export function normalize(text: string): string {
  const n = write(text, undefined);
  const out = bytes.toString('utf16le', 0, n * 2);
  if (units.length > 1 << 16) room1();
  return out;
}

/** One answer of 1 MB must not hold its memory for ever. */
function room1(): void {
  units = new Uint16Array(4096);
  bytes = Buffer.from(units.buffer);
}

/** The template, and for each of its units where in the text it comes from. */
export function normalizeWithMap(text: string): { readonly template: string; readonly map: Int32Array } {
  const map = new Int32Array(text.length + 2);
  const n = write(text, map);
  map[n] = text.length;
  return { template: bytes.toString('utf16le', 0, n * 2), map };
}

function write(text: string, map: Int32Array | undefined): number {
  const length = text.length;
  room(length + 2);
  const out = units;
  let n = 0;
  let i = 0;
  let space = true; // leading white space is dropped
  while (i < length) {
    const c = fold(text.charCodeAt(i));
    if (c === SPACE) {
      if (!space) {
        if (map) map[n] = i;
        out[n++] = SPACE;
        space = true;
      }
      i++;
      continue;
    }
    if (c === 0) {
      i++;
      continue;
    }
    space = false;
    if (c >= 128 || CLASS[c] !== WORD) {
      if (map) map[n] = i;
      out[n++] = c;
      i++;
      continue;
    }
    // A run of word and joining characters: written as it is, then judged as a whole.
    const from = n;
    const at = i;
    let digits = 0;
    let letters = 0;
    let hexOnly = true;
    let dots = 0;
    let joins = 0;
    while (i < length) {
      const raw = text.charCodeAt(i);
      const d = raw < 128 ? (FOLD[raw] as number) : fold(raw);
      const k = d < 128 ? (CLASS[d] as number) : OTHER;
      if (k === OTHER) break; // never for the first unit: it was folded to a word's above
      if (d === 46 && text.charCodeAt(i + 1) === 46) break; // "denied...7d39": an ellipsis ends the word
      if (k === WORD) {
        if (d < 58) digits++;
        else {
          letters++;
          if (d > 102) hexOnly = false;
        }
      } else if (d === 46) dots++;
      else joins++;
      if (map) map[n] = i;
      out[n++] = d;
      i++;
    }
    // Joining characters at the end belong to the sentence: "example.com."
    let back = 0;
    while (n > from + 1 && CLASS[out[n - 1] as number] === JOIN) {
      n--;
      back++;
      if (out[n] === 46) dots--;
      else joins--;
    }
    i -= back;
    const next = i < length ? text.charCodeAt(i) : 0;
    if (next === 64 && back === 0) {
      // local@domain
      let j = i + 1;
      if (text.charCodeAt(j) === 91) {
        j++; // user@[192.0.2.1]
        while (j < length && j - i < 64 && text.charCodeAt(j) !== 93 && text.charCodeAt(j) > 32) j++;
        if (text.charCodeAt(j) === 93) j++;
      } else {
        while (j < length) {
          const raw = text.charCodeAt(j);
          if (raw < 128 && CLASS[FOLD[raw] as number] === OTHER) break;
          if (raw >= 0x2000) break;
          j++;
        }
        while (j > i + 1 && CLASS[text.charCodeAt(j - 1)] === JOIN && j < length + 1) j--;
      }
      n = from;
      let open = at;
      if (n > 0 && out[n - 1] === 60) {
        n--; // "<user@example.com>" and "user@example.com" are one
        open--;
        if (text.charCodeAt(j) === 62) j++;
      }
      if (map) map[n] = open;
      out[n++] = ADDRESS;
      i = j;
      continue;
    }
    if (digits === 0) {
      // "dead:beef::1" begins with letters only, as words do.
      if (!(hexOnly && next === 58 && dots === 0 && joins === 0 && n - from <= 4 && isIpv6(text, at))) continue;
    }
    if (next === 58 && dots === 0 && joins === 0 && hexOnly && n - from <= 4 && isIpv6(text, at)) {
      while (i < length && isIpv6Unit(text.charCodeAt(i))) i++;
      n = from;
      if (map) map[n] = at;
      out[n++] = IP;
      continue;
    }
    if (letters === 0) {
      if (dots === 3 && joins === 0 && digits >= 4 && digits <= 12) {
        n = from;
        if (map) map[n] = at;
        out[n++] = IP;
        continue;
      }
      // 550, 550-5.1.1, 5.1.1 are codes; other numbers standing alone are counts.
      if (dots === 0 && joins === 0) {
        const first = out[from] as number;
        if (digits === 3 && first >= 50 && first <= 53) continue;
        if (digits <= 4 && afterRfc(out, from)) continue; // "RFC 5322" names the rule that was broken
        if (from > 0 && out[from - 1] === 35 /* # */ && digits <= 5) continue;
        n = from;
        if (map) map[n] = at;
        out[n++] = NUMBER;
      } else if (isCode(out, from, n)) {
      } else {
        n = from;
        if (map) map[n] = at;
        out[n++] = NUMBER;
      }
      continue;
    }
    if (isReplyLine(out, from, n)) {
      // "550-blocked": a line of a reply and its first word: kept, whatever its length.
      continue;
    }
    // Host names have dots and few digits; ids are long, or hexadecimal, and mix both.
    const size = n - from;
    if (dots === 0 ? size >= 10 && digits >= 2 : size >= 16 && digits * 3 >= size) {
      n = from;
      if (map) map[n] = at;
      out[n++] = ID;
    }
  }
  if (n > 0 && out[n - 1] === SPACE) n--;
  return n;
}

/** `5.1.1`, `550-5.1.1`, `550-`: what a reply line begins with. */
function isCode(out: Uint16Array, from: number, to: number): boolean {
  let i = from;
  if (to - i > 4 && out[i + 3] === 45 && isThreeDigits(out, i)) i += 4;
  let dots = 0;
  for (; i < to; i++) {
    const c = out[i] as number;
    if (c === 46) dots++;
    else if (c < 48 || c > 57) return false;
  }
  return dots === 2;
}

function afterRfc(out: Uint16Array, from: number): boolean {
  return from >= 4 && out[from - 1] === SPACE && out[from - 2] === 99 && out[from - 3] === 102 && out[from - 4] === 114;
}

function isThreeDigits(out: Uint16Array, i: number): boolean {
  const a = out[i] as number;
  const b = out[i + 1] as number;
  const c = out[i + 2] as number;
  return a >= 50 && a <= 53 && b >= 48 && b <= 57 && c >= 48 && c <= 57;
}

function isReplyLine(out: Uint16Array, from: number, to: number): boolean {
  return to - from > 4 && out[from + 3] === 45 && isThreeDigits(out, from);
}

function isIpv6Unit(c: number): boolean {
  return (c >= 48 && c <= 58) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70) || c === 46;
}

/** At least two colons within 45 characters, nothing but hexadecimal digits between. */
function isIpv6(text: string, at: number): boolean {
  let colons = 0;
  let i = at;
  for (; i < text.length && i - at < 46; i++) {
    const c = text.charCodeAt(i);
    if (!isIpv6Unit(c)) break;
    if (c === 58) colons++;
  }
  return colons >= 2 && i - at >= 6;
}
