/** `--fail-on deferral-rate=20%,new-suppressions=100`: limits of a report, for cron to complain about. */
import type { ReportData } from '../aggregate/report-model.ts';
import { SmtpEnrichError } from '../event/index.ts';
import { integer, percent } from './figures.ts';

interface Measure {
  readonly unit: 'rate' | 'count';
  readonly describe: string;
  readonly of: (data: ReportData) => number | null;
}

/** What can be limited. Rates are those of the whole. */
export const MEASURES: Readonly<Record<string, Measure>> = {
  'deferral-rate': {
    unit: 'rate',
    describe: 'deferral rate by message',
    of: (data) => data.totals.deferral_rate_by_message,
  },
  'deferral-rate-by-attempt': {
    unit: 'rate',
    describe: 'deferral rate by attempt',
    of: (data) => data.totals.deferral_rate_by_attempt,
  },
  'bounce-rate': { unit: 'rate', describe: 'bounce rate', of: (data) => data.totals.bounce_rate },
  'new-suppressions': { unit: 'count', describe: 'new suppressions', of: (data) => data.suppression.new },
  deferred: { unit: 'count', describe: 'messages deferred', of: (data) => data.totals.messages_deferred },
  bounced: { unit: 'count', describe: 'bounced messages', of: (data) => data.totals.bounced },
  expired: { unit: 'count', describe: 'expired messages', of: (data) => data.totals.expired },
  complaints: { unit: 'count', describe: 'complaints', of: (data) => data.totals.complained },
  blocks: {
    unit: 'count',
    describe: 'refusals on the sender’s side',
    of: (data) => data.problems.reduce((sum, p) => sum + (p.kind === 'sender_block' ? p.count : 0), 0),
  },
  problems: { unit: 'count', describe: 'problems', of: (data) => data.problems.length },
};

export interface Limit {
  readonly measure: string;
  /** A fraction for rates. Reached or passed, it fails. */
  readonly limit: number;
}

/** Reads the option; every entry is `name=limit`. */
export function parseFailOn(text: string): Limit[] {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  // A variable that nobody set must not make a night without limits.
  if (entries.length === 0)
    throw new SmtpEnrichError('USAGE', '--fail-on names no limit', `Known are ${Object.keys(MEASURES).join(', ')}.`);
  return entries.map(parseLimit);
}

function parseLimit(entry: string): Limit {
  const known = `Known are ${Object.keys(MEASURES).join(', ')}; rates as 20% or 0.2.`;
  const [, name = '', number = '', sign = ''] = /^([a-z-]+)\s*=\s*(\d+(?:\.\d+)?)\s*(%?)$/.exec(entry) ?? [];
  const measure = Object.hasOwn(MEASURES, name) ? MEASURES[name] : undefined;
  if (measure === undefined)
    throw new SmtpEnrichError('USAGE', `--fail-on must be name=limit, got ${JSON.stringify(entry)}`, known);
  if (measure.unit === 'count' && (sign === '%' || !/^\d+$/.test(number)))
    throw new SmtpEnrichError('USAGE', `--fail-on ${name} is a whole number, got ${JSON.stringify(entry)}`, known);
  const limit = sign === '%' ? Number(number) / 100 : Number(number);
  if (measure.unit === 'rate' && limit > 1)
    throw new SmtpEnrichError('USAGE', `--fail-on ${name} is a rate up to 100%, got ${JSON.stringify(entry)}`, known);
  return { measure: name, limit };
}

/** A sentence for each limit that the report reaches. */
export function limitsReached(data: ReportData, limits: readonly Limit[]): string[] {
  const reached: string[] = [];
  for (const { measure: name, limit } of limits) {
    const measure = MEASURES[name]!;
    const value = measure.of(data);
    if (value === null || value < limit) continue;
    const write = measure.unit === 'rate' ? percent : integer;
    reached.push(`${measure.describe} is ${write(value)}, the limit is ${write(limit)}`);
  }
  return reached;
}
