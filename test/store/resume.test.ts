/** Reading that goes on another day knows what it knew: the year, senders, what is open, which webhooks it has seen. */
import { appendFileSync, readFileSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { countersAt } from '../../src/aggregate/counters.ts';
import { LogLines } from '../support/log-lines.ts';
import { SEED } from '../support/seed.ts';
import { contentOf, ingest, NOW, openStateForTest, testFolder } from '../support/state.ts';

const folder = testFolder('resume');
afterAll(() => folder.remove());
let files = 0;
const fresh = (name: string): string => folder.file(`${name}-${files++}`);
const DAY = 86_400_000;

function setTime(path: string, time: number): void {
  utimesSync(path, time / 1000, time / 1000);
}

describe('a year-less log', () => {
  const line = (stamp: string, id: string): string =>
    `${stamp} mx01 postfix/smtp[1]: ${id}: to=<a@one.example>, relay=mx.one.example[192.0.2.1]:25, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (250 ok)\n`;

  test('keeps its year from run to run, over years', async () => {
    const log = fresh('yearless');
    const state = fresh('yearless.db');
    // Two years in one file: at the second look, its date alone would put December into the wrong one.
    writeFileSync(
      log,
      line('Dec 30 10:00:00', '3qA1z0zzzz') +
        line('Mar  1 10:00:00', '3qA2z0zzzz') +
        line('Nov  1 10:00:00', '3qA3z0zzzz'),
    );
    setTime(log, Date.UTC(2025, 10, 2));
    await ingest(state, [log], { now: Date.UTC(2025, 10, 2) });
    appendFileSync(log, line('Nov  2 10:00:00', '3qA4z0zzzz') + line('Jan  5 10:00:00', '3qA5z0zzzz'));
    setTime(log, Date.UTC(2027, 5, 1));
    await ingest(state, [log], { now: Date.UTC(2027, 5, 1) });
    const days = contentOf(state)
      .filter((text) => text.includes('"part":"quarter"'))
      .map((text) => new Date(JSON.parse(text).quarter * 900_000).toISOString().slice(0, 10));
    expect(days.sort()).toEqual(['2024-12-30', '2025-03-01', '2025-11-01', '2025-11-02', '2026-01-05']);
  });
});

test('any log cut at any lines gives what it gives in one piece', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 10_000 }), { minLength: 5, maxLength: 60 }),
      fc.array(fc.nat({ max: 100 }), { maxLength: 5 }),
      fc.boolean(),
      async (dice, cuts, yearless) => {
        const lines = new LogLines(Date.UTC(2025, 11, 31, 22), yearless);
        const text = dice.map((one) => `${lines.next(one)}\n`);
        const now = Date.UTC(2026, 0, 20);
        const whole = fresh('whole');
        writeFileSync(whole, text.join(''));
        setTime(whole, now);
        const once = fresh('once.db');
        await ingest(once, [whole], { now });
        const grown = fresh('grown');
        const often = fresh('often.db');
        writeFileSync(grown, '');
        let at = 0;
        for (const cut of [
          ...cuts.map((part) => Math.floor((part * text.length) / 100)).sort((a, b) => a - b),
          text.length,
        ]) {
          appendFileSync(grown, text.slice(at, cut).join(''));
          at = Math.max(at, cut);
          setTime(grown, now);
          await ingest(often, [grown], { now, commitBytes: 1 });
        }
        expect(contentOf(often)).toEqual(contentOf(once));
      },
    ),
    { seed: SEED, numRuns: 25 },
  );
});

test('the sender of a queue id that was opened in an earlier run', async () => {
  const log = fresh('senders');
  const state = fresh('senders.db');
  writeFileSync(
    log,
    '2026-01-05T10:00:00+00:00 mx01 postfix/qmgr[9]: 3qB1z0zzzz: from=<news@sender.example>, size=1234, nrcpt=1 (queue active)\n',
  );
  await ingest(state, [log], { senders: true });
  appendFileSync(
    log,
    '2026-01-05T10:00:01+00:00 mx01 postfix/smtp[1]: 3qB1z0zzzz: to=<a@one.example>, relay=mx.one.example[192.0.2.1]:25, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (250 ok)\n',
  );
  await ingest(state, [log], { senders: true });
  const rollup = contentOf(state).find((text) => text.includes('"part":"rollup"'))!;
  expect(rollup).toContain('"sender":"news@sender.example"');
  expect(rollup).toContain('"bytes":1234');
});

