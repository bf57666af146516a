import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSmtpReply } from '../../src/parse/smtp-reply.ts';
import { SEED } from '../support/seed.ts';

type Expected = Partial<Omit<ReturnType<typeof parseSmtpReply>, 'start' | 'end'>>;

/** What a log or an ESP says → what must be read from it. `suspended: false` and absent members are checked too. */
const ANSWERS: readonly (readonly [response: string, expected: Expected])[] = [
  ['', { text: '' }],
  [
    '250 2.0.0 Ok: queued as 4jXCQj0FqPz',
    { reply_code: 250, enhanced_code: '2.0.0', text: 'Ok: queued as 4jXCQj0FqPz' },
  ],
  [
    'host mx.example.com[192.0.2.1] said: 550 5.1.1 <u@example.com>: User unknown (in reply to RCPT TO command)',
    {
      reply_code: 550,
      enhanced_code: '5.1.1',
      text: '<u@example.com>: User unknown',
      command: 'RCPT TO',
      host: 'mx.example.com',
    },
  ],
  [
    'host mx.example.com[2001:db8::1] said: 550-5.7.26 This mail has 550-5.7.26 been blocked. 550 5.7.26 See x - gsmtp (in reply to end of DATA command)',
    {
      reply_code: 550,
      enhanced_code: '5.7.26',
      text: 'This mail has been blocked. See x - gsmtp',
      command: 'end of DATA',
      host: 'mx.example.com',
    },
  ],
  [
    'host mx.example.com[192.0.2.1] refused to talk to me: 554-mx.example.com 554 blocked',
    { reply_code: 554, text: 'mx.example.com blocked', command: 'CONNECT', host: 'mx.example.com' },
  ],
  [
    'connect to mx.example.com[192.0.2.1]: server refused to talk to me: 421 busy',
    { reply_code: 421, text: 'busy', command: 'CONNECT', host: 'mx.example.com' },
  ],
  [
    'host mx.example.com[192.0.2.1] refused to talk to me: 220-mx 421 4.2.1 Service refused',
    { reply_code: 421, enhanced_code: '4.2.1', text: 'Service refused', command: 'CONNECT', host: 'mx.example.com' },
  ],
  [
    'lost connection with mx.example.com[192.0.2.1] while sending RCPT TO',
    {
      text: 'lost connection with mx.example.com[192.0.2.1] while sending RCPT TO',
      command: 'RCPT TO',
      host: 'mx.example.com',
    },
  ],
  [
    'lost connection with mx.example.com[192.0.2.1] while sending end of data -- message may be sent more than once',
    {
      text: 'lost connection with mx.example.com[192.0.2.1] while sending end of data -- message may be sent more than once',
      command: 'end of DATA',
      host: 'mx.example.com',
    },
  ],
  [
    'conversation with mx.example.com[192.0.2.1] timed out while receiving the initial server greeting',
    {
      text: 'conversation with mx.example.com[192.0.2.1] timed out while receiving the initial server greeting',
      command: 'CONNECT',
      host: 'mx.example.com',
    },
  ],
  [
    'connect to mx.example.com[192.0.2.1]:25: Connection timed out',
    {
      text: 'connect to mx.example.com[192.0.2.1]:25: Connection timed out',
      command: 'CONNECT',
      host: 'mx.example.com',
    },
  ],
  [
    'Host or domain name not found. Name service error for name=no.example type=MX: Host not found',
    { text: 'Host or domain name not found. Name service error for name=no.example type=MX: Host not found' },
  ],
  ['mail for example.com loops back to myself', { text: 'mail for example.com loops back to myself' }],
  [
    'TLS is required, but was not offered by host mx.example.com[192.0.2.1]',
    { text: 'TLS is required, but was not offered by host mx.example.com[192.0.2.1]', host: 'mx.example.com' },
  ],
  ['unknown user: "x"', { text: 'unknown user: "x"' }],
  ['Command died with status 255: "/usr/bin/procmail"', { text: 'Command died with status 255: "/usr/bin/procmail"' }],
  [
    'delivery temporarily suspended: host mx.example.com[192.0.2.1] said: 451 4.7.1 Later (in reply to RCPT TO command)',
    {
      reply_code: 451,
      enhanced_code: '4.7.1',
      text: 'Later',
      command: 'RCPT TO',
      host: 'mx.example.com',
      suspended: true,
    },
  ],
  [
    'delivery temporarily suspended: connect to mx.example.com[192.0.2.1]:25: Connection refused',
    {
      text: 'connect to mx.example.com[192.0.2.1]:25: Connection refused',
      command: 'CONNECT',
      host: 'mx.example.com',
      suspended: true,
    },
  ],
  [
    'SASL authentication failed; server mx.example.com[192.0.2.1] said: 535 5.7.8 Error: no',
    { reply_code: 535, enhanced_code: '5.7.8', text: 'Error: no', host: 'mx.example.com' },
  ],
  ['550 #5.1.0 Address rejected.', { reply_code: 550, enhanced_code: '5.1.0', text: 'Address rejected.' }],
  ['451  4.3.0 Later', { reply_code: 451, enhanced_code: '4.3.0', text: 'Later' }],
  [
    '550 sorry, no mailbox here by that name. (#5.1.1)',
    { reply_code: 550, enhanced_code: '5.1.1', text: 'sorry, no mailbox here by that name. (#5.1.1)' },
  ],
  ['550 550 5.1.1 Twice', { reply_code: 550, enhanced_code: '5.1.1', text: 'Twice' }],
  ['smtp; 550 5.1.1 No', { reply_code: 550, enhanced_code: '5.1.1', text: 'No' }],
  ['x-postfix; host h[192.0.2.1] said: 550 No', { reply_code: 550, text: 'No', host: 'h' }],
  ['550', { reply_code: 550, text: '' }],
  ['550-a 550-b 550 c', { reply_code: 550, text: 'a b c' }],
  // The enhanced code must be of the reply's class; the last line's counts.
  ['550 4.1.1 Contradiction', { reply_code: 550, text: 'Contradiction' }],
  ['550-5.1.0 a 550 5.1.1 b', { reply_code: 550, enhanced_code: '5.1.1', text: 'a b' }],
  // Numbers that are no codes.
  ['550 from 5.1.1.9 refused', { reply_code: 550, text: 'from 5.1.1.9 refused' }],
  ['550 Postfix 12.5.1 refused', { reply_code: 550, text: 'Postfix 12.5.1 refused' }],
  ['The 550 people of 1.2.3', { text: 'The 550 people of 1.2.3' }],
  ['999 nothing', { text: '999 nothing' }],
  [
    'SMTP error from remote mail server after RCPT TO:<u@example.com>: host mx.example.com [192.0.2.1]: 550 No such user',
    {
      reply_code: 550,
      text: 'SMTP error from remote mail server after RCPT TO:<u@example.com>: host mx.example.com [192.0.2.1]: No such user',
      command: 'RCPT TO',
    },
  ],
  [
    '192.0.2.1 does not like recipient. Remote host said: 550 5.1.1 No',
    { reply_code: 550, enhanced_code: '5.1.1', text: '192.0.2.1 does not like recipient. Remote host said: No' },
  ],
];

