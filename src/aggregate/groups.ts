/**
 * The events by any key: recipient domain, provider, sender, … Each key has its counters, the delays of its deliveries, and the
 * reasons for what was not delivered, with the first answer of each reason in the server's words.
 */
import type { Action, Category, DeliveryEvent, Evidence } from '../event/index.ts';
import type { CombineFn } from './combine.ts';
import { addCounters, type Counters, countEvent, emptyCounters, rate } from './counters.ts';
import { DelayHistogram, delaySign, eventDelayBucket, mergeDelays, quantile } from './delays.ts';
import { ownStart } from './own-string.ts';
import { refusalOf } from './refusal.ts';

/** Where the sums of the keys beyond `--max-keys` go. */
export const OTHER_KEY = '(other)';
/** The key of events that do not say. */
export const NO_KEY = '(none)';
export const DEFAULT_MAX_KEYS = 200_000;
/** An answer kept as an example is cut to this many characters. */
export const ANSWER_LIMIT = 500;

/** One answer that stands for its kind: the earliest. */
export interface Example {
  /** Milliseconds since 1970 UTC. */
  time: number;
  answer: string;
  host: string;
  queue_id: string;
  reply_code: number;
  enhanced_code: string;
  evidence: Evidence;
  /** What its verdict asked for; `none` from a store, which does not keep it. */
  action: Action;
}

/** Why messages of a key were not delivered: how often, and the earliest example. */
export interface Reason {
  deferrals: number;
  bounced: number;
  expired: number;
  dropped: number;
  rejected: number;
  example: Example;
  /** Who else has to do with it (see PARTNERS), by count: through which provider, to which domains. */
  partners: Map<string, number>;
}

export interface Group {
  counters: Counters;
  delays: DelayHistogram | null;
  reasons: Map<Category, Reason> | null;
}

export interface GroupTable {
  groups: Map<string, Group>;
  /** True once keys were added to `(other)`. */
  overflow: boolean;
}

/** What events can be grouped by, and where an event says so. */
export const GROUP_KEYS = {
  domain: (event: DeliveryEvent): string => event.domain ?? NO_KEY,
  /** The receiving system: by name where providers.csv knows it, else its host, else its address. */
  provider: (event: DeliveryEvent): string => event.provider ?? event.relay_host ?? event.relay_ip ?? NO_KEY,
  sender: (event: DeliveryEvent): string => (event.sender === '' ? '<>' : (event.sender ?? '(unknown)')),
  sender_domain: (event: DeliveryEvent): string => domainOf(event.sender),
  recipient: (event: DeliveryEvent): string => event.recipient ?? NO_KEY,
  relay: (event: DeliveryEvent): string => event.relay ?? NO_KEY,
  host: (event: DeliveryEvent): string => event.host ?? NO_KEY,
  category: (event: DeliveryEvent): string => event.verdict.category,
  /** The enhanced status code; where the answer has none, the reply code. */
  code: (event: DeliveryEvent): string => event.verdict.enhanced_code ?? replyCodeText(event.verdict.reply_code),
  /** What was refused on the way in, by its code; such events are in no other table, they concern no mail of ours. */
  reject: (event: DeliveryEvent): string => event.verdict.enhanced_code ?? replyCodeText(event.verdict.reply_code),
  /** The same by what was done and why. */
  refusal: refusalOf,
  /** The client that was refused. */
  client: (event: DeliveryEvent): string => event.relay ?? event.relay_host ?? event.relay_ip ?? NO_KEY,
} as const satisfies Record<string, (event: DeliveryEvent) => string>;