test('a deferral in one run, its expiry in another', async () => {
  const log = fresh('expired');
  const state = fresh('expired.db');
  writeFileSync(
    log,
    '2026-01-05T10:00:00+00:00 mx01 postfix/smtp[1]: 3qB1z0zzzz: to=<a@one.example>, relay=mx.one.example[192.0.2.1]:25, delay=0.1, delays=0.1/0/0/0, dsn=4.2.2, status=deferred (host mx.one.example[192.0.2.1] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command))\n',
  );
  await ingest(state, [log]);
  appendFileSync(
    log,
    '2026-01-09T10:00:00+00:00 mx01 postfix/qmgr[9]: 3qB1z0zzzz: from=<n@s.example>, status=expired, returned to sender\n',
  );
  await ingest(state, [log]);
  const content = contentOf(state);
  expect(content.find((text) => text.includes('"part":"rollup"') && text.includes('"event":"expired"'))).toContain(
    '"domain":"one.example"',
  );
  expect(content.find((text) => text.includes('"part":"ledger"'))).toContain('a@one.example');
});

describe('a copy that is being made beside the log', () => {
  const made = new LogLines(Date.UTC(2026, 0, 5), false);
  const text = Array.from({ length: 2000 }, (_, n) => `${made.next(n * 31)}\n`).join('');

  async function countsOnce(log: string, copy: string, part: Buffer, before: boolean): Promise<void> {
    const state = fresh('copy.db');
    writeFileSync(log, text);
    if (before) await ingest(state, [log]);
    writeFileSync(copy, part);
    // Just now, as a copy under way is: a last line that is not whole yet waits.
    setTime(copy, NOW);
    await ingest(state, [copy, log]);
    await ingest(state, [log, copy]);
    const once = fresh('copy-once.db');
    await ingest(once, [log]);
    expect(contentOf(state)).toEqual(contentOf(once));
  }

  test.each([true, false])('by gzip; the log read before: %s', async (before) => {
    const log = `${fresh('packing')}.1`;
    const packed = gzipSync(text);
    await countsOnce(log, `${log}.gz`, packed.subarray(0, packed.length >> 1), before);
  });

  test.each([true, false])('by cp; the log read before: %s', async (before) => {
    const log = fresh('copying');
    await countsOnce(log, `${log}.1`, Buffer.from(text).subarray(0, 150_000), before);
  });
});

test('part of a line, compressed, is not taken for the beginning of another log', async () => {
  const name = fresh('short');
  const state = fresh('short.db');
  const made = new LogLines(Date.UTC(2026, 0, 5), false);
  const lines = Array.from({ length: 10 }, (_, n) => `${made.next(n * 5 + 4)}\n`);
  writeFileSync(`${name}.2.gz`, gzipSync(lines[0]!.slice(0, 6)));
  writeFileSync(`${name}.1.gz`, gzipSync(lines.slice(1, 5).join('')));
  writeFileSync(name, lines.slice(5).join(''));
  const { reports } = await ingest(state, [`${name}.2.gz`, `${name}.1.gz`, name]);
  expect(reports.map(({ accounting }) => accounting.lines)).toEqual([1, 4, 5]);
  // Compressed after it was read: still the same.
  expect((await ingest(state, [`${name}.2.gz`, `${name}.1.gz`, name])).reports).toEqual([]);
});

/** Whole lines that several logs begin with. */
const BANNER = '2026-01-05T00:00:00+00:00 mx01 journal: rotated by logrotate\n'.repeat(30);
const made = new LogLines(Date.UTC(2026, 0, 5), false);

