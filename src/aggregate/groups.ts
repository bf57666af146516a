/**
 * The events by any key: recipient domain, provider, sender, … Each key has its counters, the delays of its deliveries, and the
 * reasons for what was not delivered, with the first answer of each reason in the server's words.
 */
import type { Category, DeliveryEvent, DeliveryNumbers, Names } from '../event/index.ts';
import type { CountingFold } from './combine.ts';
import {
  addFirstDelivery,
  COUNTER_COLUMNS,
  COUNTER_NAMES,
  type Counters,
  countersAt,
  rate,
  Tally,
} from './counters.ts';
import { type DelayHistogram, DelayTable, quantile } from './delays.ts';
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
import { refusalOf } from './refusal.ts';

export { ANSWER_LIMIT, type Example, OTHER_KEY } from './reasons.ts';

/** The key of events that do not say. */
export const NO_KEY = '(none)';
export const DEFAULT_MAX_KEYS = 200_000;
/** A GroupTable as plain data. */
export interface SavedGroups {
  readonly keys: readonly string[];
  readonly sums: Float64Array;
  readonly delays: Iterable<readonly [row: number, bucket: number, count: number]>;
  /** The first of each row's. */
  readonly reasons: readonly (Reason | null)[];
  readonly overflow: boolean;
}

/**
 * Keys and their sums. Most keys of a large table are domains that got a message or two, so what each key has lies in arrays that
 * all share; only a key with something undelivered has reasons of its own.
 */
export class GroupTable {
  /** Key → its row. */
  readonly rows = new Map<string, number>();
  readonly keys: string[] = [];
  /** Rows of counters, see COUNTER_COLUMNS. */
  sums = new Float64Array(64 * COUNTER_COLUMNS);
  readonly delays = new DelayTable();
  /** The first of each row's reasons. */
  readonly reasons: (Reason | null)[] = [];
  /** True once keys were added to `(other)`. */
  overflow = false;

  get size(): number {
    return this.keys.length;
  }

  /** A table of what was saved of one. */
  static of({ keys, sums, delays, reasons, overflow }: SavedGroups): GroupTable {
    const table = new GroupTable();
    for (const key of keys) table.#addRow(key);
    table.sums.set(sums);
    for (const [row, bucket, count] of delays) table.delays.add(row, bucket, count);
    for (const [row, known] of reasons.entries()) table.reasons[row] = known;
    table.overflow = overflow;
    return table;
  }

  /** The row of a key, made where there is none; beyond `maxKeys` that of `(other)`. */
  rowOf(key: string, maxKeys: number): number {
    const known = this.rows.get(key);
    if (known !== undefined) return known;
    if (this.keys.length >= maxKeys && key !== OTHER_KEY) {
      this.overflow = true;
      return this.rows.get(OTHER_KEY) ?? this.#addRow(OTHER_KEY);
    }
    return this.#addRow(key);
  }

  #addRow(key: string): number {
    const row = this.keys.push(key) - 1;
    this.rows.set(key, row);
    this.reasons.push(null);
    if (this.keys.length * COUNTER_COLUMNS > this.sums.length) {
      const sums = new Float64Array(this.sums.length * 2);
      sums.set(this.sums);
      this.sums = sums;
    }
    return row;
  }

  /** Gives each key another name; no two the same. */
  rename(name: (key: string) => string): void {
    this.rows.clear();
    for (const [row, key] of this.keys.entries()) {
      this.keys[row] = name(key);
      this.rows.set(this.keys[row]!, row);
    }
  }

  /** The counters of a key; undefined where it has none. */
  counters(key: string): Counters | undefined {
    const row = this.rows.get(key);
    return row === undefined ? undefined : countersAt(this.sums, row);
  }
}

