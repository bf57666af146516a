#!/usr/bin/env node
// Writes a Postfix log that looks like a busy relay's: seeded, so that the same arguments give the same bytes.
//   node test/bench/generate-log.mjs --bytes 400000000 [--seed 1] [--days 1] [--tail-domains N] [--bounces 0.025] > maillog
// Of a hundred lines about fifteen carry a status; 12% of messages are deferred at first and tried again; a few big providers
// take most of the mail and a long tail of domains the rest; answers are one line or several, folded as Postfix folds them.
import { once } from 'node:events';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    days: { type: 'string', default: '1' },
    start: { type: 'string', default: '2026-11-21T00:00:00Z' },
    host: { type: 'string', default: 'mx01' },
    'tail-domains': { type: 'string', default: '110000' },
    bounces: { type: 'string', default: '0.025' },
  },
});
const wanted = Number(values.bytes);
const start = Date.parse(values.start);
const random = mulberry32(Number(values.seed));

/** Seeded random numbers in [0, 1) (mulberry32, public domain). */
function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];

// The answers are invented in the manner of the servers they stand for; all names are reserved ones (RFC 2606).
const BIG = [
  {
    domain: 'gmail.example',
    weight: 30,
    relay: 'gmail-smtp-in.l.google.example',
    ip: '192.0.2.26',
    tls: 'TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)',
    ok: () =>
      `250 2.0.0 OK  ${1795000000 + below(1e6)} ${hex(12)}-${hex(12)}si${below(1e7)}${hex(3)}.${below(500)} - gsmtp`,
    later: [
      [
        '4.7.28',
        '421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating 421-4.7.28 from your IP address. To protect our users from spam, mail sent 421-4.7.28 from your IP address has been temporarily rate limited. 421 4.7.28 Please visit https://support.google.example/mail/?p=UnsolicitedRateLimitError',
        'end of DATA',
      ],
      [
        '4.2.1',
        '450-4.2.1 The user you are trying to contact is receiving mail at a rate that 450-4.2.1 prevents additional messages from being delivered. 450 4.2.1 Please resend your message at a later time.',
        'RCPT TO',
      ],
    ],
    never: [
      [
        '5.1.1',
        "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address for typos or 550-5.1.1 unnecessary spaces. 550 5.1.1 https://support.google.example/mail/?p=NoSuchUser",
        'RCPT TO',
      ],
      [
        '5.7.26',
        "550-5.7.26 Unauthenticated email from news.example is not accepted due to 550-5.7.26 domain's DMARC policy. 550 5.7.26 Please contact the administrator of news.example",
        'end of DATA',
      ],
    ],
  },
  {
    domain: 'outlook.example',
    weight: 20,
    relay: 'outlook-com.olc.protection.outlook.example',
    ip: '192.0.2.33',
    tls: 'TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)',
    ok: () =>
      `250 2.6.0 <${hex(16)}@news.example> [InternalId=${below(1e12)}, Hostname=${hex(8).toUpperCase()}.namprd04.prod.outlook.example] ${below(9e4)} bytes in 0.${below(900)}, ${below(90)} KB/sec Queued mail for delivery -> 250 2.1.5`,
    later: [
      [
        '4.7.650',
        '451 4.7.650 The mail server [198.51.100.25] has been temporarily rate limited due to IP reputation. For e-mail delivery information, see https://postmaster.live.example (S775) [XX.namprd.prod.protection.outlook.example 2026-11-21T08:00:00.000Z 08DE]',
        'MAIL FROM',
      ],
    ],
    never: [
      ['5.5.0', '550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).', 'RCPT TO'],
      [
        '5.7.1',
        "550 5.7.1 Unfortunately, messages from [198.51.100.25] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140).",
        'MAIL FROM',
      ],
    ],
  },
  {
    domain: 'yahoo.example',
    weight: 12,
    relay: 'mta7.am0.yahoodns.example',
    ip: '192.0.2.47',
    tls: 'TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits)',
    ok: () => '250 ok dirdel',
    later: [
      [
        '4.7.0',
        '421 4.7.0 [TSS04] Messages from 198.51.100.25 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.example/error-codes',
        'MAIL FROM',
      ],
    ],
    never: [
      [
        '5.0.0',
        "554 delivery error: dd This user doesn't have a yahoo.example account (a@yahoo.example) [0] - mta4123.mail.ne1.yahoo.example",
        'end of DATA',
      ],
    ],
  },
  {
    domain: 'gmx.example',
    weight: 6,
    relay: 'mx00.emig.gmx.example',
    ip: '192.0.2.58',
    tls: 'TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)',
    ok: () => `250 Requested mail action okay, completed: id=1M${hex(5)}-1u${hex(6)}`,
    later: [['4.0.0', '421 Service unavailable: too many connections from your host', 'MAIL FROM']],
    never: [['5.0.0', '550 Requested action not taken: mailbox unavailable', 'RCPT TO']],
  },
];
const BIG_TOTAL = BIG.reduce((sum, { weight }) => sum + weight, 0);
const TAIL_SHARE = 0.3;
const TAIL_DOMAINS = Number(values['tail-domains']);
const SYLLABLES = ['ka', 'lo', 'mi', 'ta', 'ro', 'ne', 'su', 'vi', 'do', 'pa', 'be', 'gu', 'fe', 'zi', 'mo', 'ra'];

