/** The typed-array maps do what a Map and a Set do. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyMap, KeySet } from '../../src/event/index.ts';
import { runs } from '../support/runs.ts';

/** Keys that meet in their slots: multiples of large powers of two beside small ones. */
const keys = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 40 }).map((n) => n * 64),
  fc.integer({ min: 1, max: 40 }).map((n) => n * 0x100000000),
  fc.maxSafeInteger().map((n) => Math.abs(n) || 1),
);

test('KeyMap equals a Map, KeySet a Set', () => {
  const step = fc.record({ kind: fc.constantFrom('set', 'set', 'delete', 'get'), key: keys, value: fc.nat(1000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const map = new Map<number, number>();
      const keyMap = new KeyMap<number>();
      const set = new Set<number>();
      const keySet = new KeySet();
      for (const { kind, key, value } of steps) {
        expect(keySet.has(key)).toBe(set.has(key));
        if (kind === 'set') {
          map.set(key, value);
          keyMap.set(key, value);
          set.add(key);
          keySet.add(key);
        } else if (kind === 'delete') {
          map.delete(key);
          keyMap.delete(key);
        }
        expect(keyMap.get(key)).toBe(map.get(key));
        expect(keyMap.has(key)).toBe(map.has(key));
        expect(keyMap.size).toBe(map.size);
        expect(keySet.size).toBe(set.size);
      }
      const byKey = (a: readonly [number, number], b: readonly [number, number]) => a[0] - b[0];
      expect([...keyMap].sort(byKey)).toEqual([...map].sort(byKey));
      expect(keySet.keys().sort((a, b) => a - b)).toEqual([...set].sort((a, b) => a - b));
    }),
    runs(10_000),
  );
});
