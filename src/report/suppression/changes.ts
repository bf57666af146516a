/** What changes between two lists: the list in use and the one the logs give, or the lists of two policies. */
import type { Suppression } from '../../aggregate/suppression-list.ts';
import { integer, plural } from '../figures.ts';
import { neutral } from '../neutral.ts';
import type { Style } from '../style.ts';
import { ellipsis } from '../table.ts';
import { serverWords } from '../words.ts';

/** Whether an entry is on the list in use: made by the reader of that list. */
export type InUse = (entry: Suppression) => boolean;

export interface ListChanges {
  /** Listed, and not in use yet. */
  readonly added: readonly Suppression[];
  /** In use, and lifted since: may be mailed again. */
  readonly lifted: readonly Suppression[];
  /** In use and listed. */
  readonly unchanged: readonly Suppression[];
  /** In use, of which the logs know nothing: left as they are. */
  readonly unknown: number;
}

/** Compares what a policy says of each address with the list in use, which holds `size` addresses. */
export function listChanges(entries: readonly Suppression[], inUse: InUse, size: number): ListChanges {
  const added: Suppression[] = [];
  const lifted: Suppression[] = [];
  const unchanged: Suppression[] = [];
  for (const entry of entries) {
    const used = inUse(entry);
    if (entry.state === 'listed') (used ? unchanged : added).push(entry);
    else if (used) lifted.push(entry);
  }
  return { added, lifted, unchanged, unknown: Math.max(0, size - unchanged.length - lifted.length) };
}

/** `+` added, `-` lifted, one per line, and a sum. */
export function renderListChanges(changes: ListChanges, style: Style): string {
  const { color } = style;
  const lines = [
    ...changes.added.map((entry) => color.red(ellipsis(`+ ${line(entry)}`, style.width))),
    ...changes.lifted.map((entry) => color.green(ellipsis(`- ${line(entry)}`, style.width))),
    `${plural(changes.added.length, 'address', 'addresses')} added, ${integer(changes.lifted.length)} lifted, ${integer(
      changes.unchanged.length,
    )} unchanged${changes.unknown > 0 ? `, ${integer(changes.unknown)} in use of which these inputs say nothing` : ''}`,
  ];
  return `${lines.join('\n')}\n`;
}

function line(entry: Suppression): string {
  const group = entry.unsubscribe_group === '' ? '' : ` (group ${neutral(entry.unsubscribe_group)})`;
  return `${neutral(entry.address)}  ${entry.category}${group}  ${neutral(serverWords(entry.evidence.answer))}`;
}

export interface PolicyChanges {
  readonly from: string;
  readonly to: string;
  /** Listed by `to` alone, and by `from` alone. */
  readonly added: readonly Suppression[];
  readonly removed: readonly Suppression[];
  readonly unchanged: number;
}

/** What another policy would list. Both lists are of the same ledger. */
export function policyChanges(
  from: { readonly name: string; readonly entries: readonly Suppression[] },
  to: { readonly name: string; readonly entries: readonly Suppression[] },
): PolicyChanges {
  const listed = (entries: readonly Suppression[]): Map<string, Suppression> =>
    new Map(
      entries
        .filter((entry) => entry.state === 'listed')
        .map((entry) => [`${entry.address.toLowerCase()}\t${entry.unsubscribe_group}`, entry]),
    );
  const before = listed(from.entries);
  const after = listed(to.entries);
  const added = [...after].filter(([key]) => !before.has(key)).map(([, entry]) => entry);
  const removed = [...before].filter(([key]) => !after.has(key)).map(([, entry]) => entry);
  return { from: from.name, to: to.name, added, removed, unchanged: after.size - added.length };
}

/** The same as text. */
export function renderPolicyChanges(changes: PolicyChanges, style: Style): string {
  const { color } = style;
  const lines = [
    ...changes.added.map((entry) => color.red(ellipsis(`+ ${line(entry)}`, style.width))),
    ...changes.removed.map((entry) => color.green(ellipsis(`- ${line(entry)}`, style.width))),
    `${changes.to} instead of ${changes.from}: ${plural(changes.added.length, 'address', 'addresses')} more, ${integer(
      changes.removed.length,
    )} fewer, ${integer(changes.unchanged)} the same`,
  ];
  return `${lines.join('\n')}\n`;
}
