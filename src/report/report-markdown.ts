/** The report as Markdown, for a ticket, a wiki or a pull request. */
import {
  dominating,
  isInbound,
  isOutcomeTable,
  type Problem,
  type ReportData,
  type ReportRow,
  type ReportTable,
  type ReportTotals,
} from '../aggregate/report-model.ts';
import { shortLocal } from '../aggregate/time-zone.ts';
import { bytes, duration, integer, percent, plural } from './figures.ts';
import { escapeMarkdown } from './neutral.ts';
import {
  actionsText,
  adviceText,
  distinctText,
  hasDelays,
  isTelling,
  KEY_NAMES,
  NOTICE_TITLES,
  nothingText,
  problemTitle,
  readText,
  reasonCount,
  receivedLabel,
  receivedNote,
  rejectionsText,
  serverWords,
  TABLE_TITLES,
  tellingRows,
  whereText,
} from './words.ts';

interface MarkdownColumn<Row> {
  readonly head: string;
  readonly right?: boolean;
  readonly cell: (row: Row) => string;
}

/** The whole report. Cells are escaped: nothing in an answer becomes a link, an image or markup. */
export function renderReportMarkdown(
  data: ReportData,
  options: { readonly top?: number; readonly detail?: number } = {},
): string {
  const top = options.top === 0 ? Number.POSITIVE_INFINITY : (options.top ?? 20);
  const { period } = data;
  const parts = [
    '# Mail delivery report',
    [
      `- Period: ${period.first ?? 'no event'}${period.last === null ? '' : ` to ${period.last}`} (${period.time_zone})`,
      `- Hosts: ${data.log_hosts.map(escapeMarkdown).join(', ') || 'none named'}`,
      ...(data.accounting.lines > 0 ? [`- Read: ${escapeMarkdown(readText(data))}`] : []),
    ].join('\n'),
    '## Problems',
    data.problems.length === 0
      ? 'None: nothing needs action.'
      : data.problems.map((problem, index) => problemText(problem, index + 1, data)).join('\n'),
    ...(data.warnings.length === 0
      ? []
      : [
          '## Warnings and what mends them',
          table(data.warnings, [
            { head: 'count', right: true, cell: (w) => integer(w.count) },
            { head: 'cause', cell: (w) => escapeMarkdown(w.cause || w.rule) },
            { head: 'first', cell: (w) => escapeMarkdown((w.first ?? '').slice(0, 16)) },
            { head: 'last', cell: (w) => escapeMarkdown((w.last ?? '').slice(0, 16)) },
            { head: 'what mends it', cell: (w) => escapeMarkdown(w.remedy) },
          ]),
        ]),
    '## Totals',
    data.totals.events === 0 ? nothingText(data) : totals(data),
    ...data.tables.flatMap((one) =>
      !isTelling(one)
        ? []
        : [`## ${titleCase(TABLE_TITLES[one.dimension])}`, tableText(one, data, top, options.detail ?? 0)],
    ),
    ...data.notices.flatMap(({ rule, count, texts }) => [
      `## ${titleCase(NOTICE_TITLES[rule])} (${integer(count)})`,
      table(texts.slice(0, top), [
        { head: 'count', right: true, cell: (entry) => integer(entry.count) },
        { head: 'what', cell: (entry) => escapeMarkdown(entry.text) },
      ]),
    ]),
    ...(data.suppression.newest.length === 0
      ? []
      : [
          '## New on the suppression list',
          `${plural(data.suppression.new, 'address', 'addresses')} new of ${integer(data.suppression.listed)}; policy ${escapeMarkdown(data.suppression.policy)}.`,
          table(data.suppression.newest, [
            { head: 'listed', cell: (s) => shortLocal(s.since, period.time_zone) },
            { head: 'address', cell: (s) => escapeMarkdown(s.address) },
            { head: 'category', cell: (s) => escapeMarkdown(s.category) },
            { head: 'answer', cell: (s) => escapeMarkdown(serverWords(s.evidence.answer)) },
          ]),
        ]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function problemText(problem: Problem, number: number, data: ReportData): string {
  const lines = [`${number}. **${escapeMarkdown(problemTitle(problem, data))}**`];
  const item = (name: string, text: string): void => {
    if (text !== '') lines.push(`   - ${name}: ${escapeMarkdown(text)}`);
  };
  item('Where', problem.where.slice(0, 10).map(whereText).join(', '));
  item('Answer', serverWords(problem.answer));
  item('Means', problem.meaning);
  item('Do', adviceText(problem));
  return lines.join('\n');
}

function totals(data: ReportData): string {
  const { totals: t, bounce_notifications: bounces, rejected_by_action } = data;
  const rows: (readonly [string, string])[] = [
    ...(t.processed > 0
      ? [[receivedLabel(data), [integer(t.processed), receivedNote(data)].join(' ').trim()] as const]
      : []),
    ['Messages', [integer(t.messages), distinctText(data)].join(' ').trim()],
    ...(bounces !== null && bounces.messages > 0
      ? [['Bounce notifications among them', integer(bounces.messages)] as const]
      : []),
    ['Messages deferred at first', integer(t.messages_deferred)],
    ['Deferral rate by message', percent(t.deferral_rate_by_message)],
    ['Attempts', integer(t.attempts)],
    ['Delivered', integer(t.delivered)],
    ['Deferrals', integer(t.deferrals)],
    ['Deferral rate by attempt', percent(t.deferral_rate_by_attempt)],
    [
      'Bounced',
      `${integer(t.bounced)} (hard ${integer(t.hard)}, soft ${integer(t.soft)}, block ${integer(t.block)}, undetermined ${integer(t.undetermined)})`,
    ],
    ['Expired', integer(t.expired)],
    ...(t.dropped > 0 ? [['Dropped by the ESP', integer(t.dropped)] as const] : []),
    ...(t.complained > 0 ? [['Complaints', integer(t.complained)] as const] : []),
    ...(t.unsubscribed > 0 ? [['Unsubscribed', integer(t.unsubscribed)] as const] : []),
    ...(t.rejected > 0
      ? [['Rejected inbound', escapeMarkdown(rejectionsText(rejected_by_action)) || integer(t.rejected)] as const]
      : []),
    ...(t.reject_warnings > 0 ? [['Warned of inbound', integer(t.reject_warnings)] as const] : []),
    ...(t.bytes > 0 ? [['Delivered bytes', bytes(t.bytes)] as const] : []),
    ...(t.delay_median === null
      ? []
      : [
          [
            'Delay: median, 95%, all',
            `${duration(t.delay_median)}, ${duration(t.delay_p95)}, ${duration(t.delay_max)}`,
          ] as const,
        ]),
  ];
  return table(rows, [
    { head: 'what', cell: ([name]) => name },
    { head: 'figure', right: true, cell: ([, value]) => value },
  ]);
}

function tableText(one: ReportTable, { totals }: ReportData, top: number, detail: number): string {
  const telling = tellingRows(one);
  const rows = telling.slice(0, top);
  const more = one.total - (one.rows.length - telling.length) - rows.length;
  // There each answer is a row already.
  const details = rows.flatMap((row) =>
    one.dimension === 'answer'
      ? []
      : row.reasons
          .slice(0, detail)
          .map(
            (reason) =>
              `- ${escapeMarkdown(row.name ?? row.key)}: ${integer(reasonCount(reason))} × ${escapeMarkdown(reason.category)}: ${escapeMarkdown(serverWords(reason.example.answer))}`,
          ),
  );
  return [
    table(rows, columns(one, totals)),
    ...(more > 0 ? [`${plural(more, 'more row')}.`] : []),
    ...(details.length > 0 ? [details.join('\n')] : []),
  ].join('\n\n');
}

function columns({ dimension, rows }: ReportTable, totals: ReportTotals): MarkdownColumn<ReportRow>[] {
  const sized = rows.some((row) => row.bytes > 0);
  const figure = (head: string, cell: (row: ReportRow) => string): MarkdownColumn<ReportRow> => ({
    head,
    right: true,
    cell,
  });
  const key: MarkdownColumn<ReportRow> = {
    head: KEY_NAMES[dimension],
    cell: (row) => escapeMarkdown(row.name ?? row.key),
  };
  const category: MarkdownColumn<ReportRow> = {
    head: 'category',
    cell: (row) => escapeMarkdown(row.reasons[0]?.category ?? ''),
  };
  const action: MarkdownColumn<ReportRow> = { head: 'action', cell: (row) => escapeMarkdown(actionsText(row)) };
  const answer: MarkdownColumn<ReportRow> = {
    head: 'answer',
    cell: (row) => escapeMarkdown(serverWords(row.reasons[0]?.example.answer ?? '')),
  };
  const failures = [
    figure('deferrals', (row) => integer(row.deferrals)),
    figure('bounced', (row) => integer(row.bounced)),
    figure('expired', (row) => integer(row.expired)),
    ...(totals.dropped > 0 ? [figure('dropped', (row: ReportRow) => integer(row.dropped))] : []),
  ];
  if (dimension === 'reject_warning') return [key, figure('warnings', (row) => integer(row.reject_warnings))];
  const received = rows.some((row) => row.bytes_received > 0)
    ? [figure('received', (row: ReportRow) => integer(row.processed))]
    : [];
  if (isInbound(dimension)) return [key, ...received, figure('rejected', (row) => integer(row.rejected)), category];
  if (dimension === 'answer') return [key, ...failures, category, action, answer];
  if (isOutcomeTable(dimension))
    return [
      key,
      figure('delivered', (row) => integer(row.delivered)),
      ...failures,
      dimension === 'category' ? action : category,
    ];
  return [
    key,
    ...received,
    figure('messages', (row) => integer(row.messages)),
    figure('deferred', (row) => integer(row.messages_deferred)),
    figure('by message', (row) => percent(row.deferral_rate_by_message)),
    figure('by attempt', (row) => percent(row.deferral_rate_by_attempt)),
    figure('bounced', (row) => integer(row.bounced)),
    ...(dimension === 'hour' || dimension === 'day'
      ? []
      : [
          ...(hasDelays(rows)
            ? [
                figure('median', (row: ReportRow) => duration(row.delay_median)),
                figure('95%', (row: ReportRow) => duration(row.delay_p95)),
                figure('longest', (row: ReportRow) => duration(row.delay_max)),
              ]
            : []),
          ...(sized ? [figure('size', (row) => bytes(row.bytes))] : []),
          {
            head: 'top reason',
            cell: (row: ReportRow) => escapeMarkdown((dominating(row) ?? row.reasons[0])?.category ?? ''),
          },
        ]),
  ];
}

function table<Row>(rows: readonly Row[], columns: readonly MarkdownColumn<Row>[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map((column) => column.head)),
    line(columns.map((column) => (column.right === true ? '---:' : '---'))),
    ...rows.map((row) => line(columns.map((column) => column.cell(row)))),
  ].join('\n');
}

function titleCase(text: string): string {
  return text.slice(0, 1) + text.slice(1).toLowerCase();
}
