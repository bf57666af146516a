/** The suppression list as CSV for people and spreadsheets: guarded against formulas, with the evidence for each address. */
import { stringify } from 'csv-stringify/sync';
import type { Suppression } from '../../aggregate/suppression-list.ts';
import { isoLocal } from '../../aggregate/time-zone.ts';
import { formulaGuard, neutral } from '../neutral.ts';
import type { SuppressionExport } from './export-format.ts';

const HEADING = [
  'address',
  'first_bounce',
  'last_bounce',
  'count',
  'category',
  'reply_code',
  'enhanced_code',
  'answer',
  'rule',
  'layer',
  'matched',
  'policy_rule',
  'host',
  'queue_id',
  'format',
  'last_delivery',
  'unsubscribe_group',
];

/** The list as CSV with a heading; times in `zone`. */
export function renderSuppressionCsv(entries: readonly Suppression[], zone: string): string {
  return stringify([HEADING, ...entries.map((entry) => record(entry, zone))]);
}

function record(entry: Suppression, zone: string): string[] {
  const { evidence } = entry;
  return [
    text(entry.address),
    isoLocal(entry.first, zone),
    isoLocal(entry.last, zone),
    String(entry.count),
    entry.category,
    entry.reply_code === 0 ? '' : String(entry.reply_code),
    evidence.enhanced_code,
    text(evidence.answer),
    text(evidence.rule),
    evidence.layer,
    text(evidence.matched),
    entry.policy_rule,
    text(evidence.host),
    text(evidence.queue_id),
    evidence.format,
    isoLocal(entry.last_delivery, zone),
    text(entry.unsubscribe_group),
  ];
}

function text(value: string): string {
  return formulaGuard(neutral(value));
}

/** The same under the name that `--for` knows. Takes every address: it is text for people. */
export const spreadsheet: SuppressionExport = {
  name: 'spreadsheet',
  describe: 'CSV with the evidence for each address, guarded against formulas',
  refuses: () => undefined,
  render: renderSuppressionCsv,
};
