/**
 * Mailgun's bounce list: https://documentation.mailgun.com/docs/mailgun/user-manual/suppressions/
 *
 *   address,code,error,created_at
 *   a@example.com,550,No such mailbox,"Fri, 21 Oct 2011 11:02:55 UTC"
 */
import { csvExport } from '../export-parser.ts';

export const mailgunBounces = csvExport({
  name: 'mailgun-bounces',
  describe: "Mailgun's bounces, exported as CSV",
  columns: ['address', 'code', 'error', 'created_at'],
  read: (field) => ({
    address: field('address'),
    event: 'bounced',
    status: 'bounce',
    response: responseOf(field('code'), field('error')),
    time: field('created_at'),
  }),
});

/** The code stands apart; where the text does not begin with one, it belongs there. */
function responseOf(code: string, error: string): string | undefined {
  const text = error.trim();
  if (!/^[2-5]\d\d$/.test(code) || /^[2-5]\d\d(?!\d)/.test(text)) return text || undefined;
  return `${code} ${text}`.trim();
}
