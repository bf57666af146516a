/**
 * The account-level suppression list of Amazon SES, in the form in which it is imported: no heading, no time.
 * https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
 *
 *   a@example.com,BOUNCE
 *   b@example.com,COMPLAINT
 */
import { csvExport } from '../export-parser.ts';

export const sesSuppressions = csvExport({
  name: 'ses-suppressions',
  describe: "Amazon SES's suppression list, CSV without a heading",
  columns: ['address', 'reason'],
  heading: false,
  row: /^"?[^",\s@]{1,320}@[^",\s@]{1,255}"?,[ \t]{0,9}"?(?:BOUNCE|COMPLAINT)"?[ \t\r]{0,9}$/i,
  read: (field) => {
    const complaint = field('reason').toUpperCase() === 'COMPLAINT';
    return {
      address: field('address'),
      event: complaint ? 'complained' : 'dropped',
      status: field('reason'),
      answer: complaint
        ? { category: 'complaint', rule: 'ses-complaint' }
        : { category: 'esp_suppressed', rule: 'ses-bounce' },
    };
  },
});
