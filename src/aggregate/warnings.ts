/** What mail servers said about themselves, by cause: how often, when first and last, and the first in their own words. */
import { type DeliveryEvent, isNoticeRule } from '../event/index.ts';
import type { TallyFold } from './combine.ts';
import { Tally } from './counters.ts';
import { ownStart } from './own-string.ts';
import { ANSWER_LIMIT, MAX_PARTNERS, OTHER_KEY } from './reasons.ts';

export interface WarningSums {
  count: number;
  /** Milliseconds since 1970 UTC; Infinity and −Infinity where no time was readable. */
  first: number;
  last: number;
  /** The earliest one's text and host. */
  text: string;
  host: string;
  /** Of a rule that many different words stand for: the words → how often. */
  said?: Map<string, number>;
}

/** Rule (the id of a row of warnings.csv) → sums. */
export type Warnings = Map<string, WarningSums>;

/**
 * @param rules the rules that count as warnings on other events as well: a message dropped for its X-SMTPAPI header asks for
 *   the same kind of remedy
 */
export function foldWarnings(rules: ReadonlySet<string> = new Set()): TallyFold<Warnings, Warnings> {
  const own = new Tally();
  return {
    create: () => new Map(),
    add(warnings, event, tally = own.of(event)) {
      if (event.event !== 'warning' && (event.event !== 'dropped' || !rules.has(event.verdict.evidence.rule))) return;
      const rule = event.verdict.evidence.rule;
      const known = warnings.get(rule);
      const said = isNoticeRule(rule) ? wordsOf(event) : undefined;
      if (known === undefined) {
        const sums = { ...sumsOf(event), count: tally.times };
        warnings.set(rule, said === undefined ? sums : { ...sums, said: new Map([[said, tally.times]]) });
      } else {
        if (said !== undefined) addWords(known, said, tally.times);
        known.count += tally.times;
        if (event.time <= known.first) mergeFirst(known, sumsOf(event));
        if (event.time > known.last) known.last = event.time;
      }
    },
    merge(a, b) {
      for (const [rule, theirs] of b) {
        const mine = a.get(rule);
        if (mine === undefined) a.set(rule, { ...theirs, ...(theirs.said && { said: new Map(theirs.said) }) });
        else {
          mine.count += theirs.count;
          for (const [words, count] of theirs.said ?? []) addWords(mine, words, count);
          mine.last = Math.max(mine.last, theirs.last);
          mergeFirst(mine, theirs);
        }
      }
      return a;
    },
    extract: (warnings) => warnings,
  };
}

//  connect to mx1.example.org[192.0.2.1]:25: Connection timed out
//             ^
//  warning: hostname h7.example.net does not resolve to address 192.0.2.7: Name or service not known
//           ^
/** What a notice is counted by: a server and what became of the connection; a warning without what is new each time. */
function wordsOf(event: DeliveryEvent): string {
  const text = event.response ?? event.reply_text ?? '';
  if (text.startsWith('connect to ')) return ownStart(text.slice(11), ANSWER_LIMIT);
  const words = text
    .slice(0, ANSWER_LIMIT)
    .replace(/^warning: /, '')
    .replace(/\[[^[\]]*\]/g, '[…]')
    .replace(/<[^<>]*>/g, '<…>')
    .replace(/\d+/g, '#');
  const program = event.program ?? '';
  return `${program.slice(program.lastIndexOf('/') + 1)}: ${words}`;
}

function addWords(sums: WarningSums, words: string, count: number): void {
  sums.said ??= new Map();
  const key = sums.said.has(words) || sums.said.size < MAX_PARTNERS ? words : OTHER_KEY;
  sums.said.set(key, (sums.said.get(key) ?? 0) + count);
}

function sumsOf(event: DeliveryEvent): WarningSums {
  const timed = !Number.isNaN(event.time);
  return {
    count: 1,
    first: timed ? event.time : Number.POSITIVE_INFINITY,
    last: timed ? event.time : Number.NEGATIVE_INFINITY,
    text: ownStart(event.response ?? event.reply_text ?? '', ANSWER_LIMIT),
    host: event.host ?? '',
  };
}

/** Takes over time, text and host of the earlier of two; of equals, the first in the order of the alphabet. */
function mergeFirst(mine: WarningSums, theirs: WarningSums): void {
  if (mine.first < theirs.first) return;
  if (
    mine.first === theirs.first &&
    (mine.text < theirs.text || (mine.text === theirs.text && mine.host <= theirs.host))
  )
    return;
  mine.first = theirs.first;
  mine.text = theirs.text;
  mine.host = theirs.host;
}
