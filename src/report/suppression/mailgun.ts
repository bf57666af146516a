import { stringify } from 'csv-stringify/sync';
import { neutral } from '../neutral.ts';
import { serverWords } from '../words.ts';
import { addressOf, askedToStop, refusesAddress } from './address.ts';
import type { SuppressionExport } from './export-format.ts';

/** Mailgun's bounce list: https://documentation.mailgun.com/docs/mailgun/user-manual/suppressions/. `created_at` as RFC 2822 has it. */
export const mailgun: SuppressionExport = {
  name: 'mailgun',
  describe: 'Mailgun bounces: CSV address,code,error,created_at',
  mostBytes: 25_000_000,
  refuses: (entry) =>
    askedToStop(entry)
      ? `is ${entry.category === 'unsubscribe' ? 'an' : 'a'} ${entry.category}, no bounce: Mailgun keeps complaints and unsubscribes in lists of their own`
      : refusesAddress(entry),
  render: (entries) =>
    stringify([
      ['address', 'code', 'error', 'created_at'],
      ...entries.map((entry) => [
        addressOf(entry),
        // Mailgun's own default where no code is known.
        String(entry.reply_code === 0 ? 550 : entry.reply_code),
        neutral(serverWords(entry.evidence.answer)),
        Number.isNaN(entry.last) ? '' : new Date(entry.last).toUTCString().replace(/GMT$/, 'UTC'),
      ]),
    ]),
};
