import type { Suppression } from '../../aggregate/suppression-list.ts';
import { neutral } from '../neutral.ts';
import { addressOf } from './address.ts';
import type { SuppressionExport } from './export-format.ts';

/** Addresses alone, one per line. */
export function renderSuppressionList(entries: readonly Suppression[]): string {
  return entries.map((entry) => `${neutral(addressOf(entry))}\n`).join('');
}

/** The same for people: where it is for one group of mail only, that group after a tab. */
export function renderSuppressionText(entries: readonly Suppression[]): string {
  return entries
    .map((entry) => {
      const group = entry.unsubscribe_group === '' ? '' : `\t${neutral(entry.unsubscribe_group)}`;
      return `${neutral(addressOf(entry))}${group}\n`;
    })
    .join('');
}

/** The list for a program that wants no more than addresses. */
export const list: SuppressionExport = {
  name: 'list',
  describe: 'addresses alone, one per line',
  // A line end within an address would make two of it.
  refuses: (entry) => (neutral(entry.address) === entry.address ? undefined : 'holds control characters'),
  render: renderSuppressionList,
};

/**
 * Hashes instead of addresses, one per line, for handing a list on to someone who may compare it with his own but not learn
 * from it. `hash` is given the address in lower case.
 */
export function renderSuppressionHashes(entries: readonly Suppression[], hash: (text: string) => string): string {
  return entries
    .map((entry) => `${hash(addressOf(entry).toLowerCase())}\n`)
    .sort()
    .join('');
}
