#!/usr/bin/env node
// Writes what SendGrid's Event Webhook posts of a day's mail, one event a line: seeded, so that the same arguments give the same
// bytes.
//   node test/bench/generate-webhooks.mjs --bytes 100000000 [--seed 1] [--days 1] [--tail-domains N] [--bounces 0.025] > webhooks
// Each message is processed or dropped; 12% are deferred at first and tried again; of the delivered ones a third is opened, some
// are clicked, few complain or unsubscribe. One event in two hundred is posted twice, and of those that belong together a later
// one may come first. Keys stand in alphabetical order, as they are posted, custom arguments among them.
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
    'tail-domains': { type: 'string', default: '110000' },
    bounces: { type: 'string', default: '0.025' },
  },
});
const wanted = Number(values.bytes);
const start = Date.parse(values.start);
const dice = seeded(Number(values.seed));
const { random, below, pick, hex } = dice;
const { destination, addressAt } = destinations(dice, Number(values['tail-domains']));

const CATEGORIES = [['newsletter'], ['newsletter', 'weekly'], ['receipt'], ['welcome', 'onboarding'], 'password reset'];
const AGENTS = [
  'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0',
];
const DROPS = ['Bounced Address', 'Bounced Address', 'Unsubscribed Address', 'Spam Reporting Address', 'Invalid'];
/** `bounce_classification`, by what the enhanced code begins with. */
const CLASSES = [
  ['5.1', 'Invalid Address'],
  ['5.2', 'Mailbox Unavailable'],
  ['5.7', 'Reputation'],
];

const agenda = new Agenda();
let out = '';
let written = 0;
async function flush() {
  written += Buffer.byteLength(out);
  if (!process.stdout.write(out)) await once(process.stdout, 'drain');
  out = '';
}

/** So many days of mail, evenly: about 440 bytes an event, 2.5 events a message. */
const step = (Number(values.days) * 86_400_000) / (wanted / 1110);

function tell(at, message, event, fields) {
  const said = {
    email: message.to,
    event,
    sg_event_id: Buffer.from(hex(32), 'hex').toString('base64url'),
    sg_message_id: `${message.id}.recvd-${message.filter}-${below(10)}`,
    'smtp-id': `<${message.id}@geopod-ismtpd-${message.machine}>`,
    timestamp: Math.floor(at / 1000),
    ...message.own,
    ...fields,
  };
  const sorted = Object.entries(said).sort(([a], [b]) => (a < b ? -1 : 1));
  const line = `${JSON.stringify(Object.fromEntries(sorted))}\n`;
  out += line;
  if (random() < 0.005) out += line;
}

/** Events of one message, each of which plans the next. */
const STEPS = {
  arrive(at, message) {
    if (random() < 0.02) {
      const reason = pick(DROPS);
      tell(at, message, 'dropped', { reason, ...(random() < 0.5 ? { status: '5.0.0' } : {}) });
      return;
    }
    // Of events that are near each other the later may be posted first.
    const late = random() < 0.01 ? 40_000 : 0;
    agenda.push({ at: at + late, step: 'processed', message, time: at });
    agenda.push({ at: at + 1000 + below(20_000), step: 'attempt', message });
  },
  processed(_at, message, time) {
    tell(time, message, 'processed', { send_at: 0 });
  },
  attempt(at, message) {
    message.tries++;
    const { dest } = message;
    const ip = { ip: `198.51.100.${below(20)}`, tls: 1 };
    const fill = (text) => text.replaceAll('%TO%', message.to).replaceAll('%DOMAIN%', dest.domain);
    const fate = random();
    const defers = message.tries === 1 ? 0.12 : 0.35;
    if (fate < defers && message.tries < 12) {
      const response = fill(pick(dest.later)[1]);
      tell(at, message, 'deferred', { ...ip, attempt: String(message.tries), domain: dest.domain, response });
      agenda.push({ at: at + 300_000 * 2 ** Math.min(message.tries, 4), step: 'attempt', message });
      return;
    }
    if (fate < defers + Number(values.bounces)) {
      const [status, text] = pick(dest.never);
      const type = status.startsWith('5.7') ? 'blocked' : 'bounce';
      const kind = CLASSES.find(([code]) => status.startsWith(code))?.[1] ?? 'Unclassified';
      tell(at, message, 'bounce', { ...ip, bounce_classification: kind, reason: fill(text), status, type });
      return;
    }
    tell(at, message, 'delivered', { ...ip, response: dest.ok() });
    if (random() < 0.33) agenda.push({ at: at + below(14_400_000), step: 'open', message });
  },
  open(at, message) {
    const useragent = pick(AGENTS);
    const ip = `203.0.113.${below(250)}`;
    tell(at, message, 'open', { ip, sg_content_type: 'html', sg_machine_open: random() < 0.4, useragent });
    const next = random();
    if (next < 0.15) {
      const url = `https://www.news.example/articles/${hex(8)}?utm_source=newsletter&utm_medium=email&utm_campaign=${hex(6)}`;
      tell(at + 5000, message, 'click', { ip, url, url_offset: { index: below(20), type: 'html' }, useragent });
    } else if (next < 0.152) tell(at + 9000, message, 'spamreport', {});
    else if (next < 0.156) tell(at + 9000, message, 'unsubscribe', { ip, useragent });
    else if (next < 0.16) tell(at + 9000, message, 'group_unsubscribe', { asm_group_id: below(5), ip, useragent });
    else if (next < 0.161) tell(at + 9000, message, 'group_resubscribe', { asm_group_id: below(5), ip, useragent });
  },
};

function message() {
  const dest = destination();
  const own = {
    category: pick(CATEGORIES),
    customer_id: String(below(1e7)),
    campaign: `autumn-${below(40)}`,
    template_id: `d-${hex(8)}`,
  };
  const id = Buffer.from(hex(32), 'hex').toString('base64url');
  return { to: addressAt(dest.domain), dest, own, id, filter: `${hex(10)}-${hex(5)}`, machine: below(30), tries: 0 };
}

for (let now = start; written + out.length < wanted; now += step) {
  while (agenda.next !== undefined && agenda.next.at <= now) {
    const { at, step: name, message: about, time } = agenda.pop();
    STEPS[name](at, about, time);
  }
  STEPS.arrive(now, message());
  if (out.length > 1 << 20) await flush();
}
await flush();
