/** What the renderers share: what a table has to say, and how a problem is put into words. */
import { describe, expect, it, test } from 'vitest';
import { emptyCounters } from '../../src/aggregate/counters.ts';
import type { Dimension, Problem, ReportData, ReportRow, ReportTable } from '../../src/aggregate/report-model.ts';
import { CATEGORIES } from '../../src/event/index.ts';
import { tableLines } from '../../src/report/table.ts';
import { isTelling, problemTitle, tellingRows } from '../../src/report/words.ts';

function row(key: string, change: Partial<ReportRow> = {}): ReportRow {
  const rates = { deferral_rate_by_message: null, deferral_rate_by_attempt: null, bounce_rate: null };
  const delays = { delay_median: null, delay_p95: null, delay_max: null };
  return { key, ...emptyCounters(), ...rates, ...delays, reasons: [], ...change };
}

function table(dimension: Dimension, ...rows: ReportRow[]): ReportTable {
  return { dimension, rows, total: rows.length, omitted: 0, overflow: false };
}

describe('a table', () => {
  const mail = { messages: 1, attempts: 1 };
  test.each<[what: string, one: ReportTable, telling: boolean]>([
    ['of nothing', table('domain'), false],
    ['of one day', table('day', row('2026-11-22', mail)), false],
    ['of two days', table('day', row('2026-11-22', mail), row('2026-11-23', mail)), true],
    ['of providers that an ESP does not name', table('provider', row('(none)', mail)), false],
    ['of senders that were not in the log', table('sender_domain', row('(unknown)', mail)), false],
    ['of codes that servers did not give', table('code', row('(none)', mail)), true],
    ['with a name', table('provider', row('(none)', mail), row('google', mail)), true],
  ])('%s: %s', (_what, one, telling) => expect(isTelling(one)).toBe(telling));

  it('shows no row that would be all zeros', () => {
    const rows = [row('a', mail), row('b', { other: 3 }), row('c', { processed: 1 }), row('d', { expired: 1 })];
    expect(tellingRows(table('domain', ...rows)).map(({ key }) => key)).toEqual(['a', 'c']);
    // Hours are without gaps, and outcomes are counted whatever became of them.
    for (const dimension of ['hour', 'category', 'client'] as const)
      expect(tellingRows(table(dimension, ...rows))).toHaveLength(4);
  });
});

describe('a title', () => {
  const totals = { messages: 110, messages_deferred: 20 } as ReportData['totals'];
  const problem = (change: Partial<Problem>): Problem =>
    ({ key: 'a.example', name: 'a.example', count: 5, where: [], bounced: 0, deferrals: 0, ...change }) as Problem;
  const deferral = {
    kind: 'deferral',
    dimension: 'domain',
    messages: 10,
    messages_deferred: 5,
    deferral_rate_by_message: 0.5,
    deferral_rate_by_attempt: 0.6,
    category: 'rate_limited',
  } as const;

  test.each<[title: string, problem: Problem]>([
    [
      'a.example defers 5 of 10 messages (50.0%, elsewhere 15.0%), 60.0% of attempts, most for rate limits',
      problem(deferral),
    ],
    [
      '5 messages given up after every retry, most for full mailboxes',
      problem({ kind: 'expired', category: 'mailbox_full' }),
    ],
    ['5 messages given up after every retry', problem({ kind: 'expired', category: 'expired' })],
    ['Refused for authentication: 5 bounced', problem({ kind: 'sender_block', category: 'auth_failure', bounced: 5 })],
  ])('%s', (title, one) => expect(problemTitle(one, { totals })).toBe(title));

  it('compares with nothing where there is nothing else', () => {
    const all = { messages: 10, messages_deferred: 5 } as ReportData['totals'];
    expect(problemTitle(problem(deferral), { totals: all })).toContain('(50.0%), 60.0%');
  });

  it('has words for every category', () => {
    for (const category of CATEGORIES)
      expect(problemTitle(problem({ kind: 'sender_block', category, count: 1, bounced: 1 }), { totals })).toMatch(
        /^Refused for [\w ]+: 1 bounced$/,
      );
  });
});

it('a table may have more rows than a function takes arguments', () => {
  const rows = Array.from({ length: 300_000 }, (_, i) => `d${i}`);
  const lines = tableLines(rows, [{ head: 'domain', cell: (key) => key }], 80);
  expect(lines).toHaveLength(rows.length + 1);
  expect(lines.at(-1)).toBe('d299999');
});
