/** What Postfix refuses on the way in: read with --inbound, and only then. */
import { describe, expect, test } from 'vitest';
import { ALL_NEEDS, FEW_NEEDS, readLine, readLog } from '../../support/read-log.ts';

interface Expected {
  readonly status: string;
  readonly relay?: string;
  readonly response: string;
  readonly sender?: string;
  readonly recipient?: string;
  readonly reply_code?: number;
  readonly queue_id?: string;
}

const LINES: readonly (readonly [line: string, expected: Expected])[] = [
  [
    'smtpd[1]: NOQUEUE: reject: RCPT from 061238241086.static.example[192.0.2.241]: 550 5.1.1 <no@e.example>: Recipient address rejected: User unknown in virtual mailbox table; from=<w@c.example> to=<no@e.example> proto=ESMTP helo=<ecsolved.com>',
    {
      status: 'reject',
      relay: '061238241086.static.example[192.0.2.241]',
      response: '550 5.1.1 <no@e.example>: Recipient address rejected: User unknown in virtual mailbox table',
      sender: 'w@c.example',
      recipient: 'no@e.example',
      reply_code: 550,
    },
  ],
  [
    'smtpd[1]: NOQUEUE: reject: RCPT from unknown[2001:980:cfb1::3033]: 504 5.5.2 <aap@henk>: Sender address rejected: need fully-qualified address; from=<aap@henk> to=<u@e.example> proto=SMTP helo=<test>',
    {
      status: 'reject',
      relay: 'unknown[2001:980:cfb1::3033]',
      response: '504 5.5.2 <aap@henk>: Sender address rejected: need fully-qualified address',
      sender: 'aap@henk',
      recipient: 'u@e.example',
      reply_code: 504,
    },
  ],
  [
    'smtpd[1]: NOQUEUE: reject: RCPT from n.z.example[192.0.2.58]: 554 5.7.1 Service unavailable; Helo command [n.z.example] blocked using dbl.spamhaus.org; http://www.spamhaus.org/query/dbl?domain=z.example; from=<m@z.example> to=<t@e.example> proto=ESMTP helo=<n.z.example>',
    {
      status: 'reject',
      relay: 'n.z.example[192.0.2.58]',
      response:
        '554 5.7.1 Service unavailable; Helo command [n.z.example] blocked using dbl.spamhaus.org; http://www.spamhaus.org/query/dbl?domain=z.example',
      sender: 'm@z.example',
      recipient: 't@e.example',
      reply_code: 554,
    },
  ],
  [
    'smtpd[1]: NOQUEUE: reject: VRFY from unknown[2001:968:9999::2bd2]: 454 4.7.1 <aap@henk.com>: Relay access denied; to=<aap@henk.com> proto=SMTP helo=<me>',
    {
      status: 'reject',
      relay: 'unknown[2001:968:9999::2bd2]',
      response: '454 4.7.1 <aap@henk.com>: Relay access denied',
      recipient: 'aap@henk.com',
      reply_code: 454,
    },
  ],
  [
    'smtpd[1]: NOQUEUE: reject: CONNECT from unknown[192.0.2.9]: 554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org; proto=SMTP',
    {
      status: 'reject',
      relay: 'unknown[192.0.2.9]',
      response: '554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org',
      reply_code: 554,
    },
  ],
  [
    'smtpd[1]: 4104E3D: reject: RCPT from unknown[192.0.2.9]: 452 4.3.1 Insufficient system storage; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<x>',
    {
      status: 'reject',
      queue_id: '4104E3D',
      relay: 'unknown[192.0.2.9]',
      response: '452 4.3.1 Insufficient system storage',
      sender: 'a@b.example',
      recipient: 'c@d.example',
      reply_code: 452,
    },
  ],
  [
    'smtpd[1]: NOQUEUE: discard: MAIL from ccm231.example[192.0.2.231]: <bs=@in.example>: Sender address SPAM; from=<bs=@in.example> proto=ESMTP helo=<ccm231.example>',
    {
      status: 'discard',
      relay: 'ccm231.example[192.0.2.231]',
      response: '<bs=@in.example>: Sender address SPAM',
      sender: 'bs=@in.example',
    },
  ],
  [
    'smtpd[1]: 4104E3D: hold: RCPT from unknown[192.0.2.9]: <c@d.example>: Recipient address triggers HOLD action; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<x>',
    {
      status: 'hold',
      queue_id: '4104E3D',
      relay: 'unknown[192.0.2.9]',
      response: '<c@d.example>: Recipient address triggers HOLD action',
      sender: 'a@b.example',
      recipient: 'c@d.example',
    },
  ],
  [
    'smtpd[1]: NOQUEUE: milter-reject: RCPT from m.e.example[192.0.2.8]: 451 4.7.1 Greylisting in action, please come back later; from=<s@e.example> to=<x@e.example> proto=ESMTP helo=<m.e.example>',
    {
      status: 'milter-reject',
      relay: 'm.e.example[192.0.2.8]',
      response: '451 4.7.1 Greylisting in action, please come back later',
      sender: 's@e.example',
      recipient: 'x@e.example',
      reply_code: 451,
    },
  ],
  [
    'cleanup[1]: 4104E3D: milter-reject: END-OF-MESSAGE from 0612.ctinets.example[192.0.2.86]: 5.7.1 Blocked by SpamAssassin; from=<w@c.example> to=<v@e.example> proto=ESMTP helo=<ecsolved.com>',
    {
      status: 'milter-reject',
      queue_id: '4104E3D',
      relay: '0612.ctinets.example[192.0.2.86]',
      response: '5.7.1 Blocked by SpamAssassin',
      sender: 'w@c.example',
      recipient: 'v@e.example',
    },
  ],
  [
    'cleanup[1]: 4104E3D: milter-hold: END-OF-MESSAGE from m.e.example[192.0.2.8]: milter triggers HOLD action; from=<w@c.example> to=<v@e.example> proto=ESMTP helo=<m>',
    {
      status: 'milter-hold',
      queue_id: '4104E3D',
      relay: 'm.e.example[192.0.2.8]',
      response: 'milter triggers HOLD action',
      sender: 'w@c.example',
      recipient: 'v@e.example',
    },
  ],
  [
    'cleanup[1]: 4104E3D: milter-discard: END-OF-MESSAGE from m.e.example[192.0.2.8]: milter triggers DISCARD action; from=<w@c.example> to=<v@e.example> proto=ESMTP helo=<m>',
    {
      status: 'milter-discard',
      queue_id: '4104E3D',
      relay: 'm.e.example[192.0.2.8]',
      response: 'milter triggers DISCARD action',
      sender: 'w@c.example',
      recipient: 'v@e.example',
    },
  ],
  [
    'cleanup[1]: 4104E3D: reject: header Subject: a gift from me to you from unknown[192.0.2.7]; from=<w@c.example> to=<v@e.example> proto=ESMTP helo=<x>: 5.7.1 no gifts',
    {
      status: 'reject',
      queue_id: '4104E3D',
      relay: 'unknown[192.0.2.7]',
      response: '5.7.1 no gifts',
      sender: 'w@c.example',
      recipient: 'v@e.example',
    },
  ],
  [
    'cleanup[1]: 4104E3D: hold: body viagra from unknown[192.0.2.7]; from=<w@c.example> to=<v@e.example> proto=ESMTP helo=<x>',
    {
      status: 'hold',
      queue_id: '4104E3D',
      relay: 'unknown[192.0.2.7]',
      response: 'body viagra',
      sender: 'w@c.example',
      recipient: 'v@e.example',
    },
  ],
  [
    'cleanup[1]: 4104E3D: discard: header To: x@y.example from local; from=<w@c.example>',
    {
      status: 'discard',
      queue_id: '4104E3D',
      relay: 'local',
      response: 'header To: x@y.example',
      sender: 'w@c.example',
    },
  ],
  [
    'smtpd[1]: NOQUEUE: proxy-reject: END-OF-MESSAGE from unknown[192.0.2.7]: 554 5.7.0 Reject, id=31619-02 - spam; from=<> to=<u@e.example> proto=SMTP helo=<192.0.2.53>',
    {
      status: 'proxy-reject',
      relay: 'unknown[192.0.2.7]',
      response: '554 5.7.0 Reject, id=31619-02 - spam',
      sender: '',
      recipient: 'u@e.example',
      reply_code: 554,
    },
  ],
  [
    'smtpd[1]: proxy-reject: END-OF-MESSAGE: 554 5.7.0 Reject, contact p@e.example, id=31619-02 - spam; from=<> to=<u@e.example> proto=SMTP helo=<192.0.2.53>',
    {
      status: 'proxy-reject',
      response: '554 5.7.0 Reject, contact p@e.example, id=31619-02 - spam',
      sender: '',
      recipient: 'u@e.example',
      reply_code: 554,
    },
  ],
  [
    'postscreen[1]: NOQUEUE: reject: RCPT from [192.0.2.184]:2413: 550 5.5.1 Protocol error; from=<l@y.example>, to=<t@e.example>, proto=SMTP, helo=<mx32.u.example>',
    {
      status: 'reject',
      relay: '[192.0.2.184]:2413',
      response: '550 5.5.1 Protocol error',
      sender: 'l@y.example',
      recipient: 't@e.example',
      reply_code: 550,
    },
  ],
  [
    'postscreen[1]: NOQUEUE: reject: RCPT from [2001:db8::9]:4984: 550 5.7.1 Service unavailable; client [2001:db8::9] blocked using zen.spamhaus.org; from=<h@q.example>, to=<4E@e.example>, proto=ESMTP, helo=<q.example>',
    {
      status: 'reject',
      relay: '[2001:db8::9]:4984',
      response: '550 5.7.1 Service unavailable; client [2001:db8::9] blocked using zen.spamhaus.org',
      sender: 'h@q.example',
      recipient: '4E@e.example',
      reply_code: 550,
    },
  ],
  [
    'postscreen[1]: NOQUEUE: reject: CONNECT from [192.0.2.4]:1337: too many connections',
    { status: 'reject', relay: '[192.0.2.4]:1337', response: 'too many connections' },
  ],
  // What a client chose cannot pose as Postfix's own words: neither its HELO, nor the addresses it names.
  [
    'smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <c@d.example>: Relay access denied; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<x; from=<v@v.example> to=<victim@v.example>>',
    {
      status: 'reject',
      relay: 'unknown[192.0.2.7]',
      response: '554 5.7.1 <c@d.example>: Relay access denied',
      sender: 'a@b.example',
      recipient: 'c@d.example',
      reply_code: 554,
    },
  ],
  [
    'smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <"x>; from=<v@v.example> to=<victim@v.example>"@d.example>: Relay access denied; from=<a@b.example> to=<"x>; from=<v@v.example> to=<victim@v.example>"@d.example> proto=ESMTP helo=<x>',
    {
      status: 'reject',
      relay: 'unknown[192.0.2.7]',
      response: '554 5.7.1 <"x>; from=<v@v.example> to=<victim@v.example>"@d.example>: Relay access denied',
      sender: 'a@b.example',
      recipient: '"x>; from=<v@v.example> to=<victim@v.example>"@d.example',
      reply_code: 554,
    },
  ],
  [
    'smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <c@d.example>: Relay access denied; from=<"a> to=<victim@v.example>"@b.example> to=<c@d.example> proto=ESMTP helo=<x>',
    {
      status: 'reject',
      relay: 'unknown[192.0.2.7]',
      response: '554 5.7.1 <c@d.example>: Relay access denied',
      sender: '"a> to=<victim@v.example>"@b.example',
      recipient: 'c@d.example',
      reply_code: 554,
    },
  ],
];

