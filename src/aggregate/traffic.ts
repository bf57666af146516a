/** The whole: totals, the same by quarter hour (from which reports make hours and days of any zone), hosts, delays, first and last. */
import type { DeliveryEvent } from '../event/index.ts';
import type { CombineFn } from './combine.ts';
import { addCounters, type Counters, countEvent, emptyCounters } from './counters.ts';
import { DelayHistogram, delaySign, eventDelayBucket, mergeDelays } from './delays.ts';

export const QUARTER_MS = 15 * 60 * 1000;
/** The bucket of events that carry no readable time. */
export const NO_TIME = -1;

export interface Traffic {
  totals: Counters;
  /** Quarter hours since 1970 UTC (every zone's offset is a whole number of them) → counters. */
  quarters: Map<number, Counters>;
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

export function foldTraffic(): CombineFn<Traffic, Traffic> {
  // Logs come in order: nearly every event falls into the bucket of the one before, and comes from the same host.
  let cachedFor: Traffic | null = null;
  let cachedQuarter = Number.NaN;
  let cachedCounters: Counters = emptyCounters();

  function countersOf(acc: Traffic, time: number): Counters {
    const quarter = Number.isNaN(time) ? NO_TIME : Math.floor(time / QUARTER_MS);
    if (cachedFor === acc && quarter === cachedQuarter) return cachedCounters;
    let counters = acc.quarters.get(quarter);
    if (counters === undefined) {
      counters = emptyCounters();
      acc.quarters.set(quarter, counters);
    }
    cachedFor = acc;
    cachedQuarter = quarter;
    cachedCounters = counters;
    return counters;
  }

  return {
    create: () => ({
      totals: emptyCounters(),
      quarters: new Map(),
      delays: new DelayHistogram(),
      hosts: new Map(),
      formats: new Map(),
      events: 0,
      warnings: 0,
      first: Number.POSITIVE_INFINITY,
      last: Number.NEGATIVE_INFINITY,
    }),
    add(acc, event) {
      acc.events++;
      const time = event.time;
      if (time < acc.first) acc.first = time;
      if (time > acc.last) acc.last = time;
      increment(acc.hosts, event.host ?? '', 1);
      increment(acc.formats, event.format, 1);
      if (event.event === 'warning') {
        acc.warnings++;
        return;
      }
      countEvent(acc.totals, event);
      countEvent(countersOf(acc, time), event);
      const sign = delaySign(event);
      if (sign !== 0) {
        const bucket = eventDelayBucket(event);
        if (bucket >= 0) acc.delays.add(bucket, sign);
      }
    },
    merge(a, b) {
      addCounters(a.totals, b.totals);
      for (const [quarter, counters] of b.quarters) {
        const mine = a.quarters.get(quarter);
        if (mine === undefined) a.quarters.set(quarter, { ...counters });
        else addCounters(mine, counters);
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
    extract: (acc) => acc,
  };
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
