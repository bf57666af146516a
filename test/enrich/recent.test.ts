import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Recent } from '../../src/enrich/recent.ts';
import { UnitBuffer } from '../../src/enrich/unit-buffer.ts';
import { SEED } from '../support/seed.ts';

describe('what was used of late', () => {
  let wanted = '';
  const make = () => new Recent<string, string>((key) => key === wanted);
  const get = (recent: Recent<string, string>, hash: number, key: string) => {
    wanted = key;
    return recent.at(recent.find(hash));
  };
  const put = (recent: Recent<string, string>, hash: number, key: string, value: string) => {
    wanted = key;
    recent.put(recent.find(hash), hash, () => key, value);
  };

  it('tells keys of one hash apart, and keeps four of them', () => {
    for (const hash of [0, 1, -1, 0x7fffffff, -0x80000000]) {
      const recent = make();
      for (const key of ['a', 'b', 'c', 'd']) put(recent, hash, key, `of ${key}`);
      expect(['a', 'b', 'c', 'd', 'e'].map((key) => get(recent, hash, key))).toEqual([
        'of a',
        'of b',
        'of c',
        'of d',
        undefined,
      ]);
      put(recent, hash, 'a', 'new');
      put(recent, hash, 'e', 'of e');
      expect(get(recent, hash, 'e')).toBe('of e');
      expect(['a', 'b', 'c', 'd'].filter((key) => get(recent, hash, key) === undefined)).toHaveLength(1);
    }
  });

  it('never gives a key the value of another', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 2 }), fc.integer({ min: -3, max: 3 }))), (keys) => {
        const recent = make();
        for (const [key, hash] of keys) {
          const before = get(recent, hash, key);
          if (before !== undefined) expect(before).toBe(`${hash} ${key}`);
          put(recent, hash, key, `${hash} ${key}`);
          expect(get(recent, hash, key)).toBe(`${hash} ${key}`);
        }
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });
});

describe('a text in units', () => {
  it('is given back, equals itself only, and equal texts have equal hashes', () => {
    const a = new UnitBuffer();
    const b = new UnitBuffer();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, other) => {
        a.set(text);
        expect(a.toString()).toBe(text);
        b.set(other); // what stood there before leaves no trace
        expect(b.equals(a.copy())).toBe(text === other);
        b.set(text);
        expect(b.equals(a.copy())).toBe(true);
        expect(b.hash()).toBe(a.hash());
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it('does not keep the memory of a long one', () => {
    const buffer = new UnitBuffer();
    buffer.set('x'.repeat(1_000_000));
    expect(buffer.toString()).toHaveLength(1_000_000);
    buffer.set('short');
    expect(buffer.toString()).toBe('short');
    expect(buffer.units.length).toBeLessThan(10_000);
  });

  it('hashes short texts that differ in one place differently', () => {
    const buffer = new UnitBuffer();
    const hashes = new Set<number>();
    for (let i = 0; i < 20_000; i++) {
      buffer.set(`host mx.example.com said: 550 5.1.1 <user${i}@example.com>: User unknown`);
      hashes.add(buffer.hash());
    }
    expect(hashes.size).toBeGreaterThan(19_990);
  });
});
