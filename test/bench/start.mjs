#!/usr/bin/env node
// npm run bench:start [-- --runs 21]: what the first answer of a process takes, beyond that of a Node that does nothing.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compare, figure, machine, node, ours, quote, table } from './measure.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '21' } } });
const sample = fileURLToPath(new URL('../../samples/maillog', import.meta.url));
const NOTHING = 'node -e 0';
/** Milliseconds beyond NOTHING, where one was set. */
const LIMITS = new Map([
  ['--version', 120],
  ['explain ANSWER', 200],
]);
const results = compare(
  new Map([
    [NOTHING, `${node} -e 0`],
    ['--version', `${ours} --version`],
    ['explain ANSWER', `${ours} explain '550 5.1.1 User unknown'`],
    ['report FILE (700 lines)', `${ours} report -q --year 2026 --tz UTC ${quote(sample)}`],
  ]),
  Number(values.runs),
  { warmUp: true },
);
console.log(`${machine()}\nMedian of ${values.runs} runs, whole processes\n`);
table(
  ['command', 'wall ms', 'beyond node -e 0', 'limit', 'cpu ms', 'beyond node -e 0', 'memory MB'],
  [...results].map(([name, own]) => [
    name,
    figure(own.wall * 1000, 0),
    figure((own.wall - results.get(NOTHING).wall) * 1000, 0),
    LIMITS.get(name) ?? '',
    figure(own.cpu * 1000, 0),
    figure((own.cpu - results.get(NOTHING).cpu) * 1000, 0),
    figure(own.memory, 0),
  ]),
);
