/** The dictionary of bytes does what a Map does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteDictionary } from '../../src/event/index.ts';
import { runs } from '../support/runs.ts';

const words = fc.array(
  fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'A', 'b', 'Z', '@', '[', '`', '{', '\u00e4'), maxLength: 4 }),
    fc.string({ maxLength: 40 }),
  ),
  { maxLength: 60 },
);

test.each([
  ['as they are', false],
  ['ASCII letters without case', true],
])('ByteDictionary equals a Map: %s', (_what, fold) => {
  const key = (bytes: Buffer) =>
    bytes.toString('latin1').replace(/[A-Z]/g, (letter) => (fold ? letter.toLowerCase() : letter));
  fc.assert(
    fc.property(words, (list) => {
      const dictionary = new ByteDictionary((bytes, start, end) => bytes.toString('latin1', start, end), fold);
      const map = new Map<string, { id: number; value: string }>();
      for (const word of list) {
        const bytes = Buffer.from(`<${word}>`);
        const start = 1;
        const end = bytes.length - 1;
        const inside = bytes.subarray(start, end);
        const known = map.get(key(inside));
        const expected = known ?? { id: map.size, value: inside.toString('latin1') };
        if (known === undefined) map.set(key(inside), expected);
        expect(dictionary.idOf(bytes, start, end)).toBe(expected.id);
        expect(dictionary.values[expected.id]).toBe(expected.value);
      }
      expect(dictionary.size).toBe(map.size);
    }),
    runs(10_000),
  );
});

test('ByteDictionary tells apart what has the same hash and the same length', () => {
  // Found by trying a hundred thousand words with the dictionary's hash.
  const list = ['0u86ygy', '0m7p09w', '08o9zjm', '0yb5oi3', '1rb7dxl', '15mhmmi'];
  const dictionary = new ByteDictionary((bytes, start, end) => bytes.toString('latin1', start, end));
  for (const round of [1, 2]) {
    for (const [id, word] of list.entries()) {
      expect([round, word, dictionary.idOf(Buffer.from(word), 0, word.length)]).toEqual([round, word, id]);
    }
  }
  expect(dictionary.values).toEqual(list);
});

test('ByteDictionary grows', () => {
  const dictionary = new ByteDictionary((bytes, start, end) => bytes.toString('latin1', start, end));
  const ask = (n: number) => {
    const bytes = Buffer.from(`word ${n} ${'x'.repeat(n % 50)}`);
    return dictionary.idOf(bytes, 0, bytes.length);
  };
  for (let n = 0; n < 50_000; n++) expect(ask(n)).toBe(n);
  for (let n = 0; n < 50_000; n += 7) expect(ask(n)).toBe(n);
  const long = Buffer.alloc(1_000_000, 'y');
  expect(dictionary.idOf(long, 0, long.length)).toBe(50_000);
  expect(dictionary.values[50_000]).toHaveLength(1_000_000);
  expect(dictionary.size).toBe(50_001);
});
