/**
 * The same list as JSON: NDJSON for import, or what `aws sesv2 list-suppressed-destinations` prints.
 *
 *   {"emailAddress":"a@example.com","reason":"BOUNCE"}
 *   {"SuppressedDestinationSummaries":[{"EmailAddress":"a@example.com","Reason":"BOUNCE","LastUpdateTime":"2026-01-02T03:04:05Z"}]}
 */
import { jsonExport } from '../export-parser.ts';

export const sesSuppressionsJson = jsonExport({
  name: 'ses-suppressions-json',
  describe: "Amazon SES's suppression list, NDJSON or the answer of its API",
  marks: [/"emailAddress"\s*:/i, /"reason"\s*:\s*"(?:BOUNCE|COMPLAINT)"/i],
  list: 'SuppressedDestinationSummaries',
  read: (field) => {
    const reason = (field('reason') || field('Reason')).toUpperCase();
    return {
      address: field('emailAddress') || field('EmailAddress'),
      event: reason === 'COMPLAINT' ? 'complained' : 'dropped',
      status: reason,
      answer:
        reason === 'COMPLAINT'
          ? { category: 'complaint', rule: 'ses-complaint' }
          : { category: 'esp_suppressed', rule: 'ses-bounce' },
      time: field('LastUpdateTime') || field('lastUpdateTime'),
    };
  },
});
