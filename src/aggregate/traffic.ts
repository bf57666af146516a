/** The whole: totals, the same by quarter hour (from which reports make hours and days of any zone), hosts, delays, first and last. */
import type { DeliveryEvent } from '../event/index.ts';
import type { TallyFold } from './combine.ts';
import { COUNTER_COLUMNS, Tally } from './counters.ts';
import { DelayHistogram, mergeDelays } from './delays.ts';
import type { PlainDeliveries } from './plain-deliveries.ts';

export const QUARTER_MS = 15 * 60 * 1000;
/** The bucket of events that carry no readable time. */
export const NO_TIME = -1;

export interface Traffic {
  /** Rows of counters, see COUNTER_COLUMNS. */
  totals: Float64Array<ArrayBufferLike>;
  /** Quarter hours since 1970 UTC (every zone's offset is a whole number of them) → counters. */
  quarters: Map<number, Float64Array<ArrayBufferLike>>;
  delays: DelayHistogram;
  /** Log host or format → events. */
  hosts: Map<string, number>;
  formats: Map<string, number>;
  events: number;
  warnings: number;
  /** Milliseconds since 1970 UTC; Infinity and −Infinity while there is none. */
  first: number;
  last: number;
}

/** @param plain what counts deliveries by their numbers besides; there is one accumulator only then */
export function foldTraffic(plain?: PlainDeliveries): TallyFold<Traffic, Traffic> {
  // Logs come in order: nearly every event falls into the bucket of the one before.
  let cachedFor: Traffic | null = null;
  let cachedQuarter = Number.NaN;
  let cachedSums: Float64Array<ArrayBufferLike> = new Float64Array(0);
  const own = new Tally();

  function sumsOf(acc: Traffic, time: number): Float64Array<ArrayBufferLike> {
    const quarter = Number.isNaN(time) ? NO_TIME : Math.floor(time / QUARTER_MS);
    if (cachedFor === acc && quarter === cachedQuarter) return cachedSums;
    let sums = acc.quarters.get(quarter);
    if (sums === undefined) {
      sums = plain?.whole.newCounters() ?? new Float64Array(COUNTER_COLUMNS);
      acc.quarters.set(quarter, sums);
    }
    if (quarter !== NO_TIME) plain?.whole.enterQuarter(quarter * QUARTER_MS, (quarter + 1) * QUARTER_MS, sums);
    cachedFor = acc;
    cachedQuarter = quarter;
    cachedSums = sums;
    return sums;
  }

  return {
    create: () => ({
      totals: plain?.whole.totals ?? new Float64Array(COUNTER_COLUMNS),
      quarters: new Map(),
      delays: new DelayHistogram(),
      hosts: new Map(),
      formats: new Map(),
      events: 0,
      warnings: 0,
      first: Number.POSITIVE_INFINITY,
      last: Number.NEGATIVE_INFINITY,
    }),
    add(acc, event, tally = own.of(event)) {
      acc.events += tally.times;
      const time = event.time;
      if (time < acc.first) acc.first = time;
      if (time > acc.last) acc.last = time;
      increment(acc.hosts, event.host ?? '', tally.times);
      increment(acc.formats, event.format, tally.times);
      plain?.whole.enterHost(event);
      if (event.event === 'warning') {
        acc.warnings += tally.times;
        return;
      }
      tally.addTo(acc.totals, 0);
      tally.addTo(sumsOf(acc, time), 0);
      if (tally.delayBucket >= 0) acc.delays.add(tally.delayBucket, tally.delaySign);
      else if (tally.delays !== undefined)
        for (const [bucket, count] of tally.delays) acc.delays.add(bucket, tally.delaySign * count);
    },
    merge(a, b) {
      addSums(a.totals, b.totals);
      for (const [quarter, sums] of b.quarters) {
        const mine = a.quarters.get(quarter);
        if (mine === undefined) a.quarters.set(quarter, sums.slice());
        else addSums(mine, sums);
      }
      mergeDelays(a.delays, b.delays);
      for (const [host, events] of b.hosts) increment(a.hosts, host, events);
      for (const [format, events] of b.formats) increment(a.formats, format, events);
      a.events += b.events;
      a.warnings += b.warnings;
      a.first = Math.min(a.first, b.first);
      a.last = Math.max(a.last, b.last);
      return a;
    },
    extract(acc) {
      if (plain !== undefined) addCounted(acc, plain);
      return acc;
    },
  };
}

/** What was counted besides counters, which lie in the accumulator already. */
function addCounted(acc: Traffic, plain: PlainDeliveries): void {
  const { events, first, last, delays, hosts } = plain.whole.take();
  if (events === 0) return;
  acc.events += events;
  acc.first = Math.min(acc.first, first);
  acc.last = Math.max(acc.last, last);
  for (const [bucket, count] of delays) acc.delays.add(bucket, count);
  for (const [host, count] of hosts) increment(acc.hosts, host, count);
  increment(acc.formats, plain.format, events);
}

function addSums(sum: Float64Array<ArrayBufferLike>, more: Float64Array<ArrayBufferLike>): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += more[i]!;
}

function increment(map: Map<string, number>, key: string, by: number): void {
  const before = map.get(key);
  if (before === undefined) map.set(key, by);
  else map.set(key, before + by);
}

/** Whether an event tells of a message at all: warnings are a server's words about itself. */
export function isMessageEvent(event: DeliveryEvent): boolean {
  return event.event !== 'warning';
}