describe('a log that ends within its first own line, where another begins with the same bytes', () => {
  const lines = Array.from({ length: 10 }, (_, n) => `${made.next(n * 6 + 4)}\n`).join('');
  const MINUTES_LATER = NOW + 300_000;

  interface Case {
    readonly what: string;
    readonly part: number;
    readonly packed: boolean;
    /** What a run sees of the other log before it is all there, in bytes after the BANNER; none: all at once. */
    readonly before: readonly number[];
    /** The other log takes the place of the one that ends, and is renamed as it was. */
    readonly sameFile?: boolean;
  }
  const base = { part: 12, packed: true, before: [] };
  const cases: Case[] = [
    { ...base, what: 'in the same run' },
    { ...base, what: 'not compressed', packed: false },
    { ...base, what: 'all but the line feed', part: lines.indexOf('\n') },
    { ...base, what: 'seen when no more was there', before: [12] },
    { ...base, what: 'seen before that, and a little later', before: [0, 5, 12, 20] },
    { ...base, what: 'in the same inode', packed: false, sameFile: true },
  ];
  test.each(cases)(
    '$what: the line is counted whole, and the doubt is said',
    async ({ part, packed, before, sameFile }) => {
      const log = fresh('begins');
      const state = fresh('begins.db');
      const ended = BANNER + lines.slice(0, part);
      const old = packed ? `${log}.1.gz` : `${log}.1`;
      writeFileSync(old, packed ? gzipSync(ended) : ended);
      setTime(old, NOW);
      const gaps: string[] = [];
      const run = async (files: readonly string[]): Promise<void> => {
        await ingest(state, files, { now: MINUTES_LATER, onGap: (gap) => gaps.push(gap) });
      };
      for (const bytes of before) {
        writeFileSync(log, BANNER + lines.slice(0, bytes));
        await run([log, old]);
      }
      if (sameFile) {
        await run([old]);
        writeFileSync(old, BANNER + lines);
        await run([old]);
      } else {
        expect(gaps).toEqual([]);
        writeFileSync(log, BANNER + lines);
        await run([log, old]);
      }
      await run(sameFile ? [old] : [old, log]);
      const both = fresh('both');
      writeFileSync(both, `${ended}\n${BANNER}${lines}`);
      const once = fresh('both.db');
      await ingest(once, [both]);
      expect(contentOf(state)).toEqual(contentOf(once));
      expect(gaps).toHaveLength(1);
      expect(gaps[0]).toContain(`of which ${part} bytes were counted as a line`);
      expect(gaps[0]).toContain(`first ${BANNER.length} bytes`);
    },
  );
});

test('a log that was cut is known by what it holds, though another that was read begins like it', async () => {
  const log = fresh('like');
  const state = fresh('like.db');
  const lines = Array.from({ length: 6 }, (_, n) => `${made.next(n * 6 + 4)}\n`);
  const other = `${made.next(10)}\n`;
  const text = BANNER + lines.join('');
  writeFileSync(log, text);
  writeFileSync(`${log}.1`, BANNER + other.slice(0, 50));
  setTime(`${log}.1`, NOW);
  // First their common beginning is one content, then each is one.
  for (let i = 0; i < 2; i++) await ingest(state, [log, `${log}.1`]);
  writeFileSync(`${log}.1`, BANNER + other);
  setTime(`${log}.1`, NOW);
  truncateSync(log, BANNER.length + lines[0]!.length + lines[1]!.length + 7);
  const { gaps } = await ingest(state, [log, `${log}.1`]);
  expect(gaps).toHaveLength(1);
  expect(gaps[0]).toContain('was cut to its first');
  const once = fresh('like-once.db');
  writeFileSync(log, text + other);
  await ingest(once, [log]);
  expect(contentOf(state)).toEqual(contentOf(once));
});

test('of two logs that begin alike and are both gone, a cut file is the one that it holds more of', async () => {
  const log = fresh('alike');
  const state = fresh('alike.db');
  const [older, first, second] = [4, 10, 16].map((dice) => `${made.next(dice)}\n`) as [string, string, string];
  writeFileSync(`${log}.1`, BANNER + older);
  writeFileSync(log, BANNER + first + second);
  setTime(`${log}.1`, NOW);
  await ingest(state, [log, `${log}.1`]);
  rmSync(`${log}.1`);
  truncateSync(log, BANNER.length + first.length + 7);
  const { gaps } = await ingest(state, [log]);
  expect(gaps).toHaveLength(2);
  expect(gaps.join('\n')).toContain(`was cut to its first ${BANNER.length + first.length}`);
  const once = fresh('alike-once.db');
  writeFileSync(log, BANNER + older + BANNER + first + second);
  await ingest(once, [log]);
  expect(contentOf(state)).toEqual(contentOf(once));
});

