import { describe, expect, it } from 'vitest';
import { foldGroups } from '../../src/aggregate/groups.ts';
import { policyNamed } from '../../src/aggregate/policy.ts';
import { OTHER_KEY } from '../../src/aggregate/reasons.ts';
import { type ReportOptions, reportData } from '../../src/aggregate/report-data.ts';
import { foldReport } from '../../src/aggregate/report-fold.ts';
import type { ReportData } from '../../src/aggregate/report-model.ts';
import type { CategoryRow, DeliveryEvent, TableRow } from '../../src/event/index.ts';
import { type EventChange, event } from '../support/events.ts';

const CATEGORIES = [
  {
    category: 'rate_limited',
    fault: 'sender',
    action_4xx: 'throttle',
    action_5xx: 'throttle',
    meaning: 'Too much.',
    advice: 'Send less.',
  },
  {
    category: 'auth_failure',
    fault: 'sender',
    action_4xx: 'fix_auth',
    action_5xx: 'fix_auth',
    meaning: 'No SPF.',
    advice: 'Sign.',
  },
  {
    category: 'greylisted',
    fault: 'receiver',
    action_4xx: 'retry',
    action_5xx: 'retry',
    meaning: 'Later.',
    advice: 'Wait.',
  },
] as readonly CategoryRow[];

function report(events: readonly DeliveryEvent[], options: Partial<ReportOptions> = {}): ReportData {
  const fold = foldReport(options.dimensions === undefined ? {} : { dimensions: options.dimensions });
  const sums = fold.create();
  for (const e of events) fold.add(sums, e);
  return reportData(sums, {
    timeZone: 'UTC',
    now: Date.UTC(2026, 10, 23),
    policy: policyNamed('standard')!,
    categories: CATEGORIES,
    ...options,
  });
}

const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
const sent = (domain: string, change: EventChange = {}): DeliveryEvent => event({ domain, provider: 'p', ...change });
const deferred = (domain: string, change: EventChange = {}): DeliveryEvent =>
  event({
    domain,
    provider: 'p',
    event: 'deferred',
    response: '421 slow down',
    ...change,
    verdict: {
      category: 'rate_limited',
      fault: 'sender',
      action: 'throttle',
      retryable: true,
      evidence: { layer: 'phrase', rule: 'slow', matched: 'slow' },
      ...change.verdict,
    },
  });

describe('what is counted', () => {
  it('a message once, at its first record; attempts all', () => {
    const { totals } = report([
      deferred('a.example'),
      deferred('a.example', { first: false }),
      sent('a.example', { first: false }),
      sent('a.example'),
    ]);
    expect(totals).toMatchObject({ messages: 2, messages_deferred: 1, attempts: 4, deferrals: 2, delivered: 2 });
    expect(totals).toMatchObject({ deferral_rate_by_message: 0.5, deferral_rate_by_attempt: 0.5 });
  });

  it('an expiry is no attempt; where the log starts with it, its message counts all the same', () => {
    const { totals } = report([
      deferred('a.example'),
      event({ event: 'expired', first: false, verdict: { category: 'expired' } }),
      event({ event: 'expired', first: true, verdict: { category: 'expired' } }),
    ]);
    expect(totals).toMatchObject({ messages: 2, messages_deferred: 1, attempts: 1, expired: 2 });
  });

  it('an internal event takes a delivery back, with its message and its delay', () => {
    const { totals, delays } = report([
      sent('a.example', { delay: 2 }),
      event({ event: 'internal', corrects: 'delivered', first: true, domain: 'a.example', delay: 2 }),
    ]);
    expect(totals).toMatchObject({ messages: 0, attempts: 0, delivered: 0, other: 1 });
    expect(delays).toEqual([]);
  });

  it.each([
    'probe',
    'discarded',
    'processed',
    'dropped',
    'complained',
    'unsubscribed',
    'rejected',
    'internal',
  ] as const)('%s is no attempt', (name) =>
    expect(report([event({ event: name })]).totals).toMatchObject({ attempts: 0, messages: 0 }),
  );
});

