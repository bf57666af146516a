/**
 * SendGrid's global unsubscribes.
 *
 *   email,created
 *   a@example.com,1461095250
 */
import { csvExport } from '../export-parser.ts';

export const sendgridUnsubscribes = csvExport({
  name: 'sendgrid-unsubscribes',
  describe: "SendGrid's global unsubscribes, exported as CSV",
  columns: ['email', 'created'],
  read: (field) => ({
    address: field('email'),
    event: 'unsubscribed',
    status: 'unsubscribe',
    answer: { category: 'unsubscribe', rule: 'sendgrid-unsubscribe' },
    time: field('created'),
  }),
});
