/**
 * The events by any key: recipient domain, provider, sender, … Each key has its counters, the delays of its deliveries, and the
 * reasons for what was not delivered, with the first answer of each reason in the server's words.
 */
import type { Category } from '../event/index.ts';
import type { TallyFold } from './combine.ts';
import { COUNTER_COLUMNS, COUNTER_NAMES, type Counters, countersAt, rate, Tally } from './counters.ts';
import { type DelayHistogram, longest, quantile } from './delays.ts';
import {
  GROUP_KEYS,
  type GroupKey,
  INBOUND_EVENTS,
  type KeyOfEvent,
  PARTNERS,
  RowFinder,
  TELL_OF_RECEIVED,
} from './group-keys.ts';
import { GroupTable } from './group-table.ts';
import type { PlainDeliveries } from './plain-deliveries.ts';
import {
  addReason,
  type Example,
  eachReason,
  mergeReasons,
  OTHER_KEY,
  partnersOf,
  type ReasonCounts,
} from './reasons.ts';

export const DEFAULT_MAX_KEYS = 200_000;

/**
 * A fold by one key.
 * @param maxKeys that many keys are kept, later ones add to `(other)`, so sums stay exact
 * @param plain counts deliveries by their numbers in the table that is made: one only
 */
export function foldGroups(
  groupKey: GroupKey,
  maxKeys = DEFAULT_MAX_KEYS,
  plain?: PlainDeliveries,
): TallyFold<GroupTable, GroupRow[]> {
  const key: KeyOfEvent = GROUP_KEYS[groupKey];
  const partnerOf: KeyOfEvent['of'] = GROUP_KEYS[PARTNERS[groupKey]].of;
  const inbound = INBOUND_EVENTS[groupKey];
  const tellsOfReceived = TELL_OF_RECEIVED.has(groupKey);
  const { counted } = key;
  const finder = new RowFinder(key, maxKeys);
  const own = new Tally();
  return {
    create: () => new GroupTable(counted === undefined ? undefined : plain?.addTable(counted, maxKeys)),
    add(table, event, tally = own.of(event)) {
      const name = event.event;
      // Mail received: it is not said yet for whom.
      if (name === 'processed' && event.domain === undefined) {
        if (!tellsOfReceived) return;
      } else if (inbound !== undefined) {
        if (name !== inbound) return;
      } else if (name === 'warning' || name === 'rejected' || name === 'reject_warning') return;
      const row = finder.rowOf(table, event);
      tally.addTo(table.sums, row * COUNTER_COLUMNS);
      if (tally.delaySign === 0) table.setReason(row, addReason(table.ownReasonOf(row), event, tally, partnerOf));
      else if (tally.delayBucket >= 0) table.delays.add(row, tally.delayBucket, tally.delaySign);
      else if (tally.delays !== undefined)
        for (const [bucket, count] of tally.delays) table.delays.add(row, bucket, tally.delaySign * count);
    },
    merge(a, b) {
      for (let theirs = 0; theirs < b.size; theirs++) {
        const row = a.rowOf(b.keyOf(theirs), maxKeys);
        const to = row * COUNTER_COLUMNS;
        const from = theirs * COUNTER_COLUMNS;
        for (let column = 0; column < COUNTER_COLUMNS; column++) a.sums[to + column]! += b.sums[from + column]!;
        a.setReason(row, mergeReasons(a.ownReasonOf(row), b.reasonOf(theirs)));
      }
      for (const [theirs, bucket, count] of b.delays) a.delays.add(a.rowOf(b.keyOf(theirs), maxKeys), bucket, count);
      a.overflow ||= b.overflow;
      return a;
    },
    extract: (table) => groupRows(table),
  };
}

/** Whether the rows of a table can be told by the numbers of deliveries. */
export function isCounted(key: GroupKey): boolean {
  return (GROUP_KEYS[key] as KeyOfEvent).counted !== undefined;
}

/** A reason as reports read it. `count` = deferrals + bounced + dropped + rejected: an expiry only ends what the deferrals began. */
export interface ReasonRow extends ReasonCounts {
  readonly category: Category;
  readonly example: Example;
  readonly count: number;
  /** Most first. */
  readonly partners: readonly (readonly [key: string, count: number])[];
}