describe('problems', () => {
  const titles = (data: ReportData): string[] =>
    data.problems.map((p) => `${p.kind} ${p.category ?? ''} ${p.key} ${p.count}`.trim());

  it('a domain whose rate stands out, with its reason; not one with two deferrals, nor one like all others', () => {
    const calm = times(100, (i) => (i < 4 ? deferred('calm.example') : sent('calm.example')));
    expect(titles(report([...calm, ...times(3, () => deferred('bad.example'))]))).toEqual([
      'deferral rate_limited bad.example 3',
    ]);
    expect(titles(report([...calm, ...times(2, () => deferred('tiny.example'))]))).toEqual([]);
    expect(titles(report(calm))).toEqual([]);
  });

  it('domains that share a reason are one problem', () => {
    const data = report([...times(5, () => deferred('a.example')), ...times(7, () => deferred('b.example'))]);
    expect(data.problems).toHaveLength(1);
    expect(data.problems[0]).toMatchObject({
      key: '',
      count: 12,
      messages: 12,
      action: 'throttle',
      advice: 'Send less.',
      answer: '421 slow down',
      where: [
        ['b.example', 7, 7],
        ['a.example', 5, 5],
      ],
    });
  });

  it('a provider stands out where no single domain does', () => {
    const data = report([
      ...times(40, (i) => deferred(`small${i}.example`, { provider: 'google' })),
      ...times(400, (i) => sent(`other${i}.example`, { provider: 'p' })),
    ]);
    expect(titles(data)).toEqual(['deferral rate_limited google 40']);
    expect(data.problems[0]!.where).toHaveLength(40);
  });

  it('of a busy log, more than a handful of messages', () => {
    const busy = times(10_000, () => sent('calm.example'));
    const few = (n: number) => times(n, (i) => deferred('few.example', { queue_id: `Q${i}` }));
    expect(titles(report([...busy, ...few(9)]))).toEqual([]);
    expect(titles(report([...busy, ...few(11)]))).toEqual(['deferral rate_limited few.example 11']);
  });

  it('a reason that holds up much of all mail, though no domain stands out', () => {
    const everywhere = times(400, (i) =>
      (i % 10 === 0 ? deferred : sent)(`d${Math.floor(i / 10)}.example`, { provider: `p${i < 200 ? 0 : 1}` }),
    );
    const [problem, ...others] = report(everywhere).problems;
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      kind: 'deferral',
      dimension: 'category',
      key: 'rate_limited',
      action: 'throttle',
      count: 40,
      messages: 400,
      deferral_rate_by_message: 0.1,
      where: [
        ['p0', 20],
        ['p1', 20],
      ],
    });
  });

  it('an expiry tells what the last answers were about, the most frequent first', () => {
    const given = (rule: string, response: string): DeliveryEvent =>
      event({
        event: 'expired',
        first: false,
        domain: 'd.example',
        response,
        verdict: { category: 'expired', action: 'watch', evidence: { layer: 'phrase', rule, matched: '' } },
      });
    const rows = [
      { id: 'full', category: 'mailbox_full', meaning: 'Full.' },
      { id: 'slow', category: 'rate_limited', meaning: 'Slow.' },
    ] as unknown as TableRow[];
    const codeRow = (id: string) => rows.find((row) => row.id === id);
    const events = [given('slow', '421 slow'), given('full', '452 full'), given('full', '452 full')];
    expect(report(events, { codeRow }).problems).toMatchObject([
      {
        kind: 'expired',
        count: 3,
        category: 'mailbox_full',
        action: 'watch',
        meaning: 'Full.',
        answer: '452 full',
        where: [['d.example', 3]],
      },
    ]);
    // Where the log does not reach back to an answer, there is nothing more to say.
    expect(report([given('expired', '')], { codeRow }).problems).toMatchObject([{ category: 'expired', answer: '' }]);
  });

  describe('the action', () => {
    const dropped = (rule: string, action: 'fix_config' | 'fix_content', change: EventChange = {}): DeliveryEvent =>
      event({
        event: 'dropped',
        format: 'sendgrid',
        provider: 'sendgrid',
        response: `${rule}: no`,
        ...change,
        verdict: {
          category: 'message_format',
          fault: 'content',
          action,
          evidence: { layer: 'event', rule, matched: rule },
        },
      });
    const FORMAT = [
      ...CATEGORIES,
      {
        category: 'message_format',
        fault: 'content',
        action_4xx: 'fix_content',
        action_5xx: 'fix_content',
        meaning: 'Malformed.',
        advice: 'Mend the headers.',
      },
    ] as readonly CategoryRow[];
    const WARNING = {
      id: 'smtpapi',
      phrase: 'x',
      category: 'message_format',
      action: 'fix_config',
      cause: 'The header is no JSON.',
      remedy: 'Write JSON.',
      example: 'x',
    } as const;
    const events = [
      dropped('smtpapi', 'fix_config'),
      dropped('smtpapi', 'fix_config'),
      dropped('bare-lf', 'fix_content'),
    ];

    const said = (options: Partial<ReportOptions>): unknown[] =>
      report(events, { categories: FORMAT, ...options }).problems.map(({ action, count, meaning, advice, answer }) => ({
        action,
        count,
        meaning,
        advice,
        answer,
      }));
    const MALFORMED = {
      action: 'fix_content',
      count: 1,
      meaning: 'Malformed.',
      advice: 'Mend the headers.',
      answer: 'bare-lf: no',
    };

    it('is that of the verdicts counted, one problem for each', () => {
      // The category's advice is not for an action that is not its own.
      const config = { action: 'fix_config', count: 2, meaning: 'Malformed.', advice: '', answer: 'smtpapi: no' };
      expect(said({})).toEqual([config, MALFORMED]);
    });

    it('is told once: where the warnings say what mends it, it is no problem beside', () => {
      expect(said({ warnings: [WARNING] })).toEqual([MALFORMED]);
    });

    it('stands in the tables: most first, and all of them', () => {
      const data = report(events, { categories: FORMAT, dimensions: ['category', 'answer'] });
      const [categories, answers] = data.tables;
      expect(categories!.rows).toMatchObject([
        {
          key: 'message_format',
          action: 'fix_config',
          actions: [
            { action: 'fix_config', count: 2 },
            { action: 'fix_content', count: 1 },
          ],
        },
      ]);
      expect(answers!.rows).toMatchObject([
        { key: 'smtpapi', action: 'fix_config', dropped: 2 },
        { key: 'bare-lf', action: 'fix_content', dropped: 1 },
      ]);
    });

    it('of one row of the table may differ: a 4xx and a 5xx are added up apart', () => {
      const unknown = {
        category: 'invalid_recipient',
        fault: 'recipient',
        evidence: { layer: 'phrase', rule: 'user', matched: 'u' },
      } as const;
      const [answers] = report(
        [
          deferred('a.example', { verdict: { ...unknown, action: 'watch' } }),
          event({
            event: 'bounced',
            domain: 'a.example',
            verdict: { ...unknown, action: 'suppress', bounce_type: 'hard' },
          }),
        ],
        { dimensions: ['answer'] },
      ).tables;
      expect(
        answers!.rows.map(({ key, action, deferrals, bounced }) => [key, action, deferrals, bounced]).sort(),
      ).toEqual([
        ['user', 'suppress', 0, 1],
        ['user', 'watch', 1, 0],
      ]);
    });

    it('comes from the tables where a store has not kept it', () => {
      const bare = (change: EventChange): DeliveryEvent =>
        deferred('a.example', { ...change, verdict: { action: 'none', ...change.verdict } });
      const data = report(
        times(3, () => bare({})),
        { dimensions: ['category', 'domain'] },
      );
      expect(data.problems[0]!.action).toBe('throttle');
      expect(data.tables[0]!.rows[0]!.action).toBe('throttle');
      expect(data.tables[1]!.rows[0]!.reasons[0]!.example.action).toBe('throttle');
    });
  });

  it('a refusal that the sender can mend comes first, with the providers that report it', () => {
    const data = report([
      ...times(50, () => deferred('a.example')),
      event({
        event: 'bounced',
        domain: 'b.example',
        provider: 'google',
        response: '550 5.7.26 no',
        verdict: { category: 'auth_failure', fault: 'sender', bounce_type: 'block', reply_code: 550 },
      }),
    ]);
    expect(titles(data)).toEqual(['sender_block auth_failure auth_failure 1', 'deferral rate_limited a.example 50']);
    expect(data.problems[0]!.where).toEqual([['google', 1]]);
  });
});

