#!/usr/bin/env node
// The regression check of CI: a ratio to a peer in the same run, with a wide margin, never seconds. The report, which classifies
// every answer, must take less than half of the time of pflogsumm, which does not. Prints what it measured; exit 1 if it is slower.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commands, measure, median } from './peers.mjs';

const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-bench-'));
const log = join(folder, 'maillog');
const generator = fileURLToPath(new URL('./generate-log.mjs', import.meta.url));
spawnSync('sh', ['-c', `'${process.execPath}' '${generator}' --bytes 60000000 > '${log}'`], { stdio: 'inherit' });
const list = new Map(commands(log).map(([name, , command]) => [name, command]));
const peer = 'pflogsumm';
const LIMIT = 0.5;
const ours = 'smtp-enrich report FILE';
const ratios = [];
if (!list.has(peer)) {
  console.error('pflogsumm is not installed: nothing to compare with (Debian: apt-get install pflogsumm)');
  process.exit(1);
}
for (let run = 0; run < 3; run++) ratios.push(measure(list.get(ours)).wall / measure(list.get(peer)).wall);
rmSync(folder, { recursive: true });
const ratio = median(ratios);
console.log(`${ours} takes ${ratio.toFixed(2)} of the time of ${peer} (60 MB, median of 3); the limit is ${LIMIT}`);
process.exitCode = ratio <= LIMIT ? 0 : 1;