test('what is gone is said once, whatever the order of the files', async () => {
  const log = fresh('once');
  const state = fresh('once.db');
  writeFileSync(`${log}.1`, `${BANNER}${made.next(4)}\n`);
  writeFileSync(log, `${BANNER}${made.next(10)}\n`);
  setTime(`${log}.1`, NOW);
  await ingest(state, [`${log}.1`, log]);
  // Emptied in place, all but what every log of this host begins with, and rotated.
  truncateSync(log, BANNER.length);
  renameSync(log, `${log}.2`);
  setTime(`${log}.2`, NOW);
  writeFileSync(log, BANNER);
  expect((await ingest(state, [`${log}.1`, `${log}.2`, log])).gaps).toHaveLength(1);
  for (const files of [
    [`${log}.2`, `${log}.1`, log],
    [log, `${log}.2`, `${log}.1`],
  ])
    expect((await ingest(state, files)).gaps).toEqual([]);
});

test('what was said to be gone, and comes back in part, is not counted again', async () => {
  const log = fresh('back');
  const state = fresh('back.db');
  const lines = Array.from({ length: 60 }, (_, n) => `${made.next(n)}\n`);
  writeFileSync(`${log}.1`, lines.join(''));
  writeFileSync(log, `${made.next(4)}\n`);
  setTime(`${log}.1`, NOW);
  await ingest(state, [`${log}.1`, log]);
  const all = contentOf(state);
  renameSync(`${log}.1`, fresh('away'));
  const away = folder.file(`away-${files - 1}`);
  expect((await ingest(state, [log])).gaps).toHaveLength(1);
  renameSync(away, `${log}.1`);
  truncateSync(`${log}.1`, lines.slice(0, 40).join('').length + 9);
  setTime(`${log}.1`, NOW - 7_200_000);
  await ingest(state, [`${log}.1`, log]);
  await ingest(state, [log, `${log}.1`]);
  // All but the part of a line, which is a line of its own.
  expect(contentOf(state)).toEqual(all);
});

test('what other files hold the beginning of is missed when it is gone', async () => {
  const log = fresh('shared');
  const state = fresh('shared.db');

  writeFileSync(log, BANNER);
  writeFileSync(`${log}.1`, BANNER);
  setTime(`${log}.1`, NOW - 300_000);
  await ingest(state, [log, `${log}.1`]);
  appendFileSync(log, `${made.next(4)}\n${made.next(10)}\n`);
  await ingest(state, [log, `${log}.1`]);
  truncateSync(log, BANNER.length);
  const { gaps } = await ingest(state, [log, `${log}.1`]);
  expect(gaps).toHaveLength(1);
});

describe('webhooks', () => {
  const event = (id: string, at: number): string =>
    `${JSON.stringify({ email: 'a@one.example', timestamp: at / 1000, event: 'delivered', sg_event_id: id, sg_message_id: `${id}.filter`, response: '250 ok' })}\n`;

  test('an event told again after five days is counted once; after the memory has ended, twice', async () => {
    const state = fresh('webhook.db');
    const start = Date.UTC(2026, 0, 5);
    const counts: number[] = [];
    for (const [name, day] of [
      ['first', 0],
      ['again', 5],
      ['other', 6],
      ['late', 30],
    ] as const) {
      const file = fresh(name);
      writeFileSync(file, event(name === 'other' ? 'two' : 'one', start) + event(`filler-${name}`, start + day * DAY));
      await ingest(state, [file], { now: start + day * DAY });
      const reader = openStateForTest(state);
      counts.push(
        countersAt(reader.sums({ since: undefined, until: undefined, widened: false }, {}).traffic.totals).delivered,
      );
      reader.close();
    }
    expect(counts).toEqual([2, 3, 5, 7]);
  });

  test('a part of a file that was read before, in a file of another name, is not read again', async () => {
    const state = fresh('webhook-copy.db');
    const file = fresh('a.ndjson');
    writeFileSync(file, event('x1', Date.UTC(2026, 0, 5)) + event('x2', Date.UTC(2026, 0, 5)));
    await ingest(state, [file]);
    const copy = fresh('b.ndjson');
    writeFileSync(copy, readFileSync(file, 'utf8') + event('x3', Date.UTC(2026, 0, 5)));
    const { reports } = await ingest(state, [copy]);
    expect(reports.map(({ accounting }) => accounting.lines)).toEqual([1]);
  });
});

