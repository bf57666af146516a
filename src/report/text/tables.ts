/** The tables of the text report. */
import { addCounters, emptyCounters } from '../../aggregate/counters.ts';
import { type ReasonRow, rates } from '../../aggregate/groups.ts';
import {
  type Dimension,
  dominating,
  isInbound,
  isOutcomeTable,
  type ReportData,
  type ReportRow,
  type ReportTable,
} from '../../aggregate/report-model.ts';
import { duration, integer, percent, plural, shortBytes } from '../figures.ts';
import { neutral } from '../neutral.ts';
import type { Style } from '../style.ts';
import { type Column, displayWidth, ellipsis, tableLines } from '../table.ts';
import {
  actionText,
  hasDelays,
  isTelling,
  KEY_NAMES,
  reasonCount,
  serverWords,
  TABLE_TITLES,
  tellingRows,
} from '../words.ts';

/** A table with its heading; nothing where it has nothing to say. */
export function tableSection(
  table: ReportTable,
  data: ReportData,
  style: Style,
  top: number,
  detail: number,
): string[] {
  const { dimension } = table;
  if (!isTelling(table)) return [];
  const telling = tellingRows(table);
  if (dimension === 'hour' && table.rows.length > MOST_HOURS) return hoursOfDay(table, data, style);
  const timed = dimension === 'hour' || dimension === 'day';
  const rows = telling.slice(0, top === 0 || timed ? telling.length : top);
  const body = tableLines(rows, columnsOf(table, data), style.width);
  const bars =
    style.bars === true && timed ? barsOf(rows, style.width - Math.max(...body.map(displayWidth)) - 2) : undefined;
  const lines = [style.color.bold(TABLE_TITLES[dimension]), style.color.dim(body[0]!)];
  rows.forEach((row, index) => {
    const line = body[index + 1]!;
    lines.push(
      bars === undefined
        ? line
        : `${line}${' '.repeat(Math.max(0, widestOf(body) - displayWidth(line)))}  ${style.color.cyan(bars[index]!)}`.trimEnd(),
    );
    if (!timed) lines.push(...detailLines(table, row, style, detail));
  });
  const more = table.total - (table.rows.length - telling.length) - rows.length;
  if (more > 0) lines.push(style.color.dim(`… ${plural(more, 'more row')} (--top)`));
  if (table.omitted > 0)
    lines.push(style.color.dim(`${plural(table.omitted, 'row')} with fewer messages left out (--min-messages)`));
  if (table.overflow) lines.push(style.color.dim('More keys than --max-keys: later ones are summed up in (other).'));
  return lines;
}

/** Beyond two days, hours are summed up by the hour of the day. */
const MOST_HOURS = 48;

function columnsOf(table: ReportTable, data: ReportData): Column<ReportRow>[] {
  const { dimension } = table;
  if (dimension === 'hour' || dimension === 'day') return timeColumns(data, dimension);
  if (dimension === 'answer') return answerColumns(data);
  if (dimension === 'reject_warning') return warnedColumns();
  if (isInbound(dimension)) return inboundColumns(table);
  return isOutcomeTable(dimension) ? outcomeColumns(dimension, data) : trafficColumns(table);
}

/** Below a row: its reasons with the server's words; below an outcome, who said so or who it was. */
function detailLines(table: ReportTable, row: ReportRow, style: Style, detail: number): string[] {
  const line = (count: number, text: string): string =>
    style.color.dim(ellipsis(`  ${integer(count).padStart(8)}  ${neutral(text)}`, style.width));
  const words = (reason: ReasonRow): string => serverWords(reason.example.answer);
  if (table.dimension === 'answer')
    return row.reasons.map((reason) =>
      style.color.dim(ellipsis(`  ${neutral(words(reason) || row.key)}`, style.width)),
    );
  return row.reasons.slice(0, detail).flatMap((reason) => {
    if (!isOutcomeTable(table.dimension)) return [line(reasonCount(reason), `${reason.category}: ${words(reason)}`)];
    const partners = reason.partners.slice(0, detail).map(([key, count]) => line(count, `  ${key}`));
    return [line(reasonCount(reason), words(reason)), ...partners];
  });
}