const tail = {
  tls: 'TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)',
  ok: () => `250 2.0.0 Ok: queued as ${hex(10).toUpperCase()}`,
  later: [
    [
      '4.2.0',
      '450 4.2.0 <%TO%>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.example/help/%DOMAIN%.html',
      'RCPT TO',
    ],
    ['4.3.0', '451 4.3.0 Temporary lookup failure', 'RCPT TO'],
    ['4.2.2', '452 4.2.2 <%TO%> Mailbox full', 'RCPT TO'],
  ],
  never: [
    ['5.1.1', '550 5.1.1 <%TO%>: Recipient address rejected: User unknown in virtual mailbox table', 'RCPT TO'],
    [
      '5.7.1',
      '554 5.7.1 Service unavailable; Client host [198.51.100.25] blocked using zen.spamhaus.example; https://www.spamhaus.example/query/ip/198.51.100.25',
      'RCPT TO',
    ],
    ['5.2.2', '552 5.2.2 <%TO%>: Mailbox quota exceeded', 'RCPT TO'],
  ],
};

function hex(n) {
  let text = '';
  while (text.length < n)
    text += Math.floor(random() * 0x100000000)
      .toString(16)
      .padStart(8, '0');
  return text.slice(0, n);
}

function tailDomain() {
  // A long tail: some of them often, most of them once.
  let n = Math.floor(TAIL_DOMAINS * random() ** 1.6);
  let name = '';
  do {
    name += SYLLABLES[n % 16];
    n = Math.floor(n / 16);
  } while (n > 0);
  return `${name}-mail.example`;
}

function destination() {
  if (random() < TAIL_SHARE) {
    const domain = tailDomain();
    // Small domains rarely run a mail server of their own: four of five are with one of two thousand hosters.
    const number = [...domain].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 10_000, 7);
    const relay = number % 5 === 0 ? `mx.${domain}` : `mx${number % 2}.hoster-${number % 2000}.example`;
    return { ...tail, domain, relay, ip: `203.0.113.${number % 250}` };
  }
  let at = random() * BIG_TOTAL;
  for (const big of BIG) {
    at -= big.weight;
    if (at < 0) return big;
  }
  return BIG[0];
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
let lastSecond = -1;
let lastStamp = '';
function stamp(ms) {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    const d = new Date(second * 1000);
    const two = (n) => String(n).padStart(2, '0');
    lastStamp = `${MONTHS[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} ${values.host} `;
  }
  return lastStamp;
}

const ID = '0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz';
function queueId() {
  let id = '4';
  for (let i = 0; i < 9; i++) id += ID[below(52)];
  return `${id}z${ID[below(52)]}${ID[below(52)]}${ID[below(52)]}`;
}

/** Messages to be tried again: a binary heap by time. */
const heap = [];
function push(item) {
  heap.push(item);
  for (let i = heap.length - 1; i > 0; ) {
    const up = (i - 1) >> 1;
    if (heap[up].at <= heap[i].at) break;
    [heap[up], heap[i]] = [heap[i], heap[up]];
    i = up;
  }
}
function pop() {
  const top = heap[0];
  const last = heap.pop();
  if (heap.length > 0) {
    heap[0] = last;
    for (let i = 0; ; ) {
      let down = 2 * i + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && heap[down + 1].at < heap[down].at) down++;
      if (heap[i].at <= heap[down].at) break;
      [heap[i], heap[down]] = [heap[down], heap[i]];
      i = down;
    }
  }
  return top;
}

let out = '';
let written = 0;
async function flush() {
  written += Buffer.byteLength(out);
  if (!process.stdout.write(out)) await once(process.stdout, 'drain');
  out = '';
}
const line = (ms, tag, text) => {
  out += `${stamp(ms)}${tag}: ${text}\n`;
};
const pid = () => 1000 + below(30000);

