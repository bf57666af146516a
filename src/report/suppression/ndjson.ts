import type { Suppression } from '../../aggregate/suppression-list.ts';
import { safeJson } from '../event-ndjson.ts';
import { suppressionDocument } from '../report-json.ts';

/** The suppression list for programs: one object per line, with all that is known; times in `zone`. */
export function renderSuppressionNdjson(entries: readonly Suppression[], zone: string): string {
  return entries.map((entry) => `${safeJson(suppressionDocument(entry, zone))}\n`).join('');
}
