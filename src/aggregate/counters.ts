import type { DeliveryEvent } from '../event/index.ts';

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
 *   `first`, the message. It falls into the bucket of its own time: the sums over a period that holds both are exact.
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
  processed: number;
  /** probe, discarded, internal and resubscribed events. */
  other: number;
  /** Bytes of delivered messages, where sizes are read. */
  bytes: number;
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
  'processed',
  'other',
  'bytes',
] as const satisfies readonly (keyof Counters)[];

export function emptyCounters(): Counters {
  return {
    messages: 0,
    messages_deferred: 0,
    attempts: 0,
    delivered: 0,
    deferrals: 0,
    suspended: 0,
    bounced: 0,
    hard: 0,
    soft: 0,
    block: 0,
    undetermined: 0,
    expired: 0,
    dropped: 0,
    complained: 0,
    unsubscribed: 0,
    rejected: 0,
    processed: 0,
    other: 0,
    bytes: 0,
  };
}

/** Adds `more` to `sum` in place and returns it. */
export function addCounters(sum: Counters, more: Readonly<Counters>): Counters {
  for (const name of COUNTER_NAMES) sum[name] += more[name];
  return sum;
}

/** Adds one event in place. Warnings are counted elsewhere, by cause. */
export function countEvent(c: Counters, event: DeliveryEvent): void {
  switch (event.event) {
    case 'delivered':
      c.attempts++;
      c.delivered++;
      if (event.first) c.messages++;
      if (event.size !== undefined) c.bytes += event.size;
      break;
    case 'deferred':
      c.attempts++;
      c.deferrals++;
      if (event.first) {
        c.messages++;
        c.messages_deferred++;
      }
      if (event.verdict.suspended === true) c.suspended++;
      break;
    case 'bounced':
      c.attempts++;
      c.bounced++;
      if (event.first) c.messages++;
      c[event.verdict.bounce_type ?? 'undetermined']++;
      break;
    case 'expired':
      c.expired++;
      if (event.first) c.messages++;
      break;
    case 'internal':
      c.other++;
      if (event.corrects === 'delivered') {
        c.attempts--;
        c.delivered--;
        if (event.first) c.messages--;
        if (event.size !== undefined) c.bytes -= event.size;
      }
      break;
    case 'dropped':
      c.dropped++;
      break;
    case 'complained':
      c.complained++;
      break;
    case 'unsubscribed':
      c.unsubscribed++;
      break;
    case 'rejected':
      c.rejected++;
      break;
    case 'processed':
      c.processed++;
      break;
    case 'resubscribed':
    case 'probe':
    case 'discarded':
      c.other++;
      break;
    case 'warning':
      break;
  }
}

/** `part` ÷ `whole`, unrounded; null where there is no whole. */
export function rate(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