/** A key's row as reports read it. Rates are null where nothing was tried; delays in seconds, null without deliveries. */
export interface GroupRow extends Counters {
  readonly key: string;
  readonly deferral_rate_by_message: number | null;
  readonly deferral_rate_by_attempt: number | null;
  readonly bounce_rate: number | null;
  readonly delay_median: number | null;
  readonly delay_p95: number | null;
  readonly delay_max: number | null;
  /** Heaviest first. */
  readonly reasons: readonly ReasonRow[];
}

/** The rows of a table, worst deferral rate first. */
export function groupRows(table: GroupTable): GroupRow[] {
  return firstGroups(table, Number.POSITIVE_INFINITY, 0).rows;
}

/**
 * The first `limit` of a table's rows in an order, and how many there are. A busy relay's log has sixty thousand domains and a report shows
 * twenty: groups are ranked by figures at hand, and only rows that are wanted are made.
 * @param leastMessages groups with fewer are passed over, but for `(other)`
 */
export function firstGroups(
  table: GroupTable,
  limit: number,
  leastMessages: number,
  order: Order = 'worst',
): { rows: GroupRow[]; total: number } {
  const first = ORDERS[order];
  let best: Ranked[] = [];
  let total = 0;
  let messages = 0;
  const { size, sums } = table;
  for (let row = 0; row < size; row++) messages += sums[row * COUNTER_COLUMNS + MESSAGES]!;
  const enough = enoughDeferred(messages);
  // Twice as many as wanted are gathered, then the better half is kept: its last one is the bar for all that follow.
  let bar: Ranked | undefined;
  for (let row = 0; row < size; row++) {
    if (sums[row * COUNTER_COLUMNS + MESSAGES]! < leastMessages && table.keyOf(row) !== OTHER_KEY) continue;
    total++;
    if (bar !== undefined && order === 'worst') {
      // Most rows have nothing deferred, and are told by that alone.
      const deferred = sums[row * COUNTER_COLUMNS + MESSAGES_DEFERRED]!;
      if (deferred < enough && (bar.byMessage >= 0 || deferred < bar.messagesDeferred)) continue;
    }
    const ranked = new Ranked(table, row, enough);
    if (bar !== undefined && first(ranked, bar) > 0) continue;
    best.push(ranked);
    if (best.length >= 2 * limit + 100) {
      best = best.sort(first).slice(0, limit);
      bar = best[limit - 1];
    }
  }
  best.sort(first);
  return { rows: best.slice(0, limit).map(({ row }) => groupRow(table, row)), total };
}

/** The rows of the groups that reach all of these figures, in no order. */
export function groupsReaching(table: GroupTable, least: Readonly<Partial<Counters>>): GroupRow[] {
  const limits = Object.entries(least).map(
    ([name, limit]) => [COUNTER_NAMES.indexOf(name as keyof Counters), limit] as const,
  );
  const rows: GroupRow[] = [];
  const { size, sums } = table;
  nextRow: for (let row = 0; row < size; row++) {
    const at = row * COUNTER_COLUMNS;
    for (const [column, limit] of limits) if (!(sums[at + column]! >= limit)) continue nextRow;
    rows.push(groupRow(table, row));
  }
  return rows;
}

const MESSAGES = COUNTER_NAMES.indexOf('messages');
const MESSAGES_DEFERRED = COUNTER_NAMES.indexOf('messages_deferred');
const ATTEMPTS = COUNTER_NAMES.indexOf('attempts');
const DEFERRALS = COUNTER_NAMES.indexOf('deferrals');
const BOUNCED = COUNTER_NAMES.indexOf('bounced');
const BYTES = COUNTER_NAMES.indexOf('bytes');
const RECEIVED = COUNTER_NAMES.indexOf('processed');

/**
 * From how many deferred messages on a rate says something, in a log of so many messages: one of one is 100%. One in a thousand,
 * but no less than three and no more than twenty.
 */
export function enoughDeferred(messages: number): number {
  return Math.max(3, Math.min(20, Math.ceil(messages / 1000)));
}

