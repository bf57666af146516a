import type { InputReport } from '../event/index.ts';
import { bytes, integer, plural } from './figures.ts';
import { neutral } from './neutral.ts';

/** Where every line of every input went, for stderr; three samples of each malformed shape. */
export function renderAccounting(reports: readonly InputReport[]): string {
  return reports.map(renderOne).join('');
}

function renderOne(report: InputReport): string {
  const { accounting: a, name } = report;
  const label = neutral(name === '-' ? 'standard input' : name);
  const unit = report.format === 'postfix' ? 'line' : 'object';
  const parts = [
    plural(a.event, 'event'),
    `${integer(a.context)} context`,
    `${integer(a.ignored)} ignored`,
    `${integer(a.malformed)} malformed`,
    `${integer(a.truncated)} too long`,
  ];
  const lines = [
    `${label} (${report.format}, ${bytes(report.bytes)}): ${plural(a.lines, unit)} = ${parts.join(' + ')}`,
  ];
  if (report.not_understood !== undefined) {
    lines.push(
      `${label}: not understood: ${neutral(report.not_understood)}. Is this the log of a mail server? --input names the format.`,
    );
  }
  for (const lost of report.lost) lines.push(`lost: ${neutral(lost)}`);
  let reason = '';
  for (const sample of [...report.malformed].sort((x, y) => (x.reason < y.reason ? -1 : x.reason > y.reason ? 1 : 0))) {
    if (sample.reason !== reason) lines.push(`malformed: ${sample.reason}, for instance:`);
    reason = sample.reason;
    lines.push(`  ${neutral(sample.text).slice(0, 300)}`);
  }
  return `${lines.join('\n')}\n`;
}
