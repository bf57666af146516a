import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildAutomaton } from '../../src/enrich/automaton.ts';
import { SEED } from '../support/seed.ts';

it('finds every occurrence of every phrase, as a search for one after the other does', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '用'), minLength: 1, maxLength: 5 });
  let matches = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(letters, { maxLength: 20 }),
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', '用'), maxLength: 60 }),
      (phrases, text) => {
        const found: string[] = [];
        buildAutomaton(phrases).scan(text, (number, end) => found.push(`${number} ${end}`));
        const expected: string[] = [];
        phrases.forEach((phrase, number) => {
          for (let at = text.indexOf(phrase); at !== -1; at = text.indexOf(phrase, at + 1))
            expected.push(`${number} ${at + phrase.length}`);
        });
        matches += expected.length;
        expect(found.sort()).toEqual(expected.sort());
      },
    ),
    { seed: SEED, numRuns: 2000 },
  );
  expect(matches).toBeGreaterThan(1000); // not vacuous
});
