/** What becomes of a message over several lines of a log. */
import { describe, expect, test } from 'vitest';
import { COUNTER_COLUMNS, type Counters, countersAt, Tally } from '../../src/aggregate/counters.ts';
import type { OpenMessagesState } from '../../src/correlate/open-messages.ts';
import type { DeliveryEvent } from '../../src/event/index.ts';
import { ALL_NEEDS, FEW_NEEDS, type PlainEvent, type ReadOptions, readLog } from '../support/read-log.ts';

/** `02:17:46 mx01 postfix/smtp ID: words`, a second later for each line. */
function log(...lines: readonly string[]): string {
  return lines
    .map((line, index) => {
      const [, host = 'mx01', program = 'postfix/smtp', message] = /^(?:(\S+) )?(?:(\S+)\| )?(.*)$/s.exec(line) ?? [];
      const second = String(index % 60).padStart(2, '0');
      const minute = String(Math.floor(index / 60) % 60).padStart(2, '0');
      return `Nov 22 02:${minute}:${second} ${host} ${program}[1]: ${message}\n`;
    })
    .join('');
}

const OUT = 'relay=mx.b.example[203.0.113.5]:25, delay=1, delays=1/0/0/0';
const FILTER = 'relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=1/0/0/0';
const sent = (id: string, to: string, answer = '250 2.0.0 Ok', via = OUT) =>
  `mx01 postfix/smtp| ${id}: to=<${to}>, ${via}, dsn=2.0.0, status=sent (${answer})`;
const deferred = (
  id: string,
  to: string,
  answer = 'host mx.b.example[203.0.113.5] said: 452 4.2.2 mailbox full (in reply to RCPT TO command)',
) => `mx01 postfix/smtp| ${id}: to=<${to}>, ${OUT}, dsn=4.2.2, status=deferred (${answer})`;
const bounced = (id: string, to: string) =>
  `mx01 postfix/smtp| ${id}: to=<${to}>, ${OUT}, dsn=5.1.1, status=bounced (host mx.b.example[203.0.113.5] said: 550 5.1.1 User unknown (in reply to RCPT TO command))`;
const opened = (id: string, from = 'news@s.example') =>
  `mx01 postfix/qmgr| ${id}: from=<${from}>, size=355, nrcpt=1 (queue active)`;
const messageId = (id: string, value: string) => `mx01 postfix/cleanup| ${id}: message-id=<${value}>`;
const removed = (id: string) => `mx01 postfix/qmgr| ${id}: removed`;
const expired = (id: string, from = 'news@s.example', status = 'expired') =>
  `mx01 postfix/qmgr| ${id}: from=<${from}>, status=${status}, returned to sender`;
const on = (host: string, line: string) => line.replace(/^mx01/, host);

const brief = (events: readonly PlainEvent[]) =>
  events.map(
    (e) => `${e.event} ${e.recipient ?? '-'}${e.first ? ' first' : ''}${e.corrects ? ` corrects ${e.corrects}` : ''}`,
  );

function sums(events: readonly PlainEvent[]): Partial<Counters> {
  const counters = new Float64Array(COUNTER_COLUMNS);
  for (const event of events)
    new Tally().of({ ...event, verdict: event } as unknown as DeliveryEvent).addTo(counters, 0);
  return countersAt(counters);
}