/** The domain of a sender; bounce notifications have none. */
function domainOf(sender: string | undefined): string {
  if (sender === undefined) return '(unknown)';
  return sender === '' ? '<>' : sender.slice(sender.lastIndexOf('@') + 1).toLowerCase();
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
/** So many partners of one reason are kept; later ones add to `(other)`. */
const MAX_PARTNERS = 1000;

const REPLY_CODE_TEXTS: readonly string[] = Array.from({ length: 1000 }, (_, code) => String(code));

function replyCodeText(code: number | undefined): string {
  return code === undefined ? NO_KEY : (REPLY_CODE_TEXTS[code] ?? NO_KEY);
}

/** A fold by one key. `maxKeys`: that many keys are kept, later ones add to `(other)`, so sums stay exact. */
export function foldGroups(groupKey: GroupKey, maxKeys = DEFAULT_MAX_KEYS): CombineFn<GroupTable, GroupRow[]> {
  const keyOf: (event: DeliveryEvent) => string = GROUP_KEYS[groupKey];
  const partnerOf: (event: DeliveryEvent) => string = GROUP_KEYS[PARTNERS[groupKey]];
  const inbound = groupKey === 'reject' || groupKey === 'refusal' || groupKey === 'client';
  return {
    create: () => ({ groups: new Map(), overflow: false }),
    add(table, event) {
      const name = event.event;
      if (name === 'warning' || (name === 'rejected') !== inbound) return;
      const key = keyOf(event);
      const group = table.groups.get(key) ?? newGroup(table, key, maxKeys);
      countEvent(group.counters, event);
      const sign = delaySign(event);
      if (sign !== 0) {
        const bucket = eventDelayBucket(event);
        if (bucket >= 0) {
          group.delays ??= new DelayHistogram();
          group.delays.add(bucket, sign);
        }
      } else addReason(group, event, partnerOf);
    },
    merge(a, b) {
      for (const [name, group] of b.groups) mergeGroup(a.groups.get(name) ?? newGroup(a, name, maxKeys), group);
      a.overflow ||= b.overflow;
      return a;
    },
    extract: (table) => groupRows(table),
  };
}

function newGroup(table: GroupTable, name: string, maxKeys: number): Group {
  let key = name;
  if (table.groups.size >= maxKeys && name !== OTHER_KEY) {
    table.overflow = true;
    key = OTHER_KEY;
    const other = table.groups.get(OTHER_KEY);
    if (other !== undefined) return other;
  }
  const group: Group = { counters: emptyCounters(), delays: null, reasons: null };
  table.groups.set(key, group);
  return group;
}

function addReason(group: Group, event: DeliveryEvent, partnerOf: (event: DeliveryEvent) => string): void {
  const name = event.event;
  let kind: 'deferrals' | 'bounced' | 'expired' | 'dropped' | 'rejected';
  if (name === 'deferred') kind = 'deferrals';
  else if (name === 'bounced' || name === 'expired' || name === 'dropped' || name === 'rejected') kind = name;
  else return;
  group.reasons ??= new Map();
  const category = event.verdict.category;
  let reason = group.reasons.get(category);
  if (reason === undefined) {
    reason = {
      deferrals: 0,
      bounced: 0,
      expired: 0,
      dropped: 0,
      rejected: 0,
      example: exampleOf(event),
      partners: new Map(),
    };
    group.reasons.set(category, reason);
  } else if (event.time <= reason.example.time || Number.isNaN(reason.example.time)) {
    reason.example = earlier(reason.example, exampleOf(event));
  }
  reason[kind]++;
  if (kind !== 'expired') addPartner(reason.partners, partnerOf(event), 1);
}

export function addPartner(partners: Map<string, number>, name: string, count: number): void {
  const before = partners.get(name);
  if (before !== undefined) partners.set(name, before + count);
  else if (partners.size < MAX_PARTNERS || name === OTHER_KEY) partners.set(name, count);
  else addPartner(partners, OTHER_KEY, count);
}

let exampleEvent: DeliveryEvent | null = null;
let exampleOfEvent: Example | null = null;

/** The same, made once for all tables that want it. */
function exampleOf(event: DeliveryEvent): Example {
  if (event !== exampleEvent || exampleOfEvent === null) {
    exampleEvent = event;
    exampleOfEvent = makeExample(event);
  }
  return exampleOfEvent;
}

/** An event as an example: strings of its own. */
export function makeExample(event: DeliveryEvent): Example {
  const { verdict } = event;
  return {
    time: event.time,
    answer: ownStart(event.response ?? event.reply_text ?? '', ANSWER_LIMIT),
    host: event.host ?? '',
    queue_id: event.queue_id ?? '',
    reply_code: verdict.reply_code ?? 0,
    enhanced_code: verdict.enhanced_code ?? '',
    evidence: verdict.evidence,
    action: verdict.action,
  };
}

/** The earlier of two examples; where the time is the same, the first in the order of the alphabet, so that merging commutes. */
export function earlier(a: Example, b: Example): Example {
  const x = Number.isNaN(a.time) ? Number.POSITIVE_INFINITY : a.time;
  const y = Number.isNaN(b.time) ? Number.POSITIVE_INFINITY : b.time;
  if (x !== y) return x < y ? a : b;
  for (const member of ['answer', 'host', 'queue_id'] as const)
    if (a[member] !== b[member]) return a[member] < b[member] ? a : b;
  return a;
}

function mergeGroup(a: Group, b: Group): void {
  addCounters(a.counters, b.counters);
  if (b.delays !== null) a.delays = mergeDelays(a.delays ?? new DelayHistogram(), b.delays);
  if (b.reasons === null) return;
  a.reasons ??= new Map();
  for (const [category, reason] of b.reasons) {
    const mine = a.reasons.get(category);
    if (mine === undefined) a.reasons.set(category, { ...reason, partners: new Map(reason.partners) });
    else {
      mine.deferrals += reason.deferrals;
      mine.bounced += reason.bounced;
      mine.expired += reason.expired;
      mine.dropped += reason.dropped;
      mine.rejected += reason.rejected;
      mine.example = earlier(mine.example, reason.example);
      for (const [name, count] of reason.partners) addPartner(mine.partners, name, count);
    }
  }
}

/** A reason as reports read it. `count` = deferrals + bounced + dropped + rejected: an expiry only ends what the deferrals began. */
export interface ReasonRow extends Omit<Reason, 'partners'> {
  readonly category: Category;
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
  for (const group of table.groups.values()) messages += group.counters.messages;
  const enough = enoughDeferred(messages);
  // Twice as many as wanted are gathered, then the better half is kept: its last one is the bar for all that follow.
  let bar: Ranked | undefined;
  for (const [key, group] of table.groups) {
    if (group.counters.messages < leastMessages && key !== OTHER_KEY) continue;
    total++;
    const ranked = new Ranked(key, group, enough);
    if (bar !== undefined && worstRankedFirst(ranked, bar) > 0) continue;
    best.push(ranked);
    if (best.length >= 2 * limit + 100) {
      best = best.sort(worstRankedFirst).slice(0, limit);
      bar = best[limit - 1];
    }
  }
  best.sort(worstRankedFirst);
  return { rows: best.slice(0, limit).map(({ key, group }) => groupRow(key, group)), total };
}

/** The rows of the groups whose counters are of interest, in no order. */
export function groupsWhere(table: GroupTable, wanted: (counters: Readonly<Counters>) => boolean): GroupRow[] {
  const rows: GroupRow[] = [];
  for (const [key, group] of table.groups) if (wanted(group.counters)) rows.push(groupRow(key, group));
  return rows;
}

/**
 * From how many deferred messages on a rate says something, in a log of so many messages: one of one is 100%. One in a thousand,
 * but no less than three and no more than twenty.
 */
export function enoughDeferred(messages: number): number {
  return Math.max(3, Math.min(20, Math.ceil(messages / 1000)));
}

class Ranked {
  readonly key: string;
  readonly group: Group;
  /** −1 where so few were deferred that the rate says nothing. */
  readonly byMessage: number;
  readonly byAttempt: number;

  constructor(key: string, group: Group, enough: number) {
    const c = group.counters;
    this.key = key;
    this.group = group;
    const telling = c.messages_deferred >= enough;
    this.byMessage = telling ? c.messages_deferred / c.messages : -1;
    this.byAttempt = telling && c.attempts > 0 ? c.deferrals / c.attempts : -1;
  }
}

/** By rate of messages, then of attempts, then by number; equal rows by name, so that two days' reports can be compared. */
function worstRankedFirst(a: Ranked, b: Ranked): number {
  if (a.byMessage !== b.byMessage) return b.byMessage - a.byMessage;
  if (a.byAttempt !== b.byAttempt) return b.byAttempt - a.byAttempt;
  const x = a.group.counters;
  const y = b.group.counters;
  return (
    y.messages_deferred - x.messages_deferred ||
    y.deferrals - x.deferrals ||
    y.bounced - x.bounced ||
    y.messages - x.messages ||
    compareText(a.key, b.key)
  );
}

const NO_REASONS: readonly ReasonRow[] = [];

function groupRow(key: string, group: Group): GroupRow {
  if (group.reasons === null) {
    return { key, ...group.counters, ...rates(group.counters), ...delayFigures(group.delays), reasons: NO_REASONS };
  }
  const reasons: ReasonRow[] = [];
  for (const [category, reason] of group.reasons)
    reasons.push({
      category,
      ...reason,
      count: reason.deferrals + reason.bounced + reason.dropped + reason.rejected,
      partners: [...reason.partners].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0])),
    });
  reasons.sort((a, b) => b.count - a.count || b.expired - a.expired || compareText(a.category, b.category));
  return { key, ...group.counters, ...rates(group.counters), ...delayFigures(group.delays), reasons };
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
export function delayFigures(delays: DelayHistogram | null): Pick<GroupRow, 'delay_median' | 'delay_p95'> {
  const seconds = (share: number): number | null => {
    const ms = delays === null ? null : quantile(delays, share);
    return ms === null ? null : ms / 1000;
  };
  return { delay_median: seconds(0.5), delay_p95: seconds(0.95) };
}

/** By code unit: the same on every machine, whatever its language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
