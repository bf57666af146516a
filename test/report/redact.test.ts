import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVENT_FIELDS } from '../../src/event/index.ts';
import { createRedactor } from '../../src/report/redact.ts';
import { noSuchUser } from '../support/events.ts';
import { runs } from '../support/runs.ts';

const { text, address, fileName, event } = createRedactor((local) => `#${local.length}`);

describe('addresses in a text', () => {
  test.each([
    ['550 5.1.1 <ann@example.com>: User unknown', '550 5.1.1 <h:#3@example.com>: User unknown'],
    ['ann@example.com,bob@example.org', 'h:#3@example.com,h:#3@example.org'],
    ['<"ann b"@example.com>', '<h:#7@example.com>'],
    ['<"ann \\"b\\" c"@example.com>', '<h:#13@example.com>'],
    ['ann%example.com@relay', 'h:#15@relay'],
    ['пётр@пример.рф', 'h:#4@пример.рф'],
    ['ann@[192.0.2.1] and bob@[2001:db8::1]', 'h:#3@[192.0.2.1] and h:#3@[2001:db8::1]'],
    ["rfc822;ann@example.com to='bob@example.com'", "rfc822;h:#3@example.com to='h:#3@example.com'"],
    ['a@b@c', 'h:#1@b@c'],
    ['to=ann@example.com, user=bob@example.org', 'to=h:#3@example.com, user=h:#3@example.org'],
    ['<bounce-ann=example.com@lists.example>', '<h:#22@lists.example>'],
    ['prvs=1234567890=ann@example.com', 'h:#19@example.com'],
    ['SRS0=aB1c=XY=example.com=ann@relay.example', 'h:#28@relay.example'],
    ['https://x.example/stop?e=ann%40example.com&id=1', 'https://x.example/stop?e=h:#3%40example.com&id=1'],
    ['To: ann=40example.com', 'To: h:#3=40example.com'],
    ['ann&#64;example.com', 'h:#3&#64;example.com'],
    ['550 5.1.1 <ann>... User unknown', '550 5.1.1 <h:#3>... User unknown'],
    ['554 5.7.1 <unknown[192.0.2.1]>: Client host rejected', '554 5.7.1 <unknown[192.0.2.1]>: Client host rejected'],
    ['@example.com', '@example.com'],
    ['ann@', 'ann@'],
    ['"@example.com', '"@example.com'],
    ['no address', 'no address'],
  ])('%s', (given, expected) => {
    expect(text(given)).toBe(expected);
  });

  test.each([
    ['User ann.smith is over quota', ['ann.smith@example.com'], 'User h:#9 is over quota'],
    ['no mailbox ann here', ['ann+shop@example.com'], 'no mailbox h:#3 here'],
    ['Annual report of ann', ['ann@example.com'], 'Annual report of h:#3'],
    ['bob may not send to ann', ['ann@example.com', undefined, 'bob@example.org'], 'h:#3 may not send to h:#3'],
  ])('%s, of %j', (given, known, expected) => {
    expect(text(given, ...known)).toBe(expected);
  });

  test('an event names nobody in any field', () => {
    const secret = /secret/i;
    const hidden = event(
      noSuchUser({
        recipient: 'secret.one@example.com',
        original_recipient: 'secret.two@example.com',
        sender: 'bounce-secret.one=example.com@lists.example',
        message_id: '<2026.secret.three@example.org>',
        input: '/home/secret/secret@example.org.log',
        relay: 'secret@example.com[private/lmtp]',
        status: 'bounced secret@example.com',
        response: 'mailbox secret.one: alias of secret.two, also secret.four%40example.net and <secret>',
        reply_text: 'secret.one',
        verdict: { evidence: { layer: 'phrase', rule: 'user-unknown', matched: 'secret.one@example.com' } },
      }),
    );
    const fields = EVENT_FIELDS.map((name) => [name, hidden[name]]);
    expect(JSON.stringify([fields, hidden.input, hidden.verdict])).not.toMatch(secret);
    expect(hidden.recipient).toBe(address('secret.one@example.com'));
    expect(fileName('/home/secret/mail.log.1')).toBe('mail.log.1');
  });

  test('no local part of letters is left, whatever stands around it', () => {
    const around = fc.string({
      unit: fc.constantFrom(' ', '<', '>', '(', ')', ',', ';', ':', '"', "'", '@', '=', '\n', 'x'),
      maxLength: 6,
    });
    fc.assert(
      fc.property(around, around, (before, after) => {
        expect(text(`${before} secretname@example.com ${after}`)).not.toContain('secretname');
      }),
      runs(5000),
    );
  });
});
