import fc from 'fast-check';

/** Seconds from one line's stamp to the next: mostly a little forward, now and then back, or far ahead. */
export const STAMP_STEPS: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 1, 7, 60, 299, 899, 900) },
  { weight: 2, arbitrary: fc.constantFrom(-1, -60, -121, -900, -3600, -86_400) },
  { weight: 1, arbitrary: fc.constantFrom(1800, 3600, 86_400, 8 * 86_400, 20 * 86_400) },
);
