#!/usr/bin/env node
// Writes a Postfix log that looks like a busy relay's: seeded, so that the same arguments give the same bytes.
//   node test/bench/generate-log.mjs --bytes 400000000 [--seed 1] [--days 1] [--tail-domains N] [--bounces 0.025] > maillog
// Of a hundred lines about fifteen carry a status; 12% of messages are deferred at first and tried again; a few big providers
// take most of the mail and a long tail of domains the rest; answers are one line or several, folded as Postfix folds them.
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { destinations } from './destinations.mjs';
import { Agenda, seeded } from './seeded.mjs';

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
const dice = seeded(Number(values.seed));
const { random, below, pick, hex } = dice;
const { destination, addressAt } = destinations(dice, Number(values['tail-domains']));

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

/** Messages to be tried again. */
const agenda = new Agenda();

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
    agenda.push({ at: ms + 300_000 * 2 ** Math.min(message.tries, 4), message });
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
  const to = addressAt(dest.domain);
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
  while (agenda.next !== undefined && agenda.next.at <= now) {
    const { at, message } = agenda.pop();
    attempt(at, message);
  }
  arrive(now);
  now += step;
  if (out.length > 1 << 20) await flush();
}
await flush();