describe('tables', () => {
  it('beyond --max-keys add up in (other): sums stay exact, and the table says so', () => {
    const fold = foldGroups('domain', 3);
    const table = fold.create();
    for (let i = 0; i < 10; i++) fold.add(table, sent(`d${i}.example`));
    const rows = fold.extract(table);
    expect(rows.map((row) => row.key).sort()).toEqual([OTHER_KEY, 'd0.example', 'd1.example', 'd2.example']);
    expect(rows.reduce((sum, row) => sum + row.messages, 0)).toBe(10);
    expect(table.overflow).toBe(true);
  });

  it('are sorted worst first, and --min-messages leaves out the small', () => {
    const events = [
      ...times(10, (i) => (i < 5 ? deferred('half.example') : sent('half.example'))),
      ...times(3, () => deferred('all.example')),
      ...times(2, () => deferred('two.example')),
      sent('none.example'),
    ];
    const domains = (data: ReportData) => data.tables.find((t) => t.dimension === 'domain')!;
    // Two of two says less than five of ten: the rate of a handful comes behind.
    expect(domains(report(events)).rows.map((row) => row.key)).toEqual([
      'all.example',
      'half.example',
      'two.example',
      'none.example',
    ]);
    const least = domains(report(events, { minMessages: 5 }));
    expect(least.rows.map((row) => row.key)).toEqual(['half.example']);
    expect(least.omitted).toBe(3);
  });

  it('hours and days are those of the zone, the hour that comes twice is two', () => {
    // Clocks in Berlin went back from 03:00 to 02:00 on 25 October 2026, at 01:00 UTC.
    const at = [0, 1, 2].map((hour) => sent('a.example', { time: Date.UTC(2026, 9, 25, hour, 30) }));
    const data = report(at, { timeZone: 'Europe/Berlin' });
    expect(data.tables.find((t) => t.dimension === 'hour')!.rows.map((row) => row.key)).toEqual([
      '2026-10-25T02:00+02:00',
      '2026-10-25T02:00+01:00',
      '2026-10-25T03:00+01:00',
    ]);
    const night = report([sent('a.example', { time: Date.UTC(2026, 0, 1, 23, 30) })], {
      timeZone: 'Europe/Berlin',
      dimensions: ['day'],
    });
    expect(night.tables[0]!.rows.map((row) => row.key)).toEqual(['2026-01-02']);
  });
});
