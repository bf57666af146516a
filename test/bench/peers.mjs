// The commands that are measured beside each other, on one log. A peer that is not installed is left out.
import { isInstalled, node, ours, quote, script } from './measure.mjs';

// state.mjs takes these from here.
export { measure, median, PROGRAM } from './measure.mjs';

const COUNT_AWK =
  '/ status=/ { if (match($0, /to=<[^>]*>/)) { d = substr($0, RSTART + 4, RLENGTH - 5); sub(/.*@/, "", d); ' +
  'if (match($0, / status=[a-z]+/)) c[d " " substr($0, RSTART + 8, RLENGTH - 8)]++ } } END { for (k in c) n++; print n }';
const COUNT_BYTES = 'let n=0;process.stdin.on("data",(c)=>{n+=c.length}).on("end",()=>console.log(n))';

/** @returns name → shell command, in the order they are run */
export function commands(log) {
  const file = quote(log);
  return new Map(
    [
      ['wc -l', 'wc', `wc -l ${file}`],
      ['rg -c status=', 'rg', `rg -c status= ${file}`],
      ['node -e 0', undefined, `${node} -e 0`],
      ['cat | node counting bytes', undefined, `cat ${file} | ${node} -e ${quote(COUNT_BYTES)}`],
      ['mawk, domain × status only', 'mawk', `mawk ${quote(COUNT_AWK)} ${file}`],
      ['split2 + through2, one regex a line', undefined, `${script('naive-chain.mjs')} ${file}`],
      ['pflogsumm', 'pflogsumm', `pflogsumm ${file}`],
      ['smtp-enrich report FILE', undefined, `${ours} report -q ${file}`],
      ['smtp-enrich report FILE --threads 0', undefined, `${ours} report -q --threads 0 ${file}`],
      ['cat | smtp-enrich report', undefined, `cat ${file} | ${ours} report -q`],
      ['cat | smtp-enrich (NDJSON)', undefined, `cat ${file} | ${ours} -q`],
    ]
      .filter(([, needs]) => needs === undefined || isInstalled(needs))
      .map(([name, , command]) => [name, command]),
  );
}
