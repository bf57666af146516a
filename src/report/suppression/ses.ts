import { stringify } from 'csv-stringify/sync';
import type { Suppression } from '../../aggregate/suppression-list.ts';
import { safeJson } from '../event-ndjson.ts';
import { addressOf, refusesAddress } from './address.ts';
import type { SuppressionExport } from './export-format.ts';

/** One import job takes at most so many: https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html */
const MOST = 100_000;

function refuses(entry: Suppression): string | undefined {
  return entry.category === 'unsubscribe'
    ? 'is an unsubscribe: the account-level list of Amazon SES knows bounces and complaints only'
    : refusesAddress(entry);
}

function reasonOf(entry: Suppression): 'BOUNCE' | 'COMPLAINT' {
  return entry.category === 'complaint' ? 'COMPLAINT' : 'BOUNCE';
}

/** The account-level suppression list of Amazon SES, as CSV without a heading. */
export const ses: SuppressionExport = {
  name: 'ses',
  describe: 'Amazon SES: CSV without a heading, address,BOUNCE|COMPLAINT',
  most: MOST,
  refuses,
  render: (entries) => stringify(entries.map((entry) => [addressOf(entry), reasonOf(entry)])),
};

/** The same as NDJSON, SES's other import format. */
export const sesNdjson: SuppressionExport = {
  name: 'ses-ndjson',
  describe: 'Amazon SES: NDJSON {"emailAddress","reason"}',
  most: MOST,
  refuses,
  render: (entries) =>
    entries.map((entry) => `${safeJson({ emailAddress: addressOf(entry), reason: reasonOf(entry) })}\n`).join(''),
};
