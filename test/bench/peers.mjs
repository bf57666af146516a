// The commands that are measured beside each other, on one log. A peer that is not installed is left out.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const CHAIN = fileURLToPath(new URL('./naive-chain.mjs', import.meta.url));
const COUNT_AWK =
  '/ status=/ { if (match($0, /to=<[^>]*>/)) { d = substr($0, RSTART + 4, RLENGTH - 5); sub(/.*@/, "", d); ' +
  'if (match($0, / status=[a-z]+/)) c[d " " substr($0, RSTART + 8, RLENGTH - 8)]++ } } END { for (k in c) n++; print n }';
const COUNT_BYTES = 'let n=0;process.stdin.on("data",(c)=>{n+=c.length}).on("end",()=>console.log(n))';

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const node = quote(process.execPath);
const ours = `${node} ${quote(PROGRAM)}`;

/** @returns name → shell command, in the order they are run */
export function commands(log) {
  const file = quote(log);
  return [
    ['wc -l', 'wc', `wc -l ${file}`],
    ['rg -c status=', 'rg', `rg -c status= ${file}`],
    ['node -e 0', undefined, `${node} -e 0`],
    ['cat | node counting bytes', undefined, `cat ${file} | ${node} -e ${quote(COUNT_BYTES)}`],
    ['mawk, domain × status only', 'mawk', `mawk ${quote(COUNT_AWK)} ${file}`],
    ['split2 + through2, one regex a line', undefined, `${node} ${quote(CHAIN)} ${file}`],
    ['pflogsumm', 'pflogsumm', `pflogsumm ${file}`],
    ['smtp-enrich report FILE', undefined, `${ours} report -q ${file}`],
    ['smtp-enrich report FILE --threads 0', undefined, `${ours} report -q --threads 0 ${file}`],
    ['cat | smtp-enrich report', undefined, `cat ${file} | ${ours} report -q`],
    ['cat | smtp-enrich (NDJSON)', undefined, `cat ${file} | ${ours} -q`],
  ].filter(([, needs]) => needs === undefined || spawnSync('sh', ['-c', `command -v ${needs}`]).status === 0);
}

/**
 * Runs a shell command with its output thrown away.
 * @returns wall and processor seconds, and the largest process's memory in MB where GNU time can tell
 */
export function measure(command) {
  const hasTime = spawnSync('/usr/bin/time', ['-f', '%M', 'true']).status === 0;
  const start = process.hrtime.bigint();
  const result = spawnSync(
    hasTime ? '/usr/bin/time' : 'sh',
    hasTime ? ['-f', 'figures %U %S %M', 'sh', '-c', `${command} > /dev/null`] : ['-c', `${command} > /dev/null`],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const wall = Number(process.hrtime.bigint() - start) / 1e9;
  if (result.status !== 0) throw new Error(`${command}\nexit ${result.status}\n${result.stderr}`);
  const figures = /figures (\S+) (\S+) (\d+)/.exec(result.stderr);
  return {
    wall,
    cpu: figures === null ? Number.NaN : Number(figures[1]) + Number(figures[2]),
    memory: figures === null ? Number.NaN : Number(figures[3]) / 1024,
  };
}

export function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
