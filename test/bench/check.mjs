#!/usr/bin/env node
// The regression check of CI: a ratio to a peer in the same run, with a wide margin, never seconds. The report, with everything it
// classifies, must not be slower than a chain of split2 and through2 that only counts. Prints what it measured; exit 1 if it is.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commands, measure, median } from './peers.mjs';

const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-bench-'));
const log = join(folder, 'maillog');
const generator = fileURLToPath(new URL('./generate-log.mjs', import.meta.url));
spawnSync('sh', ['-c', `'${process.execPath}' '${generator}' --bytes 120000000 > '${log}'`], { stdio: 'inherit' });
const list = new Map(commands(log).map(([name, , command]) => [name, command]));
const peer = 'split2 + through2, one regex a line';
const ours = 'smtp-enrich report FILE';
const ratios = [];
for (let run = 0; run < 3; run++) ratios.push(measure(list.get(ours)).wall / measure(list.get(peer)).wall);
rmSync(folder, { recursive: true });
const ratio = median(ratios);
console.log(`${ours} takes ${ratio.toFixed(2)} of the time of ${peer} (120 MB, median of 3); the limit is 1`);
process.exitCode = ratio <= 1 ? 0 : 1;
