/** A record written from random fields is read back field by field. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLine } from '../support/read-log.ts';
import { runs } from '../support/runs.ts';

/** Anything a line may hold; the boundary of lines is no field's. */
const printable = fc.string({
  unit: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...'abcXYZ019.-_ =,;:<>()[]"\\\'/@!') },
    { weight: 1, arbitrary: fc.constantFrom('ü', 'пример', '日本', '😀') },
  ),
  maxLength: 40,
});
const word = (letters: string, max: number) =>
  fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: max });

const label = word('abcxyz019', 8);
const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));
const domain = fc.oneof(
  { weight: 5, arbitrary: host },
  { weight: 1, arbitrary: fc.constantFrom('bücher.example', 'пример.рф') },
);
/** As Postfix writes a local part: quoted where it holds anything special (info_log_address_format=external). */
const local = fc.oneof(
  word('abcXYZ019.+-_=', 12),
  printable.filter((text) => text !== '').map((text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`),
);
const address = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(local, domain).map(([left, right]) => `${left}@${right}`) },
  { weight: 1, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: word('abcxyz', 8) },
);

const ipv4 = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }).map((parts) => parts.join('.'));
const ipv6 = fc
  .array(fc.nat(0xffff), { minLength: 7, maxLength: 7 })
  .map((parts) => `2${parts.map((part) => `:${part.toString(16)}`).join('')}`);
const port = fc.integer({ min: 1, max: 65_535 });
const relay = fc.oneof(
  fc
    .tuple(
      host.map((name) => `${name}.example`),
      fc.oneof(ipv4, ipv6),
      port,
    )
    .map(([name, ip, number]) => ({
      relay: `${name}[${ip}]:${number}`,
      relay_host: name,
      relay_ip: ip,
      relay_port: number,
    })),
  fc
    .tuple(
      host.map((name) => `${name}.example`),
      word('abcxyz', 6),
    )
    .map(([name, socket]) => ({ relay: `${name}[private/${socket}]`, relay_host: name })),
  fc.constantFrom('local', 'virtual', 'dovecot').map((name) => ({ relay: name })),
);

/** Seconds as Postfix rounds them (src/global/log_adhoc.c, format_tv): two digits, 0.01 at the least. */
const seconds = fc.oneof(
  fc.nat(99).map((hundredths) => hundredths / 100),
  fc.integer({ min: 10, max: 99 }).map((tenths) => tenths / 10),
  fc.nat(1_000_000),
);
const digits = fc.nat(255);
const dsn = fc.tuple(fc.constantFrom(2, 4, 5), digits, digits).map((parts) => parts.join('.'));

const SHORT = '0123456789ABCDEF';
const LONG = '0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz';
const queueId = fc.oneof(
  word(SHORT, 8).map((tail) => `4A1B2${tail}`),
  word(LONG, 9).map((tail) => `4jXCQz${tail}`),
);

const STATUSES: readonly (readonly [status: string, event: string])[] = [
  ['sent', 'delivered'],
  ['deferred', 'deferred'],
  ['bounced', 'bounced'],
  ['SOFTBOUNCE', 'deferred'],
  ['deliverable', 'probe'],
  ['undeliverable', 'probe'],
  ['undeliverable-but-not-cached', 'probe'],
];

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

/** Text whose last parenthesis is the one that closes it, as it is where a line is not cut. */
const answer = printable.map((text) => text.trim());

const moment = fc
  .integer({ min: Date.UTC(2026, 0, 3), max: Date.UTC(2026, 11, 30) })
  .map((time) => Math.floor(time / 1000) * 1000);
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
type Frame = (time: number, logHost: string, program: string, pid: number) => string;
const FRAMES: readonly Frame[] = [
  (time, h, p, pid) => `${bsd(time)} ${h} ${p}[${pid}]: `,
  (time, h, p, pid) => `<22>${bsd(time)} ${h} ${p}[${pid}]: `,
  (time, h, p) => `${bsd(time)} ${h} ${p}: `,
  (time, h, p, pid) => `${new Date(time).toISOString().replace('.000Z', '+00:00')} ${h} ${p}[${pid}]: `,
  (time, h, p, pid) => `<22>1 ${new Date(time).toISOString()} ${h} ${p} ${pid} - - `,
  (time, h, p, pid) => `2026 ${bsd(time)} ${h} ${p}[${pid}]: `,
  (time, h, p, pid) => `${new Date(time).toISOString()} ${bsd(time)} ${h} ${p}[${pid}]: `,
  (time, h, p, pid) => `mail-1  | ${bsd(time)} ${h} ${p}[${pid}]: `,
];

function bsd(time: number): string {
  const at = new Date(time);
  return `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${at.toISOString().slice(11, 19)}`;
}

const fields = fc.record({
  queue_id: optional(queueId),
  to: address,
  orig_to: optional(address),
  relay,
  conn_use: optional(fc.integer({ min: 2, max: 99_999 })),
  delay: optional(seconds),
  delays: optional(fc.array(seconds, { minLength: 4, maxLength: 4 })),
  tls: optional(fc.constantFrom('dane', 'may?', 'dane/!requiretls:nocertmatch', 'none')),
  dsn: optional(dsn),
  status: fc.constantFrom(...STATUSES),
  answer,
  /** Keys of a release to come, and where they stand. */
  unknown: fc.array(
    fc.tuple(
      word('abcdefghijklmnopqrstuvwxyz', 9).map((name) => `x_${name}`),
      fc.oneof(
        word('abc019/:.', 10),
        address.map((text) => `<${text}>`),
      ),
    ),
  ),
  order: fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 }),
  shuffled: fc.boolean(),
});

test('Postfix', () => {
  fc.assert(
    fc.property(
      fields,
      fc.constantFrom(...FRAMES),
      moment,
      host,
      fc.constantFrom('postfix/smtp', 'postfix-out/lmtp', 'postfix/amavis/smtp', 'mta/relay'),
      (f, frame, time, logHost, program) => {
        const pairs: [string, string][] = [['to', `<${f.to}>`]];
        if (f.orig_to !== undefined) pairs.push(['orig_to', `<${f.orig_to}>`]);
        pairs.push(['relay', f.relay.relay]);
        if (f.conn_use !== undefined) pairs.push(['conn_use', String(f.conn_use)]);
        if (f.delay !== undefined) pairs.push(['delay', String(f.delay)]);
        if (f.delays !== undefined) pairs.push(['delays', f.delays.join('/')]);
        if (f.tls !== undefined) pairs.push(['tls', f.tls]);
        if (f.dsn !== undefined) pairs.push(['dsn', f.dsn]);
        pairs.push(...f.unknown);
        if (f.shuffled) {
          const places = new Map(pairs.map((pair, i) => [pair, f.order[i % f.order.length]! + i / 1000]));
          pairs.sort((a, b) => places.get(a)! - places.get(b)!);
        }
        const [status, event] = f.status;
        const id = f.queue_id === undefined ? '' : `${f.queue_id}: `;
        const line = `${frame(time, logHost, program, 4711)}${id}${pairs.map(([key, value]) => `${key}=${value}, `).join('')}status=${status} (${f.answer})`;
        const at = f.to.lastIndexOf('@');
        const right = at < 0 ? undefined : f.to.slice(at + 1);
        const expected = {
          format: 'postfix',
          host: logHost,
          program,
          queue_id: f.queue_id,
          event: event,
          status,
          recipient: f.to,
          original_recipient: f.orig_to,
          domain:
            right === undefined
              ? undefined
              : ({ 'bücher.example': 'xn--bcher-kva.example', 'пример.рф': 'xn--e1afmkfd.xn--p1ai' }[right] ?? right),
          connection_use: f.conn_use,
          delay: f.delay,
          delays: f.delays,
          tls: f.tls,
          dsn: f.dsn,
          response: f.answer,
          timestamp: new Date(time).toISOString().replace('.000Z', '+00:00'),
          ...f.relay,
        };
        const got = readLine(line) as Record<string, unknown>;
        expect(Object.fromEntries(Object.keys(expected).map((key) => [key, got[key]]))).toEqual(expected);
      },
    ),
    runs(),
  );
});

describe('SendGrid', () => {
  const text = printable.filter((value) => value !== '');
  const EVENTS = {
    processed: 'processed',
    deferred: 'deferred',
    delivered: 'delivered',
    bounce: 'bounced',
    dropped: 'dropped',
    spamreport: 'complained',
    unsubscribe: 'unsubscribed',
  } as const;
  test('an object', () => {
    fc.assert(
      fc.property(
        fc.record({
          event: fc.constantFrom(...(Object.keys(EVENTS) as (keyof typeof EVENTS)[])),
          email: fc.tuple(local, host).map(([left, right]) => `${left}@${right}`),
          time: moment,
          id: optional(text),
          smtpId: optional(word('abc019.@', 20)),
          said: optional(text),
          status: optional(dsn),
          more: fc.dictionary(
            word('abcxyz_ ', 6).map((name) => `my_${name}`),
            fc.jsonValue({ maxDepth: 2 }),
            { maxKeys: 4 },
          ),
          indent: fc.constantFrom(undefined, 2, '\t'),
          list: fc.boolean(),
        }),
        (f) => {
          const value = {
            ...f.more,
            email: f.email,
            timestamp: f.time / 1000,
            event: f.event,
            ...(f.id === undefined ? {} : { sg_event_id: f.id }),
            ...(f.smtpId === undefined ? {} : { 'smtp-id': `<${f.smtpId}>` }),
            ...(f.said === undefined
              ? {}
              : { [f.event === 'bounce' || f.event === 'dropped' ? 'reason' : 'response']: f.said }),
            ...(f.status === undefined ? {} : { status: f.status }),
          };
          const got = readLine(JSON.stringify(f.list ? [value] : value, null, f.indent), {
            format: 'sendgrid',
          }) as Record<string, unknown>;
          const expected = {
            format: 'sendgrid',
            event: EVENTS[f.event],
            status: f.event,
            recipient: f.email,
            domain: f.email.slice(f.email.lastIndexOf('@') + 1),
            dsn: f.status,
            response: f.said,
            message_id: f.smtpId,
            timestamp: new Date(f.time).toISOString().replace('.000Z', '+00:00'),
          };
          expect(Object.fromEntries(Object.keys(expected).map((key) => [key, got[key]]))).toEqual(expected);
        },
      ),
      runs(),
    );
  });
});