describe('first record of a message', () => {
  test('each recipient of a queue id is a message', () => {
    const { events } = readLog(
      log(
        deferred('4A1B2C3D4E', 'a@b.example'),
        deferred('4A1B2C3D4E', 'c@b.example'),
        sent('4A1B2C3D4E', 'A@B.example'),
        deferred('4A1B2C3D4E', 'c@b.example'),
        bounced('4A1B2C3D4E', 'c@b.example'),
      ),
    );
    expect(brief(events)).toEqual([
      'deferred a@b.example first',
      'deferred c@b.example first',
      'delivered A@B.example',
      'deferred c@b.example',
      'bounced c@b.example',
    ]);
    expect(sums(events)).toMatchObject({
      messages: 2,
      messages_deferred: 2,
      attempts: 5,
      deferrals: 3,
      delivered: 1,
      bounced: 1,
    });
  });

  test('a short queue id is used again: it starts anew behind removed', () => {
    const { events } = readLog(
      log(
        deferred('4A1B2C3D4E', 'a@b.example'),
        removed('4A1B2C3D4E'),
        deferred('4A1B2C3D4E', 'a@b.example'),
        sent('4A1B2C3D4E', 'a@b.example'),
        removed('4A1B2C3D4E'),
        sent('4A1B2C3D4E', 'a@b.example'),
      ),
    );
    expect(brief(events)).toEqual([
      'deferred a@b.example first',
      'deferred a@b.example first',
      'delivered a@b.example',
      'delivered a@b.example first',
    ]);
  });

  test('the same queue id on another host is another message', () => {
    const { events } = readLog(
      log(
        deferred('4A1B2C3D4E', 'a@b.example'),
        on('mx02', deferred('4A1B2C3D4E', 'a@b.example')),
        on('mx02', removed('4A1B2C3D4E')),
        sent('4A1B2C3D4E', 'a@b.example'),
        on('mx02', sent('4A1B2C3D4E', 'a@b.example')),
      ),
    );
    expect(events.map(({ host, event, first }) => [host, event, first])).toEqual([
      ['mx01', 'deferred', true],
      ['mx02', 'deferred', true],
      ['mx01', 'delivered', false],
      ['mx02', 'delivered', true],
    ]);
  });

  test('a message of which nothing was heard for longer than max-age is forgotten', () => {
    const day = (n: number, line: string) => log(line).replace('Nov 22', `Nov ${n}`);
    const text = (gap: number) =>
      day(1, deferred('4A1B2C3D4E', 'a@b.example')) +
      day(1 + gap, sent('99AA', 'x@y.example').replace('99AA', '4A1B2C3D99')) +
      day(1 + gap, deferred('4A1B2C3D4E', 'a@b.example'));
    expect(readLog(text(6).split(/(?<=\n)/)).events.map(({ first }) => first)).toEqual([true, true, false]);
    expect(readLog(text(8).split(/(?<=\n)/)).events.map(({ first }) => first)).toEqual([true, true, true]);
    expect(readLog(text(6).split(/(?<=\n)/), { maxAge: 2 * 86_400_000 }).events.map(({ first }) => first)).toEqual([
      true,
      true,
      true,
    ]);
  });
});

