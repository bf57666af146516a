/**
 * An answer's words in the form in which phrases are matched: lower case, accents off, white space folded, and what differs from one
 * message to the next (addresses, client IPs, queue ids, counts) put as one sign each. So answers of one kind become one string, its
 * template, and the cache of the classifier works on templates.
 *
 * Host names and URLs stay: a blocklist's name says more than the words around it. Reply and enhanced codes stay: they are data.
 *
 * This is done for every answer with an id of its own: one pass over the units, without strings or patterns.
 */
import { DIGIT, DOT, FOLDED, fold, HEX, isWordUnit, JOIN, kindOf, LETTER, SPACE, TABLED, WORD } from './fold.ts';
import { UnitBuffer } from './unit-buffer.ts';

export { isWordUnit };

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

const AT = 64;
const COLON = 58;
const LONGEST_IPV6 = 46;

const answer = new UnitBuffer();
const template = new UnitBuffer();

/** The template of an answer. */
export function normalize(text: string): string {
  answer.set(text);
  normalizeUnits(answer, template);
  return template.toString();
}

/** The template, and for each of its units where in the text it comes from. */
export function normalizeWithMap(text: string): { readonly template: string; readonly map: Int32Array } {
  const map = new Int32Array(text.length + 2);
  answer.set(text);
  normalizeUnits(answer, template, map);
  map[template.length] = text.length;
  return { template: template.toString(), map };
}

/** Writes the template of `from` to `into`, and to `map` where each unit comes from. */
export function normalizeUnits({ units: text, length }: UnitBuffer, into: UnitBuffer, map?: Int32Array): void {
  into.room(length);
  const out = into.units;
  let n = 0;
  let i = 0;
  let space = true; // leading white space is dropped
  while (i < length) {
    const raw = text[i] as number;
    const folded = raw < TABLED ? (FOLDED[raw] as number) : foldedWithKind(raw);
    if (folded >> 16 === 0 || (folded >> 16) & (DOT | JOIN)) {
      const c = folded & 0xffff;
      if (c === SPACE ? !space : c !== 0) {
        if (map) map[n] = i;
        out[n++] = c;
      }
      if (c !== 0) space = c === SPACE;
      i++;
      continue;
    }
    space = false;
    // A run of word and joining units: written as it is, then judged as a whole.
    const from = n;
    const at = i;
    let kinds = 0;
    let digits = 0;
    let last = 0;
    for (let f = folded; ; ) {
      const kind = f >> 16;
      if (kind === 0) break; // behind the text, too
      if (kind === DOT && text[i + 1] === 46) break; // "denied...7d39": an ellipsis ends the word
      kinds |= kind;
      digits += kind & DIGIT;
      last = kind;
      out[n++] = f; // its lower 16 bits
      const c = text[++i] as number;
      f = c < TABLED ? (FOLDED[c] as number) : foldedWithKind(c);
    }
    if (map) for (let back = 1; back <= n - from; back++) map[n - back] = i - back;
    const trimmed = (last & WORD) === 0;
    if (trimmed) {
      // Joining units at the end belong to the sentence: "example.com."
      do {
        n--;
        i--;
      } while ((kindOf(out[n - 1] as number) & WORD) === 0);
      kinds = kindsOf(out, from, n);
    }
    const next = text[i] as number;
    if (next === AT && !trimmed) {
      // "<user@example.com>" and "user@example.com" are one
      const bracket = from > 0 && out[from - 1] === 60;
      i = endOfDomain(text, i + 1, length);
      if (bracket && text[i] === 62) i++;
      n = bracket ? from - 1 : from;
      if (map) map[n] = bracket ? at - 1 : at;
      out[n++] = ADDRESS;
      continue;
    }
    // "dead:beef::1" begins with letters only, as words do.
    if (next === COLON && (kinds & ~(DIGIT | HEX)) === 0 && n - from <= 4 && isIpv6(text, at)) {
      while (isIpv6Unit(text[i] as number)) i++;
      n = from;
      if (map) map[n] = at;
      out[n++] = IP;
      continue;
    }
    if (digits === 0) continue;
    const sign = signFor(out, from, n, kinds, digits);
    if (sign === 0) continue;
    n = from;
    if (map) map[n] = at;
    out[n++] = sign;
  }
  if (n > 0 && out[n - 1] === SPACE) n--;
  into.end(n);
}

