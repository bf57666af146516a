/** What time it was, where the log does not say. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTimestamp, LogClock, zoneOffset } from '../../src/correlate/clock.ts';
import { STAMP_ABSOLUTE, STAMP_LOCAL, STAMP_NONE, STAMP_YEARLESS } from '../../src/event/index.ts';
import { type ReadOptions, readLog } from '../support/read-log.ts';
import { SEED } from '../support/seed.ts';
import { STAMP_STEPS } from '../support/stamp-steps.ts';

const line = (stamp: string) =>
  `${stamp} mx01 postfix/smtp[1]: to=<a@b.example>, relay=none, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (ok)\n`;
const times = (stamps: readonly string[], options: ReadOptions = {}) =>
  readLog(stamps.map(line).join(''), options).events.map(({ timestamp }) => timestamp);
const reference = (iso: string) => ({ reference: Date.parse(iso) });

describe('the year of a stamp without one', () => {
  test.each<[what: string, stamps: readonly string[], options: ReadOptions, expected: readonly string[]]>([
    ['that of the reference', ['Nov 22 02:17:46'], reference('2026-11-23T00:00:00Z'), ['2026-11-22T02:17:46+00:00']],
    [
      'the one before, where it would lie ahead',
      ['Nov 22 02:17:46'],
      reference('2026-11-20T00:00:00Z'),
      ['2025-11-22T02:17:46+00:00'],
    ],
    [
      'up to a day ahead is a clock that is wrong',
      ['Nov 22 02:17:46'],
      reference('2026-11-21T12:00:00Z'),
      ['2026-11-22T02:17:46+00:00'],
    ],
    [
      'December, read in January',
      ['Dec 31 23:59:59'],
      reference('2027-01-01T00:00:10Z'),
      ['2026-12-31T23:59:59+00:00'],
    ],
    [
      'a file that ends in January',
      ['Dec 30 01:00:00', 'Dec 31 23:59:59', 'Jan  1 00:00:01', 'Jan  2 01:00:00'],
      reference('2027-01-02T01:00:00Z'),
      [
        '2026-12-30T01:00:00+00:00',
        '2026-12-31T23:59:59+00:00',
        '2027-01-01T00:00:01+00:00',
        '2027-01-02T01:00:00+00:00',
      ],
    ],
    [
      'a straggler of the old year behind the new',
      ['Dec 31 23:59:59', 'Jan  1 00:00:01', 'Dec 31 23:59:58', 'Jan  1 00:00:02'],
      reference('2027-01-02T00:00:00Z'),
      [
        '2026-12-31T23:59:59+00:00',
        '2027-01-01T00:00:01+00:00',
        '2026-12-31T23:59:58+00:00',
        '2027-01-01T00:00:02+00:00',
      ],
    ],
    [
      'a stamp that stood there before one with a year and a zone',
      ['Nov 22 02:17:46', '2026-11-22T05:00:00+01:00', 'Nov 22 02:17:46'],
      reference('2026-11-23T00:00:00Z'),
      ['2026-11-22T02:17:46+00:00', '2026-11-22T05:00:00+01:00', '2026-11-22T02:17:46+00:00'],
    ],
    [
      'a gap of months over the new year',
      ['Oct  1 00:00:00', 'Mar  1 00:00:00'],
      reference('2027-03-02T00:00:00Z'),
      ['2026-10-01T00:00:00+00:00', '2027-03-01T00:00:00+00:00'],
    ],
    [
      'a clock that was set back is no new year',
      ['Nov 22 02:17:46', 'Nov 10 02:17:46', 'Nov 11 00:00:00'],
      reference('2026-11-23T00:00:00Z'),
      ['2026-11-22T02:17:46+00:00', '2026-11-10T02:17:46+00:00', '2026-11-11T00:00:00+00:00'],
    ],
    [
      '29 February',
      ['Feb 28 12:00:00', 'Feb 29 12:00:00', 'Mar  1 12:00:00'],
      reference('2028-03-02T00:00:00Z'),
      ['2028-02-28T12:00:00+00:00', '2028-02-29T12:00:00+00:00', '2028-03-01T12:00:00+00:00'],
    ],
    [
      '29 February, read in a year that has none',
      ['Feb 29 12:00:00', 'Mar  1 12:00:00'],
      reference('2030-01-01T00:00:00Z'),
      ['2028-02-29T12:00:00+00:00', '2028-03-01T12:00:00+00:00'],
    ],
    [
      '29 February, the year 2100 has none',
      ['Feb 29 12:00:00'],
      reference('2100-06-01T00:00:00Z'),
      ['2096-02-29T12:00:00+00:00'],
    ],
    [
      'March of a year that is no leap year',
      ['Feb 28 23:59:59', 'Mar  1 00:00:00', 'Dec 31 00:00:00'],
      reference('2026-12-31T12:00:00Z'),
      ['2026-02-28T23:59:59+00:00', '2026-03-01T00:00:00+00:00', '2026-12-31T00:00:00+00:00'],
    ],
    [
      '--year',
      ['Nov 22 02:17:46', 'Jan  1 00:00:00'],
      { ...reference('2026-11-23T00:00:00Z'), year: 2019 },
      ['2019-11-22T02:17:46+00:00', '2020-01-01T00:00:00+00:00'],
    ],
    [
      '--year, over several years',
      ['Nov 22 00:00:00', 'Jan  1 00:00:00', 'Nov 22 00:00:00', 'Jan  1 00:00:00'],
      { ...reference('2026-11-23T00:00:00Z'), year: 2019 },
      [
        '2019-11-22T00:00:00+00:00',
        '2020-01-01T00:00:00+00:00',
        '2020-11-22T00:00:00+00:00',
        '2021-01-01T00:00:00+00:00',
      ],
    ],
    [
      'the turn of the year in the zone of the log, not in UTC',
      ['Dec 31 23:30:00', 'Jan  1 00:30:00'],
      { ...reference('2026-12-31T23:31:00Z'), zone: 'Europe/Berlin' },
      ['2026-12-31T23:30:00+01:00', '2027-01-01T00:30:00+01:00'],
    ],
    [
      'the same west of Greenwich',
      ['Dec 31 23:30:00', 'Jan  1 00:30:00'],
      { ...reference('2027-01-01T08:31:00Z'), zone: 'America/Los_Angeles' },
      ['2026-12-31T23:30:00-08:00', '2027-01-01T00:30:00-08:00'],
    ],
  ])('%s', (_what, stamps, options, expected) => {
    expect(times(stamps, options)).toEqual(expected);
    // one block a line: the clock goes on from block to block
    expect(readLog(stamps.map(line), options).events.map(({ timestamp }) => timestamp)).toEqual(expected);
  });

  test('never lies more than a day ahead of the reference, wherever in the year either is', () => {
    const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
    for (const year of [2023, 2024, 2025]) {
      for (let month = 0; month < 12; month++) {
        const at = Date.UTC(year, month, 15);
        for (const name of months) {
          const [stamp] = times([`${name} 28 12:00:00`], { reference: at });
          const time = Date.parse(stamp!);
          expect(time).toBeLessThanOrEqual(at + 86_400_000);
          expect(time).toBeGreaterThan(at - 366 * 86_400_000);
        }
      }
    }
  });
});

describe('zones', () => {
  test.each<[zone: string, stamp: string, expected: string]>([
    ['UTC', 'Nov 22 02:17:46', '2026-11-22T02:17:46+00:00'],
    ['Europe/Berlin', 'Nov 22 02:17:46', '2026-11-22T02:17:46+01:00'],
    ['Europe/Berlin', 'Jul 22 02:17:46', '2026-07-22T02:17:46+02:00'],
    ['America/New_York', 'Jul 22 02:17:46', '2026-07-22T02:17:46-04:00'],
    ['America/St_Johns', 'Nov 22 02:17:46', '2026-11-22T02:17:46-03:30'],
    ['Asia/Kathmandu', 'Nov 22 02:17:46', '2026-11-22T02:17:46+05:45'],
    ['Pacific/Kiritimati', 'Nov 22 02:17:46', '2026-11-22T02:17:46+14:00'],
    ['Europe/Berlin', '2024-02-29 23:59:59', '2024-02-29T23:59:59+01:00'],
    ['Europe/Berlin', '2024-07-01T10:00:00+05:30', '2024-07-01T10:00:00+05:30'],
    ['Europe/Berlin', '2024-07-01T10:00:00.250Z', '2024-07-01T10:00:00.250+00:00'],
    ['Europe/Berlin', '2024-07-01 10:00:00.250', '2024-07-01T10:00:00.250+02:00'],
  ])('%s: %s', (zone, stamp, expected) => {
    expect(times([stamp], { zone })).toEqual([expected]);
  });

  test('a name that is none is a RangeError', () => {
    expect(() => zoneOffset('Mars/Olympus')).toThrow(RangeError);
  });

  test('a line without a stamp takes the time of the line before', () => {
    const text = `${line('Nov 22 02:17:46')}<22>1 - mx01 postfix/smtp 1 - - to=<a@b.example>, relay=none, dsn=2.0.0, status=sent (ok)\n`;
    expect(readLog(text).events.map(({ timestamp }) => timestamp)).toEqual([
      '2026-11-22T02:17:46+00:00',
      '2026-11-22T02:17:46+00:00',
    ]);
    expect(readLog(text.split('\n')[1]!).events[0]).not.toHaveProperty('timestamp');
  });
});

/** The order of the lines says which of the two hours it is. */
describe('clocks go back', () => {
  const inZone = (zone: string) => ({ zone, ...reference('2026-12-01T00:00:00Z') });

  test.each<[zone: string, stamps: readonly string[], offsets: readonly string[]]>([
    [
      'Europe/Berlin',
      [
        'Oct 25 01:59:59',
        'Oct 25 02:00:00',
        'Oct 25 02:30:00',
        'Oct 25 02:59:59',
        'Oct 25 02:00:01',
        'Oct 25 02:30:00',
        'Oct 25 02:59:58',
        'Oct 25 03:00:00',
      ],
      ['+02:00', '+02:00', '+02:00', '+02:00', '+01:00', '+01:00', '+01:00', '+01:00'],
    ],
    [
      'America/New_York',
      [
        'Nov  1 00:59:59',
        'Nov  1 01:10:00',
        'Nov  1 01:50:00',
        'Nov  1 01:05:00',
        'Nov  1 01:55:00',
        'Nov  1 02:00:00',
      ],
      ['-04:00', '-04:00', '-04:00', '-05:00', '-05:00', '-05:00'],
    ],
    // by half an hour
    [
      'Australia/Lord_Howe',
      ['Apr  5 01:29:00', 'Apr  5 01:45:00', 'Apr  5 01:35:00', 'Apr  5 01:59:00', 'Apr  5 02:00:00'],
      ['+11:00', '+11:00', '+10:30', '+10:30', '+10:30'],
    ],
    // lines of several processes come a little out of order: no second hour for that
    [
      'Europe/Berlin',
      ['Oct 25 02:10:05', 'Oct 25 02:10:03', 'Oct 25 02:10:06', 'Oct 25 02:09:30'],
      ['+02:00', '+02:00', '+02:00', '+02:00'],
    ],
    // and once in the second hour, no first again
    [
      'Europe/Berlin',
      [
        'Oct 25 02:50:00',
        'Oct 25 02:10:05',
        'Oct 25 02:10:03',
        'Oct 25 02:55:00',
        'Oct 25 03:00:01',
        'Oct 25 02:59:59',
      ],
      ['+02:00', '+01:00', '+01:00', '+01:00', '+01:00', '+01:00'],
    ],
    // nothing in the first hour that tells: it is taken for the first
    ['Europe/Berlin', ['Oct 25 01:00:00', 'Oct 25 02:30:00', 'Oct 25 04:00:00'], ['+02:00', '+02:00', '+01:00']],
  ])('%s %j', (zone, stamps, offsets) => {
    const got = times(stamps, inZone(zone));
    expect(got.map((stamp) => stamp!.slice(-6))).toEqual(offsets);
    // what a person reads is what the log says
    expect(got.map((stamp) => stamp!.slice(11, 19))).toEqual(stamps.map((stamp) => stamp.slice(-8)));
    expect(readLog(stamps.map(line), inZone(zone)).events.map(({ timestamp }) => timestamp)).toEqual(got);
  });

  test('lines a second apart through both hours are a second apart', () => {
    const stamps: string[] = [];
    const start = Date.parse('2026-10-24T23:30:00Z'); // 01:30 in Berlin
    for (let at = start; at < start + 3 * 3_600_000; at += 37_000) {
      const offset = at < Date.parse('2026-10-25T01:00:00Z') ? 120 : 60;
      stamps.push(`Oct 25 ${new Date(at + offset * 60_000).toISOString().slice(11, 19)}`);
    }
    const got = times(stamps, inZone('Europe/Berlin')).map((stamp) => Date.parse(stamp!));
    expect(got).toEqual(stamps.map((_, i) => start + i * 37_000));
  });
});

