/**
 * The events by any key: recipient domain, provider, sender, … Each key has its counters, the delays of its deliveries, and the
 * reasons for what was not delivered, with the first answer of each reason in the server's words.
 */
import type { Category, DeliveryEvent } from '../event/index.ts';
import type { TallyFold } from './combine.ts';
import { COUNTER_NAMES, type Counters, rate, Tally } from './counters.ts';
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
  type Reason,
  type ReasonCounts,
} from './reasons.ts';

export const DEFAULT_MAX_KEYS = 200_000;

/** Its own `add` can be told that the event's reason is told elsewhere. */
export interface GroupFold extends Omit<TallyFold<GroupTable, GroupRow[]>, 'add'> {
  add(table: GroupTable, event: DeliveryEvent, tally?: Tally, reasonIsTold?: boolean): void;
  /** The row of an event's key, made where there is none. */
  rowOf(table: GroupTable, event: DeliveryEvent): number;
}

/**
 * A fold by one key.
 * @param maxKeys that many keys are kept, later ones add to `(other)`, so sums stay exact
 * @param plain counts deliveries by their numbers in the table that is made: one only
 */
export function foldGroups(groupKey: GroupKey, maxKeys = DEFAULT_MAX_KEYS, plain?: PlainDeliveries): GroupFold {
  const key: KeyOfEvent = GROUP_KEYS[groupKey];
  const partnerOf: KeyOfEvent['of'] = GROUP_KEYS[PARTNERS[groupKey]].of;
  const inbound = INBOUND_EVENTS[groupKey];
  const tellsOfReceived = TELL_OF_RECEIVED.has(groupKey);
  const { counted } = key;
  const finder = new RowFinder(key, maxKeys);
  const own = new Tally();
  return {
    create: () => new GroupTable(counted === undefined ? undefined : plain?.addTable(counted, maxKeys)),
    rowOf: (table, event) => finder.rowOf(table, event),
    add(table, event, tally = own.of(event), reasonIsTold = false) {
      const name = event.event;
      // Mail received: it is not said yet for whom.
      if (name === 'processed' && event.domain === undefined) {
        if (!tellsOfReceived) return;
      } else if (inbound !== undefined) {
        if (name !== inbound) return;
      } else if (name === 'warning' || name === 'rejected' || name === 'reject_warning') return;
      const row = finder.rowOf(table, event);
      table.add(row, tally);
      if (tally.delaySign === 0) {
        if (!reasonIsTold) table.setReason(row, addReason(table.ownReasonOf(row), event, tally, partnerOf));
      } else if (tally.delayBucket >= 0) table.delays.add(row, tally.delayBucket, tally.delaySign);
      else if (tally.delays !== undefined)
        for (const [bucket, count] of tally.delays) table.delays.add(row, bucket, tally.delaySign * count);
    },
    merge(a, b) {
      for (let theirs = 0; theirs < b.size; theirs++) {
        const row = a.rowOf(b.keyOf(theirs), maxKeys);
        a.addRowOf(b, theirs, row);
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
export function groupRows(table: GroupTable, words?: RowWords): GroupRow[] {
  return firstGroups(table, Number.POSITIVE_INFINITY, 0, 'worst', words).rows;
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
  words?: RowWords,
): { rows: GroupRow[]; total: number } {
  const { rows } = table;
  const { columns, compare } = ORDERS[order];
  const ranking: Ranking = { table, enough: enoughDeferred(rows.sumOf(MESSAGES)) };
  const other = table.find(OTHER_KEY);
  const isOmitted = other >= 0 && table.valueAt(other, MESSAGES) < leastMessages;
  const total = (leastMessages > 0 ? rows.reaching(MESSAGES, leastMessages).length : table.size) + (isOmitted ? 1 : 0);
  const from = Math.min(limit, total);
  if (from === 0) return { rows: [], total };
  // Rates are compared where enough was deferred: of those that reach it, which are first the counters do not say.
  const enough = order === 'worst' ? ranking.enough : Number.POSITIVE_INFINITY;
  const foremost = rows.foremost(columns, MESSAGES, leastMessages, from, enough);
  const best = firstOf(foremost, limit, (a, b) => compare(ranking, a, b));
  if (isOmitted) best.push(other);
  best.sort((a, b) => compare(ranking, a, b));
  return { rows: best.slice(0, limit).map(rowMaker(table, words)), total };
}

/** The first `limit` of some rows and perhaps a few more, in no order. */
function firstOf(rows: ArrayLike<number>, limit: number, compare: (a: number, b: number) => number): number[] {
  // Twice as many as wanted are gathered, then the better half is kept: its last one is the bar for all that follow.
  let best: number[] = [];
  let bar = -1;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (bar >= 0 && compare(row, bar) > 0) continue;
    best.push(row);
    if (best.length >= 2 * limit + 100) {
      best = best.sort(compare).slice(0, limit);
      bar = best[limit - 1] ?? -1;
    }
  }
  return best;
}

/** The rows of the groups that reach all of these figures, in no order. @param least the one that fewest reach first */
export function groupsReaching(table: GroupTable, least: Readonly<Partial<Counters>>): GroupRow[] {
  const [first, ...others] = Object.entries(least).map(
    ([name, limit]) => [COUNTER_NAMES.indexOf(name as keyof Counters), limit] as const,
  );
  const found: GroupRow[] = [];
  if (first === undefined) return found;
  const groupRow = rowMaker(table);
  const rows = table.rows.reaching(...first);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (others.every(([column, limit]) => table.valueAt(row, column) >= limit)) found.push(groupRow(row));
  }
  return found;
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

/** What rows of a table are compared by. */
interface Ranking {
  readonly table: GroupTable;
  /** See enoughDeferred. */
  readonly enough: number;
}

type Compare = (ranking: Ranking, a: number, b: number) => number;

/** By rate of messages, then of attempts, then by number; equal rows by name, so that two days' reports can be compared. */
function worstFirst({ table, enough }: Ranking, a: number, b: number): number {
  const more = (column: number): number => table.valueAt(b, column) - table.valueAt(a, column);
  if (table.valueAt(a, MESSAGES_DEFERRED) >= enough || table.valueAt(b, MESSAGES_DEFERRED) >= enough) {
    // −1 where so few were deferred that the rate says nothing.
    const rateOf = (row: number, part: number, whole: number): number =>
      table.valueAt(row, MESSAGES_DEFERRED) >= enough && table.valueAt(row, whole) > 0
        ? table.valueAt(row, part) / table.valueAt(row, whole)
        : -1;
    const byMessage = rateOf(b, MESSAGES_DEFERRED, MESSAGES) - rateOf(a, MESSAGES_DEFERRED, MESSAGES);
    if (byMessage !== 0) return byMessage;
    const byAttempt = rateOf(b, DEFERRALS, ATTEMPTS) - rateOf(a, DEFERRALS, ATTEMPTS);
    if (byAttempt !== 0) return byAttempt;
  }
  return (
    more(MESSAGES_DEFERRED) ||
    more(DEFERRALS) ||
    more(BOUNCED) ||
    more(MESSAGES) ||
    compareText(table.keyOf(a), table.keyOf(b))
  );
}

function mostFirst(columns: readonly number[]): Compare {
  return (ranking, a, b) => {
    const { table } = ranking;
    for (const column of columns) {
      const more = table.valueAt(b, column) - table.valueAt(a, column);
      if (more !== 0) return more;
    }
    return worstFirst(ranking, a, b);
  };
}

const BY_MESSAGES = [MESSAGES, RECEIVED];
const BY_BYTES = [BYTES, MESSAGES];

/**
 * In which order rows come: worst deferral rate first, or most messages, or most bytes delivered; and the columns that tell it where
 * they differ.
 */
const ORDERS = {
  worst: { columns: [MESSAGES_DEFERRED, DEFERRALS, BOUNCED, MESSAGES], compare: worstFirst },
  messages: { columns: BY_MESSAGES, compare: mostFirst(BY_MESSAGES) },
  bytes: { columns: BY_BYTES, compare: mostFirst(BY_BYTES) },
} as const satisfies Record<string, { columns: readonly number[]; compare: Compare }>;
export type Order = keyof typeof ORDERS;

/** What a report puts to a table's rows: what a key is called by people, what its reasons ask for. */
export interface RowWords {
  name?(key: string): string | undefined;
  reasons?(reasons: readonly ReasonRow[]): readonly ReasonRow[];
}

/**
 * Makes the rows of a table. Delays and reasons are looked up when they are asked for, and known of the row that was asked last: of a
 * table with all its rows, few are looked at and each once.
 */
class RowMaker {
  readonly table: GroupTable;
  readonly words: RowWords;
  #delaysOf = -1;
  #delays: ReturnType<typeof delayFigures> | undefined;
  #reasonsOf = -1;
  #reasons: readonly ReasonRow[] = [];

  constructor(table: GroupTable, words: RowWords = {}) {
    this.table = table;
    this.words = words;
  }

  delays(row: number): ReturnType<typeof delayFigures> {
    if (this.#delays === undefined || this.#delaysOf !== row) this.#delays = delayFigures(this.table.delays.of(row));
    this.#delaysOf = row;
    return this.#delays;
  }

  reasons(row: number): readonly ReasonRow[] {
    if (this.#reasonsOf !== row) {
      const all = Array.from(eachReason(this.table.reasonOf(row)), reasonRow);
      all.sort((a, b) => b.count - a.count || b.expired - a.expired || compareText(a.category, b.category));
      this.#reasons = this.words.reasons?.(all) ?? all;
    }
    this.#reasonsOf = row;
    return this.#reasons;
  }
}

/** The members are its own, as those of a plain object; the getters are the same for all, so that all have one shape. */
class LazyRow {
  readonly #maker: RowMaker;
  readonly #row: number;
  readonly key: string;

  constructor(maker: RowMaker, row: number) {
    this.#maker = maker;
    this.#row = row;
    this.key = maker.table.keyOf(row);
    const name = maker.words.name?.(this.key);
    const counters = maker.table.countersOf(row);
    Object.assign(this, name === undefined ? undefined : { name }, counters, rates(counters));
    Object.defineProperties(this, LazyRow.#LATER);
  }

  static readonly #LATER: PropertyDescriptorMap & ThisType<LazyRow> = {
    delay_median: {
      enumerable: true,
      get() {
        return this.#maker.delays(this.#row).delay_median;
      },
    },
    delay_p95: {
      enumerable: true,
      get() {
        return this.#maker.delays(this.#row).delay_p95;
      },
    },
    delay_max: {
      enumerable: true,
      get() {
        return this.#maker.delays(this.#row).delay_max;
      },
    },
    reasons: {
      enumerable: true,
      get() {
        return this.#maker.reasons(this.#row);
      },
    },
  };
}

function rowMaker(table: GroupTable, words?: RowWords): (row: number) => GroupRow {
  const maker = new RowMaker(table, words);
  return (row) => new LazyRow(maker, row) as unknown as GroupRow;
}

function reasonRow(reason: Reason): ReasonRow {
  const { category, deferrals, bounced, expired, dropped, rejected, example } = reason;
  let partners: ReasonRow['partners'] | undefined;
  return {
    category,
    deferrals,
    bounced,
    expired,
    dropped,
    rejected,
    example,
    count: deferrals + bounced + dropped + rejected,
    // There may be a thousand, and few reports show any.
    get partners() {
      partners ??= partnersOf(reason).sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]));
      return partners;
    },
  };
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
