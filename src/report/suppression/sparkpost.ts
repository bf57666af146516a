import { stringify } from 'csv-stringify/sync';
import type { Suppression } from '../../aggregate/suppression-list.ts';
import { neutral } from '../neutral.ts';
import { serverWords } from '../words.ts';
import { addressOf, refusesAddress } from './address.ts';
import type { SuppressionExport } from './export-format.ts';

/**
 * SparkPost's suppression list: https://developers.sparkpost.com/api/suppression-list/. An entry holds for one type of mail: a
 * mailbox that is gone gets two, someone who asked to stop gets one, for the mail that is not transactional.
 */
export const sparkpost: SuppressionExport = {
  name: 'sparkpost',
  describe: 'SparkPost: CSV recipient,type,source,description',
  refuses: refusesAddress,
  render: (entries) =>
    stringify([
      ['recipient', 'type', 'source', 'description'],
      ...entries.flatMap((entry) =>
        typesOf(entry).map((type) => [
          addressOf(entry),
          type,
          sourceOf(entry),
          neutral(serverWords(entry.evidence.answer)),
        ]),
      ),
    ]),
};

function typesOf(entry: Suppression): readonly string[] {
  return entry.category === 'unsubscribe' ? ['non_transactional'] : ['transactional', 'non_transactional'];
}

function sourceOf(entry: Suppression): string {
  if (entry.category === 'complaint') return 'Spam Complaint';
  if (entry.category === 'unsubscribe') return 'List Unsubscribe';
  return entry.category === 'esp_suppressed' ? 'Manually Added' : 'Bounce Rule';
}