describe('clocks go forward', () => {
  test.each<[zone: string, stamps: readonly string[], expected: readonly string[]]>([
    [
      'Europe/Berlin',
      ['Mar 29 01:59:59', 'Mar 29 03:00:00', 'Mar 29 03:00:01'],
      ['2026-03-29T00:59:59.000Z', '2026-03-29T01:00:00.000Z', '2026-03-29T01:00:01.000Z'],
    ],
    [
      'America/New_York',
      ['Mar  8 01:59:59', 'Mar  8 03:00:00'],
      ['2026-03-08T06:59:59.000Z', '2026-03-08T07:00:00.000Z'],
    ],
    // an hour that there was not: a machine whose clock was not moved yet
    ['Europe/Berlin', ['Mar 29 02:30:00'], ['2026-03-29T01:30:00.000Z']],
  ])('%s %j', (zone, stamps, expected) => {
    const got = times(stamps, { zone, ...reference('2026-12-01T00:00:00Z') });
    expect(got.map((stamp) => new Date(stamp!).toISOString())).toEqual(expected);
  });
});

test.each<[time: number, offset: number, text: string]>([
  [Date.UTC(2026, 10, 22, 2, 17, 46), 60, '2026-11-22T03:17:46+01:00'],
  [Date.UTC(2026, 10, 22, 2, 17, 46, 5), -210, '2026-11-21T22:47:46.005-03:30'],
  [0, 0, '1970-01-01T00:00:00+00:00'],
])('formatTimestamp %d, %d: %s', (time, offset, text) => {
  expect(formatTimestamp(time, offset)).toBe(text);
});

