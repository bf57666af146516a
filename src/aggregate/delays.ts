/**
 * How long deliveries took. A histogram is sparse: bucket number → count. The buckets are fixed, each 10% wider than the one
 * before (never less than 1 ms), so histograms of different hours, domains and hosts add up, in memory and in SQL.
 */

import type { DeliveryEvent } from '../event/index.ts';

/** From so many buckets on, a histogram is an array of all of them. */
const DENSE_FROM = 12;

/**
 * Bucket number → count. Bucket 0 holds 0 ms. A report keeps one for each domain, and most domains get a handful of messages:
 * a few pairs in one small array; the busy ones are an array by bucket.
 */
export class DelayHistogram implements Iterable<[bucket: number, count: number]> {
  /** bucket, count, bucket, count, …, lowest bucket first; null once dense. */
  private pairs: number[] | null = [];
  private dense: Float64Array | null = null;

  constructor(entries: Iterable<readonly [bucket: number, count: number]> = []) {
    for (const [bucket, count] of entries) this.add(bucket, count);
  }

  get(bucket: number): number {
    if (this.dense !== null) return this.dense[bucket] ?? 0;
    const pairs = this.pairs!;
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === bucket) return pairs[i + 1]!;
    return 0;
  }

  /** Adds (or, with a negative count, takes back) one bucket's count. A bucket that comes to nothing disappears. */
  add(bucket: number, count: number): void {
    if (this.dense !== null) {
      this.dense[bucket]! += count;
      return;
    }
    const pairs = this.pairs!;
    let at = 0;
    while (at < pairs.length && pairs[at]! < bucket) at += 2;
    if (pairs[at] === bucket) {
      pairs[at + 1]! += count;
      if (pairs[at + 1] === 0) pairs.splice(at, 2);
      return;
    }
    if (pairs.length < DENSE_FROM * 2) {
      if (at === pairs.length) pairs.push(bucket, count);
      else pairs.splice(at, 0, bucket, count);
      return;
    }
    this.dense = new Float64Array(LOWEST_DELAYS.length);
    this.pairs = null;
    for (let i = 0; i < pairs.length; i += 2) this.dense[pairs[i]!] = pairs[i + 1]!;
    this.dense[bucket]! += count;
  }

  /** The buckets that are not empty, lowest first. */
  *[Symbol.iterator](): IterableIterator<[bucket: number, count: number]> {
    if (this.dense !== null) {
      for (let bucket = 0; bucket < this.dense.length; bucket++) {
        if (this.dense[bucket] !== 0) yield [bucket, this.dense[bucket]!];
      }
      return;
    }
    const pairs = this.pairs!;
    for (let i = 0; i < pairs.length; i += 2) yield [pairs[i]!, pairs[i + 1]!];
  }

  /** Whether it holds one bucket only, and which; -1 otherwise: the common case is answered without sorting. */
  get onlyBucket(): number {
    return this.pairs !== null && this.pairs.length === 2 && this.pairs[1]! > 0 ? this.pairs[0]! : -1;
  }
}

/** The lowest delay of each bucket in ms, up to about a year: 0, 1, 2, … 10, 11, 13, 15, … */
export const LOWEST_DELAYS: readonly number[] = (() => {
  const lowest = [0];
  for (let ms = 1; ms < 3.2e10; ms = Math.max(ms + 1, Math.ceil(ms * 1.1))) lowest.push(ms);
  return lowest;
})();

/** The buckets of the delays below so many ms, which most are: looked up. */
const SMALL = 16_384;
const BUCKETS_OF_SMALL = new Uint8Array(SMALL);
for (let bucket = 1; bucket < LOWEST_DELAYS.length && LOWEST_DELAYS[bucket]! < SMALL; bucket++)
  BUCKETS_OF_SMALL.fill(bucket, LOWEST_DELAYS[bucket]);