describe('expired', () => {
  test('one event for each recipient left, with the category of its last answer as the root cause', () => {
    const { events, accounting } = readLog(
      log(
        opened('4A1B2C3D4E'),
        messageId('4A1B2C3D4E', 'm@s.example'),
        sent('4A1B2C3D4E', 'ok@b.example'),
        bounced('4A1B2C3D4E', 'no@b.example'),
        deferred('4A1B2C3D4E', 'full@b.example', 'connect to mx.b.example[203.0.113.5]:25: Connection timed out'),
        deferred('4A1B2C3D4E', 'shut@b.example', 'connect to mx.b.example[203.0.113.5]:25: Connection refused'),
        deferred('4A1B2C3D4E', 'late@b.example'),
        deferred('4A1B2C3D4E', 'full@b.example'),
        sent('4A1B2C3D4E', 'late@b.example'),
        expired('4A1B2C3D4E'),
        removed('4A1B2C3D4E'),
      ),
    );
    const last = events.filter(({ event }) => event === 'expired');
    expect(last).toMatchObject([
      {
        recipient: 'full@b.example',
        domain: 'b.example',
        category: 'expired',
        root_cause: 'mailbox_full',
        fault: 'recipient',
        action: 'watch',
        status: 'expired',
        program: 'postfix/qmgr',
        sender: 'news@s.example',
        message_id: 'm@s.example',
        dsn: '4.2.2',
        reply_code: 452,
        relay_host: 'mx.b.example',
        first: false,
        retryable: false,
      },
      { recipient: 'shut@b.example', category: 'expired', root_cause: 'connection_failure', first: false },
    ]);
    expect(last).toHaveLength(2);
    expect(last[0]!.timestamp).toBe('2026-11-22T02:00:09+00:00');
    // lines, not events
    expect(accounting).toMatchObject({ lines: 11, event: 8, context: 3 });
    expect(sums(events)).toMatchObject({ messages: 5, attempts: 7, expired: 2 });
  });

  test('where the log does not reach back: one event without a recipient, which is the first record of its message', () => {
    for (const status of ['expired', 'force-expired']) {
      const { events } = readLog(log(expired('4A1B2C3D4E', 'news@s.example', status)));
      expect(events).toMatchObject([
        {
          event: 'expired',
          status,
          category: 'expired',
          first: true,
          queue_id: '4A1B2C3D4E',
          sender: 'news@s.example',
        },
      ]);
      expect(events[0]).not.toHaveProperty('recipient');
      expect(events[0]).not.toHaveProperty('root_cause');
      expect(sums(events)).toMatchObject({ messages: 1, attempts: 0, expired: 1 });
    }
  });

  test('the empty sender, and force-expired', () => {
    const { events } = readLog(log(deferred('4A1B2C3D4E', 'a@b.example'), expired('4A1B2C3D4E', '', 'force-expired')));
    expect(events[1]).toMatchObject({
      event: 'expired',
      status: 'force-expired',
      sender: '',
      recipient: 'a@b.example',
      root_cause: 'mailbox_full',
    });
  });

  test('nothing is left behind: neither by expired nor by removed', () => {
    const { events } = readLog(
      log(
        deferred('4A1B2C3D4E', 'a@b.example'),
        expired('4A1B2C3D4E'),
        removed('4A1B2C3D4E'),
        expired('4A1B2C3D4E'),
        deferred('5A1B2C3D4E', 'a@b.example'),
        removed('5A1B2C3D4E'),
        expired('5A1B2C3D4E'),
      ),
    );
    expect(brief(events)).toEqual([
      'deferred a@b.example first',
      'expired a@b.example',
      'expired - first',
      'deferred a@b.example first',
      'expired - first',
    ]);
    expect(
      readLog(log(deferred('4A1B2C3D4E', 'a@b.example'), sent('4A1B2C3D4E', 'a@b.example'))).state.log.open,
    ).toEqual([]);
  });

  test('a failed bounce is no event', () => {
    expect(readLog(log('mx01 postfix/qmgr| 4A1B2C3D4E: from=<>, status=deferred (bounce failed)')).events).toEqual([]);
  });
});

describe('sender and message id', () => {
  const text = log(
    messageId('4A1B2C3D4E', 'm1@s.example'),
    opened('4A1B2C3D4E', 'one@s.example'),
    on('mx02', opened('4A1B2C3D4E', 'two@s.example')),
    sent('4A1B2C3D4E', 'a@b.example'),
    on('mx02', sent('4A1B2C3D4E', 'a@b.example')),
    removed('4A1B2C3D4E'),
    sent('4A1B2C3D4E', 'a@b.example'),
    on('mx02', sent('4A1B2C3D4E', 'c@b.example')),
  );
  test('are kept per host and queue id, and dropped on removed', () => {
    expect(readLog(text).events.map(({ host, sender, message_id, size }) => [host, sender, message_id, size])).toEqual([
      ['mx01', 'one@s.example', 'm1@s.example', 355],
      ['mx02', 'two@s.example', undefined, 355],
      ['mx01', undefined, undefined, undefined],
      ['mx02', 'two@s.example', undefined, 355],
    ]);
  });

  test('are not there where nobody asks for them, and nothing else differs', () => {
    const without = readLog(text, { needs: FEW_NEEDS });
    expect(without.state.log.openings).toEqual([]);
    expect(without.events).toEqual(
      readLog(text).events.map(({ sender: _s, message_id: _m, size: _z, ...rest }) => rest),
    );
  });

  test('are bounded', () => {
    const openings = Array.from(
      { length: 1_000_000 },
      (_, i) => [i + 1, { sender: 'x', message_id: 'y', size: 1 }] as const,
    );
    const empty = readLog('').state;
    const state = { ...empty, log: { ...empty.log, openings } };
    const after = readLog(log(opened('4A1B2C3D4E'), opened('4A1B2C3D4F'), sent('4A1B2C3D4E', 'a@b.example')), {
      state,
    });
    expect(after.state.log.openings).toHaveLength(1_000_000);
    expect(after.events[0]!.sender).toBe('news@s.example');
  });
});

