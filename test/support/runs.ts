/** How often a property is tried: 20,000 times, or as often as RUNS says. Prints nothing; the seed is printed by seed.ts. */
import { SEED } from './seed.ts';

export function runs(count = 20_000): { seed: number; numRuns: number } {
  const wanted = process.env.RUNS === undefined ? count : Math.min(count, Number(process.env.RUNS));
  return { seed: SEED, numRuns: wanted };
}
