#!/usr/bin/env node
// The regression check of CI: ratios to a peer in the same run, with a wide margin, never seconds. The report of a log, which
// classifies every answer, must take less than half of the time of pflogsumm, which does not; the report of webhooks at most
// four times that of a program that only parses them. Prints what it measured; exit 1 where a limit is passed.
import { generated, isInstalled, measure, median, ours, quote, script } from './measure.mjs';
import { commands } from './peers.mjs';

const RUNS = 3;
if (!isInstalled('pflogsumm')) {
  console.error('pflogsumm is not installed: nothing to compare with (Debian: apt-get install pflogsumm)');
  process.exit(1);
}
const log = generated('maillog', 60_000_000);
const webhooks = quote(generated('webhooks', 60_000_000));
const list = commands(log);
const CHECKS = [
  {
    what: 'report of a log, ÷ pflogsumm',
    command: list.get('smtp-enrich report FILE'),
    peer: list.get('pflogsumm'),
    limit: 0.5,
  },
  {
    what: 'report of webhooks, ÷ split2(JSON.parse)',
    command: `${ours} report -q ${webhooks}`,
    peer: `${script('parse-peer.mjs')} ${webhooks}`,
    limit: 4,
  },
];
for (const { what, command, peer, limit } of CHECKS) {
  const ratios = [];
  for (let run = 0; run < RUNS; run++) ratios.push(measure(command).wall / measure(peer).wall);
  const ratio = median(ratios);
  console.log(`${what}: ${ratio.toFixed(2)} of its time (60 MB, median of ${RUNS}); the limit is ${limit}`);
  if (ratio > limit) process.exitCode = 1;
}