describe('internal hops', () => {
  const hop = (id: string, next: string, to = 'a@b.example') =>
    sent(id, to, `250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as ${next}`, FILTER);
  /** A first one, by which it is known that there is a filter. */
  const known = [hop('AAAAAAAAA1', 'AAAAAAAAA2', 'z@z.example'), sent('AAAAAAAAA2', 'z@z.example')];

  interface Case {
    readonly what: string;
    readonly lines: readonly string[];
    readonly events: readonly string[];
  }
  const CASES: readonly Case[] = [
    {
      what: 'the queue id was opened before',
      lines: [opened('BBBBBBBBB2'), hop('BBBBBBBBB1', 'BBBBBBBBB2'), sent('BBBBBBBBB2', 'a@b.example')],
      events: ['internal a@b.example first', 'delivered a@b.example first'],
    },
    {
      what: 'the queue id is opened after',
      lines: [hop('BBBBBBBBB1', 'BBBBBBBBB2'), opened('BBBBBBBBB2'), sent('BBBBBBBBB2', 'a@b.example')],
      events: [
        'delivered a@b.example first',
        'internal a@b.example first corrects delivered',
        'delivered a@b.example first',
      ],
    },
    {
      what: 'its own delivery came before',
      lines: [sent('BBBBBBBBB2', 'a@b.example'), hop('BBBBBBBBB1', 'BBBBBBBBB2')],
      events: ['delivered a@b.example first', 'internal a@b.example first'],
    },
    {
      what: 'its own delivery follows',
      lines: [hop('BBBBBBBBB1', 'BBBBBBBBB2'), sent('BBBBBBBBB2', 'a@b.example')],
      events: [
        'delivered a@b.example first',
        'internal a@b.example first corrects delivered',
        'delivered a@b.example first',
      ],
    },
    {
      what: 'its own deferral follows',
      lines: [
        hop('BBBBBBBBB1', 'BBBBBBBBB2'),
        deferred('BBBBBBBBB2', 'a@b.example'),
        sent('BBBBBBBBB2', 'a@b.example'),
      ],
      events: [
        'delivered a@b.example first',
        'internal a@b.example first corrects delivered',
        'deferred a@b.example first',
        'delivered a@b.example',
      ],
    },
    {
      what: 'all is removed in between',
      lines: [
        opened('BBBBBBBBB2'),
        sent('BBBBBBBBB2', 'a@b.example'),
        removed('BBBBBBBBB2'),
        hop('BBBBBBBBB1', 'BBBBBBBBB2'),
        removed('BBBBBBBBB1'),
      ],
      events: ['delivered a@b.example first', 'internal a@b.example first'],
    },
  ];

  test.each(CASES)('$what', ({ lines, events }) => {
    for (const needs of [ALL_NEEDS, FEW_NEEDS]) {
      const reading = readLog(log(...known, ...lines), { needs });
      expect(brief(reading.events.slice(3))).toEqual(events);
      // one message passed a filter, and one is what is counted
      expect(sums(reading.events.slice(3))).toMatchObject({ messages: 1, delivered: 1 });
      // the same, cut into blocks of one line
      expect(readLog(log(...known, ...lines).split(/(?<=\n)/), { needs }).events).toEqual(reading.events);
    }
  });

  describe('put off by the filter before it took it: one message all the same, and the wait is counted', () => {
    const putOff = (id: string, why = 'connect to 127.0.0.1[127.0.0.1]:10024: Connection refused', via = 'none') =>
      `mx01 postfix/smtp| ${id}: to=<a@b.example>, relay=${via}, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (${why})`;
    test.each<[what: string, lines: string[], events: string[]]>([
      [
        'known at once',
        [putOff('BBBBBBBBB1'), sent('BBBBBBBBB2', 'a@b.example'), hop('BBBBBBBBB1', 'BBBBBBBBB2')],
        [
          'deferred a@b.example first',
          'delivered a@b.example first',
          'internal a@b.example',
          'internal a@b.example first corrects deferred',
        ],
      ],
      [
        'known later',
        [putOff('BBBBBBBBB1'), hop('BBBBBBBBB1', 'BBBBBBBBB2'), sent('BBBBBBBBB2', 'a@b.example')],
        [
          'deferred a@b.example first',
          'delivered a@b.example',
          'internal a@b.example corrects delivered',
          'internal a@b.example first corrects deferred',
          'delivered a@b.example first',
        ],
      ],
      [
        'forwarded by local(8)',
        [
          putOff('BBBBBBBBB1', 'cannot open database /etc/aliases.db', 'local'),
          sent('BBBBBBBBB1', 'a@b.example', 'forwarded as BBBBBBBBB2', 'relay=local, delay=1, delays=1/0/0/0'),
          sent('BBBBBBBBB2', 'a@b.example'),
        ],
        [
          'deferred a@b.example first',
          'internal a@b.example',
          'internal a@b.example first corrects deferred',
          'delivered a@b.example first',
        ],
      ],
    ])('%s', (_what, lines, events) => {
      for (const needs of [ALL_NEEDS, FEW_NEEDS]) {
        const reading = readLog(log(...known, ...lines), { needs });
        expect(brief(reading.events.slice(3))).toEqual(events);
        expect(sums(reading.events.slice(3))).toMatchObject({
          messages: 1,
          messages_deferred: 0,
          attempts: 2,
          delivered: 1,
          deferrals: 1,
        });
        expect(readLog(log(...known, ...lines).split(/(?<=\n)/), { needs }).events).toEqual(reading.events);
      }
    });

    test('taken back is what the first deferral counted, under its own keys and time, though others followed', () => {
      const lines = [
        putOff('BBBBBBBBB1'),
        putOff(
          'BBBBBBBBB1',
          'host 127.0.0.1[127.0.0.1] said: 451 4.3.0 try later (in reply to end of DATA command)',
          '127.0.0.1[127.0.0.1]:10024',
        ),
        putOff(
          'BBBBBBBBB1',
          'host 127.0.0.1[127.0.0.1] said: 452 4.2.2 mailbox full (in reply to RCPT TO command)',
          '127.0.0.1[127.0.0.1]:10024',
        ),
        hop('BBBBBBBBB1', 'BBBBBBBBB2'),
        sent('BBBBBBBBB2', 'a@b.example'),
      ];
      const { events } = readLog(log(...known, ...lines));
      const first = events.find(({ event }) => event === 'deferred')!;
      const correction = events.find(({ corrects }) => corrects === 'deferred')!;
      const {
        program: _,
        dsn: _dsn,
        response: _response,
        reply_text: _text,
        delay: _delay,
        delays: _delays,
        ...counted
      } = first;
      expect(correction).toEqual({ ...counted, event: 'internal', corrects: 'deferred' });
      expect(sums(events.slice(3))).toMatchObject({ messages: 1, messages_deferred: 0, deferrals: 3, delivered: 1 });
      // the same where correlate is saved and resumed between any two lines
      const all = log(...known, ...lines).split(/(?<=\n)/);
      for (let cut = 1; cut < all.length; cut++) {
        const before = readLog(all.slice(0, cut).join(''));
        const state = JSON.parse(JSON.stringify(before.state));
        const after = readLog(all.slice(cut).join(''), { state });
        expect([...before.events, ...after.events]).toEqual(events);
      }
    });

    test('a state of before says no time: nothing is taken back', () => {
      const before = readLog(log(...known, putOff('BBBBBBBBB1')));
      const state = JSON.parse(JSON.stringify(before.state).replaceAll(/"first_(?:time|offset)":[^,}]*,/g, ''));
      const after = readLog(log(hop('BBBBBBBBB1', 'BBBBBBBBB2')), { state });
      expect(brief(after.events)).toEqual(['delivered a@b.example']);
    });
  });

  test('the correcting event is the earlier one taken back: its time, its recipient, its relay', () => {
    const { events } = readLog(log(...known));
    const [delivered, correction] = events;
    expect(correction).toEqual({ ...delivered, event: 'internal', corrects: 'delivered' });
  });

  test('a relay on another machine is no content filter for that alone', () => {
    for (const host of ['mx02', 'mail']) {
      const lines = [
        hop('BBBBBBBBB1', 'BBBBBBBBB2'),
        on(host, opened('BBBBBBBBB2')),
        on(host, sent('BBBBBBBBB2', 'a@b.example')),
      ];
      expect(brief(readLog(log(...known, ...lines)).events.slice(3))).toEqual([
        'delivered a@b.example first',
        'delivered a@b.example first',
      ]);
    }
  });

  test('nor is a delivery to loopback, where the queue id never shows up', () => {
    expect(brief(readLog(log(hop('BBBBBBBBB1', 'BBBBBBBBB2'), sent('BBBBBBBBB3', 'c@b.example'))).events)).toEqual([
      'delivered a@b.example first',
      'delivered c@b.example first',
    ]);
  });

  test('the address of the relay does not matter: a filter in another network is known by what comes back', () => {
    const far = (id: string, next: string) => sent(id, 'a@b.example', `250 2.0.0 Ok: queued as ${next}`);
    for (const needs of [ALL_NEEDS, FEW_NEEDS]) {
      const after = readLog(log(far('BBBBBBBBB1', 'BBBBBBBBB2'), sent('BBBBBBBBB2', 'a@b.example')), { needs });
      expect(brief(after.events)).toEqual([
        'delivered a@b.example first',
        'internal a@b.example first corrects delivered',
        'delivered a@b.example first',
      ]);
      const before = readLog(log(sent('BBBBBBBBB2', 'a@b.example'), far('BBBBBBBBB1', 'BBBBBBBBB2')), { needs });
      expect(brief(before.events)).toEqual(['delivered a@b.example first', 'internal a@b.example first']);
    }
  });

  test('an outside server that takes a thousand messages without one coming back is followed no longer, and a filter still is', () => {
    const far = (n: number) =>
      sent(`C${String(n).padStart(9, '0')}`, 'a@b.example', `250 2.0.0 Ok: queued as D${String(n).padStart(9, '0')}`);
    const text = log(...Array.from({ length: 1000 }, (_, n) => far(n)));
    const { state } = readLog(text);
    expect(state.log.hops.length).toBeLessThan(300);
    expect(brief(readLog(log(...known), { state }).events)).toContain('internal z@z.example first corrects delivered');
  });

  test('a message is no hop of itself', () => {
    const { events } = readLog(
      log(...known, sent('BBBBBBBBB1', 'a@b.example', '250 2.0.0 Ok: queued as BBBBBBBBB1', FILTER)),
    );
    expect(brief(events.slice(3))).toEqual(['delivered a@b.example first']);
  });

  test('all recipients of a message that passed the filter together', () => {
    const lines = [
      hop('BBBBBBBBB1', 'BBBBBBBBB2', 'a@b.example'),
      hop('BBBBBBBBB1', 'BBBBBBBBB2', 'c@b.example'),
      sent('BBBBBBBBB2', 'a@b.example'),
      sent('BBBBBBBBB2', 'c@b.example'),
    ];
    const { events } = readLog(log(...known, ...lines));
    expect(sums(events.slice(3))).toMatchObject({ messages: 2, attempts: 2, delivered: 2 });
  });

  test('a server that names the same queue id for ever takes no more memory for it', () => {
    const lines = Array.from({ length: 5000 }, (_, n) => hop(`E${String(n).padStart(9, '0')}`, 'FFFFFFFFF1'));
    const { state } = readLog(log(...lines));
    expect(state.log.hops.flatMap(([, hops]) => hops).length).toBeLessThanOrEqual(1024);
  });

  test('forwarded by local(8): internal by its own word, without waiting for the new queue id', () => {
    const forward =
      'mx01 postfix/local| 3mLQKH6hqhz7sWK: to=<logspam@system.alerts>, relay=local, delay=3.1, delays=1.8/0.86/0/0.44, dsn=2.0.0, status=sent (forwarded as 3mLQKK4rDdz7sVS)';
    const onward = sent('3mLQKK4rDdz7sVS', 'ops@b.example');
    for (const lines of [[forward, onward], [onward, forward], [forward]]) {
      const { events } = readLog(log(...lines));
      expect(events.find(({ program }) => program === 'postfix/local')).toMatchObject({
        event: 'internal',
        category: 'accepted',
        first: true,
      });
      expect(events.find(({ program }) => program === 'postfix/local')).not.toHaveProperty('corrects');
      expect(sums(events)).toMatchObject({ messages: lines.length - 1, attempts: lines.length - 1 });
    }
    // a remote server may say so as often as it likes
    expect(
      readLog(log(sent('3mLQKH6hqhz7sWK', 'a@b.example', 'forwarded as 3mLQKK4rDdz7sVS'))).events[0],
    ).toMatchObject({ event: 'delivered' });
  });

  describe('--filter-relay: every delivery to it is internal, whatever the answer says', () => {
    test.each<[relay: string, options: readonly string[], internal: boolean]>([
      ['filter.example.net[203.0.113.9]:10024', ['filter.example.net'], true],
      ['filter.example.net[203.0.113.9]:10024', ['FILTER.example.net'], true],
      ['filter.example.net[203.0.113.9]:10024', ['filter.example.net:10024'], true],
      ['filter.example.net[203.0.113.9]:10024', ['203.0.113.9'], true],
      ['filter.example.net[203.0.113.9]:10024', ['203.0.113.9:10024'], true],
      ['filter.example.net[203.0.113.9]:10024', ['[203.0.113.9]:10024'], true],
      ['filter.example.net[203.0.113.9]:10024', ['filter.example.net[203.0.113.9]:10024'], true],
      ['filter.example.net[2001:db8::9]:10024', ['2001:db8::9'], true],
      ['filter.example.net[2001:db8::9]:10024', ['[2001:db8::9]:10024'], true],
      ['filter.example.net[203.0.113.9]:10024', ['filter.example.net:25'], false],
      ['filter.example.net[203.0.113.9]:10024', ['example.net'], false],
      ['filter.example.net[203.0.113.9]:10024', ['203.0.113.90', 'other'], false],
      ['spamassassin', ['spamassassin'], true],
      ['mx.example.org[private/filter]', ['private/filter'], true],
      ['mx.example.org[private/filter]', ['mx.example.org'], true],
      ['none', [], false],
    ])('%s, --filter-relay %j: %s', (relay, filterRelays, internal) => {
      const line = sent(
        '4A1B2C3D4E',
        'a@b.example',
        'delivered via spamassassin service',
        `relay=${relay}, delay=1, delays=1/0/0/0`,
      );
      const { events } = readLog(log(line), { filterRelays });
      expect(brief(events)).toEqual([`${internal ? 'internal' : 'delivered'} a@b.example first`]);
    });

    test('a filter that refuses or puts off is a failure like any other', () => {
      const options: ReadOptions = { filterRelays: ['mx.b.example'] };
      expect(
        brief(
          readLog(log(deferred('4A1B2C3D4E', 'a@b.example'), bounced('4A1B2C3D4E', 'a@b.example')), options).events,
        ),
      ).toEqual(['deferred a@b.example first', 'bounced a@b.example']);
    });
  });
});

