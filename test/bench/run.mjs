#!/usr/bin/env node
// npm run bench [-- --bytes 400000000 --runs 5]: our commands beside their peers, in turn, on one generated log; medians and
// ratios. Writes BENCHMARKS.md's table to stdout. Nothing else should run meanwhile.
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compare, figure, generated, machine, table } from './measure.mjs';
import { commands } from './peers.mjs';

const { values } = parseArgs({
  options: { bytes: { type: 'string', default: '400000000' }, runs: { type: 'string', default: '5' } },
});
const log = generated('maillog', values.bytes);
const results = compare(commands(log), Number(values.runs), { warmUp: true });
const wall = (name) => results.get(name)?.wall ?? Number.NaN;
console.log(machine());
console.log(
  `Log: ${(statSync(log).size / 1e6).toFixed(0)} MB, generated; median of ${values.runs} runs, whole processes\n`,
);
table(
  ['command', 'wall s', 'cpu s', 'memory MB', '× pflogsumm', '÷ mawk'],
  [...results].map(([name, own]) => [
    name,
    figure(own.wall, 2),
    figure(own.cpu, 2),
    figure(own.memory, 0),
    figure(wall('pflogsumm') / own.wall, 1),
    figure(own.wall / wall('mawk, domain × status only'), 2),
  ]),
);
