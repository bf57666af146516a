/**
 * SendGrid's list of blocks: mail refused for a reason that is not the mailbox. It has the columns of the bounces, so the name that
 * SendGrid gives the file decides (suppression_blocks.csv), then what its first rows say; `--input sendgrid-blocks` says so for certain.
 *
 *   status,reason,email,created
 *   5.7.1,550 5.7.1 Message rejected due to content,a@example.com,1461095250
 */
import { csvExport } from '../export-parser.ts';

/** What a receiver holds against the sender or the message. */
const BLOCK = /\bblock|\bspam|reputation|black ?list|\bdmarc\b|\bspf\b|\bdkim\b|\bpolicy\b|rate limit|\b[45]\.7\.\d/i;
/** What it says of the mailbox: one such row, and the list is of bounces. */
const BOUNCE = /unknown|not exist|no such|not found|invalid|disabled|inactive|full|quota|\b5\.[12]\.\d/i;

export const sendgridBlocks = csvExport({
  name: 'sendgrid-blocks',
  describe: "SendGrid's blocks, exported as CSV; known from bounces by the file's name or its first rows",
  columns: ['status', 'reason', 'email', 'created'],
  preferred: (name, rows) => {
    if (/block/i.test(name)) return true;
    if (/bounce/i.test(name)) return false;
    const some = rows.filter((row) => row.trim() !== '').slice(0, 50);
    return some.length > 0 && some.every((row) => BLOCK.test(row) && !BOUNCE.test(row));
  },
  doubt: "SendGrid's bounces have the same columns; if this is their list: --input sendgrid-bounces",
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
