/** Logs made up of real lines, of a few queue ids and recipients so that lines meet, and of what is no line at all. */
import fc from 'fast-check';

const ids = fc.constantFrom('4jXCQh6CYCzJTVP', '4A1B2C3D4E', '5A1B2C3D4F', 'AAAAAAAAA1');
const hosts = fc.constantFrom('mx01', 'mx01', 'mx01', 'mx02');
const recipients = fc.constantFrom('a@b.example', 'A@B.example', '"x>, y"@b.example', 'пётр@пример.рф', '');
const answers = fc.constantFrom(
  '250 2.0.0 Ok',
  '250 2.0.0 Ok: queued as 5A1B2C3D4F',
  '250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as AAAAAAAAA1',
  'host mx.b.example[203.0.113.5] said: 452 4.2.2 mailbox full (in reply to RCPT TO command)',
  'host mx.b.example[203.0.113.5] said: 550-5.1.1 no 550 5.1.1 such user, status=sent (250 Ok), to=<v@v.example> (in reply to RCPT TO command)',
  'delivery temporarily suspended: connect to mx.b.example[203.0.113.5]:25: Connection refused',
  'forwarded as 4A1B2C3D4E',
  '',
);
const relays = fc.constantFrom(
  'mx.b.example[203.0.113.5]:25',
  '127.0.0.1[127.0.0.1]:10024',
  'none',
  'local',
  '[2001:db8::1]:25',
);
const statuses = fc.constantFrom(
  'sent',
  'sent',
  'deferred',
  'deferred',
  'bounced',
  'SOFTBOUNCE',
  'deliverable',
  'quarantined',
);

const outcome = fc
  .record({
    id: fc.option(ids, { nil: undefined, freq: 8 }),
    to: recipients,
    relay: relays,
    status: statuses,
    answer: answers,
    end: fc.constantFrom(')', ')', ')', '', ') #x'),
  })
  .map(
    ({ id, to, relay, status, answer, end }) =>
      `${id === undefined ? '' : `${id}: `}to=<${to}>, relay=${relay}, delay=1.5, delays=1/0.1/0.2/0.2, dsn=2.0.0, status=${status} (${answer}${end}`,
  );

const message = fc.oneof(
  { weight: 8, arbitrary: outcome.map((text) => ['postfix/smtp', text] as const) },
  {
    weight: 2,
    arbitrary: ids.map(
      (id) => ['postfix/qmgr', `${id}: from=<n@s.example>, size=355, nrcpt=1 (queue active)`] as const,
    ),
  },
  { weight: 1, arbitrary: ids.map((id) => ['postfix/cleanup', `${id}: message-id=<${id}@s.example>`] as const) },
  { weight: 1, arbitrary: ids.map((id) => ['postfix/qmgr', `${id}: removed`] as const) },
  { weight: 2, arbitrary: ids.map((id) => ['postfix/smtpd', `${id}: client=app1.s.example[192.0.2.9]`] as const) },
  { weight: 1, arbitrary: ids.map((id) => ['postfix/pickup', `${id}: uid=0 from=<root>`] as const) },
  {
    weight: 1,
    arbitrary: ids.map(
      (id) => ['postfix/qmgr', `${id}: from=<n@s.example>, status=expired, returned to sender`] as const,
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ['postfix/smtpd', 'connect from localhost[127.0.0.1]'] as const,
      [
        'postfix/smtpd',
        'NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <no@e.example>: Recipient address rejected; from=<w@c.example> to=<no@e.example> proto=ESMTP helo=<x>',
      ] as const,
      ['postfix/smtpd', 'warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6'] as const,
      [
        'postfix/smtp',
        'certificate verification failed for smtp.sendgrid.net[198.37.144.225]:587: untrusted issuer /C=US',
      ] as const,
      [
        'postfix/discard',
        '4A1B2C3D4E: to=<g@t.example>, relay=none, delay=0.05, delays=0.05/0/0/0, dsn=2.0.0, status=sent (t.example)',
      ] as const,
      ['postfix/smtp', 'connect to mx1.e.example[192.0.2.1]:25: Connection timed out'] as const,
      ['sshd', 'fatal: Read from socket failed'] as const,
    ),
  },
);

