#!/usr/bin/env node
// Writes the log of many addresses that each take one message, of which every hundredth is refused for good before or after:
//   node test/bench/generate-bounced.mjs --addresses 10000000 [--domains 100000] | smtp-enrich suppress
import { once } from 'node:events';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { addresses: { type: 'string', default: '10000' }, domains: { type: 'string', default: '100000' } },
});
const addresses = Number(values.addresses);
const domains = Number(values.domains);
const EVERY = 100;
/** Behind the delivery by so many addresses. */
const LATER = 1_000_000;
const DAY = 86_400;

const two = (n) => String(n).padStart(2, '0');
function line(n, from, id, dsn, status, answer) {
  const second = Math.floor((n / addresses) * DAY);
  const stamp = `Nov 21 ${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
  const domain = `d${from % domains}.example`;
  return `${stamp} mx01 postfix/smtp[${1000 + (n % 30_000)}]: ${id}: to=<user${from}@${domain}>, relay=mx${from % 2000}.hoster.example[192.0.2.${from % 250}]:25, delay=0.42, delays=0.1/0/0.1/0.22, dsn=${dsn}, status=${status} (${answer})\n`;
}

/** Unlike any other's, and never used again. */
const queueId = (kind, n) => `4${kind}${n.toString(36).toUpperCase().padStart(8, '0')}`;
const bounce = (n, from) =>
  line(
    n,
    from,
    queueId('B', from),
    '5.1.1',
    'bounced',
    `host mx${from % 2000}.hoster.example[192.0.2.${from % 250}] said: 550 5.1.1 <user${from}@d${from % domains}.example>: User unknown (in reply to RCPT TO command)`,
  );

let out = '';
for (let n = 0; n < addresses; n++) {
  // Half of them bounce first and are delivered to later, half the other way round.
  const turn = n % (2 * EVERY);
  if (turn === 0) out += bounce(n, n);
  out += line(n, n, queueId('D', n), '2.0.0', 'sent', `250 2.0.0 Ok: queued as ${queueId('X', n)}`);
  const earlier = n - LATER;
  if (earlier >= 0 && earlier % (2 * EVERY) === EVERY) out += bounce(n, earlier);
  if (out.length > 1 << 18) {
    if (!process.stdout.write(out)) await once(process.stdout, 'drain');
    out = '';
  }
}
for (let n = Math.max(0, addresses - LATER); n < addresses; n++)
  if (n % (2 * EVERY) === EVERY) out += bounce(addresses - 1, n);
process.stdout.write(out);
