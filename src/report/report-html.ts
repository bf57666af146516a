/**
 * The report as one HTML file: nothing is fetched, no script is needed to read it, every chart has its table beside it. It reads
 * on a telephone, in the dark, on paper and aloud.
 */
import {
  dominating,
  isOutcomeTable,
  type Problem,
  type ReportData,
  type ReportRow,
  type ReportTable,
} from '../aggregate/report-data.ts';
import { shortLocal } from '../aggregate/time-zone.ts';
import { bytes, duration, integer, percent, plural } from './figures.ts';
import { type BarItem, barChart, type Chart, columnChart, heatMap, timeChart } from './html/charts.ts';
import { SORT_SCRIPT, SORT_SCRIPT_HASH } from './html/sort-script.ts';
import { STYLE_SHEET } from './html/style-sheet.ts';
import { escapeHtml } from './neutral.ts';
import { adviceText, problemTitle, serverWords, TABLE_TITLES, whereText } from './words.ts';

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
      .map((table) => tableSection(table, data, top, options.detail ?? 0)),
    heat(data),
    delays(data),
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

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: string;
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
    data.accounting.lines === 0
      ? ''
      : `${plural(data.accounting.lines, 'line')}, ${plural(data.totals.events, 'event')}${
          data.accounting.malformed + data.accounting.truncated > 0
            ? `; not understood: ${integer(data.accounting.malformed)} malformed, ${integer(data.accounting.truncated)} too long`
            : data.inputs.some((input) => input.not_understood !== null)
              ? '; not all inputs understood'
              : ', all understood'
        }`,
  )}</dl></header>`;
}

const KIND_NAMES: Readonly<Record<Problem['kind'], string>> = {
  sender_block: 'Refused on the sender’s side',
  deferral: 'Deferred',
  expired: 'Given up',
  suppression: 'To be suppressed',
};

function problems(data: ReportData): Section {
  const body =
    data.problems.length === 0
      ? '<p>None: nothing needs action.</p>'
      : `<ol class="problems">${data.problems.map(problemItem).join('\n')}</ol>`;
  return { id: 'problems', title: 'Problems', body };
}

function problemItem(problem: Problem): string {
  const line = (name: string, text: string): string =>
    text === '' ? '' : `<dt>${name}</dt><dd>${escapeHtml(text)}</dd>`;
  const many = problem.where.length > 8 ? ` and ${integer(problem.where.length - 8)} more` : '';
  const where = problem.where.slice(0, 8).map(whereText).join(', ') + many;
  return `<li class="${problem.kind}"><span class="kind">${KIND_NAMES[problem.kind]}</span><h3>${escapeHtml(
    problemTitle(problem),
  )}</h3>${answer(problem.answer)}<dl class="facts">${line('Where', where)}${line('Means', problem.meaning)}${line('Do', adviceText(problem))}${line(
    'Seen',
    problem.example_queue_id === ''
      ? ''
      : `first in ${problem.example_queue_id} on ${problem.example_host}, ${problem.example_time.slice(0, 16).replace('T', ' ')}; rule ${problem.rule}`,
  )}</dl></li>`;
}

function answer(text: string): string {
  return text === '' ? '' : `<code class="answer">${escapeHtml(serverWords(text))}</code>`;
}

function warnings(data: ReportData): Section | undefined {
  if (data.warnings.length === 0) return undefined;
  const body = data.warnings
    .map((warning) => {
      const when = [warning.first, warning.last]
        .filter((time): time is string => time !== null)
        .map((time) => time.slice(0, 16).replace('T', ' '));
      return `<div class="warning"><h3>${integer(warning.count)} × ${escapeHtml(warning.cause || warning.rule)}</h3>${answer(
        warning.text,
      )}<dl class="facts"><dt>When</dt><dd>${escapeHtml([...new Set(when)].join(' to '))}${
        warning.host === null ? '' : ` on ${escapeHtml(warning.host)}`
      }</dd>${warning.remedy === '' ? '' : `<dt>Mend</dt><dd>${escapeHtml(warning.remedy)}</dd>`}</dl></div>`;
    })
    .join('\n');
  return { id: 'warnings', title: 'Warnings and what mends them', body };
}

function totals({ totals: t, bounce_notifications: notices }: ReportData): Section {
  const tile = (name: string, value: string, note = ''): string =>
    `<li>${name}<b>${value}</b>${note === '' ? '' : `<span>${note}</span>`}</li>`;
  const more = (
    [
      ['Dropped by the ESP', t.dropped],
      ['Complaints', t.complained],
      ['Unsubscribed', t.unsubscribed],
      ['Rejected inbound', t.rejected],
      ['Probes, internal', t.other],
    ] as const
  ).filter(([, count]) => count > 0);
  const types = (['hard', 'soft', 'block', 'undetermined'] as const)
    .filter((type) => t[type] > 0)
    .map((type) => `${type} ${integer(t[type])}`)
    .join(', ');
  const body = `<ul class="tiles">${[
    tile('Messages', integer(t.messages), notices === null ? '' : `${integer(notices.messages)} bounce notifications`),
    tile(
      'Deferred messages',
      percent(t.deferral_rate_by_message),
      `${integer(t.messages_deferred)} at their first attempt`,
    ),
    tile('Attempts', integer(t.attempts), `${integer(t.delivered)} delivered`),
    tile('Deferred attempts', percent(t.deferral_rate_by_attempt), `${integer(t.deferrals)} deferrals`),
    tile('Bounced', integer(t.bounced), types),
    tile('Expired', integer(t.expired)),
    tile('Median delay', duration(t.delay_median), `95% within ${duration(t.delay_p95)}`),
    ...(t.bytes > 0 ? [tile('Delivered', bytes(t.bytes))] : []),
    ...more.map(([name, count]) => tile(name, integer(count))),
  ].join('')}</ul>`;
  return { id: 'totals', title: 'Totals', body };
}

function overTime(data: ReportData): Section | undefined {
  const { rows, minutes } = data.timeline;
  const hours = data.tables.find(({ dimension }) => dimension === 'hour');
  if (rows.length === 0 || hours === undefined) return undefined;
  const severalDays = new Set(rows.map((row) => row.start.slice(0, 10))).size > 1;
  const chart = timeChart(rows.map((row) => ({ ...row, label: timeLabel(row.start, minutes, severalDays) })));
  const unit = minutes === 15 ? 'quarter hour' : minutes === 60 ? 'hour' : 'day';
  return {
    id: 'time',
    title: 'Over time',
    body: pair(
      figure(chart, `Attempts by outcome, and messages expired, each ${unit}.`),
      dataTable(`By hour (${data.period.time_zone})`, hours.rows, timeCells(severalDays), 'time-table'),
      true,
    ),
  };
}

function timeLabel(start: string, minutes: number, severalDays: boolean): string {
  if (minutes >= 1440) return start.slice(5, 10);
  return severalDays && minutes === 60 ? `${start.slice(5, 10)} ${start.slice(11, 16)}` : start.slice(11, 16);
}

interface Cell<Row> {
  readonly head: string;
  readonly kind: 'head' | 'time' | 'figure' | 'text' | 'long';
  readonly text: (row: Row) => string;
  /** What the column is sorted by, where that is not its text. */
  readonly value?: (row: Row) => number | null;
}

function figureCell(
  head: string,
  value: (row: ReportRow) => number | null,
  write: (value: number) => string = integer,
): Cell<ReportRow> {
  return {
    head,
    kind: 'figure',
    value,
    text: (row) => {
      const found = value(row);
      return found === null ? '–' : write(found);
    },
  };
}

const RATE_BY_MESSAGE = figureCell('deferred, by message', (row) => row.deferral_rate_by_message, percent);
const RATE_BY_ATTEMPT = figureCell('by attempt', (row) => row.deferral_rate_by_attempt, percent);

function timeCells(severalDays: boolean): Cell<ReportRow>[] {
  return [
    {
      head: 'hour',
      kind: 'time',
      text: (row) =>
        !row.key.includes('T')
          ? row.key
          : `${severalDays ? `${row.key.slice(0, 10)} ` : ''}${row.key.slice(11, 13)}:00`,
    },
    figureCell('attempts', (row) => row.attempts),
    figureCell('delivered', (row) => row.delivered),
    figureCell('deferrals', (row) => row.deferrals),
    figureCell('bounced', (row) => row.bounced),
    figureCell('expired', (row) => row.expired),
    RATE_BY_MESSAGE,
  ];
}

function cells(table: ReportTable): Cell<ReportRow>[] {
  const { dimension } = table;
  const key: Cell<ReportRow> = {
    head: dimension === 'reject' ? 'code' : dimension,
    kind: 'head',
    text: (row) => row.name ?? row.key,
  };
  const why: Cell<ReportRow> = {
    head: 'answer',
    kind: 'long',
    text: (row) => serverWords(row.reasons[0]?.example.answer ?? ''),
  };
  if (dimension === 'reject' || dimension === 'client')
    return [
      key,
      figureCell('rejected', (row) => row.rejected),
      { head: 'category', kind: 'text', text: (row) => row.reasons[0]?.category ?? '' },
      why,
    ];
  if (isOutcomeTable(dimension))
    return [
      key,
      figureCell('delivered', (row) => row.delivered),
      figureCell('deferrals', (row) => row.deferrals),
      figureCell('bounced', (row) => row.bounced),
      figureCell('expired', (row) => row.expired),
      figureCell('dropped', (row) => row.dropped),
      dimension === 'category'
        ? { head: 'action', kind: 'text', text: (row) => row.action ?? '' }
        : { head: 'category', kind: 'text', text: (row) => row.reasons[0]?.category ?? '' },
    ];
  const traffic = [
    key,
    figureCell('messages', (row) => row.messages),
    figureCell('deferred', (row) => row.messages_deferred),
    RATE_BY_MESSAGE,
    RATE_BY_ATTEMPT,
    figureCell('bounce rate', (row) => row.bounce_rate, percent),
  ];
  if (dimension === 'day') return traffic;
  return [
    ...traffic,
    figureCell('median', (row) => row.delay_median, duration),
    figureCell('95%', (row) => row.delay_p95, duration),
    ...(table.rows.some((row) => row.bytes > 0) ? [figureCell('size', (row) => row.bytes, bytes)] : []),
    { head: 'top reason', kind: 'text', text: (row) => (dominating(row) ?? row.reasons[0])?.category ?? '' },
  ];
}

const MOST_BARS = 12;

function tableSection(table: ReportTable, data: ReportData, top: number, detail: number): Section | undefined {
  const { dimension } = table;
  if (table.rows.length === 0 || (dimension === 'day' && table.rows.length < 2)) return undefined;
  const rows = table.rows.slice(0, top);
  const title = titleCase(TABLE_TITLES[dimension]);
  const left = [
    table.total > rows.length ? `${plural(table.total - rows.length, 'more row')} not shown (--top).` : '',
    table.omitted > 0 ? `${plural(table.omitted, 'row')} with fewer messages left out (--min-messages).` : '',
    table.overflow ? 'Later keys are summed up in (other) (--max-keys).' : '',
  ].filter((text) => text !== '');
  const html =
    dataTable(title, rows, cells(table), `${dimension}-table`, title) +
    (left.length > 0 ? `<p>${left.join(' ')}</p>` : '') +
    details(rows, table, detail);
  const chart = chartOf(table, data);
  return {
    id: dimension,
    title,
    body: chart === undefined ? html : pair(figure(chart.chart, chart.caption), `<div>${html}</div>`),
  };
}

function details(rows: readonly ReportRow[], table: ReportTable, detail: number): string {
  const lines = rows.flatMap((row) =>
    row.reasons.slice(0, detail).map((reason) => ({ key: row.name ?? row.key, reason })),
  );
  if (lines.length === 0) return '';
  return dataTable(
    `${titleCase(TABLE_TITLES[table.dimension])}, in the servers’ words`,
    lines,
    [
      { head: table.dimension, kind: 'head', text: (line) => line.key },
      { head: 'count', kind: 'figure', text: (line) => integer(line.reason.count), value: (line) => line.reason.count },
      { head: 'category', kind: 'text', text: (line) => line.reason.category },
      { head: 'answer', kind: 'long', text: (line) => serverWords(line.reason.example.answer) },
    ],
    `${table.dimension}-detail`,
  );
}

function chartOf(table: ReportTable, _data: ReportData): { chart: Chart; caption: string } | undefined {
  if (table.dimension === 'domain') {
    const items: BarItem[] = table.rows
      .filter((row) => row.deferral_rate_by_message !== null && row.messages_deferred > 0)
      .slice(0, MOST_BARS)
      .map((row) => ({
        label: row.key,
        value: row.deferral_rate_by_message!,
        text: percent(row.deferral_rate_by_message),
      }));
    if (items.length === 0) return undefined;
    return {
      chart: barChart('domains', items, 'deferred', 1),
      caption: 'Deferral rate by message, worst domains first; a full bar is 100%.',
    };
  }
  if (table.dimension === 'category') {
    const items: BarItem[] = table.rows
      .filter((row) => row.key !== 'accepted')
      .map((row) => ({ row, value: row.deferrals + row.bounced + row.dropped + row.expired }))
      .filter(({ value }) => value > 0)
      .sort((a, b) => b.value - a.value)
      .slice(0, MOST_BARS)
      .map(({ row, value }) => ({ label: row.key, value, text: integer(value) }));
    if (items.length === 0) return undefined;
    return {
      chart: barChart('categories', items, 'bar'),
      caption: 'Deferrals, bounces, drops and expiries by what the answer means.',
    };
  }
  return undefined;
}

const MOST_PROVIDERS = 12;

function heat(data: ReportData): Section | undefined {
  const table = data.tables.find(({ dimension }) => dimension === 'provider');
  if (table === undefined) return undefined;
  const weight = (row: ReportRow): number => row.reasons.reduce((sum, reason) => sum + reason.count, 0);
  const rows = table.rows
    .filter((row) => weight(row) > 0)
    .sort((a, b) => weight(b) - weight(a) || (a.key < b.key ? -1 : 1))
    .slice(0, MOST_PROVIDERS);
  const sums = new Map<string, number>();
  for (const row of rows)
    for (const reason of row.reasons)
      if (reason.count > 0) sums.set(reason.category, (sums.get(reason.category) ?? 0) + reason.count);
  const columns = [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([category]) => category);
  if (rows.length === 0 || columns.length === 0) return undefined;
  const count = (row: ReportRow, category: string): number =>
    row.reasons.find((reason) => reason.category === category)?.count ?? 0;
  const points = rows.flatMap((row, y) =>
    columns.flatMap((category, x) => (count(row, category) > 0 ? [[x, y, count(row, category)] as const] : [])),
  );
  return {
    id: 'heat',
    title: 'Who refuses for what',
    body: pair(
      figure(
        heatMap(
          columns,
          rows.map((row) => row.name ?? row.key),
          points,
        ),
        'Deferrals, bounces and drops by provider and category; stronger for more.',
      ),
      dataTable(
        'Provider by category',
        rows,
        [
          { head: 'provider', kind: 'head', text: (row) => row.name ?? row.key },
          ...columns.map((category) => figureCell(category, (row: ReportRow) => count(row, category))),
        ],
        'heat-table',
      ),
    ),
  };
}

/** The histogram's buckets are 10% wide: too fine to look at. Three bars to each power of ten, and the table says the same. */
const DELAY_STEPS: readonly number[] = [
  0,
  0.1,
  0.2,
  0.5,
  1,
  2,
  5,
  10,
  30,
  60,
  300,
  900,
  3600,
  14_400,
  43_200,
  86_400,
  259_200,
  Number.POSITIVE_INFINITY,
];

function delays(data: ReportData): Section | undefined {
  if (data.delays.length === 0) return undefined;
  const steps = DELAY_STEPS.slice(0, -1).map((from, index) => ({ from, to: DELAY_STEPS[index + 1]!, count: 0 }));
  for (const { from, count } of data.delays) steps.find((step) => from >= step.from && from < step.to)!.count += count;
  const used = steps.findLastIndex((step) => step.count !== 0);
  const start = Math.max(
    0,
    steps.findIndex((step) => step.count !== 0),
  );
  const shown = steps.slice(start, used + 1);
  const total = shown.reduce((sum, step) => sum + step.count, 0);
  const name = (step: { from: number; to: number }): string =>
    step.to === Number.POSITIVE_INFINITY ? `from ${duration(step.from)}` : `under ${duration(step.to)}`;
  return {
    id: 'delays',
    title: 'Delay of deliveries',
    body: pair(
      figure(
        columnChart(
          'delay',
          shown.map((step) => ({ label: name(step), value: step.count, text: '' })),
          'delivered',
        ),
        'Delivered messages by the time from their arrival to their delivery.',
      ),
      dataTable(
        'Delay of deliveries',
        shown,
        [
          { head: 'delay', kind: 'head', text: name, value: (step) => step.from },
          { head: 'deliveries', kind: 'figure', text: (step) => integer(step.count), value: (step) => step.count },
          {
            head: 'share',
            kind: 'figure',
            text: (step) => percent(total > 0 ? step.count / total : null),
            value: (step) => step.count,
          },
        ],
        'delay-table',
      ),
      true,
    ),
  };
}

function suppressions(data: ReportData): Section | undefined {
  const { suppression } = data;
  if (suppression.listed === 0 && suppression.lifted === 0) return undefined;
  const more = suppression.new - suppression.newest.length;
  return {
    id: 'suppressions',
    title: 'Suppression list',
    body: `<p>${plural(suppression.listed, 'address', 'addresses')} listed (${integer(suppression.new)} new), ${integer(
      suppression.lifted,
    )} lifted by a later delivery; policy ${escapeHtml(suppression.policy)}.</p>${
      suppression.newest.length === 0
        ? ''
        : dataTable(
            `Newest${more > 0 ? `, ${integer(more)} more in smtp-enrich suppress` : ''}`,
            suppression.newest,
            [
              { head: 'address', kind: 'head', text: (entry) => entry.address },
              { head: 'listed', kind: 'text', text: (entry) => shortLocal(entry.since, data.period.time_zone) },
              { head: 'category', kind: 'text', text: (entry) => entry.category },
              { head: 'answer', kind: 'long', text: (entry) => serverWords(entry.evidence.answer) },
            ],
            'suppression-table',
          )
    }`,
  };
}

function inputs(data: ReportData): Section | undefined {
  if (data.inputs.length === 0) return undefined;
  const lost = data.inputs.flatMap((input) => [
    ...(input.not_understood === null ? [] : [`${input.name}: not understood: ${input.not_understood}`]),
    ...input.lost.map((loss) => `${input.name}: ${loss}`),
  ]);
  const count = (
    head: string,
    of: (input: ReportData['inputs'][number]) => number,
  ): Cell<ReportData['inputs'][number]> => ({
    head,
    kind: 'figure',
    text: (input) => integer(of(input)),
    value: of,
  });
  return {
    id: 'inputs',
    title: 'Where every line went',
    body:
      lost.map((text) => `<p>${escapeHtml(text)}</p>`).join('') +
      dataTable(
        'Lines (for JSON: objects) of each input',
        data.inputs,
        [
          { head: 'input', kind: 'head', text: (input) => input.name },
          { head: 'format', kind: 'text', text: (input) => input.format },
          count('lines', (input) => input.accounting.lines),
          count('event', (input) => input.accounting.event),
          count('context', (input) => input.accounting.context),
          count('ignored', (input) => input.accounting.ignored),
          count('malformed', (input) => input.accounting.malformed),
          count('too long', (input) => input.accounting.truncated),
        ],
        'inputs-table',
      ),
  };
}

/** A chart with its table: beside it where the table is narrow, else below. */
function pair(left: string, right: string, beside = false): string {
  return `<div class="pair${beside ? ' beside' : ''}">${left}${right}</div>`;
}

function figure(chart: Chart, caption: string): string {
  return `<figure><div class="wide">${chart.wide}</div><div class="narrow">${chart.narrow}</div><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

