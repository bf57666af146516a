#!/usr/bin/env node
// What hostile text costs: twice the text may cost at most three times the time, whatever its shape. Prints a table; exit 1 where
// a shape costs more. Lines stay just below the limit of 64 KiB, beyond which they are not read at all.
import { enrichText } from '../../dist/src/index.js';

const HEAD =
  'Nov 22 02:17:48 mx01 postfix/smtp[1]: 4jXCQh6CYCzJTVP: to=<a@b.example>, relay=mx.b.example[192.0.2.1]:25, delay=1, dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.1] said: ';
const WHOLE = 65_000;
const LIMIT = 3;
/** Milliseconds below which a difference says nothing. */
const NOISE = 20;
/** name → the text repeated, and what stands before it */
const SHAPES = [
  ['parentheses never closed', '(', HEAD],
  ['closing parentheses', ')', HEAD],
  ['lines of a reply', '550-5.1.1 a ', `${HEAD}550-5.1.1 `],
  ['reply codes', '550 ', HEAD],
  ['enhanced codes', '5.1.1 ', HEAD],
  ['brackets', '[', HEAD],
  ['said', 'host a[1] said: ', HEAD],
  ['suspended', 'delivery temporarily suspended: ', HEAD],
  ['white space', ' ', HEAD],
  ['addresses', '<a@b> ', HEAD],
  ['hexadecimal', 'a0', HEAD],
  ['forged keys', 'to=<x@y>, status=sent (', HEAD],
  ['quotes in a recipient', '"', 'Nov 22 02:17:48 mx01 postfix/smtp[1]: 4jXCQh6CYCzJTVP: to=<'],
  ['keys without end', 'k=v, ', 'Nov 22 02:17:48 mx01 postfix/smtp[1]: 4jXCQh6CYCzJTVP: to=<a@b>, '],
  ['commas', ', ', 'Nov 22 02:17:48 mx01 postfix/smtp[1]: 4jXCQh6CYCzJTVP: to=<a@b>, relay='],
  ['objects in objects', '{"a":', ''],
];

async function cost(head, part, length) {
  const line = head + part.repeat(Math.ceil(length / part.length)).slice(0, length - head.length);
  const text = `${line}\n`.repeat(100);
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 4; run++) {
    const start = process.hrtime.bigint();
    await enrichText(text, { now: Date.UTC(2026, 10, 23) });
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e6);
  }
  return best;
}

await cost(HEAD, 'warm up ', WHOLE);
// Reading the tables and compiling them costs the same whatever the text: it is taken off.
const base = await cost('', ' ', 1);
let worst = 0;
console.log('| hostile shape | 32 KiB, ms | 64 KiB, ms | ratio |\n|---|---:|---:|---:|');
for (const [name, part, head] of SHAPES) {
  const half = Math.max(NOISE, (await cost(head, part, WHOLE / 2)) - base);
  const whole = Math.max(NOISE, (await cost(head, part, WHOLE)) - base);
  worst = Math.max(worst, whole / half);
  console.log(`| ${name} | ${half.toFixed(1)} | ${whole.toFixed(1)} | ${(whole / half).toFixed(2)} |`);
}
console.log(`\nworst ratio ${worst.toFixed(2)}, the limit is ${LIMIT}`);
process.exitCode = worst < LIMIT ? 0 : 1;
