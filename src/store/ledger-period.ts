/**
 * The ledger at another moment than now. It keeps what a policy can ask of an address, not each failure: its first, its last, and
 * the latest days with one. What lies between is told by the day.
 */
import { DAY_MS, type LedgerAddress } from '../aggregate/suppression.ts';
import type { Period } from './state.ts';

/**
 * What was known of an address at a moment. The ledger keeps failures by day: where some of its failures come after that moment,
 * those of the days before it are what is left, and the last answer stands for them.
 */
function untilOf(known: LedgerAddress, until: number | undefined): LedgerAddress | undefined {
  if (until === undefined) return known;
  const entries = known.entries.flatMap((entry) => {
    if (entry.last < until) return [entry];
    if (entry.first >= until) return [];
    const days = entry.days.filter((day) => day * DAY_MS < until);
    const last = Math.max(entry.first, Math.min(until, ((days.at(-1) ?? 0) + 1) * DAY_MS) - 1);
    return [{ ...entry, days, last, count: Math.max(1, Math.min(entry.count - 1, days.length)) }];
  });
  if (entries.length === 0) return undefined;
  return {
    ...known,
    entries,
    last_delivery: known.last_delivery < until ? known.last_delivery : Number.NEGATIVE_INFINITY,
  };
}

/**
 * Whether what the ledger keeps of an address leaves open what it was like in a period: it failed both inside and outside, and the
 * end of the period is no day's, or it took mail after the end, which hides whether it did before.
 */
export function isByDay(known: LedgerAddress, { since, until }: Period): boolean {
  const across = (moment: number | undefined): boolean =>
    moment !== undefined &&
    moment % DAY_MS !== 0 &&
    known.entries.some((entry) => entry.first < moment && entry.last >= moment);
  const hidden =
    until !== undefined && known.last_delivery >= until && known.entries.some((entry) => entry.first < until);
  return across(since) || across(until) || hidden;
}

/** An address as the failures of a period leave it: those that the ledger, which keeps days, can tell. */
export function within(known: LedgerAddress, { since, until }: Period): LedgerAddress | undefined {
  const before = untilOf(known, until);
  if (before === undefined || since === undefined) return before;
  const entries = before.entries.flatMap((entry) => {
    if (entry.last < since) return [];
    if (entry.first >= since) return [entry];
    const days = entry.days.filter((day) => (day + 1) * DAY_MS > since);
    return [{ ...entry, days, first: since, count: Math.max(1, Math.min(entry.count - 1, days.length)) }];
  });
  return entries.length === 0 ? undefined : { ...before, entries };
}
