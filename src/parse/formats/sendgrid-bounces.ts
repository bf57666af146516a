/**
 * SendGrid's bounce list, as the site and the API export it: https://www.twilio.com/docs/sendgrid/ui/sending-email/bounces
 *
 *   status,reason,email,created
 *   5.1.1,550 5.1.1 The email account that you tried to reach does not exist.,a@example.com,1461095250
 */
import { csvExport } from '../export-parser.ts';

export const sendgridBounces = csvExport({
  name: 'sendgrid-bounces',
  describe: "SendGrid's bounces, exported as CSV",
  doubt: "SendGrid's blocks have the same columns; if this is their list: --input sendgrid-blocks",
  columns: ['status', 'reason', 'email', 'created'],
  read: (field) => ({
    address: field('email'),
    event: 'bounced',
    status: 'bounce',
    dsn: field('status') || undefined,
    response: field('reason') || undefined,
    time: field('created'),
  }),
});