class Ranked {
  readonly table: GroupTable;
  readonly row: number;
  /** −1 where so few were deferred that the rate says nothing. */
  readonly byMessage: number;
  readonly byAttempt: number;
  readonly messagesDeferred: number;
  readonly deferrals: number;
  readonly bounced: number;
  readonly messages: number;
  readonly bytes: number;
  readonly received: number;

  constructor(table: GroupTable, row: number, enough: number) {
    const { sums } = table;
    const at = row * COUNTER_COLUMNS;
    const attempts = sums[at + ATTEMPTS]!;
    this.table = table;
    this.row = row;
    this.messages = sums[at + MESSAGES]!;
    this.bytes = sums[at + BYTES]!;
    this.received = sums[at + RECEIVED]!;
    this.deferrals = sums[at + DEFERRALS]!;
    this.bounced = sums[at + BOUNCED]!;
    this.messagesDeferred = sums[at + MESSAGES_DEFERRED]!;
    const telling = this.messagesDeferred >= enough;
    this.byMessage = telling ? this.messagesDeferred / this.messages : -1;
    this.byAttempt = telling && attempts > 0 ? this.deferrals / attempts : -1;
  }
}

/** By rate of messages, then of attempts, then by number; equal rows by name, so that two days' reports can be compared. */
function worstRankedFirst(a: Ranked, b: Ranked): number {
  if (a.byMessage !== b.byMessage) return b.byMessage - a.byMessage;
  if (a.byAttempt !== b.byAttempt) return b.byAttempt - a.byAttempt;
  return (
    b.messagesDeferred - a.messagesDeferred ||
    b.deferrals - a.deferrals ||
    b.bounced - a.bounced ||
    b.messages - a.messages ||
    compareText(a.table.keyOf(a.row), b.table.keyOf(b.row))
  );
}

/** In which order rows come: worst deferral rate first, or most messages, or most bytes delivered. */
const ORDERS = {
  worst: worstRankedFirst,
  messages: (a: Ranked, b: Ranked) => b.messages - a.messages || b.received - a.received || worstRankedFirst(a, b),
  bytes: (a: Ranked, b: Ranked) => b.bytes - a.bytes || b.messages - a.messages || worstRankedFirst(a, b),
} as const;
export type Order = keyof typeof ORDERS;

function groupRow(table: GroupTable, row: number): GroupRow {
  const key = table.keyOf(row);
  const counters = countersAt(table.sums, row);
  const figures = { key, ...counters, ...rates(counters), ...delayFigures(table.delays.of(row)) };
  const reasons: ReasonRow[] = [];
  for (const reason of eachReason(table.reasonOf(row))) {
    const { category, deferrals, bounced, expired, dropped, rejected, example } = reason;
    reasons.push({
      category,
      deferrals,
      bounced,
      expired,
      dropped,
      rejected,
      example,
      count: deferrals + bounced + dropped + rejected,
      partners: partnersOf(reason).sort((a, b) => b[1] - a[1] || compareText(a[0], b[0])),
    });
  }
  reasons.sort((a, b) => b.count - a.count || b.expired - a.expired || compareText(a.category, b.category));
  return { ...figures, reasons };
}

/** Both deferral rates and the bounce rate (bounced ÷ messages), unrounded. */
export function rates(
  c: Readonly<Counters>,
): Pick<GroupRow, 'deferral_rate_by_message' | 'deferral_rate_by_attempt' | 'bounce_rate'> {
  return {
    deferral_rate_by_message: rate(c.messages_deferred, c.messages),
    deferral_rate_by_attempt: rate(c.deferrals, c.attempts),
    bounce_rate: rate(c.bounced, c.messages),
  };
}

/** Median, 95th percentile and upper bound of the delay of deliveries, seconds. */
export function delayFigures(delays: DelayHistogram): Pick<GroupRow, 'delay_median' | 'delay_p95' | 'delay_max'> {
  const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
  return {
    delay_median: seconds(quantile(delays, 0.5)),
    delay_p95: seconds(quantile(delays, 0.95)),
    delay_max: seconds(longest(delays)),
  };
}

/** By code unit: the same on every machine, whatever its language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