/** What events can be grouped by, and where an event says so. */
export const GROUP_KEYS = {
  domain: {
    of: (event) => event.domain ?? NO_KEY,
    number: 'domain',
    named: (names, number) => (number === 0 ? NO_KEY : names.domain(number)),
  },
  /** The receiving system: by name where providers.csv knows it, else its host, else its address. */
  provider: {
    of: (event) => event.provider ?? event.relay_host ?? event.relay_ip ?? NO_KEY,
    number: 'relay',
    named(names, number) {
      const { provider, host, ip } = names.relay(number, false);
      return provider ?? host ?? ip ?? NO_KEY;
    },
  },
  sender: { of: (event) => (event.sender === '' ? '<>' : (event.sender ?? '(unknown)')) },
  sender_domain: { of: (event) => domainOf(event.sender) },
  recipient: { of: (event) => event.recipient ?? NO_KEY },
  relay: {
    of: (event) => event.relay ?? NO_KEY,
    number: 'relay',
    named: (names, number) => names.relay(number, false).text,
  },
  host: { of: (event) => event.host ?? NO_KEY, number: 'host' },
  category: { of: (event) => event.verdict.category, number: 'verdict' },
  /** The enhanced status code; where the answer has none, the reply code. */
  code: {
    of: (event) => event.verdict.enhanced_code ?? replyCodeText(event.verdict.reply_code),
    number: 'verdict',
  },
  /** What was refused on the way in, by its code; such events are in no other table, they concern no mail of ours. */
  reject: { of: (event) => event.verdict.enhanced_code ?? replyCodeText(event.verdict.reply_code) },
  /** The same by what was done and why. */
  refusal: { of: refusalOf },
  /** The client that was refused. */
  client: { of: (event) => event.relay ?? event.relay_host ?? event.relay_ip ?? NO_KEY },
} as const satisfies Record<string, KeyOfEvent>;

/** The domain of a sender; bounce notifications have none. */
function domainOf(sender: string | undefined): string {
  if (sender === undefined) return '(unknown)';
  return sender === '' ? '<>' : sender.slice(sender.lastIndexOf('@') + 1).toLowerCase();
}

interface KeyOfEvent {
  of(event: DeliveryEvent): string;
  /** The number that stands for the key among the events of one scope, see DeliveryEvent.scope. */
  readonly number?: 'host' | 'domain' | 'relay' | 'verdict';
  /** The key of a number, where names tell it. */
  named?(names: Names, number: number): string;
}

export type GroupKey = keyof typeof GROUP_KEYS;

/** For each key, the other key whose part in a reason is worth knowing. */
export const PARTNERS = {
  domain: 'provider',
  provider: 'domain',
  sender: 'domain',
  sender_domain: 'domain',
  recipient: 'provider',
  relay: 'domain',
  host: 'provider',
  category: 'provider',
  code: 'provider',
  reject: 'client',
  refusal: 'client',
  client: 'domain',
} as const satisfies Record<GroupKey, GroupKey>;
const REPLY_CODE_TEXTS: readonly string[] = Array.from({ length: 1000 }, (_, code) => String(code));

function replyCodeText(code: number | undefined): string {
  return code === undefined ? NO_KEY : (REPLY_CODE_TEXTS[code] ?? NO_KEY);
}

/** A fold by one key. `maxKeys`: that many keys are kept, later ones add to `(other)`, so sums stay exact. */
export function foldGroups(groupKey: GroupKey, maxKeys = DEFAULT_MAX_KEYS): CountingFold<GroupTable, GroupRow[]> {
  const key: KeyOfEvent = GROUP_KEYS[groupKey];
  const partnerOf: KeyOfEvent['of'] = GROUP_KEYS[PARTNERS[groupKey]].of;
  const inbound = groupKey === 'reject' || groupKey === 'refusal' || groupKey === 'client';
  const finder = new RowFinder(key, maxKeys);
  const own = new Tally();
  return {
    create: () => new GroupTable(),
    add(table, event, tally = own.of(event)) {
      const name = event.event;
      if (name === 'warning' || (name === 'rejected') !== inbound) return;
      const row = finder.rowOf(table, event);
      tally.addTo(table.sums, row * COUNTER_COLUMNS);
      if (tally.delaySign === 0) table.reasons[row] = addReason(table.reasons[row]!, event, tally, partnerOf);
      else if (tally.delayBucket >= 0) table.delays.add(row, tally.delayBucket, tally.delaySign);
      else if (tally.delays !== undefined)
        for (const [bucket, count] of tally.delays) table.delays.add(row, bucket, tally.delaySign * count);
    },
    knows: (table, delivery) => !inbound && finder.finds(table, delivery),
    countKnown(table, _delivery, delayBucket) {
      addFirstDelivery(table.sums, finder.found * COUNTER_COLUMNS);
      table.delays.add(finder.found, delayBucket, 1);
    },
    merge(a, b) {
      for (let theirs = 0; theirs < b.size; theirs++) {
        const row = a.rowOf(b.keys[theirs]!, maxKeys);
        const to = row * COUNTER_COLUMNS;
        const from = theirs * COUNTER_COLUMNS;
        for (let column = 0; column < COUNTER_COLUMNS; column++) a.sums[to + column]! += b.sums[from + column]!;
        a.reasons[row] = mergeReasons(a.reasons[row]!, b.reasons[theirs]!);
      }
      for (const [theirs, bucket, count] of b.delays) a.delays.add(a.rowOf(b.keys[theirs]!, maxKeys), bucket, count);
      a.overflow ||= b.overflow;
      return a;
    },
    extract: (table) => groupRows(table),
  };
}