describe('a clock that remembers the line before', () => {
  const zone = zoneOffset('Europe/Berlin');
  const input = { name: 'log', index: 0, format: 'postfix', reference: Date.UTC(2027, 5, 1), year: undefined };
  /** Around the hour that comes twice, the hour that does not come, the leap day, and New Year: as of the year 2000. */
  const starts = [
    ...[24, 25].map((day) => Date.UTC(2000, 9, day, 1, 50)),
    ...[27, 28, 29].map((day) => Date.UTC(2000, 2, day, 1, 50)),
    Date.UTC(2000, 1, 28, 23, 50),
    Date.UTC(2000, 11, 31, 23, 50),
  ];
  const kind = fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(STAMP_ABSOLUTE, STAMP_NONE, STAMP_LOCAL, STAMP_YEARLESS) },
  );

  test('says what one says that remembers nothing but where it stands', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.constantFrom(STAMP_LOCAL, STAMP_YEARLESS),
        fc.array(fc.tuple(STAMP_STEPS, kind), { maxLength: 60 }),
        (start, usual, steps) => {
          const clock = new LogClock(input, zone);
          let state = { ...clock.state };
          let at = start;
          for (const [seconds, other] of steps) {
            at += seconds * 1000;
            const stampKind = other ?? usual;
            // All but the year-less ones are of 2026.
            const stamp = stampKind === STAMP_YEARLESS ? at : at + Date.UTC(2026, 0, 1) - Date.UTC(2000, 0, 1);
            const record = { stampKind, stamp: stampKind === STAMP_NONE ? Number.NaN : stamp, offset: 60 };
            const anew = new LogClock(input, zone, { ...state });
            anew.settle(record);
            clock.settle(record);
            const told = [clock.time, clock.state.year, clock.state.last];
            expect(told).toEqual([anew.time, anew.state.year, anew.state.last]);
            if (stampKind !== STAMP_NONE) expect(clock.offset).toBe(anew.offset);
            state = { ...anew.state };
          }
        },
      ),
      { seed: SEED, numRuns: 2000 },
    );
  });
});