function dataTable<Row>(
  caption: string,
  rows: readonly Row[],
  columns: readonly Cell<Row>[],
  id: string,
  title = '',
): string {
  const head = columns
    .map((column) => `<th scope="col"${column.kind === 'figure' ? ' class="n"' : ''}>${escapeHtml(column.head)}</th>`)
    .join('');
  const body = rows
    .map(
      (row) =>
        `<tr>${columns
          .map((column) => {
            const value = column.value?.(row);
            const sort = value === undefined ? '' : ` data-v="${value ?? -1}"`;
            const text = escapeHtml(column.text(row));
            if (column.kind === 'head') return `<th scope="row"${sort}>${text}</th>`;
            if (column.kind === 'time') return `<th scope="row" class="t"${sort}>${text}</th>`;
            const style =
              column.kind === 'figure' ? ' class="n"' : column.kind === 'long' ? ' class="long"' : ' class="t"';
            return `<td${style}${sort}>${text}</td>`;
          })
          .join('')}</tr>`,
    )
    .join('\n');
  // A region that scrolls must be reachable by keyboard, and have a name.
  return `<div class="scroll" tabindex="0" role="region" aria-labelledby="${id}"><table class="sortable"><caption id="${id}"${caption === title ? ' class="same"' : ''}>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

function titleCase(text: string): string {
  return text.slice(0, 1) + text.slice(1).toLowerCase();
}
