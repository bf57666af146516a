import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bucketRange, DelayHistogram, delayBucket, longest, quantile } from '../../src/aggregate/delays.ts';
import { SEED } from '../support/seed.ts';

it('each delay lies in its bucket, and buckets are 10% wide', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3e10 }), (ms) => {
      const [from, to] = bucketRange(delayBucket(ms));
      expect(from).toBeLessThanOrEqual(ms);
      expect(to).toBeGreaterThan(ms);
      if (from >= 10) expect(to / from).toBeLessThanOrEqual(1.1 + 1 / from);
    }),
    { seed: SEED, numRuns: 5000 },
  );
});

it('takes what is no time for none', () => {
  expect([-1, 0, Number.NaN, 0.4].map(delayBucket)).toEqual([0, 0, 0, 0]);
});

it('quantiles are right to within 5%, and exact below 10 ms', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1e8 }), { minLength: 1, maxLength: 80 }),
      fc.constantFrom(0.5, 0.95, 1),
      (delays, share) => {
        const histogram = new DelayHistogram();
        for (const ms of delays) histogram.add(delayBucket(ms), 1);
        const exact = [...delays].sort((a, b) => a - b)[Math.max(1, Math.ceil(share * delays.length)) - 1]!;
        const found = quantile(histogram, share)!;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact < 10 ? 0 : exact * 0.05 + 1);
      },
    ),
    { seed: SEED, numRuns: 2000 },
  );
});

it('no delay is longer than said, and none much shorter is said', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e8 }), { minLength: 1, maxLength: 80 }), (delays) => {
      const histogram = new DelayHistogram();
      for (const ms of delays) histogram.add(delayBucket(ms), 1);
      const exact = Math.max(...delays);
      expect(longest(histogram)).toBeGreaterThanOrEqual(exact);
      expect(longest(histogram)).toBeLessThanOrEqual(exact * 1.1 + 1);
    }),
    { seed: SEED, numRuns: 2000 },
  );
  expect(longest(new DelayHistogram())).toBeNull();
});
