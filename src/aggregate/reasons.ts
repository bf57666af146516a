/**
 * Why messages of a key were not delivered: by category, how often, with whom, and the earliest answer of each. A large table has
 * tens of thousands of keys with one reason and one partner each, so these are small objects in a chain, not maps.
 */
import type { Action, Category, DeliveryEvent, Evidence } from '../event/index.ts';
import type { Tally } from './counters.ts';
import { ownStart } from './own-string.ts';

/** Where the sums of keys beyond a limit go. */
export const OTHER_KEY = '(other)';
/** An answer kept as an example is cut to this many characters. */
export const ANSWER_LIMIT = 500;
/** So many partners of one reason are kept; later ones add to `(other)`. */
export const MAX_PARTNERS = 1000;

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

/** How often a reason was given, by what became of the message. */
export interface ReasonCounts {
  deferrals: number;
  bounced: number;
  expired: number;
  dropped: number;
  rejected: number;
}
const COUNTS = ['deferrals', 'bounced', 'expired', 'dropped', 'rejected'] as const satisfies (keyof ReasonCounts)[];

export interface Reason extends ReasonCounts {
  readonly category: Category;
  example: Example;
  /** Who else has to do with it (see PARTNERS in groups.ts): most reasons have one partner. */
  partner: string | null;
  partnerCount: number;
  /** The others, by name. */
  partners: Map<string, number> | null;
  /** Adds partners that are only looked up when somebody asks; see partnersOf. */
  more?: (() => void) | undefined;
  next: Reason | null;
}

/** The reasons of a row, in the order in which they came. */
export function* eachReason(first: Reason | null): IterableIterator<Reason> {
  for (let reason = first; reason !== null; reason = reason.next) yield reason;
}

export function partnersOf(reason: Reason): [name: string, count: number][] {
  const { more } = reason;
  reason.more = undefined;
  more?.();
  const { partner, partnerCount, partners } = reason;
  return partner === null ? [] : [[partner, partnerCount], ...(partners ?? [])];
}

/**
 * Adds an event to the reasons of its row.
 * @returns the first reason of the row
 */
export function addReason(
  first: Reason | null,
  event: DeliveryEvent,
  tally: Tally,
  partnerOf: (event: DeliveryEvent) => string,
): Reason | null {
  const kind = countOf(event);
  if (kind === undefined) return first;
  const partner = kind === 'expired' ? undefined : partnerOf(event);
  const { category } = event.verdict;
  return addToReasons(first, category, kind, tally.times, () => exampleOf(event, tally), event.time, partner);
}

/**
 * Adds events of one kind to the reasons of their row.
 * @param example the earliest of them, made where it is wanted
 * @param time its moment, ms since 1970 UTC; NaN where it has none
 * @returns the first reason of the row
 */
export function addToReasons(
  first: Reason | null,
  category: Category,
  kind: keyof ReasonCounts,
  times: number,
  example: () => Example,
  time: number,
  partner: string | undefined,
): Reason | null {
  let reason = first;
  while (reason !== null && reason.category !== category) reason = reason.next;
  if (reason === null) {
    reason = newReason(category, example());
    first = append(first, reason);
  } else if (time <= reason.example.time || Number.isNaN(reason.example.time)) {
    reason.example = earlier(reason.example, example());
  }
  reason[kind] += times;
  if (partner !== undefined) addPartner(reason, partner, times);
  return first;
}

function countOf({ event }: DeliveryEvent): keyof ReasonCounts | undefined {
  switch (event) {
    case 'deferred':
      return 'deferrals';
    case 'bounced':
    case 'expired':
    case 'dropped':
    case 'rejected':
      return event;
    default:
      return undefined;
  }
}

function newReason(category: Category, example: Example): Reason {
  return {
    category,
    deferrals: 0,
    bounced: 0,
    expired: 0,
    dropped: 0,
    rejected: 0,
    example,
    partner: null,
    partnerCount: 0,
    partners: null,
    next: null,
  };
}

function append(first: Reason | null, reason: Reason): Reason {
  if (first === null) return reason;
  let last = first;
  while (last.next !== null) last = last.next;
  last.next = reason;
  return first;
}

export function addPartner(reason: Reason, name: string, count: number): void {
  if (reason.partner === name) reason.partnerCount += count;
  else if (reason.partner === null) {
    reason.partner = name;
    reason.partnerCount = count;
  } else {
    reason.partners ??= new Map();
    const before = reason.partners.get(name);
    if (before !== undefined) reason.partners.set(name, before + count);
    else if (reason.partners.size < MAX_PARTNERS || name === OTHER_KEY) reason.partners.set(name, count);
    else addPartner(reason, OTHER_KEY, count);
  }
}

/** Adds one row's reasons to another's; returns the first of them. */
export function mergeReasons(mine: Reason | null, theirs: Reason | null): Reason | null {
  let first = mine;
  for (const reason of eachReason(theirs)) {
    let known = first;
    while (known !== null && known.category !== reason.category) known = known.next;
    if (known === null) {
      known = newReason(reason.category, reason.example);
      first = append(first, known);
    } else known.example = earlier(known.example, reason.example);
    for (const name of COUNTS) known[name] += reason[name];
    const into = known;
    const addPartners = (): void => {
      for (const [name, count] of partnersOf(reason)) addPartner(into, name, count);
    };
    if (reason.more === undefined && into.more === undefined) addPartners();
    else {
      const before = into.more;
      into.more = () => {
        before?.();
        addPartners();
      };
    }
  }
  return first;
}

/** An event as an example: made once for all tables that want it. */
export function exampleOf(event: DeliveryEvent, tally: Tally): Example {
  tally.example ??= makeExample(event);
  return tally.example as Example;
}

function makeExample(event: DeliveryEvent): Example {
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
