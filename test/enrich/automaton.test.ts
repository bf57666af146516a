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

/** One phrase for each UTF-16 unit but the first, so as many states, the root counted in, as 16 bits can number. */
const UNITS = Array.from({ length: 65_535 }, (_, index) => String.fromCharCode(index + 1));

it.each<[string, readonly string[], string]>([
  ['16 bits', UNITS, 'Uint16Array'],
  ['more, for one state more', [...UNITS, 'ab'], 'Int32Array'],
  ['more, for one phrase more', [...UNITS, UNITS[0]!], 'Int32Array'],
])('numbers states in %s', (_name, phrases, width) => {
  const automaton = buildAutomaton(phrases);
  expect(automaton.numbers.constructor.name).toBe(width);
  const found: string[] = [];
  automaton.scan(`\0${UNITS[0]}ab${UNITS.at(-1)}`, (number) => found.push(phrases[number]!));
  const ab = phrases.includes('ab') ? ['ab'] : [];
  expect(found).toEqual([UNITS[0], 'a', ...ab, 'b', UNITS.at(-1)]);
});
