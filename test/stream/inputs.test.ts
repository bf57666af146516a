/** Several inputs: the order in which they are read, and the year each begins in. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { zoneOffset } from '../../src/correlate/clock.ts';
import type { Source } from '../../src/source/source.ts';
import { textSource } from '../../src/source/stream.ts';
import { openInputs } from '../../src/stream/inputs.ts';
import { SEED } from '../support/seed.ts';

const line = (stamp: string) => `${stamp} mx01 postfix/qmgr[1]: 4A1B2C3D4E: removed\n`;
const NOW = Date.UTC(2026, 10, 23);

async function order(sources: readonly Source[], year?: number) {
  const inputs = await openInputs(sources, { format: undefined, year, zone: zoneOffset('UTC'), now: NOW });
  await Promise.all(inputs.map(({ reader }) => reader.close()));
  return inputs.map(({ info }) => info);
}

interface Case {
  readonly what: string;
  /** In the order in which they are to be read: name, first stamp, modified. */
  readonly files: readonly (readonly [name: string, stamp: string, modified?: number])[];
}

const CASES: readonly Case[] = [
  {
    what: 'numbered by logrotate',
    files: [
      ['/var/log/mail.log.10.gz', 'Sep 12 00:00:01'],
      ['/var/log/mail.log.2.gz', 'Nov  8 00:00:01'],
      ['/var/log/mail.log.1', 'Nov 15 00:00:01'],
      ['/var/log/mail.log', 'Nov 22 00:00:01'],
    ],
  },
  {
    what: 'numbered, over the new year',
    files: [
      ['mail.log.2', 'Dec 28 00:00:01', Date.UTC(2026, 0, 1)],
      ['mail.log.1', 'Jan  1 00:00:01', Date.UTC(2026, 0, 8)],
      ['mail.log', 'Jan  8 00:00:01', Date.UTC(2026, 0, 9)],
    ],
  },
  {
    what: 'dated',
    files: [
      ['maillog-20261101', 'Oct 25 00:00:01'],
      ['maillog-20261108.gz', 'Nov  1 00:00:01'],
      ['maillog', 'Nov  8 00:00:01'],
    ],
  },
  {
    what: 'dated with dashes',
    files: [
      ['maillog-2026-11-01', 'Oct 25 00:00:01'],
      ['maillog-2026-11-08', 'Nov  1 00:00:01'],
      ['maillog', 'Nov  8 00:00:01'],
    ],
  },
  {
    what: 'stamps that name their year: by these, whatever the names',
    files: [
      ['z.log', '2026-11-01T00:00:00Z'],
      ['a.log', '2026-11-02T00:00:00Z'],
      ['m.log.1', '2026-11-03T00:00:00Z'],
    ],
  },
  {
    what: 'two logs: each by its first stamp, with what was rotated of it',
    files: [
      ['b/mail.log.1', 'Nov  1 00:00:01'],
      ['b/mail.log', 'Nov 15 00:00:01'],
      ['a/mail.log.1', 'Nov  8 00:00:01'],
      ['a/mail.log', 'Nov 16 00:00:01'],
    ],
  },
  {
    what: 'an empty file last',
    files: [
      ['mail.log.1', 'Nov 15 00:00:01'],
      ['other', ''],
    ],
  },
];

describe('the order of the arguments does not matter', () => {
  test.each(CASES)('$what', async ({ files }) => {
    const sources = files.map(([name, stamp, modified]) =>
      textSource(name, stamp === '' ? '' : line(stamp), modified ?? NOW),
    );
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(sources, { minLength: sources.length }), async (shuffled) => {
        expect((await order(shuffled)).map(({ name }) => name)).toEqual(files.map(([name]) => name));
      }),
      { seed: SEED, numRuns: 30 },
    );
  });
});

describe('--year is the year of the first line', () => {
  test('of the first of rotated files, the others follow', async () => {
    const sources = [
      ['mail.log', 'Feb  3 00:00:01'],
      ['mail.log.1', 'Jan  5 00:00:01'],
      ['mail.log.2', 'Dec 29 00:00:01'],
      ['mail.log.3', 'Nov  1 00:00:01'],
      ['mail.log.4', 'Dec  1 00:00:01'],
    ] as const;
    const infos = await order(
      sources.map(([name, stamp]) => textSource(name, line(stamp), NOW)),
      2019,
    );
    expect(infos.map(({ name, year }) => [name, year])).toEqual([
      ['mail.log.4', 2019],
      ['mail.log.3', 2020],
      ['mail.log.2', 2020],
      ['mail.log.1', 2021],
      ['mail.log', 2021],
    ]);
  });

  test('of each log, where there are several', async () => {
    const infos = await order(
      [textSource('a/mail.log', line('Nov  3 00:00:01'), NOW), textSource('b/mail.log', line('Jan  3 00:00:01'), NOW)],
      2019,
    );
    expect(infos.map(({ name, year }) => [name, year])).toEqual([
      ['b/mail.log', 2019],
      ['a/mail.log', 2019],
    ]);
  });

  test('not given: none', async () => {
    expect((await order([textSource('mail.log', line('Nov  3 00:00:01'), NOW)]))[0]!.year).toBeUndefined();
  });
});