/** What was let through with a warning: warn_if_reject (smtpd_check.c), a WARN in header_checks or body_checks. */
const WARNED: typeof LINES = [
  [
    'smtpd[1]: NOQUEUE: reject_warning: RCPT from example.com[192.0.2.34]: 553 5.7.1 <s@e.example>: Sender address rejected: not owned by user ph123; from=<s@e.example> to=<r@e.example> proto=ESMTP helo=<e>',
    {
      status: 'reject_warning',
      relay: 'example.com[192.0.2.34]',
      response: '553 5.7.1 <s@e.example>: Sender address rejected: not owned by user ph123',
      sender: 's@e.example',
      recipient: 'r@e.example',
      reply_code: 553,
    },
  ],
  [
    'smtpd[1]: 4104E3D: reject_warning: RCPT from unknown[192.0.2.9]: 450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.9]; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<x>',
    {
      status: 'reject_warning',
      queue_id: '4104E3D',
      relay: 'unknown[192.0.2.9]',
      response: '450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.9]',
      sender: 'a@b.example',
      recipient: 'c@d.example',
      reply_code: 450,
    },
  ],
  [
    'cleanup[1]: 4104E3D: warning: header Subject: x from unknown[192.0.2.7]; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<e>: looks odd',
    {
      status: 'warning',
      queue_id: '4104E3D',
      relay: 'unknown[192.0.2.7]',
      response: 'looks odd',
      sender: 'a@b.example',
      recipient: 'c@d.example',
    },
  ],
];

