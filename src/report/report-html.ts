/**
 * The report as one HTML file: nothing is fetched, no script is needed to read it, every chart has its table beside it. It reads
 * on a telephone, in the dark, on paper and aloud.
 */
import type { ReportData } from '../aggregate/report-model.ts';
import { heat } from './html/heat-map.ts';
import type { Section } from './html/parts.ts';
import { notices, problems, warnings } from './html/problems.ts';
import { SORT_SCRIPT, SORT_SCRIPT_HASH } from './html/sort-script.ts';
import { STYLE_SHEET } from './html/style-sheet.ts';
import { suppressions } from './html/suppressions.ts';
import { tableSection } from './html/tables.ts';
import { delays, overTime } from './html/timeline.ts';
import { inputs, totals } from './html/totals.ts';
import { escapeHtml } from './neutral.ts';
import { readText } from './words.ts';

export interface ReportHtmlOptions {
  /** Rows per table; 0 for all. */
  readonly top?: number;
  /** So many reasons, with the answers, below each table. */
  readonly detail?: number;
}

/** The whole page. */
export function renderReportHtml(data: ReportData, options: ReportHtmlOptions = {}): string {
  const top = options.top === 0 ? Number.POSITIVE_INFINITY : (options.top ?? 20);
  const sections = [
    problems(data),
    warnings(data),
    totals(data),
    overTime(data),
    ...data.tables
      .filter(({ dimension }) => dimension !== 'hour')
      .map((table) => tableSection(table, data.totals, top, options.detail ?? 0)),
    heat(data),
    delays(data),
    ...notices(data, top),
    suppressions(data),
    inputs(data),
  ].filter((section): section is Section => section !== undefined);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${SORT_SCRIPT_HASH}'; base-uri 'none'; form-action 'none'">
<meta name="robots" content="noindex">
<title>Mail delivery report${data.period.first === null ? '' : `, ${escapeHtml(data.period.first.slice(0, 10))}`}</title>
<style>${STYLE_SHEET}</style>
</head>
<body>
<a class="skip" href="#problems">Skip to the problems</a>
<main>
${header(data)}
<nav aria-label="Sections"><ul>${sections.map(({ id, title }) => `<li><a href="#${id}">${escapeHtml(title)}</a></li>`).join('')}</ul></nav>
${sections.map(({ id, title, body }) => `<section id="${id}"><h2>${escapeHtml(title)}</h2>\n${body}\n</section>`).join('\n')}
<footer>Both deferral rates: by message = messages whose first record is a deferral ÷ messages tried; by attempt = deferrals ÷ attempts. Delays are right to within 5%. Written by smtp-enrich.</footer>
</main>
<script>${SORT_SCRIPT}</script>
</body>
</html>
`;
}

function header(data: ReportData): string {
  const { period } = data;
  const fact = (name: string, value: string): string =>
    value === '' ? '' : `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`;
  const minute = (time: string): string => time.slice(0, 16).replace('T', ' ');
  return `<header><h1>Mail delivery report</h1><dl class="facts">${fact(
    'Period',
    period.first === null || period.last === null
      ? 'no event'
      : `${minute(period.first)} to ${minute(period.last)} (${period.time_zone})`,
  )}${fact('Hosts', data.log_hosts.join(', '))}${fact(
    'Read',
    data.accounting.lines === 0 ? '' : readText(data),
  )}</dl></header>`;
}