/** For the few units beyond the table: full width letters fold to plain ones. */
function foldedWithKind(c: number): number {
  const unit = fold(c);
  return unit | (kindOf(unit) << 16);
}

function kindsOf(out: Uint16Array, from: number, to: number): number {
  let kinds = 0;
  for (let i = from; i < to; i++) kinds |= kindOf(out[i] as number);
  return kinds;
}

/** Behind the `@`: where the domain or the address literal ends. */
function endOfDomain(text: Uint16Array, start: number, length: number): number {
  let i = start;
  if (text[i] === 91) {
    i++; // user@[192.0.2.1]
    while (i < length && i - start < 63 && text[i] !== 93 && (text[i] as number) > 32) i++;
    return text[i] === 93 ? i + 1 : i;
  }
  while (i < length) {
    const c = text[i] as number;
    if (c < 128 ? (FOLDED[c] as number) >> 16 === 0 : c >= 0x2000) break;
    i++;
  }
  while (i > start && (kindOf(text[i - 1] as number) & (DOT | JOIN)) !== 0) i--;
  return i;
}

/** Which sign a run with digits in it becomes; 0 where it stays. */
function signFor(out: Uint16Array, from: number, to: number, kinds: number, digits: number): number {
  if ((kinds & (HEX | LETTER)) === 0) {
    const first = out[from] as number;
    // 550, 550-5.1.1, 5.1.1 are codes; other numbers standing alone are counts.
    if ((kinds & (DOT | JOIN)) === 0) {
      if (digits === 3 && first >= 50 && first <= 53) return 0;
      if (digits <= 4 && afterRfc(out, from)) return 0; // "RFC 5322" names the rule that was broken
      return from > 0 && out[from - 1] === 35 /* # */ && digits <= 5 ? 0 : NUMBER;
    }
    if ((kinds & JOIN) === 0 && digits >= 4 && digits <= 12 && countDots(out, from, to) === 3) return IP;
    return isCode(out, from, to) ? 0 : NUMBER;
  }
  // "550-blocked": a line of a reply and its first word: kept, whatever its length.
  if (isReplyLine(out, from, to)) return 0;
  // Host names have dots and few digits; ids are long, or hexadecimal, and mix both.
  const size = to - from;
  return ((kinds & DOT) === 0 ? size >= 10 && digits >= 2 : size >= 16 && digits * 3 >= size) ? ID : 0;
}

function countDots(out: Uint16Array, from: number, to: number): number {
  let dots = 0;
  for (let i = from; i < to; i++) if (out[i] === 46) dots++;
  return dots;
}

/** `5.1.1`, `550-5.1.1`: what a reply line begins with. */
function isCode(out: Uint16Array, from: number, to: number): boolean {
  const start = isReplyLine(out, from, to) ? from + 4 : from;
  for (let i = start; i < to; i++) {
    const c = out[i] as number;
    if (c !== 46 && (c < 48 || c > 57)) return false;
  }
  return countDots(out, start, to) === 2;
}

function afterRfc(out: Uint16Array, from: number): boolean {
  return from >= 4 && out[from - 1] === SPACE && out[from - 2] === 99 && out[from - 3] === 102 && out[from - 4] === 114;
}

/** `550-…` */
function isReplyLine(out: Uint16Array, from: number, to: number): boolean {
  if (to - from <= 4 || out[from + 3] !== 45) return false;
  const a = out[from] as number;
  const b = out[from + 1] as number;
  const c = out[from + 2] as number;
  return a >= 50 && a <= 53 && b >= 48 && b <= 57 && c >= 48 && c <= 57;
}

function isIpv6Unit(c: number): boolean {
  return (c >= 48 && c <= 58) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70) || c === 46;
}

/** At least two colons within 45 units, nothing but hexadecimal digits between. */
function isIpv6(text: Uint16Array, at: number): boolean {
  let colons = 0;
  let i = at;
  for (; i - at < LONGEST_IPV6; i++) {
    const c = text[i] as number;
    if (!isIpv6Unit(c)) break;
    if (c === COLON) colons++;
  }
  return colons >= 2 && i - at >= 6;
}
