/** The sentences that the text, Markdown and HTML reports share. Their parts come from logs: each renderer makes them safe. */
import type { Dimension, Problem } from '../aggregate/report-data.ts';
import { integer, percent, plural } from './figures.ts';

export const TABLE_TITLES: Readonly<Record<Dimension, string>> = {
  domain: 'BY RECIPIENT DOMAIN',
  provider: 'BY PROVIDER',
  sender: 'BY SENDER',
  relay: 'BY RELAY',
  host: 'BY LOG HOST',
  category: 'BY CATEGORY',
  code: 'BY CODE',
  hour: 'BY HOUR',
  day: 'BY DAY',
  reject: 'REJECTED ON THE WAY IN, BY CODE',
  client: 'REJECTED ON THE WAY IN, BY CLIENT',
};

/** One line: what is wrong. */
export function problemTitle(problem: Problem): string {
  switch (problem.kind) {
    case 'sender_block':
      return `Refused for ${problem.category}: ${outcomes(problem)}`;
    case 'deferral': {
      const share = `${integer(problem.messages_deferred)} of ${plural(problem.messages, 'message')} (${percent(problem.deferral_rate_by_message)})`;
      const attempts = `${percent(problem.deferral_rate_by_attempt)} of attempts`;
      return problem.key === ''
        ? `${problem.where.length} domains defer ${share}, ${attempts}, most for ${problem.category}`
        : `${problem.name} defers ${share}, ${attempts}, most for ${problem.category}`;
    }
    case 'expired':
      return `${plural(problem.count, 'message')} given up after every retry`;
    case 'suppression':
      return `${plural(problem.count, 'address', 'addresses')} new on the suppression list`;
  }
}

/** A place of a problem and how much of it: `gmail.com 12/24`. */
export function whereText([key, count, of]: Problem['where'][number]): string {
  return of === undefined ? `${key} ${integer(count)}` : `${key} ${integer(count)}/${integer(of)}`;
}

/** The answer without what the log says around it: `host H said: …`, `(in reply to RCPT TO command)`. */
export function serverWords(answer: string): string {
  return answer.replace(/^host \S+ (?:said|refused to talk to me): /, '').replace(/ \(in reply to [^()]+\)$/, '');
}

function outcomes(problem: Problem): string {
  const parts = [
    problem.bounced > 0 ? `${integer(problem.bounced)} bounced` : '',
    problem.deferrals > 0 ? plural(problem.deferrals, 'deferral') : '',
  ].filter((text) => text !== '');
  return parts.join(', ') || plural(problem.count, 'message');
}

/** What to do about it. */
export function adviceText(problem: Problem): string {
  if (problem.kind === 'suppression')
    return 'smtp-enrich suppress lists them, with the evidence; --for writes an import file.';
  if (problem.action === null) return problem.advice;
  return problem.advice === '' ? problem.action : `${problem.action}: ${problem.advice}`;
}
