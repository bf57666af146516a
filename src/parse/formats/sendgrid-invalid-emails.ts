/**
 * SendGrid's list of invalid addresses: known to be wrong before anything was sent.
 *
 *   reason,email,created
 *   Mail domain mentioned in email address is unknown,a@nosuchdomain.example,1461095250
 */
import { csvExport } from '../export-parser.ts';

export const sendgridInvalidEmails = csvExport({
  name: 'sendgrid-invalid-emails',
  describe: "SendGrid's invalid addresses, exported as CSV",
  columns: ['reason', 'email', 'created'],
  read: (field) => ({
    address: field('email'),
    event: 'dropped',
    status: 'invalid',
    answer: { category: 'esp_suppressed', rule: 'sendgrid-invalid-email' },
    response: field('reason') || undefined,
    time: field('created'),
  }),
});
