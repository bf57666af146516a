import type { DeliveryEvent } from '../event/index.ts';
import { delaySign, eventDelayBucket } from './delays.ts';

/**
 * What is counted, for the whole and for each key of a table. Plain integers: adding two of them is adding each member.
 *
 * - `messages`: counted once, at a message's first record, where that record is a delivery, a deferral, a bounce or an expiry.
 *   An expiry can only be a first record where the log starts after the attempts: the message was tried, so it counts,
 *   but it is not among `messages_deferred` (its first record here is no deferral) and has no attempts.
 * - `attempts` = `delivered` + `deferrals` + `bounced`. Everything else is no attempt.
 * - `suspended`: the deferrals among them in which the queue manager repeated an earlier cause without asking a server.
 * - `hard` + `soft` + `block` + `undetermined` = `bounced`.
 * - An `internal` event that corrects a delivery takes back the attempt, the delivery, its bytes, and, if it is marked
 *   `first`, the message. One that corrects a deferral takes back the message that was counted at it. It falls into the bucket of its own time: the sums over a period that holds both are exact.
 */
export interface Counters {
  messages: number;
  messages_deferred: number;
  attempts: number;
  delivered: number;
  deferrals: number;
  suspended: number;
  bounced: number;
  hard: number;
  soft: number;
  block: number;
  undetermined: number;
  expired: number;
  dropped: number;
  complained: number;
  unsubscribed: number;
  rejected: number;
  reject_warnings: number;
  /** Messages received: each once, whatever its recipients (Postfix); each once a recipient (an ESP's `processed`). */
  processed: number;
  /** probe, discarded, internal and resubscribed events. */
  other: number;
  /** Bytes of delivered messages, where sizes are read. */
  bytes: number;
  /** Bytes of messages received, where that is read. */
  bytes_received: number;
}

export const COUNTER_NAMES = [
  'messages',
  'messages_deferred',
  'attempts',
  'delivered',
  'deferrals',
  'suspended',
  'bounced',
  'hard',
  'soft',
  'block',
  'undetermined',
  'expired',
  'dropped',
  'complained',
  'unsubscribed',
  'rejected',
  'reject_warnings',
  'processed',
  'other',
  'bytes',
  'bytes_received',
] as const satisfies readonly (keyof Counters)[];

/** Sums are kept as rows of so many doubles, in the order of COUNTER_NAMES: many rows lie in one array. */
export const COUNTER_COLUMNS = COUNTER_NAMES.length;
const BYTES = COUNTER_NAMES.indexOf('bytes');
const BYTES_RECEIVED = COUNTER_NAMES.indexOf('bytes_received');

/** Counters by name, of what each place among COUNTER_NAMES has. */
export function countersOf(valueAt: (column: number) => number): Counters {
  const counters = {} as Counters;
  for (let column = 0; column < COUNTER_COLUMNS; column++) counters[COUNTER_NAMES[column]!] = valueAt(column);
  return counters;
}

/** The sums of a row, by name. */
export function countersAt(sums: Float64Array<ArrayBufferLike>): Counters {
  return countersOf((column) => sums[column]!);
}

export function emptyCounters(): Counters {
  return countersAt(new Float64Array(COUNTER_COLUMNS));
}

/** Adds `more` to `sum` in place and returns it. */
export function addCounters(sum: Counters, more: Readonly<Counters>): Counters {
  for (const name of COUNTER_NAMES) sum[name] += more[name];
  return sum;
}

/** Which columns an event counts in, and whether its bytes come with it (1), are taken back (−1), or neither (0), and in which column. */
interface Effect {
  readonly columns: readonly number[];
  readonly sign: 1 | -1;
  readonly bytes: 0 | 1 | -1;
  readonly bytesColumn: number;
}

function effect(names: readonly (keyof Counters)[], bytes: 0 | 1 = 0, bytesColumn = BYTES): Effect {
  return { columns: names.map((name) => COUNTER_NAMES.indexOf(name)), sign: 1, bytes, bytesColumn };
}