describe('state', () => {
  test('a log read in two runs, the state saved as JSON between them, gives the same events', () => {
    const lines = [
      opened('4A1B2C3D4E'),
      deferred('4A1B2C3D4E', 'a@b.example'),
      deferred('4A1B2C3D4E', 'c@b.example'),
      sent('AAAAAAAAA1', 'z@z.example', '250 2.0.0 Ok: queued as AAAAAAAAA2', FILTER),
      sent('AAAAAAAAA2', 'z@z.example'),
      sent('AAAAAAAAA3', 'z@z.example', '250 2.0.0 Ok: queued as AAAAAAAAA4', FILTER),
      opened('AAAAAAAAA4'),
      sent('4A1B2C3D4E', 'a@b.example'),
      expired('4A1B2C3D4E'),
      removed('4A1B2C3D4E'),
    ];
    const text = log(...lines).split(/(?<=\n)/);
    for (const needs of [ALL_NEEDS, FEW_NEEDS]) {
      const whole = readLog(text.join(''), { needs }).events;
      for (let cut = 0; cut <= text.length; cut++) {
        const before = readLog(text.slice(0, cut).join(''), { needs });
        const state = JSON.parse(JSON.stringify(before.state)) as {
          log: OpenMessagesState;
          webhook: typeof before.state.webhook;
        };
        expect([...before.events, ...readLog(text.slice(cut).join(''), { needs, state }).events]).toEqual(whole);
      }
    }
  });
});