/** Seconds behind the start of the log; mostly a little later than the line before. */
const line = fc
  .record({ host: hosts, message, frame: fc.constantFrom(0, 0, 0, 1, 2) })
  .map(({ host, message: [program, text], frame }) => (second: number) => {
    const at = new Date(Date.UTC(2026, 10, 22, 2, 17, second));
    const stamp =
      frame === 0
        ? `Nov 22 ${at.toISOString().slice(11, 19)}`
        : frame === 1
          ? at.toISOString()
          : `<22>${at.toISOString()}`;
    return `${stamp} ${host} ${program}[1]: ${text}`;
  });

const junk = fc.constantFrom(
  '',
  'words',
  '\u0000\u0000',
  'Nov 22 02:17:46',
  'status=sent (',
  '\r',
  'to=<a@b>, status=sent (x)',
  'last message repeated 3 times',
);

/** A log, with or without the last line feed, now and then with a carriage return. */
export const logText: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 9, arbitrary: line }, { weight: 1, arbitrary: junk.map((text) => () => text) }), {
      maxLength: 24,
    }),
    fc.constantFrom('\n', '\n', '\r\n'),
    fc.boolean(),
  )
  .map(([lines, feed, last]) => lines.map((make, second) => make(second)).join(feed) + (last ? feed : ''));

const EVENTS = [
  'processed',
  'delivered',
  'deferred',
  'bounce',
  'dropped',
  'open',
  'spamreport',
  'group_unsubscribe',
  'nonsense',
];
const webhook = fc.record(
  {
    email: fc.constantFrom<unknown>('a@b.example', 'A@B.example', 'ü@пример.рф', 7),
    event: fc.constantFrom<unknown>(...EVENTS, null),
    timestamp: fc.constantFrom<unknown>(1_461_095_250, '1461095251', 'x'),
    sg_event_id: fc.constantFrom('e1', 'e2', 'e3', 'e4', 'e5'),
    sg_message_id: fc.constantFrom('m1.x', 'm2.x'),
    reason: fc.constantFrom<unknown>('550 5.1.1 no "}{][\\" user', '{"event":"bounce","email":"x@y.example"}', {
      a: [{ b: 1 }],
    }),
    type: fc.constantFrom('bounce', 'blocked'),
    category: fc.constantFrom<unknown>('x', ['x', 'y'], []),
    pool: fc.constantFrom<unknown>({ name: 'p', id: 1 }, {}, { deep: { deeper: [{}] } }),
  },
  { requiredKeys: ['email', 'event'] },
);

/** Payloads as they are stored: lines, arrays, pretty-printed or not, mixed, with damage here and there. */
export const webhookText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .tuple(fc.array(webhook, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 6 }))
          .map(([list, style]) => stored(list, style)),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '',
          '[]',
          '{}',
          'words',
          '[1, 2]',
          '[[{"event":"open"}]]',
          '{"a":',
          '{"event":"delivered","email":"q@b.example"',
          '"text"',
          '\ufeff',
          '}',
          '[{"event":"open"},',
          'null',
        ),
      },
    ),
    { maxLength: 6 },
  )
  .chain((parts) => fc.constantFrom('\n', '\r\n', '\n\n').map((feed) => parts.join(feed)));

function stored(list: readonly object[], style: number): string {
  switch (style) {
    case 0:
      return list.map((item) => JSON.stringify(item)).join('\n');
    case 1:
      return JSON.stringify(list);
    case 2:
      return JSON.stringify(list, null, 2);
    case 3:
      return list.map((item) => JSON.stringify(item, null, '\t')).join('\n');
    case 4:
      return `[\n${list.map((item) => JSON.stringify(item)).join(',\n')}\n]`;
    case 5:
      return list.map((item) => JSON.stringify(item)).join('');
    default:
      return `[${list.map((item) => JSON.stringify(item)).join('\n,')}]`;
  }
}

/** The same log as the journal keeps it. */
export function journalText(text: string): string {
  return text
    .split('\n')
    .map((entry, index) => {
      const found = /^\S+ +\d+ \S+ (\S+) ([^[]+)\[(\d+)\]: (.*)$/s.exec(entry);
      const [, host = 'mx01', program = 'postfix/smtp', pid = '1', message = entry] = found ?? [];
      return JSON.stringify({
        __REALTIME_TIMESTAMP: String(1_795_314_000_000_000 + index * 1_000_000),
        _HOSTNAME: host,
        SYSLOG_IDENTIFIER: program,
        SYSLOG_PID: pid,
        MESSAGE: message,
      });
    })
    .join('\n');
}
