/** The tables, each with its chart where there is one. */
import { enoughDeferred, type ReasonRow } from '../../aggregate/groups.ts';
import {
  dominating,
  isInbound,
  isOutcomeTable,
  type ReportRow,
  type ReportTable,
  type ReportTotals,
} from '../../aggregate/report-model.ts';
import { bytes, duration, integer, percent, plural } from '../figures.ts';
import {
  actionsText,
  hasDelays,
  isTelling,
  KEY_NAMES,
  reasonCount,
  serverWords,
  TABLE_TITLES,
  tellingRows,
} from '../words.ts';
import { type BarItem, barChart, type Chart } from './charts.ts';
import {
  type Cell,
  dataTable,
  figure,
  figureCell,
  pair,
  RATE_BY_ATTEMPT,
  RATE_BY_MESSAGE,
  type Section,
  titleCase,
} from './parts.ts';

function cells(table: ReportTable, totals: ReportTotals): Cell<ReportRow>[] {
  const { dimension } = table;
  const key: Cell<ReportRow> = { head: KEY_NAMES[dimension], kind: 'head', text: (row) => row.name ?? row.key };
  const category: Cell<ReportRow> = { head: 'category', kind: 'text', text: (row) => row.reasons[0]?.category ?? '' };
  const action: Cell<ReportRow> = { head: 'action', kind: 'text', text: actionsText };
  const why: Cell<ReportRow> = {
    head: 'answer',
    kind: 'long',
    text: (row) => serverWords(row.reasons[0]?.example.answer ?? ''),
  };
  const failures = [
    figureCell('deferrals', (row) => row.deferrals),
    figureCell('bounced', (row) => row.bounced),
    figureCell('expired', (row) => row.expired),
    ...(totals.dropped > 0 ? [figureCell('dropped', (row: ReportRow) => row.dropped)] : []),
  ];
  if (dimension === 'reject_warning') return [key, figureCell('warnings', (row) => row.reject_warnings)];
  const received = table.rows.some((row) => row.bytes_received > 0)
    ? [figureCell('received', (row: ReportRow) => row.processed)]
    : [];
  if (isInbound(dimension)) return [key, ...received, figureCell('rejected', (row) => row.rejected), category, why];
  if (dimension === 'answer')
    return [
      { head: 'answer', kind: 'head', text: (row) => why.text(row) || row.key },
      ...failures,
      category,
      action,
      { head: 'rule', kind: 'words', text: (row) => row.key },
    ];
  if (isOutcomeTable(dimension))
    return [
      key,
      figureCell('delivered', (row) => row.delivered),
      ...failures,
      dimension === 'category' ? action : category,
    ];
  const traffic = [
    key,
    ...received,
    figureCell('messages', (row) => row.messages),
    figureCell('deferred', (row) => row.messages_deferred),
    RATE_BY_MESSAGE,
    RATE_BY_ATTEMPT,
    figureCell('bounce rate', (row) => row.bounce_rate, percent),
  ];
  if (dimension === 'day') return traffic;
  return [
    ...traffic,
    ...(hasDelays(table.rows)
      ? [
          figureCell('median', (row) => row.delay_median, duration),
          figureCell('95%', (row) => row.delay_p95, duration),
          ...(received.length > 0 ? [] : [figureCell('longest', (row: ReportRow) => row.delay_max, duration)]),
        ]
      : []),
    ...(table.rows.some((row) => row.bytes > 0) ? [figureCell('size', (row) => row.bytes, bytes)] : []),
    { head: 'top reason', kind: 'text', text: (row) => (dominating(row) ?? row.reasons[0])?.category ?? '' },
  ];
}

const MOST_BARS = 12;

export function tableSection(
  table: ReportTable,
  totals: ReportTotals,
  top: number,
  detail: number,
): Section | undefined {
  const { dimension } = table;
  if (!isTelling(table)) return undefined;
  const telling = tellingRows(table);
  const rows = telling.slice(0, top);
  const more = table.total - (table.rows.length - telling.length) - rows.length;
  const title = titleCase(TABLE_TITLES[dimension]);
  const left = [
    more > 0 ? `${plural(more, 'more row')} not shown (--top).` : '',
    table.omitted > 0 ? `${plural(table.omitted, 'row')} with fewer messages left out (--min-messages).` : '',
    table.overflow ? 'Later keys are summed up in (other) (--max-keys).' : '',
  ].filter((text) => text !== '');
  const html =
    dataTable(title, rows, cells(table, totals), `${dimension}-table`, title) +
    (left.length > 0 ? `<p>${left.join(' ')}</p>` : '') +
    details(rows, table, detail);
  const chart = chartOf(table, totals);
  return {
    id: dimension,
    title,
    body: chart === undefined ? html : pair(figure(chart.chart, chart.caption), `<div>${html}</div>`),
  };
}

interface DetailLine {
  readonly key: string;
  readonly reason: ReasonRow;
}

function details(rows: readonly ReportRow[], table: ReportTable, detail: number): string {
  // There each answer is a row already.
  if (table.dimension === 'answer') return '';
  const lines: DetailLine[] = rows.flatMap((row) =>
    row.reasons.slice(0, detail).map((reason) => ({ key: row.name ?? row.key, reason })),
  );
  if (lines.length === 0) return '';
  return dataTable(
    `${titleCase(TABLE_TITLES[table.dimension])}, in the servers’ words`,
    lines,
    [
      { head: KEY_NAMES[table.dimension], kind: 'head', text: (line) => line.key },
      {
        head: 'count',
        kind: 'figure',
        text: (line) => integer(reasonCount(line.reason)),
        value: (line) => reasonCount(line.reason),
      },
      ...(table.dimension === 'category'
        ? []
        : [{ head: 'category', kind: 'text', text: (line: DetailLine) => line.reason.category } as const]),
      { head: 'answer', kind: 'long', text: (line) => serverWords(line.reason.example.answer) },
    ],
    `${table.dimension}-detail`,
  );
}

function chartOf(table: ReportTable, totals: ReportTotals): { chart: Chart; caption: string } | undefined {
  if (table.dimension === 'domain') {
    const items: BarItem[] = table.rows
      .filter((row) => row.messages_deferred >= enoughDeferred(totals.messages))
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
