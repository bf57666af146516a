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

/** So many rows are written at once. */
const PART = 500;

/** The table as CSV with a heading, in parts. */
export function* renderReportCsv(
  table: ReportTable,
  options: { readonly top?: number | undefined } = {},
): IterableIterator<string> {
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
  yield stringify([heading]);
  const rows = table.rows.slice(0, options.top);
  for (let from = 0; from < rows.length; from += PART)
    yield stringify(rows.slice(from, from + PART).map((row) => cellsOf(row, actions)));
}

function cellsOf(row: ReportRow, actions: boolean): string[] {
  const [reason] = row.reasons;
  return [
    formulaGuard(neutral(row.key)),
    ...FIGURES.map((figure) => figureText(row[figure])),
    ...(actions ? [actionsText(row)] : []),
    reason?.category ?? '',
    reason === undefined ? '' : String(reasonCount(reason)),
    reason?.example.action ?? '',
    formulaGuard(neutral(reason?.example.answer ?? '')),
  ];
}

function figureText(value: number | null): string {
  if (value === null) return '';
  return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(6)));
}