function hoursOfDay(table: ReportTable, data: ReportData, style: Style): string[] {
  const sums = Array.from({ length: 24 }, emptyCounters);
  const dates = new Set<string>();
  for (const row of table.rows) {
    const hour = Number(row.key.slice(11, 13));
    if (!row.key.includes('T') || Number.isNaN(hour)) continue;
    dates.add(row.key.slice(0, 10));
    addCounters(sums[hour]!, row);
  }
  const rows: ReportRow[] = sums.map((counters, hour) => ({
    key: `${String(hour).padStart(2, '0')}:00`,
    ...counters,
    ...rates(counters),
    delay_median: null,
    delay_p95: null,
    delay_max: null,
    reasons: [],
  }));
  const body = tableLines(rows, [{ head: 'hour', cell: (row) => row.key }, ...timeFigures(data)], style.width);
  return [
    style.color.bold(`BY HOUR OF THE DAY (sums over ${plural(dates.size, 'day')})`),
    style.color.dim(body[0]!),
    ...body.slice(1),
  ];
}

/** A bar of attempts for each row, as wide as there is room; undefined where there is none. */
function barsOf(rows: readonly ReportRow[], room: number): string[] | undefined {
  if (room < 10) return undefined;
  const most = Math.max(1, ...rows.map((row) => row.attempts));
  return rows.map((row) => '▇'.repeat(Math.round((row.attempts / most) * Math.min(room, 40))));
}

function widestOf(lines: readonly string[]): number {
  return Math.max(0, ...lines.map(displayWidth));
}

function trafficColumns({ dimension, rows }: ReportTable): Column<ReportRow>[] {
  const sized = rows.some((row) => row.bytes > 0);
  const received = rows.some((row) => row.bytes_received > 0);
  const timed = hasDelays(rows);
  const right = (head: string, cell: (row: ReportRow) => string): Column<ReportRow> => ({ head, align: 'right', cell });
  const size = right('size', (row) => shortBytes(row.bytes));
  const count = right('recvd', (row) => integer(row.processed));
  const median = right('p50', (row) => duration(row.delay_median));
  const p95 = right('p95', (row) => duration(row.delay_p95));
  return [
    { head: KEY_NAMES[dimension], cell: (row) => neutral(row.name ?? row.key), flexible: true },
    { head: 'msgs', align: 'right', cell: (row) => integer(row.messages) },
    { head: 'defer', align: 'right', cell: (row) => integer(row.messages_deferred) },
    { head: '%msg', align: 'right', cell: (row) => percent(row.deferral_rate_by_message) },
    { head: '%att', align: 'right', cell: (row) => percent(row.deferral_rate_by_attempt) },
    { head: 'bounce', align: 'right', cell: (row) => percent(row.bounce_rate) },
    ...(sized ? [size] : timed ? [median] : []),
    ...(received ? [count] : timed ? [p95] : []),
    { head: 'top reason', cell: (row) => topReason(row) },
  ];
}

function topReason(row: ReportRow): string {
  const reason = dominating(row) ?? row.reasons[0];
  return reason?.category ?? '-';
}

function warnedColumns(): Column<ReportRow>[] {
  return [
    { head: 'warnings', align: 'right', cell: (row) => integer(row.reject_warnings) },
    { head: KEY_NAMES.reject_warning, cell: (row) => neutral(row.key), flexible: true },
  ];
}

function inboundColumns({ dimension, rows }: ReportTable): Column<ReportRow>[] {
  const key: Column<ReportRow> = {
    head: KEY_NAMES[dimension],
    cell: (row) => neutral(row.key),
    flexible: dimension === 'refusal',
  };
  const count: Column<ReportRow> = { head: 'rejected', align: 'right', cell: (row) => integer(row.rejected) };
  const category: Column<ReportRow> = { head: 'category', cell: (row) => row.reasons[0]?.category ?? '' };
  if (dimension === 'refusal') return [count, key, category];
  const received: Column<ReportRow> = { head: 'received', align: 'right', cell: (row) => integer(row.processed) };
  // Where nobody was turned away, there is nothing to explain.
  if (rows.every((row) => row.rejected === 0)) return [key, received];
  const figures = rows.some((row) => row.processed > 0) ? [received, count] : [count];
  const answer = (row: ReportRow): string => neutral(serverWords(row.reasons[0]?.example.answer ?? ''));
  return [key, ...figures, category, { head: 'answer', cell: answer, flexible: true }];
}