describe('inbound', () => {
  test.each([
    ...LINES.map((line) => [...line, 'rejected'] as const),
    ...WARNED.map((line) => [...line, 'reject_warning'] as const),
  ])('%s', (line, expected, name) => {
    const event = readLine(`Oct 26 18:13:50 mx1 postfix/${line}`);
    expect({
      status: event.status,
      response: event.response,
      ...('relay' in event ? { relay: event.relay } : {}),
      ...('sender' in event ? { sender: event.sender } : {}),
      ...('recipient' in event ? { recipient: event.recipient } : {}),
      ...('reply_code' in event ? { reply_code: event.reply_code } : {}),
      ...('queue_id' in event ? { queue_id: event.queue_id } : {}),
    }).toEqual(expected);
    expect(event).toMatchObject({ event: name, first: false });
  });

  test('not asked for, not read', () => {
    const all = [...LINES, ...WARNED];
    const text = all.map(([line]) => `Oct 26 18:13:50 mx1 postfix/${line}\n`).join('');
    const { events, accounting } = readLog(text, { needs: FEW_NEEDS });
    expect(events).toEqual([]);
    expect(accounting).toMatchObject({ lines: all.length, event: 0, ignored: all.length, malformed: 0 });
    expect(readLog(text, { needs: { ...ALL_NEEDS, inbound: false } }).events).toEqual([]);
  });

  test.each([
    'smtpd[1]: warning: header Subject: x from unknown[192.0.2.7]; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<e>',
    'cleanup[1]: 4104E3D: warning: milter unix:x: can’t read SMFIC_BODYEOB reply packet header',
    'smtpd[1]: NOQUEUE: reject_warning: ',
    'postsuper[1]: D4F2023DB: placed on hold',
    'postsuper[1]: Placed on hold: 67 messages',
    'smtpd[1]: discarding EHLO keywords: CHUNKING',
    'postscreen[1]: PREGREET 14 after 0.1 from [192.0.2.4]:1337: EHLO x',
    'postscreen[1]: DNSBL rank 3 for [192.0.2.4]:1337',
    'smtpd[1]: NOQUEUE: reject: ',
    'smtpd[1]: NOQUEUE: reject: RCPT from ',
    'smtpd[1]: NOQUEUE: reject: RCPT from x[1',
  ])('no refusal: %s', (line) => {
    expect(readLog(`Oct 26 18:13:50 mx1 postfix/${line}`).events).toEqual([]);
  });
});

