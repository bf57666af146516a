#!/usr/bin/env node
// npm run bench:growth [-- --bytes 400000000 --runs 5]: what twice the input costs, what a second thread brings, and what the second
// processor could bring at most: how much longer two reports of one thread take at once than one. Nothing else should run meanwhile: where
// other programs take the second processor, a second thread brings nothing.
import { parseArgs } from 'node:util';
import { compare, figure, generated, machine, ours, quote, ratioInTurn, table } from './measure.mjs';

const { values } = parseArgs({
  options: { bytes: { type: 'string', default: '400000000' }, runs: { type: 'string', default: '5' } },
});
const whole = Number(values.bytes);
const report = (bytes, threads) => `${ours} report -q --threads ${threads} ${quote(generated('maillog', bytes))}`;
const runs = new Map([
  ['half, one thread', report(whole / 2, 0)],
  ['whole, one thread', report(whole, 0)],
  ['half, two threads', report(whole / 2, 1)],
  ['whole, two threads', report(whole, 1)],
  ['whole, one thread, two at once', `{ ${report(whole, 0)} & ${report(whole, 0)}; wait; }`],
]);
const results = compare(runs, Number(values.runs), { warmUp: true });
console.log(
  `${machine()}\nReport of ${whole / 2e6} and ${whole / 1e6} MB; median of ${values.runs} runs, whole processes\n`,
);
table(
  ['input', 'wall s', 'cpu s', 'memory MB'],
  [...results].map(([name, own]) => [name, figure(own.wall, 2), figure(own.cpu, 2), figure(own.memory, 0)]),
);
const ratio = (a, b, what) => figure(ratioInTurn(results.get(a), results.get(b), what), 2);
console.log();
table(
  ['ratio', 'of wall', 'of cpu', 'limit'],
  [
    [
      'twice the input, one thread',
      ratio('whole, one thread', 'half, one thread', 'wall'),
      ratio('whole, one thread', 'half, one thread', 'cpu'),
      '2.0',
    ],
    [
      'twice the input, two threads',
      ratio('whole, two threads', 'half, two threads', 'wall'),
      ratio('whole, two threads', 'half, two threads', 'cpu'),
      '2.0',
    ],
    [
      'one thread ÷ two',
      ratio('whole, one thread', 'whole, two threads', 'wall'),
      ratio('whole, one thread', 'whole, two threads', 'cpu'),
      'at least 1.3',
    ],
    ['two at once ÷ one', ratio('whole, one thread, two at once', 'whole, one thread', 'wall'), '', ''],
  ],
);
