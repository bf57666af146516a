/**
 * SendGrid's list of blocks: mail refused for a reason that is not the mailbox. It has the columns of the bounces, so nothing in
 * the file tells which of them it is: `--input sendgrid-blocks` says so.
 *
 *   status,reason,email,created
 *   5.7.1,550 5.7.1 Message rejected due to content,a@example.com,1461095250
 */
import { csvExport } from '../export-parser.ts';

export const sendgridBlocks = csvExport({
  name: 'sendgrid-blocks',
  describe: "SendGrid's blocks, exported as CSV; looks like the bounces, so name it: --input sendgrid-blocks",
  columns: ['status', 'reason', 'email', 'created'],
  read: (field) => ({
    address: field('email'),
    event: 'bounced',
    status: 'blocked',
    answer: { blocked: true },
    dsn: field('status') || undefined,
    response: field('reason') || undefined,
    time: field('created'),
  }),
});