describe('parseSmtpReply', () => {
  it.each(ANSWERS)('reads %j', (response, expected) => {
    const { start, end, ...reply } = parseSmtpReply(response);
    const read = Object.fromEntries(Object.entries(reply).filter(([, value]) => value !== undefined));
    expect(read).toEqual({ suspended: false, ...expected });
    expect(start).toBeLessThanOrEqual(end);
  });

  it('says where the server’s own words stand', () => {
    const response = 'host mx[192.0.2.1] said: 550 5.1.1 No (in reply to RCPT TO command)';
    const { start, end } = parseSmtpReply(response);
    expect(response.slice(start, end)).toBe('550 5.1.1 No');
  });

  it('never throws, and what it reads is in the text', () => {
    const piece = fc.constantFrom(
      '550',
      '550-',
      '5.1.1',
      ' ',
      '#',
      '(in reply to ',
      ' command)',
      'host ',
      ' said: ',
      '[',
      ']',
      'a',
      '\u0000',
      'é',
      'connect to ',
      'delivery temporarily suspended: ',
      ' refused to talk to me: ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.string({ unit: 'binary' }), (pieces, tail) => {
        const response = pieces.join('') + tail;
        const reply = parseSmtpReply(response);
        expect(reply.start).toBeGreaterThanOrEqual(0);
        expect(reply.end).toBeLessThanOrEqual(response.length);
        if (reply.reply_code !== undefined) {
          expect(response).toContain(String(reply.reply_code));
          if (reply.enhanced_code !== undefined) expect(reply.enhanced_code[0]).toBe(String(reply.reply_code)[0]);
        }
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  it.each([
    ['heads', 'host x said: '],
    ['tails', '(in reply to '],
    ['open tails', '(in reply to RCPT TO command'],
    ['codes', '550-5.1.1 '],
    ['half codes', '550-5.'],
    ['numbers', '1.'],
    ['digits', '5'],
    ['suspensions', 'delivery temporarily suspended: '],
    ['spaces', ' '],
    ['brackets', '('],
  ])('reads 1 MB of %s in a moment', (_name, part) => {
    const text = `550 ${part.repeat(Math.ceil(1_000_000 / part.length))}`;
    const start = performance.now();
    parseSmtpReply(text);
    parseSmtpReply(text.slice(4));
    // Milliseconds where the time grows with the length, many minutes where it grows with its square; the bound is for busy machines.
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