/** What each event adds; a message's first record counts the message as well. */
const EFFECTS = {
  delivered: effect(['attempts', 'delivered'], 1),
  firstDelivered: effect(['messages', 'attempts', 'delivered'], 1),
  deferred: effect(['attempts', 'deferrals']),
  firstDeferred: effect(['messages', 'messages_deferred', 'attempts', 'deferrals']),
  suspended: effect(['attempts', 'deferrals', 'suspended']),
  firstSuspended: effect(['messages', 'messages_deferred', 'attempts', 'deferrals', 'suspended']),
  hard: effect(['attempts', 'bounced', 'hard']),
  soft: effect(['attempts', 'bounced', 'soft']),
  block: effect(['attempts', 'bounced', 'block']),
  undetermined: effect(['attempts', 'bounced', 'undetermined']),
  firstHard: effect(['messages', 'attempts', 'bounced', 'hard']),
  firstSoft: effect(['messages', 'attempts', 'bounced', 'soft']),
  firstBlock: effect(['messages', 'attempts', 'bounced', 'block']),
  firstUndetermined: effect(['messages', 'attempts', 'bounced', 'undetermined']),
  expired: effect(['expired']),
  firstExpired: effect(['messages', 'expired']),
  dropped: effect(['dropped']),
  complained: effect(['complained']),
  unsubscribed: effect(['unsubscribed']),
  rejected: effect(['rejected']),
  reject_warning: effect(['reject_warnings']),
  processed: effect(['processed'], 1, BYTES_RECEIVED),
  other: effect(['other']),
  none: effect([]),
} as const;
/** An internal event that takes a delivery back. */
const TAKEN_BACK: Effect = { ...EFFECTS.delivered, sign: -1, bytes: -1 };
const FIRST_TAKEN_BACK: Effect = { ...EFFECTS.firstDelivered, sign: -1, bytes: -1 };
/** One that takes the message of a first deferral back: the deferral itself stays. */
const MESSAGE_TAKEN_BACK: Effect = { ...effect(['messages', 'messages_deferred']), sign: -1 };
const OTHER = COUNTER_NAMES.indexOf('other');

const BOUNCES = {
  hard: [EFFECTS.hard, EFFECTS.firstHard],
  soft: [EFFECTS.soft, EFFECTS.firstSoft],
  block: [EFFECTS.block, EFFECTS.firstBlock],
  undetermined: [EFFECTS.undetermined, EFFECTS.firstUndetermined],
} as const;

function effectOf(event: DeliveryEvent): Effect {
  const { first } = event;
  switch (event.event) {
    case 'delivered':
      return first ? EFFECTS.firstDelivered : EFFECTS.delivered;
    case 'deferred':
      if (event.verdict.suspended === true) return first ? EFFECTS.firstSuspended : EFFECTS.suspended;
      return first ? EFFECTS.firstDeferred : EFFECTS.deferred;
    case 'bounced':
      return BOUNCES[event.verdict.bounce_type ?? 'undetermined'][first ? 1 : 0];
    case 'expired':
      return first ? EFFECTS.firstExpired : EFFECTS.expired;
    case 'internal':
      if (event.corrects === 'delivered') return first ? FIRST_TAKEN_BACK : TAKEN_BACK;
      return event.corrects === 'deferred' ? MESSAGE_TAKEN_BACK : EFFECTS.other;
    case 'dropped':
    case 'complained':
    case 'unsubscribed':
    case 'rejected':
    case 'reject_warning':
    case 'processed':
      return EFFECTS[event.event];
    case 'resubscribed':
    case 'probe':
    case 'discarded':
      return EFFECTS.other;
    case 'warning':
      return EFFECTS.none;
  }
}

/**
 * What one event adds to the sums of any table: worked out once, added to many. One that stands for several events (a state's
 * row) says how many, with their bytes and delays.
 */
export class Tally {
  /** How many events. */
  times = 1;
  /** Their bytes together, where sizes are read. */
  bytes = 0;
  /** Where they brought a delay (or took one back, −1), and which: one bucket, or, of several events, how many in each. */
  delaySign: -1 | 0 | 1 = 0;
  delayBucket = -1;
  delays: Iterable<readonly [bucket: number, count: number]> | undefined = undefined;
  /** The event as an example, once a table has asked for it. */
  example: unknown = undefined;
  #effect: Effect = EFFECTS.none;

  /** Of one event. Overwrites what it was before. */
  of(event: DeliveryEvent): this {
    const effect = effectOf(event);
    this.#effect = effect;
    this.times = 1;
    this.bytes = effect.bytes === 0 ? 0 : (event.size ?? 0);
    this.delaySign = delaySign(event);
    this.delayBucket = this.delaySign === 0 ? -1 : eventDelayBucket(event);
    this.delays = undefined;
    this.example = undefined;
    return this;
  }

  /** Of several that differ from this one in size and delay only. */
  ofMany(
    event: DeliveryEvent,
    times: number,
    bytes: number,
    delays: Iterable<readonly [bucket: number, count: number]>,
  ): this {
    this.of(event);
    this.times = times;
    this.bytes = bytes;
    this.delayBucket = -1;
    this.delays = delays;
    return this;
  }

  /** Adds to a row of sums that starts at `at`. */
  addTo(sums: Float64Array<ArrayBufferLike>, at: number): void {
    const { columns, sign, bytes, bytesColumn } = this.#effect;
    const times = sign * this.times;
    for (let i = 0; i < columns.length; i++) sums[at + columns[i]!]! += times;
    if (bytes !== 0 && this.bytes !== 0) sums[at + bytesColumn]! += bytes * this.bytes;
    if (sign < 0) sums[at + OTHER]! += this.times;
  }
}

/** `part` ÷ `whole`, unrounded; null where there is no whole. */
export function rate(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