/** The bucket of a whole number of ms. Negative delays (a clock set back) count as 0; beyond a year all fall into the last bucket. */
export function delayBucket(ms: number): number {
  if (!(ms >= 1)) return 0;
  if (ms < SMALL) return BUCKETS_OF_SMALL[ms]!;
  let low = 0;
  let high = LOWEST_DELAYS.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (LOWEST_DELAYS[middle]! <= ms) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** There are fewer buckets than that. */
export const BUCKETS = 512;

/**
 * A histogram for each row of a table. Most rows have a handful of buckets: (row, bucket) → count, by open addressing, so that
 * sixty thousand domains are one array and not sixty thousand objects.
 */
export class DelayTable {
  /** row × BUCKETS + bucket + 1, or 0 for an empty place; then the count. */
  #places = new Float64Array(2 * 256);
  #used = 0;
  /** Row → 1 where something was added to it; made when rows are read. */
  #rows: Uint8Array | undefined;
  readonly #counted: CountedDelays | undefined;

  /** @param counted where the delays of deliveries lie that are counted by numbers: read with those that are added */
  constructor(counted?: CountedDelays) {
    this.#counted = counted;
  }

  add(row: number, bucket: number, count: number): void {
    this.#rows = undefined;
    const key = row * BUCKETS + bucket + 1;
    const places = this.#places;
    const at = this.#find(places, key);
    if (places[at] === 0) {
      places[at] = key;
      places[at + 1] = count;
      if (++this.#used * 4 > places.length) this.#grow();
    } else places[at + 1]! += count;
  }

  /** Of one row. */
  of(row: number): DelayHistogram {
    const histogram = new DelayHistogram();
    this.#counted?.eachDelay(row, (bucket, count) => histogram.add(bucket, count));
    if (this.#used === 0 || !this.#has(row)) return histogram;
    const places = this.#places;
    for (let bucket = 0; bucket < LOWEST_DELAYS.length; bucket++) {
      const count = places[this.#find(places, row * BUCKETS + bucket + 1) + 1]!;
      if (count !== 0) histogram.add(bucket, count);
    }
    return histogram;
  }

  #has(row: number): boolean {
    if (this.#rows === undefined) {
      const places = this.#places;
      let last = 0;
      for (let at = 0; at < places.length; at += 2) last = Math.max(last, places[at]!);
      this.#rows = new Uint8Array(Math.floor(last / BUCKETS) + 1);
      for (let at = 0; at < places.length; at += 2)
        if (places[at] !== 0) this.#rows[Math.floor((places[at]! - 1) / BUCKETS)] = 1;
    }
    return this.#rows[row] === 1;
  }

  /** Everything, in no order; a row's bucket may come twice. */
  *[Symbol.iterator](): IterableIterator<[row: number, bucket: number, count: number]> {
    const places = this.#places;
    for (let at = 0; at < places.length; at += 2) {
      const key = places[at]! - 1;
      if (key >= 0) yield [Math.floor(key / BUCKETS), key % BUCKETS, places[at + 1]!];
    }
    if (this.#counted !== undefined) yield* this.#counted.allDelays();
  }

  /** Where a key stands, or may be put. */
  #find(places: Float64Array<ArrayBufferLike>, key: number): number {
    const last = places.length - 1;
    // The rows' numbers follow each other: spread by a multiplication, whose high bits are the good ones.
    let at = ((Math.imul(key, 0x9e3779b1) >>> 7) * 2) & last;
    while (places[at] !== 0 && places[at] !== key) at = (at + 2) & last;
    return at;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Float64Array(before.length * 2);
    for (let at = 0; at < before.length; at += 2) {
      if (before[at] === 0) continue;
      const to = this.#find(this.#places, before[at]!);
      this.#places[to] = before[at]!;
      this.#places[to + 1] = before[at + 1]!;
    }
  }
}

/** See CountedTable. */
interface CountedDelays {
  allDelays(): IterableIterator<[row: number, bucket: number, count: number]>;
  eachDelay(row: number, tell: (bucket: number, count: number) => void): void;
}

/** The range of a bucket: from the first to before the second, ms. */
export function bucketRange(bucket: number): readonly [from: number, to: number] {
  return [LOWEST_DELAYS[bucket]!, LOWEST_DELAYS[bucket + 1] ?? Number.POSITIVE_INFINITY];
}

/** +1 where the event brings a delay (a delivery), −1 where it takes one back, 0 where it has none to add. */
export function delaySign(event: DeliveryEvent): -1 | 0 | 1 {
  if (event.event === 'delivered') return 1;
  return event.event === 'internal' && event.corrects === 'delivered' ? -1 : 0;
}

/** The bucket of an event's delay, −1 where it has none. */
export function eventDelayBucket(event: DeliveryEvent): number {
  const ms = event.delayMs ?? -1;
  if (ms >= 0) return delayBucket(ms);
  const { delay } = event;
  return delay === undefined ? -1 : delayBucket(Math.round(delay * 1000));
}

export function mergeDelays(a: DelayHistogram, b: DelayHistogram): DelayHistogram {
  for (const [bucket, count] of b) a.add(bucket, count);
  return a;
}

/**
 * The delay in ms that the given share (0.5, 0.95) of deliveries did not exceed: the middle of the bucket it falls in, so
 * right to within 5%. Null without deliveries.
 */
export function quantile(histogram: DelayHistogram, share: number): number | null {
  const only = histogram.onlyBucket;
  if (only >= 0) return middle(only);
  let total = 0;
  for (const [, count] of histogram) total += count;
  if (total <= 0) return null;
  const rank = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  for (const [bucket, count] of histogram) {
    seen += count;
    if (seen >= rank) return middle(bucket);
  }
  return null;
}

/** No delivery took longer: the upper end of the last bucket, in ms, so up to 10% above the longest delay. Null without deliveries. */
export function longest(histogram: DelayHistogram): number | null {
  let last = -1;
  for (const [bucket, count] of histogram) if (count > 0) last = bucket;
  if (last < 0) return null;
  const [from, to] = bucketRange(last);
  return Number.isFinite(to) ? to - 1 : from;
}

function middle(bucket: number): number {
  const [from, to] = bucketRange(bucket);
  // Below 10 ms a bucket is one millisecond wide: the delay itself.
  return to - from <= 1 || !Number.isFinite(to) ? from : Math.round((from + to - 1) / 2);
}
