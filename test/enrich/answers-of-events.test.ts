/** What an event's answer means is what the whole answer means: nothing is left out of it that tells who refused, and why. */
import { describe, expect, test } from 'vitest';
import { readLog } from '../support/read-log.ts';

// Recipients at the very domains, or beginnings of them, that the URLs in the answers are known by.
const CASES: readonly (readonly [recipient: string, response: string, category: string, action: string])[] = [
  [
    'u@sender.office.com',
    '550 5.7.1 Not taken. Visit https://sender.office.com/ and follow',
    'reputation',
    'fix_reputation',
  ],
  ['u@sender.off', '550 5.7.1 Not taken. Visit https://sender.office.com/ and follow', 'reputation', 'fix_reputation'],
  ['u@ipcheck.proofpoint.com', '421 https://ipcheck.proofpoint.com/?ip=192.0.2.1', 'reputation', 'fix_reputation'],
];

describe.each(CASES)('%s: %s', (recipient, response, category, action) => {
  test('in a log', () => {
    const status = response.startsWith('4') ? 'deferred' : 'bounced';
    const line = `2026-11-22T02:17:49Z mx01 postfix/smtp[1]: 4jXCQh6CYCzJTVP: to=<${recipient}>, relay=mx.x.example[192.0.2.1]:25, delay=1, dsn=5.0.0, status=${status} (host mx.x.example[192.0.2.1] said: ${response})\n`;
    expect(readLog(line).events).toMatchObject([{ category, action }]);
  });
  test('in a webhook', () => {
    const event = response.startsWith('4') ? { event: 'deferred', response } : { event: 'bounce', reason: response };
    const text = `${JSON.stringify({ email: recipient, timestamp: 1795305600, sg_message_id: 'm.1', ...event })}\n`;
    expect(readLog(text, { format: 'sendgrid' }).events).toMatchObject([{ category, action }]);
  });
});

// What the same words mean depends on whose server says them: whoever says them first, and again.
const SAID = '550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).';
const SERVERS = {
  outlook: 'hotmail-com.olc.protection.outlook.com[192.0.2.1]:25',
  other: 'mx.b.example[192.0.2.2]:25',
  // Nobody's, and described where answers are classified.
  none: 'none',
  // Of a name that is no host as Postfix writes one.
  odd: 'OLC.protection.outlook.com.[IPv6:2001:db8::1]:25',
};
const ORDERS: readonly (keyof typeof SERVERS)[][] = [
  ['outlook', 'other', 'none', 'odd'],
  ['other', 'outlook', 'odd', 'none'],
  ['none', 'odd', 'outlook', 'other'],
];

describe.each(ORDERS)('said by %s, %s, %s, %s', (...order) => {
  const read = (servers: readonly (keyof typeof SERVERS)[]): unknown =>
    readLog(
      servers
        .map(
          (name, n) =>
            `2026-11-22T02:17:49Z mx01 postfix/smtp[1]: 4jXCQh6CYCzJTV${n}: to=<u${n}@b.example>, relay=${SERVERS[name]}, delay=1, dsn=5.5.0, status=bounced (${SAID})\n`,
        )
        .join(''),
    ).events.map(({ category, evidence }) => [category, evidence?.rule]);

  test('each means what it means alone', () => {
    const all = [...order, ...order, ...order.toReversed()];
    expect(read(all)).toEqual(all.flatMap((name) => read([name])));
    expect(read(['outlook'])).not.toEqual(read(['other']));
  });
});
