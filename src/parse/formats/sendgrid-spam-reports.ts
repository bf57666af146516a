/**
 * SendGrid's list of spam reports.
 *
 *   ip,email,created
 *   192.0.2.7,a@example.com,1461095250
 */
import { csvExport } from '../export-parser.ts';

export const sendgridSpamReports = csvExport({
  name: 'sendgrid-spam-reports',
  describe: "SendGrid's spam reports, exported as CSV",
  columns: ['ip', 'email', 'created'],
  read: (field) => ({
    address: field('email'),
    event: 'complained',
    status: 'spamreport',
    answer: { category: 'complaint', rule: 'sendgrid-spamreport' },
    time: field('created'),
  }),
});
