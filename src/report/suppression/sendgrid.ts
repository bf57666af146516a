import { stringify } from 'csv-stringify/sync';
import { neutral } from '../neutral.ts';
import { serverWords } from '../words.ts';
import { addressOf, askedToStop, refusesAddress } from './address.ts';
import type { SuppressionExport } from './export-format.ts';

/** SendGrid's bounce list: https://www.twilio.com/docs/sendgrid/ui/sending-email/bounces. `created` is in seconds since 1970. */
export const sendgrid: SuppressionExport = {
  name: 'sendgrid',
  describe: 'SendGrid bounces: CSV status,reason,email,created',
  refuses: (entry) =>
    askedToStop(entry)
      ? `is ${entry.category === 'unsubscribe' ? 'an' : 'a'} ${entry.category}, no bounce: SendGrid keeps spam reports and unsubscribes in lists of their own`
      : refusesAddress(entry),
  render: (entries) =>
    stringify([
      ['status', 'reason', 'email', 'created'],
      ...entries.map((entry) => [
        entry.evidence.enhanced_code || (entry.reply_code === 0 ? '' : String(entry.reply_code)),
        neutral(serverWords(entry.evidence.answer)),
        addressOf(entry),
        Number.isNaN(entry.last) ? '' : String(Math.floor(entry.last / 1000)),
      ]),
    ]),
};