function attempt(ms, message) {
  const { id, to, dest } = message;
  message.tries++;
  const tag = `postfix/smtp[${pid()}]`;
  const fill = (text) => text.replaceAll('%TO%', to).replaceAll('%DOMAIN%', dest.domain);
  const age = ((ms - message.arrived) / 1000 + 0.3).toFixed(2);
  const tls = random() < 0.85;
  if (tls) line(ms, tag, `Untrusted TLS connection established to ${dest.relay}[${dest.ip}]:25: ${dest.tls}`);
  const head = `${id}: to=<${to}>, relay=${dest.relay}[${dest.ip}]:25,${random() < 0.1 ? ` conn_use=${2 + below(30)},` : ''} delay=${age}, delays=0.0${below(9)}/0/0.${below(9)}/0.${below(99)}`;
  const fate = random();
  const defers = message.tries === 1 ? 0.12 : 0.35;
  if (fate < defers && message.tries < 12) {
    if (random() < 0.2) {
      line(ms, tag, `connect to ${dest.relay}[${dest.ip}]:25: Connection timed out`);
      line(
        ms,
        tag,
        `${id}: to=<${to}>, relay=none, delay=${age}, delays=0.1/0/30/0, dsn=4.4.1, status=deferred (connect to ${dest.relay}[${dest.ip}]:25: Connection timed out)`,
      );
    } else {
      const [dsn, text, command] = pick(dest.later);
      line(
        ms,
        tag,
        `${head}, dsn=${dsn}, status=deferred (host ${dest.relay}[${dest.ip}] said: ${fill(text)} (in reply to ${command} command))`,
      );
    }
    push({ at: ms + 300_000 * 2 ** Math.min(message.tries, 4), message });
    return;
  }
  if (fate < defers + Number(values.bounces)) {
    const [dsn, text, command] = pick(dest.never);
    line(
      ms,
      tag,
      `${head}, dsn=${dsn}, status=bounced (host ${dest.relay}[${dest.ip}] said: ${fill(text)} (in reply to ${command} command))`,
    );
    line(ms, `postfix/bounce[${pid()}]`, `${id}: sender non-delivery notification: ${queueId()}`);
  } else line(ms, tag, `${head}, dsn=2.0.0, status=sent (${dest.ok()})`);
  line(ms, 'postfix/qmgr[1021]', `${id}: removed`);
}

function arrive(ms) {
  const client = `app${below(20)}.news.example[198.51.100.${below(250)}]`;
  const smtpd = `postfix/smtpd[${pid()}]`;
  if (random() < 0.25) {
    // Noise: probes, scanners, clients that go away.
    const stranger = `unknown[203.0.113.${below(250)}]`;
    line(ms, smtpd, `connect from ${stranger}`);
    if (random() < 0.3)
      line(
        ms,
        smtpd,
        `warning: hostname scan-${below(999)}.example does not resolve to address 203.0.113.${below(250)}: Name or service not known`,
      );
    if (random() < 0.3) line(ms, smtpd, `lost connection after AUTH from ${stranger}`);
    line(ms, smtpd, `disconnect from ${stranger} ehlo=1 auth=0/1 commands=1/2`);
    if (random() < 0.2)
      line(
        ms,
        'postfix/anvil[999]',
        `statistics: max connection rate 2/60s for (smtp:203.0.113.${below(250)}) at Nov 21 08:00:00`,
      );
  }
  const id = queueId();
  const dest = destination();
  const to = `${pick(SYLLABLES)}${pick(SYLLABLES)}.${pick(SYLLABLES)}${below(100000)}@${dest.domain}`;
  line(ms, smtpd, `connect from ${client}`);
  line(ms, smtpd, `${id}: client=${client}`);
  line(ms, `postfix/cleanup[${pid()}]`, `${id}: message-id=<${hex(20)}@news.example>`);
  line(
    ms,
    'postfix/qmgr[1021]',
    `${id}: from=<bounce-${below(1e6)}@news.example>, size=${1000 + below(90000)}, nrcpt=1 (queue active)`,
  );
  line(ms, smtpd, `disconnect from ${client} ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5`);
  attempt(ms + 300, { id, to, dest, arrived: ms, tries: 0 });
}

// About 980 bytes a message: the day is filled evenly.
const step = (Number(values.days) * 86_400_000) / (wanted / 980);
let now = start;
while (written + out.length < wanted) {
  while (heap.length > 0 && heap[0].at <= now) {
    const { at, message } = pop();
    attempt(at, message);
  }
  arrive(now);
  now += step;
  if (out.length > 1 << 20) await flush();
}
await flush();