describe('the stage of a refusal', () => {
  test.each([
    ['smtpd[1]: NOQUEUE: reject: CONNECT from unknown[192.0.2.9]: 554 5.7.1 Access denied; proto=SMTP', 'CONNECT'],
    [
      'smtpd[1]: NOQUEUE: reject: HELO from unknown[192.0.2.9]: 450 4.7.1 <x>: Helo rejected; proto=SMTP helo=<x>',
      'HELO',
    ],
    [
      'smtpd[1]: NOQUEUE: reject: MAIL from unknown[192.0.2.9]: 450 4.7.1 Denied; from=<a@b> proto=SMTP helo=<x>',
      'MAIL',
    ],
    [
      'smtpd[1]: NOQUEUE: reject: VRFY from unknown[192.0.2.9]: 454 4.7.1 Relay access denied; to=<a@b> proto=SMTP',
      'VRFY',
    ],
    [
      'smtpd[1]: NOQUEUE: reject: DATA from unknown[192.0.2.9]: 550 5.5.3 Multi-recipient bounce; from=<> proto=SMTP',
      'DATA',
    ],
    [
      'cleanup[1]: 4104E3D: milter-reject: END-OF-MESSAGE from y[192.0.2.8]: 5.7.1 Spam; from=<a@b> to=<c@d>',
      'END-OF-MESSAGE',
    ],
    [
      'cleanup[1]: 4104E3D: reject: header Subject: RCPT from me from unknown[192.0.2.7]; from=<w@c> to=<v@e>: 5.7.1 no',
      'header',
    ],
    [
      'cleanup[1]: 4104E3D: reject: body buy now from unknown[192.0.2.7]; from=<w@c.example> to=<v@e>: 5.7.1 no',
      'body',
    ],
  ])('%s', (line, stage) => {
    let found: string | undefined;
    readLog(`Oct 26 18:13:50 mx1 postfix/${line}`, { step: { event: (event) => (found = event.stage) } });
    expect(found).toBe(stage);
  });
});

