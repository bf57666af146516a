import type { Suppression } from '../../aggregate/suppression-list.ts';
import { addressOf, refusesAddress } from './address.ts';
import type { SuppressionExport } from './export-format.ts';

/** The enhanced code for each category (RFC 3463, RFC 5248's registry); 5.7.1 for what the recipient asked for. */
const CODES: Readonly<Record<string, string>> = {
  invalid_recipient: '5.1.1',
  invalid_domain: '5.1.2',
  mailbox_moved: '5.1.6',
  null_mx: '5.1.10',
  mailbox_disabled: '5.2.1',
  mailbox_full: '5.2.2',
};

/**
 * A Postfix access(5) map, for `check_recipient_access hash:/etc/postfix/suppressed`. The text is ours, not the log's, and the
 * date is that of the last failure in UTC.
 */
export const postfix: SuppressionExport = {
  name: 'postfix',
  describe: 'Postfix access map: address 550 5.1.1 text (then: postmap hash:FILE)',
  refuses: (entry) =>
    /^[#"]/.test(entry.address)
      ? 'begins with a character that a Postfix table takes for its own'
      : refusesAddress(entry),
  render: (entries) => entries.map((entry) => `${addressOf(entry).toLowerCase()} ${resultOf(entry)}\n`).join(''),
};

function resultOf(entry: Suppression): string {
  const code =
    CODES[entry.category] ?? (entry.evidence.enhanced_code.startsWith('5.') ? entry.evidence.enhanced_code : '5.7.1');
  const last = Number.isNaN(entry.last) ? '' : `, last on ${new Date(entry.last).toISOString().slice(0, 10)}`;
  return `550 ${code} Suppressed: ${entry.category}${last}`;
}
