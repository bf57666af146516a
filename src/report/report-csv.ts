/** One table of the report as CSV, for spreadsheets: rates as fractions, delays in seconds, empty where there is none. */
import { stringify } from 'csv-stringify/sync';
import type { ReportRow, ReportTable } from '../aggregate/report-model.ts';
import { formulaGuard, neutral } from './neutral.ts';
import { actionsText, reasonCount } from './words.ts';

const FIGURES = [
  'messages',
  'messages_deferred',
  'deferral_rate_by_message',
  'attempts',
  'deferrals',
  'deferral_rate_by_attempt',
  'delivered',
  'bounced',
  'hard',
  'soft',
  'block',
  'undetermined',
  'bounce_rate',
  'expired',
  'dropped',
  'complained',
  'unsubscribed',
  'rejected',
  'reject_warnings',
  'suspended',
  'bytes',
  'processed',
  'bytes_received',
  'delay_median',
  'delay_p95',
  'delay_max',
] as const satisfies readonly (keyof ReportRow)[];

/** The table as CSV with a heading. */
export function renderReportCsv(table: ReportTable, options: { readonly top?: number | undefined } = {}): string {
  // Only categories and answers ask for something as a whole.
  const actions = table.rows.some((row) => row.action !== undefined);
  const heading = [
    table.dimension,
    ...FIGURES,
    ...(actions ? ['action'] : []),
    'top_reason',
    'top_reason_count',
    'top_reason_action',
    'top_reason_answer',
  ];
  const rows = table.rows
    .slice(0, options.top ?? Number.POSITIVE_INFINITY)
    .map((row) => [
      formulaGuard(neutral(row.key)),
      ...FIGURES.map((figure) => figureText(row[figure])),
      ...(actions ? [actionsText(row)] : []),
      row.reasons[0]?.category ?? '',
      row.reasons[0] === undefined ? '' : String(reasonCount(row.reasons[0])),
      row.reasons[0]?.example.action ?? '',
      formulaGuard(neutral(row.reasons[0]?.example.answer ?? '')),
    ]);
  return stringify([heading, ...rows]);
}

function figureText(value: number | null): string {
  if (value === null) return '';
  return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(6)));
}