describe('a log that was cut to its beginning', () => {
  const lines = new LogLines(Date.UTC(2025, 11, 31, 22), false);
  const some = (count: number): string => Array.from({ length: count }, (_, dice) => `${lines.next(dice)}\n`).join('');
  const text = some(2000);
  const more = some(20);

  async function afterCut(length: number, appended: string): Promise<{ content: string[]; gaps: readonly string[] }> {
    const log = fresh('cut.log');
    const state = fresh('cut.db');
    writeFileSync(log, text);
    await ingest(state, [log]);
    truncateSync(log, length);
    appendFileSync(log, appended);
    const { gaps } = await ingest(state, [log]);
    expect((await ingest(state, [log])).gaps).toEqual([]);
    return { content: contentOf(state), gaps };
  }

  async function content(whole: string): Promise<string[]> {
    const log = fresh('whole.log');
    const state = fresh('whole.db');
    writeFileSync(log, whole);
    await ingest(state, [log]);
    return contentOf(state);
  }

  const lineEnd = (near: number): number => text.lastIndexOf('\n', near) + 1;

  test.each([2500, 60_000, 150_000, text.length - 20_000, text.length - 1])(
    'to %i bytes: nothing is read again',
    async (length) => {
      const { content: found, gaps } = await afterCut(length, '');
      expect(found).toEqual(await content(text));
      expect(gaps).toHaveLength(1);
      expect(gaps[0]).toContain(`read up to byte ${text.length} was cut to its first ${lineEnd(length - 1)}`);
    },
  );

  test('and written on, near its end: what is new is read, wherever it was cut', async () => {
    const length = lineEnd(text.length - 20_000);
    const { content: found, gaps } = await afterCut(length, more);
    expect(found).toEqual(await content(text + more));
    expect(gaps[0]).toMatch(/was never read|cannot be known$/);
    expect(gaps[0]).not.toContain('taken for read');
  });

  test('and written on, far from its end: what may be new and was not read is said', async () => {
    const { content: found, gaps } = await afterCut(lineEnd(60_000), more);
    expect(found).toEqual(await content(text));
    expect(gaps[0]).toMatch(/bytes 32768 to \d+ were taken for read/);
  });

  test.each([true, false])('a rotated one that was read to its end; renamed meanwhile: %s', async (renamed) => {
    const log = fresh('cut.log');
    const state = fresh('cut.db');
    const run = async (path: string): Promise<readonly string[]> => {
      setTime(path, NOW - 300_000);
      writeFileSync(log, more);
      return (await ingest(state, [path, log])).gaps;
    };
    writeFileSync(`${log}.1`, text);
    expect(await run(`${log}.1`)).toEqual([]);
    truncateSync(`${log}.1`, lineEnd(60_000));
    if (renamed) renameSync(`${log}.1`, `${log}.2`);
    const gaps = await run(renamed ? `${log}.2` : `${log}.1`);
    expect(gaps).toHaveLength(1);
    expect(gaps[0]).toContain(`read up to byte ${text.length} was cut to its first ${lineEnd(60_000)}`);
    expect(await run(renamed ? `${log}.2` : `${log}.1`)).toEqual([]);
    expect(contentOf(state)).toEqual(await content(text + more));
  });

  test('one that has less than two KiB in common, far from the end, is another', async () => {
    const begin = text.slice(0, lineEnd(1500));
    const { content: found, gaps } = await afterCut(begin.length, more);
    expect(found).toEqual(await content(text + begin + more));
    expect(gaps[0]).toContain('is gone');
  });
});
