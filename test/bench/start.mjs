#!/usr/bin/env node
// What starting costs: npm run bench:start [-- --rounds 5]. Each command ten times in a row, in turn with
// the others; milliseconds a run, wall and processor, median of the rounds, and how much of each is beyond `node -e 0`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure, median, PROGRAM } from './peers.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const IN_A_ROW = 10;
const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-start-'));
const [empty, lines] = ['empty', 'lines'].map((name) => join(folder, name));
const generator = fileURLToPath(new URL('./generate-log.mjs', import.meta.url));
const log = spawnSync(process.execPath, [generator, '--bytes', '200000'], { encoding: 'utf8' }).stdout;
writeFileSync(empty, '');
writeFileSync(lines, `${log.split('\n').slice(0, 1000).join('\n')}\n`);

const COMMANDS = {
  'node -e 0': ['-e', '0'],
  '--version': [PROGRAM, '--version'],
  'explain "550 5.1.1 User unknown"': [PROGRAM, 'explain', '550 5.1.1 User unknown'],
  'report, an empty file': [PROGRAM, 'report', '-q', empty],
  'report, 1,000 lines': [PROGRAM, 'report', '-q', lines],
  'report --help (yargs)': [PROGRAM, 'report', '--help'],
};
const figures = new Map(Object.keys(COMMANDS).map((name) => [name, { wall: [], cpu: [] }]));
for (let round = 0; round < Number(values.rounds); round++)
  for (const [name, args] of Object.entries(COMMANDS)) {
    const command = [process.execPath, ...args].map((part) => `'${part}'`).join(' ');
    const { wall, cpu } = measure(`for i in $(seq ${IN_A_ROW}); do ${command}; done`);
    figures.get(name).wall.push((1000 * wall) / IN_A_ROW);
    figures.get(name).cpu.push((1000 * cpu) / IN_A_ROW);
  }
rmSync(folder, { recursive: true });

const least = figures.get('node -e 0');
console.log('| command | wall ms | beyond node | cpu ms | beyond node |\n|---|---:|---:|---:|---:|');
for (const [name, { wall, cpu }] of figures) {
  const cells = [wall, cpu].flatMap((list, i) => {
    const own = median(list);
    return [own, own - median(i === 0 ? least.wall : least.cpu)];
  });
  console.log(`| ${name} | ${cells.map((cell) => cell.toFixed(0)).join(' | ')} |`);
}
