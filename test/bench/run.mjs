#!/usr/bin/env node
// npm run bench [-- --bytes 400000000 --runs 5]: our commands beside their peers, in turn, on one generated log; medians and
// ratios. Writes BENCHMARKS.md's table to stdout. Nothing else should run meanwhile.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { commands, measure, median } from './peers.mjs';

const { values } = parseArgs({
  options: { bytes: { type: 'string', default: '400000000' }, runs: { type: 'string', default: '5' } },
});
const folder = fileURLToPath(new URL('../../bench-data/', import.meta.url));
mkdirSync(folder, { recursive: true });
const log = `${folder}maillog-${values.bytes}`;
if (!existsSync(log) || statSync(log).size < Number(values.bytes)) {
  const generator = fileURLToPath(new URL('./generate-log.mjs', import.meta.url));
  spawnSync('sh', ['-c', `'${process.execPath}' '${generator}' --bytes ${values.bytes} > '${log}'`], {
    stdio: 'inherit',
  });
}

const list = commands(log);
const figures = new Map(list.map(([name]) => [name, []]));
for (let run = 0; run <= Number(values.runs); run++) {
  for (const [name, , command] of list) {
    const result = measure(command);
    if (run > 0) figures.get(name).push(result); // the first is a warm-up
  }
}

const wall = (name) => (figures.has(name) ? median(figures.get(name).map((f) => f.wall)) : Number.NaN);
const slowest = wall('pflogsumm');
console.log(
  `Node ${process.version}, ${cpus()[0]?.model.trim()}, ${availableParallelism()} processors, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()} ${arch()}`,
);
console.log(
  `Log: ${(statSync(log).size / 1e6).toFixed(0)} MB, generated; median of ${values.runs} runs, whole processes\n`,
);
console.log('| command | wall s | cpu s | memory MB | × pflogsumm | ÷ mawk |');
console.log('|---|---:|---:|---:|---:|---:|');
for (const [name] of list) {
  const runs = figures.get(name);
  const own = wall(name);
  const cell = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '–');
  console.log(
    `| ${name} | ${cell(own, 2)} | ${cell(median(runs.map((f) => f.cpu)), 2)} | ${cell(median(runs.map((f) => f.memory)), 0)} | ${cell(slowest / own, 1)} | ${cell(own / wall('mawk, domain × status only'), 2)} |`,
  );
}
