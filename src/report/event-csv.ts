/** Events as CSV: one column per field, for spreadsheets and `csvkit`. */
import { stringify } from 'csv-stringify/sync';
import { type DeliveryEvent, EVENT_FIELDS } from '../event/index.ts';
import { formulaGuard, neutral } from './neutral.ts';

/** `evidence` takes three columns. */
const COLUMNS: readonly string[] = EVENT_FIELDS.flatMap((field) =>
  field === 'evidence' ? ['evidence_layer', 'evidence_rule', 'evidence_matched'] : [field],
);

/** The heading, with its line end. */
export function renderEventCsvHeader(): string {
  return stringify([COLUMNS]);
}

/** One event as one CSV record, with its line end. */
export function renderEventCsv(event: DeliveryEvent): string {
  const cells: string[] = [];
  for (const field of EVENT_FIELDS) {
    if (field === 'evidence') {
      const { evidence } = event;
      cells.push(evidence?.layer ?? '', cell(evidence?.rule), cell(evidence?.matched));
    } else if (field === 'delays') cells.push(event.delays?.join('/') ?? '');
    else cells.push(cell(event[field]));
  }
  return stringify([cells]);
}

/** A number stays a number; a text is one line and no formula. */
function cell(value: string | number | boolean | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? formulaGuard(neutral(value)) : String(value);
}
