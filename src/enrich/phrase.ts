/** The phrase of a row in the form in which it is looked for. */
import { normalize, PLACEHOLDERS } from './normalize.ts';

/** In the phrase column: the answer has no words. */
export const EMPTY_PHRASE = '{empty}';

const PLAIN = /^[a-z]+(?: [a-z]+)*$/;

/** A phrase as it is matched: normalised like the answers, `{addr}`, `{ip}`, `{id}`, `{n}` for what varies, `*` for an open end. */
export function normalizePhrase(phrase: string): { text: string; openStart: boolean; openEnd: boolean } {
  const openStart = phrase.startsWith('*');
  const openEnd = phrase.length > 1 && phrase.endsWith('*');
  let text = phrase.slice(openStart ? 1 : 0, openEnd ? -1 : undefined);
  // Most phrases are plain words and normal already; at start-up, before the compiler has warmed up, that is worth asking.
  if (PLAIN.test(text)) return { text, openStart, openEnd };
  // Normalising would turn the signs into spaces: so it works on the parts between them.
  text = text
    .split(/(\{(?:addr|ip|id|n)\})/)
    .map((part) => PLACEHOLDERS.get(part) ?? keepEdges(part))
    .join('');
  return { text: text.trim(), openStart, openEnd };
}

/** Normalises a part of a phrase without losing the space at its edges. */
function keepEdges(part: string): string {
  const text = normalize(part);
  if (text === '') return part === '' ? '' : ' ';
  return (/^\s/.test(part) ? ' ' : '') + text + (/\s$/.test(part) ? ' ' : '');
}
