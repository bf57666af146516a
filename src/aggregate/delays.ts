/**
 * How long deliveries took. A histogram is sparse: bucket number → count. The buckets are fixed, each 10% wider than the one
 * before (never less than 1 ms), so histograms of different hours, domains and hosts add up, in memory and in SQL.
 */
import type { DeliveryEvent } from '../event/index.ts';

/** Bucket number → count. Bucket 0 holds 0 ms. */
export type DelayHistogram = Map<number, number>;

/** The lowest delay of each bucket in ms, up to about a year: 0, 1, 2, … 10, 11, 13, 15, … */
const LOWEST: readonly number[] = (() => {
  const lowest = [0];
  for (let ms = 1; ms < 3.2e10; ms = Math.max(ms + 1, Math.ceil(ms * 1.1))) lowest.push(ms);
  return lowest;
})();

/** The bucket of a delay in ms. Negative delays (a clock set back) count as 0; beyond a year all fall into the last bucket. */
export function delayBucket(ms: number): number {
  if (!(ms >= 1)) return 0;
  let low = 0;
  let high = LOWEST.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (LOWEST[middle]! <= ms) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The range of a bucket: from the first to before the second, ms. */
export function bucketRange(bucket: number): readonly [from: number, to: number] {
  return [LOWEST[bucket]!, LOWEST[bucket + 1] ?? Number.POSITIVE_INFINITY];
}

/** Adds (or, with a negative count, takes back) one bucket's count in place. A bucket that comes to nothing disappears. */
export function addToBucket(histogram: DelayHistogram, bucket: number, count: number): void {
  const sum = (histogram.get(bucket) ?? 0) + count;
  if (sum === 0) histogram.delete(bucket);
  else histogram.set(bucket, sum);
}

/** +1 where the event brings a delay (a delivery), −1 where it takes one back, 0 where it has none to add. */
export function delaySign(event: DeliveryEvent): -1 | 0 | 1 {
  if (event.event === 'delivered') return 1;
  return event.event === 'internal' && event.corrects === 'delivered' ? -1 : 0;
}

export function mergeDelays(a: DelayHistogram, b: DelayHistogram): DelayHistogram {
  for (const [bucket, count] of b) addToBucket(a, bucket, count);
  return a;
}

/**
 * The delay in ms that the given share (0.5, 0.95) of deliveries did not exceed: the middle of the bucket it falls in, so
 * right to within 5%. Null without deliveries.
 */
export function quantile(histogram: DelayHistogram, share: number): number | null {
  let total = 0;
  for (const count of histogram.values()) total += count;
  if (total <= 0) return null;
  const rank = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  for (const [bucket, count] of sortedBuckets(histogram)) {
    seen += count;
    if (seen >= rank) return middle(bucket);
  }
  return null;
}

export function sortedBuckets(histogram: DelayHistogram): [bucket: number, count: number][] {
  return [...histogram].sort((a, b) => a[0] - b[0]);
}

function middle(bucket: number): number {
  const [from, to] = bucketRange(bucket);
  // Below 10 ms a bucket is one millisecond wide: the delay itself.
  return to - from <= 1 || !Number.isFinite(to) ? from : Math.round((from + to - 1) / 2);
}
