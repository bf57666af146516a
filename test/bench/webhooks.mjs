#!/usr/bin/env node
// npm run bench:webhooks [-- --bytes 100000000 --runs 5]: the report of SendGrid's webhooks beside split2(JSON.parse), which only
// counts the objects: whole processes, in turn, on one generated file. Nothing else should run meanwhile.
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compare, figure, generated, machine, ours, quote, script, table } from './measure.mjs';

const { values } = parseArgs({
  options: { bytes: { type: 'string', default: '100000000' }, runs: { type: 'string', default: '5' } },
});
const path = generated('webhooks', values.bytes);
const file = quote(path);
const PEER = 'split2(JSON.parse), counting only';
const results = compare(
  new Map([
    [PEER, `${script('parse-peer.mjs')} ${file}`],
    ['smtp-enrich report FILE', `${ours} report -q ${file}`],
    ['cat | smtp-enrich report', `cat ${file} | ${ours} report -q`],
    ['smtp-enrich FILE (NDJSON)', `${ours} -q ${file}`],
  ]),
  Number(values.runs),
  { warmUp: true },
);
console.log(machine());
console.log(
  `Webhooks: ${(statSync(path).size / 1e6).toFixed(0)} MB, generated; median of ${values.runs} runs, whole processes\n`,
);
table(
  ['command', 'wall s', 'cpu s', 'memory MB', 'speed, of the peer’s', 'by cpu'],
  [...results].map(([name, own]) => [
    name,
    figure(own.wall, 2),
    figure(own.cpu, 2),
    figure(own.memory, 0),
    ...['wall', 'cpu'].map((what) => `${figure((100 * results.get(PEER)[what]) / own[what], 0)}%`),
  ]),
);
