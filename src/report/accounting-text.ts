import type { InputReport } from '../event/index.ts';
import { bytes, integer, plural } from './figures.ts';
import { neutral } from './neutral.ts';

/**
 * Where every line of every input went, for stderr; three samples of each malformed shape.
 * @param doubts what is said of inputs of a format: see Format.doubt
 */
export function renderAccounting(
  reports: readonly InputReport[],
  doubts: ReadonlyMap<string, string> = new Map(),
): string {
  return reports.map((report) => renderOne(report, doubts.get(report.format))).join('');
}

function renderOne(report: InputReport, doubt: string | undefined): string {
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
  if (doubt !== undefined) lines.push(`${label}: read as ${report.format}. ${doubt}`);
  for (const lost of report.lost) lines.push(`lost: ${neutral(lost)}`);
  let reason = '';
  for (const sample of [...report.malformed].sort((x, y) => (x.reason < y.reason ? -1 : x.reason > y.reason ? 1 : 0))) {
    if (sample.reason !== reason) lines.push(`malformed: ${sample.reason}, for instance:`);
    reason = sample.reason;
    lines.push(`  ${neutral(sample.text).slice(0, 300)}`);
  }
  return `${lines.join('\n')}\n`;
}
