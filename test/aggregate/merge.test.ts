import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CombineFn } from '../../src/aggregate/combine.ts';
import { combineAll } from '../../src/aggregate/combine-all.ts';
import { foldGroups } from '../../src/aggregate/groups.ts';
import { foldReport } from '../../src/aggregate/report-fold.ts';
import { loadPlain, savePlain } from '../../src/aggregate/save.ts';
import { foldSuppression } from '../../src/aggregate/suppression.ts';
import { foldTraffic } from '../../src/aggregate/traffic.ts';
import type { DeliveryEvent } from '../../src/event/index.ts';
import { canonical } from '../support/canonical.ts';
import { arbitraryEvent } from '../support/events.ts';
import { SEED } from '../support/seed.ts';

// biome-ignore lint/suspicious/noExplicitAny: folds of every type pass through the same laws.
const FOLDS: Record<string, () => CombineFn<any, any>> = {
  traffic: () => foldTraffic(),
  'groups by domain': () => foldGroups('domain'),
  'groups by provider': () => foldGroups('provider'),
  'groups by category': () => foldGroups('category'),
  'groups by code': () => foldGroups('code'),
  'suppression ledger': () => foldSuppression({ deliveries: 'all' }),
  'several at once': () => combineAll({ traffic: foldTraffic(), senders: foldGroups('sender') }),
};

const events = fc.array(arbitraryEvent, { maxLength: 60 });

// biome-ignore lint/suspicious/noExplicitAny: see above.
function folded(fold: CombineFn<any, any>, list: readonly DeliveryEvent[]): any {
  const acc = fold.create();
  for (const event of list) fold.add(acc, event);
  return acc;
}

describe.each(Object.entries(FOLDS))('%s', (_name, make) => {
  it('folded in parts and merged is folded at once', () => {
    fc.assert(
      fc.property(events, fc.nat(60), (list, at) => {
        const fold = make();
        const parts = fold.merge(folded(fold, list.slice(0, at)), folded(fold, list.slice(at)));
        expect(canonical(parts)).toEqual(canonical(folded(fold, list)));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('merges in any order and any grouping to the same', () => {
    fc.assert(
      fc.property(events, events, events, (a, b, c) => {
        const fold = make();
        const left = fold.merge(fold.merge(folded(fold, a), folded(fold, b)), folded(fold, c));
        const right = fold.merge(folded(fold, a), fold.merge(folded(fold, b), folded(fold, c)));
        const swapped = fold.merge(folded(fold, c), fold.merge(folded(fold, b), folded(fold, a)));
        expect(canonical(right)).toEqual(canonical(left));
        expect(canonical(swapped)).toEqual(canonical(left));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('survives being saved as JSON', () => {
    fc.assert(
      fc.property(events, (list) => {
        const acc = folded(make(), list);
        expect(canonical(loadPlain(JSON.parse(JSON.stringify(savePlain(acc)))))).toEqual(canonical(acc));
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

describe('foldReport', () => {
  it('leaves out what is outside the period, but keeps earlier failures in the ledger', () => {
    fc.assert(
      fc.property(events, (list) => {
        const since = 10 * 86_400_000;
        const until = 30 * 86_400_000;
        const sums = folded(foldReport({ since, until }), list);
        const inside = list.filter((e) => e.time >= since && e.time < until);
        expect(canonical(sums.traffic)).toEqual(canonical(folded(foldTraffic(), inside)));
        expect(canonical(sums.ledger)).toEqual(
          canonical(
            folded(
              foldSuppression(),
              list.filter((e) => e.time < until),
            ),
          ),
        );
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});