/** Where nobody dropped anything, which only an ESP does, there is no column for it. */
const DROPPED: Column<ReportRow> = { head: 'dropped', align: 'right', cell: (row) => integer(row.dropped) };

function answerColumns({ totals }: ReportData): Column<ReportRow>[] {
  return [
    { head: 'deferrals', align: 'right', cell: (row) => integer(row.deferrals) },
    { head: 'bounced', align: 'right', cell: (row) => integer(row.bounced) },
    { head: 'expired', align: 'right', cell: (row) => integer(row.expired) },
    ...(totals.dropped > 0 ? [DROPPED] : []),
    { head: 'action', cell: (row) => row.action ?? '' },
    { head: 'category', cell: (row) => row.reasons[0]!.category },
    { head: 'most from', cell: (row) => neutral(row.reasons[0]!.partners[0]?.[0] ?? '-'), flexible: true },
  ];
}

function outcomeColumns(dimension: Dimension, { totals }: ReportData): Column<ReportRow>[] {
  return [
    { head: dimension, cell: (row) => neutral(row.key), flexible: true },
    { head: 'delivered', align: 'right', cell: (row) => integer(row.delivered) },
    { head: 'deferrals', align: 'right', cell: (row) => integer(row.deferrals) },
    { head: 'bounced', align: 'right', cell: (row) => integer(row.bounced) },
    { head: 'expired', align: 'right', cell: (row) => integer(row.expired) },
    ...(totals.dropped > 0 ? [DROPPED] : []),
    dimension === 'category'
      ? { head: 'action', cell: actionText }
      : { head: 'category', cell: (row) => row.reasons[0]?.category ?? '' },
  ];
}

function timeColumns(data: ReportData, dimension: Dimension): Column<ReportRow>[] {
  const oneDay = data.period.first?.slice(0, 10) === data.period.last?.slice(0, 10);
  // The year stands in the heading of the report.
  const oneYear = data.period.first?.slice(0, 4) === data.period.last?.slice(0, 4);
  const name = (row: ReportRow): string => {
    if (dimension === 'day' || !row.key.includes('T')) return row.key;
    const hour = `${row.key.slice(11, 13)}:00`;
    return oneDay ? hour : `${row.key.slice(oneYear ? 5 : 0, 10)} ${hour}`;
  };
  return [{ head: dimension, cell: name }, ...timeFigures(data)];
}

function timeFigures({ totals }: ReportData): Column<ReportRow>[] {
  return [
    // What was received is no part of what was attempted, and attempts are the sum of the next three.
    ...(totals.bytes_received > 0
      ? [
          { head: 'received', align: 'right', cell: (row: ReportRow) => integer(row.processed) } as const,
          { head: 'msgs', align: 'right', cell: (row: ReportRow) => integer(row.messages) } as const,
        ]
      : [
          { head: 'msgs', align: 'right', cell: (row: ReportRow) => integer(row.messages) } as const,
          { head: 'attempts', align: 'right', cell: (row: ReportRow) => integer(row.attempts) } as const,
        ]),
    { head: 'delivered', align: 'right', cell: (row) => integer(row.delivered) },
    { head: 'deferred', align: 'right', cell: (row) => integer(row.deferrals) },
    { head: 'bounced', align: 'right', cell: (row) => integer(row.bounced) },
    { head: 'expired', align: 'right', cell: (row) => integer(row.expired) },
    { head: '%msg', align: 'right', cell: (row) => percent(row.deferral_rate_by_message) },
    // Eighty columns hold one of them.
    totals.rejected > 0
      ? { head: 'rejected', align: 'right', cell: (row) => integer(row.rejected) }
      : { head: '%att', align: 'right', cell: (row) => percent(row.deferral_rate_by_attempt) },
  ];
}
