/** Unsubscriptions from one group of mail in a list of addresses: rows of their own, left out, or one row for each address. */
import type { Suppression } from '../../aggregate/suppression-list.ts';

/**
 * The rows that are for all mail. `leftOut` is told of each address of which only rows for groups are listed. The rows of an
 * address follow each other, the one for all mail first.
 */
export function* withoutGroups(
  rows: Iterable<Suppression>,
  leftOut: (row: Suppression) => void,
): IterableIterator<Suppression> {
  let told: string | undefined;
  for (const row of rows) {
    if (row.unsubscribe_group === '') {
      if (row.state === 'listed') told = row.address;
      yield row;
    } else if (row.state === 'listed' && row.address !== told) {
      told = row.address;
      leftOut(row);
    }
  }
}

/** One row for each address, for what knows no groups: the first that is listed, else the first. Same order as above. */
export function* onePerAddress(rows: Iterable<Suppression>): IterableIterator<Suppression> {
  let best: Suppression | undefined;
  for (const row of rows) {
    if (best !== undefined && best.address !== row.address) {
      yield ofAllMail(best);
      best = undefined;
    }
    if (best === undefined || (best.state !== 'listed' && row.state === 'listed')) best = row;
  }
  if (best !== undefined) yield ofAllMail(best);
}

function ofAllMail(row: Suppression): Suppression {
  return row.unsubscribe_group === '' ? row : { ...row, unsubscribe_group: '' };
}
