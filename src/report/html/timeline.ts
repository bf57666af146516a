/** What happened over time, and how long deliveries took. */
import type { ReportData, ReportRow } from '../../aggregate/report-model.ts';
import { duration, integer, percent } from '../figures.ts';
import { columnChart, timeChart } from './charts.ts';
import { type Cell, dataTable, figure, figureCell, pair, RATE_BY_MESSAGE, type Section } from './parts.ts';

export function overTime(data: ReportData): Section | undefined {
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
      dataTable(`By hour (${data.period.time_zone})`, hours.rows, timeCells(data, severalDays), 'time-table'),
      true,
    ),
  };
}

function timeLabel(start: string, minutes: number, severalDays: boolean): string {
  if (minutes >= 1440) return start.slice(5, 10);
  return severalDays && minutes === 60 ? `${start.slice(5, 10)} ${start.slice(11, 16)}` : start.slice(11, 16);
}

function timeCells({ totals, period }: ReportData, severalDays: boolean): Cell<ReportRow>[] {
  const oneYear = period.first?.slice(0, 4) === period.last?.slice(0, 4);
  return [
    {
      head: 'hour',
      kind: 'time',
      text: (row) =>
        !row.key.includes('T')
          ? row.key
          : `${severalDays ? `${row.key.slice(oneYear ? 5 : 0, 10)} ` : ''}${row.key.slice(11, 13)}:00`,
    },
    ...(totals.bytes_received > 0 ? [figureCell('received', (row: ReportRow) => row.processed)] : []),
    figureCell('delivered', (row) => row.delivered),
    figureCell('deferrals', (row) => row.deferrals),
    figureCell('bounced', (row) => row.bounced),
    figureCell('expired', (row) => row.expired),
    ...(totals.rejected > 0 ? [figureCell('rejected', (row: ReportRow) => row.rejected)] : []),
    RATE_BY_MESSAGE,
  ];
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

export function delays(data: ReportData): Section | undefined {
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