function numberIn(event: DeliveryEvent | DeliveryNumbers, name: KeyOfEvent['number']): number {
  switch (name) {
    case 'domain':
      return event.domainNumber ?? -1;
    case 'relay':
      return event.relayNumber ?? -1;
    case 'verdict':
      return event.verdictNumber ?? -1;
    case 'host':
      return event.hostNumber ?? -1;
    case undefined:
      return -1;
  }
}

/**
 * Finds the row of an event's key: by number, where events of its scope have one, so that a key's text is looked up once and not
 * for every event. What it remembers is no part of the sums.
 */
class RowFinder {
  readonly #key: KeyOfEvent;
  readonly #maxKeys: number;
  #table: GroupTable | undefined;
  #scope: object | undefined;
  /** Number → row + 1, for that table and scope. */
  #rows: Int32Array = new Int32Array(0);
  readonly #known = new WeakMap<GroupTable, WeakMap<object, Int32Array>>();

  constructor(key: KeyOfEvent, maxKeys: number) {
    this.#key = key;
    this.#maxKeys = maxKeys;
  }

  rowOf(table: GroupTable, event: DeliveryEvent): number {
    const { scope } = event;
    const number = scope === undefined ? -1 : numberIn(event, this.#key.number);
    if (number < 0) return table.rowOf(this.#key.of(event), this.#maxKeys);
    if (scope !== this.#scope || table !== this.#table) this.#enter(table, scope!);
    if (number >= this.#rows.length) this.#grow(number);
    const known = this.#rows[number]!;
    if (known > 0) return known - 1;
    const row = table.rowOf(this.#key.of(event), this.#maxKeys);
    this.#rows[number] = row + 1;
    return row;
  }

  /** The row that `finds` has found. */
  found = -1;

  /** Whether the row of a delivery's key is known by its number, or can be made by its name. */
  finds(table: GroupTable, delivery: DeliveryNumbers): boolean {
    if (delivery.scope === undefined || delivery.scope !== this.#scope || table !== this.#table) return false;
    const number = numberIn(delivery, this.#key.number);
    if (number < 0) return false;
    if (number >= this.#rows.length) this.#grow(number);
    this.found = this.#rows[number]! - 1;
    if (this.found < 0 && this.#key.named !== undefined) {
      // Where the delivery is then counted by its event after all, that finds the same row.
      this.found = table.rowOf(this.#key.named(delivery.scope, number), this.#maxKeys);
      this.#rows[number] = this.found + 1;
    }
    return this.found >= 0;
  }

  #enter(table: GroupTable, scope: object): void {
    let scopes = this.#known.get(table);
    if (scopes === undefined) {
      scopes = new WeakMap();
      this.#known.set(table, scopes);
    }
    this.#table = table;
    this.#scope = scope;
    this.#rows = scopes.get(scope) ?? new Int32Array(256);
    scopes.set(scope, this.#rows);
  }

  #grow(number: number): void {
    const rows = new Int32Array(Math.max(2 * this.#rows.length, number + 1));
    rows.set(this.#rows);
    this.#rows = rows;
    this.#known.get(this.#table!)!.set(this.#scope!, rows);
  }
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
  /** Heaviest first. */
  readonly reasons: readonly ReasonRow[];
}

/** The rows of a table, worst deferral rate first. */
export function groupRows(table: GroupTable): GroupRow[] {
  return worstGroups(table, Number.POSITIVE_INFINITY, 0).rows;
}

/**
 * The `limit` worst of a table's rows, and how many there are. A busy relay's log has sixty thousand domains and a report shows
 * twenty: groups are ranked by figures at hand, and only rows that are wanted are made.
 * @param leastMessages groups with fewer are passed over, but for `(other)`
 */
export function worstGroups(
  table: GroupTable,
  limit: number,
  leastMessages: number,
): { rows: GroupRow[]; total: number } {
  let best: Ranked[] = [];
  let total = 0;
  let messages = 0;
  for (let row = 0; row < table.size; row++) messages += table.sums[row * COUNTER_COLUMNS + MESSAGES]!;
  const enough = enoughDeferred(messages);
  // Twice as many as wanted are gathered, then the better half is kept: its last one is the bar for all that follow.
  let bar: Ranked | undefined;
  for (let row = 0; row < table.size; row++) {
    if (table.sums[row * COUNTER_COLUMNS + MESSAGES]! < leastMessages && table.keys[row] !== OTHER_KEY) continue;
    total++;
    const ranked = new Ranked(table, row, enough);
    if (bar !== undefined && worstRankedFirst(ranked, bar) > 0) continue;
    best.push(ranked);
    if (best.length >= 2 * limit + 100) {
      best = best.sort(worstRankedFirst).slice(0, limit);
      bar = best[limit - 1];
    }
  }
  best.sort(worstRankedFirst);
  return { rows: best.slice(0, limit).map(({ row }) => groupRow(table, row)), total };
}

/** The rows of the groups that reach all of these figures, in no order. */
export function groupsReaching(table: GroupTable, least: Readonly<Partial<Counters>>): GroupRow[] {
  const limits = Object.entries(least).map(
    ([name, limit]) => [COUNTER_NAMES.indexOf(name as keyof Counters), limit] as const,
  );
  const rows: GroupRow[] = [];
  for (let row = 0; row < table.size; row++) {
    const at = row * COUNTER_COLUMNS;
    if (limits.every(([column, limit]) => table.sums[at + column]! >= limit)) rows.push(groupRow(table, row));
  }
  return rows;
}

const MESSAGES = COUNTER_NAMES.indexOf('messages');
const MESSAGES_DEFERRED = COUNTER_NAMES.indexOf('messages_deferred');
const ATTEMPTS = COUNTER_NAMES.indexOf('attempts');
const DEFERRALS = COUNTER_NAMES.indexOf('deferrals');
const BOUNCED = COUNTER_NAMES.indexOf('bounced');

/**
 * From how many deferred messages on a rate says something, in a log of so many messages: one of one is 100%. One in a thousand,
 * but no less than three and no more than twenty.
 */
export function enoughDeferred(messages: number): number {
  return Math.max(3, Math.min(20, Math.ceil(messages / 1000)));
}

class Ranked {
  readonly key: string;
  readonly row: number;
  /** −1 where so few were deferred that the rate says nothing. */
  readonly byMessage: number;
  readonly byAttempt: number;
  readonly messagesDeferred: number;
  readonly deferrals: number;
  readonly bounced: number;
  readonly messages: number;

  constructor(table: GroupTable, row: number, enough: number) {
    const { sums } = table;
    const at = row * COUNTER_COLUMNS;
    const attempts = sums[at + ATTEMPTS]!;
    this.key = table.keys[row]!;
    this.row = row;
    this.messages = sums[at + MESSAGES]!;
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
    compareText(a.key, b.key)
  );
}

function groupRow(table: GroupTable, row: number): GroupRow {
  const key = table.keys[row]!;
  const counters = countersAt(table.sums, row);
  const figures = { key, ...counters, ...rates(counters), ...delayFigures(table.delays.of(row)) };
  const reasons: ReasonRow[] = [];
  for (const reason of eachReason(table.reasons[row]!)) {
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

/** Median and 95th percentile of the delay of deliveries, seconds. */
export function delayFigures(delays: DelayHistogram): Pick<GroupRow, 'delay_median' | 'delay_p95'> {
  const seconds = (share: number): number | null => {
    const ms = quantile(delays, share);
    return ms === null ? null : ms / 1000;
  };
  return { delay_median: seconds(0.5), delay_p95: seconds(0.95) };
}

/** By code unit: the same on every machine, whatever its language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