describe('mail received', () => {
  const needs = { ...ALL_NEEDS, received: true };
  const at = (line: string): string => `Oct 26 18:13:50 mx1 postfix/${line}\n`;
  const CLIENT = at('smtpd[1]: 4104E3D: client=app3.news.example[198.51.100.7], sasl_method=PLAIN, sasl_username=u');
  const ID = at('cleanup[2]: 4104E3D: message-id=<m@news.example>');
  const ACTIVE = at('qmgr[3]: 4104E3D: from=<a@news.example>, size=355, nrcpt=2 (queue active)');
  const SENT = at(
    'smtp[4]: 4104E3D: to=<c@d.example>, relay=d[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (250 ok)',
  );

  test('is told when the queue manager takes it up, with client, sender and size', () => {
    const { events, accounting } = readLog(CLIENT + ID + ACTIVE + SENT, { needs });
    expect(events.map(({ event }) => event)).toEqual(['processed', 'delivered']);
    expect(events[0]).toMatchObject({
      queue_id: '4104E3D',
      relay: 'app3.news.example[198.51.100.7]',
      relay_host: 'app3.news.example',
      relay_ip: '198.51.100.7',
      sender: 'a@news.example',
      message_id: 'm@news.example',
      size: 355,
      first: false,
      category: 'accepted',
    });
    expect(events[0]!.recipient).toBeUndefined();
    expect(accounting).toMatchObject({ lines: 4, event: 2, context: 2, malformed: 0 });
  });

  test.each<[what: string, text: string, relays: (string | undefined)[]]>([
    [
      'once, however often it is tried again',
      CLIENT + ACTIVE + ACTIVE + SENT + ACTIVE,
      ['app3.news.example[198.51.100.7]'],
    ],
    ['from a local user', at('pickup[1]: 4104E3D: uid=0 from=<root>') + ACTIVE, ['pickup']],
    ['not where it is rejected before it is queued', CLIENT + ID, []],
    ['not what Postfix itself writes: a bounce notification, a forward', ACTIVE, []],
    ['not before a filter that works in front of the queue', CLIENT.replace('4104E3D', 'NOQUEUE') + ACTIVE, []],
    [
      'a queue id that is used again',
      (CLIENT + ACTIVE + at('qmgr[3]: 4104E3D: removed')).repeat(2),
      ['app3.news.example[198.51.100.7]', 'app3.news.example[198.51.100.7]'],
    ],
    ['each host for itself', CLIENT + ACTIVE.replace('mx1', 'mx2'), []],
  ])('%s', (_what, text, relays) => {
    const { events } = readLog(text, { needs });
    expect(events.filter(({ event }) => event === 'processed').map(({ relay }) => relay)).toEqual(relays);
  });

  test('is not told where nobody asked', () => {
    for (const inbound of [true, false])
      expect(readLog(CLIENT + ACTIVE, { needs: { ...ALL_NEEDS, inbound } }).events).toEqual([]);
  });

  test('is told though what opened it was read in an earlier run', () => {
    const { state } = readLog(CLIENT, { needs });
    const again = JSON.parse(JSON.stringify(state.log.openings));
    const { events } = readLog(ACTIVE, { needs, state: { ...state, log: { ...state.log, openings: again } } });
    expect(events).toMatchObject([{ event: 'processed', relay_ip: '198.51.100.7', size: 355 }]);
  });
});
