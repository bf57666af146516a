#!/usr/bin/env node
// npm run bench:memory [-- --bytes 400000000 --addresses 10000000]: memory does not grow with the input. A report of a log and of ten
// times as much; the suppression list of ten million addresses that took mail, a hundred thousand of which bounced as well. What
// is more than one log goes through a pipe, or is one file by ten names: no disk is filled.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compare, figure, generated, machine, ours, quote, script, table } from './measure.mjs';

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '400000000' },
    addresses: { type: 'string', default: '10000000' },
    runs: { type: 'string', default: '1' },
  },
});
const TIMES = 10;
const log = generated('maillog', values.bytes);
const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-memory-'));
const names = Array.from({ length: TIMES }, (_, n) => join(folder, `mail.log.${n}`));
for (const name of names) symlinkSync(log, name);
const size = `${Number(values.bytes) / 1e6} MB`;
const tenfold = `${(TIMES * Number(values.bytes)) / 1e6} MB`;
const file = quote(log);
/** name → [command, its limit in MB] */
const list = new Map([
  [`report of ${size}`, [`${ours} report -q ${file}`, 250]],
  [`report of ${size}, --threads 0`, [`${ours} report -q --threads 0 ${file}`, 250]],
  [`report of ${tenfold}, ${TIMES} names`, [`${ours} report -q ${names.map(quote).join(' ')}`, 250]],
  [`report of ${tenfold}, a pipe`, [`cat ${names.map(quote).join(' ')} | ${ours} report -q`, 250]],
  [
    `suppress, ${values.addresses} addresses, a pipe`,
    [`${script('generate-bounced.mjs')} --addresses ${values.addresses} | ${ours} suppress -q`, 512],
  ],
]);
const results = compare(new Map([...list].map(([name, [command]]) => [name, command])), Number(values.runs));
rmSync(folder, { recursive: true });
console.log(`${machine()}\nLargest process, of ${values.runs} runs the median\n`);
table(
  ['command', 'memory MB', 'limit', 'wall s', 'cpu s'],
  [...results].map(([name, own]) => [
    name,
    figure(own.memory, 0),
    list.get(name)[1],
    figure(own.wall, 1),
    figure(own.cpu, 1),
  ]),
);
