import type { Suppression } from '../../aggregate/suppression-list.ts';
import { safeJson } from '../event-ndjson.ts';
import { addressOf, refusesAddress } from './address.ts';
import type { SuppressionExport } from './export-format.ts';

/** Postmark's suppressions of a message stream: https://postmarkapp.com/developer/api/suppressions-api */
export const postmark: SuppressionExport = {
  name: 'postmark',
  describe: 'Postmark: JSON {"Suppressions":[{"EmailAddress","SuppressionReason"}]}',
  whole: true,
  refuses: refusesAddress,
  render: (entries) =>
    `${safeJson(
      {
        Suppressions: entries.map((entry) => ({ EmailAddress: addressOf(entry), SuppressionReason: reasonOf(entry) })),
      },
      2,
    )}\n`,
};

function reasonOf(entry: Suppression): 'HardBounce' | 'SpamComplaint' | 'ManualSuppression' {
  if (entry.category === 'complaint') return 'SpamComplaint';
  return entry.category === 'unsubscribe' || entry.category === 'esp_suppressed' ? 'ManualSuppression' : 'HardBounce';
}
