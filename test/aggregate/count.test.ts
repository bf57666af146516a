/** Plain deliveries are counted by their numbers as their events would be. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { causePartners } from '../../src/aggregate/causes.ts';
import { COUNTED_ROW, DELAY_COUNT, DELAYS, FIRST_COUNTER, ROW_DELAYS } from '../../src/aggregate/counted-row.ts';
import type { CountedTable } from '../../src/aggregate/counted-table.ts';
import { COUNTER_NAMES, countersAt } from '../../src/aggregate/counters.ts';
import { firstGroups } from '../../src/aggregate/groups.ts';
import { PlainDeliveries } from '../../src/aggregate/plain-deliveries.ts';
import { policyNamed } from '../../src/aggregate/policy.ts';
import { reportData } from '../../src/aggregate/report-data.ts';
import { canCount, foldReport, type ReportFoldOptions, type ReportSums } from '../../src/aggregate/report-fold.ts';
import { zoneOffset } from '../../src/correlate/clock.ts';
import { canonical } from '../support/canonical.ts';
import { FEW_NEEDS, namesFor, pool, type ReadOptions, readLog } from '../support/read-log.ts';
import { SEED } from '../support/seed.ts';
import { STAMP_STEPS } from '../support/stamp-steps.ts';

/** So many relays outside give nothing back before correlate stops to follow what is `queued as`: see following.ts. */
const STRANGERS = 1000;
/** So many deliveries of one relay are followed; and of all. */
const WITHOUT_RETURN = 256;
const MOST_HOPS = 65_536;

const DELIVERED = COUNTER_NAMES.indexOf('delivered');
const POLICY = policyNamed('standard')!;

let id = 0;
const queueId = (n: number): string => `4${n.toString(36).toUpperCase().padStart(10, '0')}z`;

function line(
  second: number,
  queue: string,
  to: string,
  relay: string,
  rest: string,
  { host = 'mx01', delay = '0.6' }: { host?: string; delay?: string } = {},
): string {
  const time = new Date(Date.UTC(2026, 10, 22) + second * 1000).toISOString();
  return `${time} ${host} postfix/smtp[1]: ${queue}: to=<${to}>, relay=${relay}, delay=${delay}, ${rest}\n`;
}

const SENT = 'dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 9ABCDEF0)';

const queuedAs = (queue: string): string => `dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as ${queue})`;

/** Deliveries to so many relays, some of which have more than are followed. */
function strangers(count: number): string {
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: i % 300 === 7 ? WITHOUT_RETURN + 2 : 1 }, () =>
      line(
        0,
        queueId(id++),
        `a@d${i % 50}.example`,
        `mx${i}.example[192.0.2.${i % 250}]:25`,
        queuedAs(queueId(2_000_000 + id)),
      ),
    ).join(''),
  ).join('');
}
/** Before the log that is compared: so that hops are followed through all of it, through some of it, or no longer. */
const before = [0, STRANGERS - 20, STRANGERS + 1].map(strangers);

const relay = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.constantFrom(
      'mx1.example[192.0.2.1]:25',
      'mx2.example[192.0.2.2]:25',
      'gmail-smtp-in.l.google.com[192.0.2.3]:25',
      'local',
      'none',
    ),
  },
  // A content filter: from then on every delivery is followed, and none is plain.
  { weight: 1, arbitrary: fc.constant('127.0.0.1[127.0.0.1]:10025') },
);
const address = fc.oneof(
  // Few, so that some fail and take mail later; and many, so that most never fail.
  {
    weight: 1,
    arbitrary: fc.constantFrom('a@x.example', 'A@X.example', 'c@Z.example.', 'e', '', 'é@x.example'),
  },
  { weight: 4, arbitrary: fc.nat(300).map((n) => `u${n}@d${n % 40}.example`) },
);
const REMOVED = 'removed';
const outcome = fc.constantFrom(
  SENT,
  SENT,
  SENT,
  'dsn=2.0.0, status=sent (250 2.0.0 Ok)',
  'dsn=4.2.0, status=deferred (host mx1.example[192.0.2.1] said: 450 4.2.0 greylisted)',
  'dsn=5.1.1, status=bounced (550 5.1.1 User unknown (in reply to RCPT TO command))',
  'dsn=5.1.1, status=bounced (550 5.1.1 User unknown (in reply to RCPT TO command))',
  'dsn=5.2.1, status=bounced (550 5.2.1 The email account that you tried to reach is disabled)',
  // What is kept of it does not follow from its verdict.
  'dsn=5.0.0, status=bounced (552 no words for it)',
  'dsn=2.0.0, status=deliverable (250 ok)',
  // What may have gone to a filter; a recipient of whom nobody can tell (decision 0045); the end of a queue id.
  'dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as OTHER)',
  'dsn=5.1.1, status=bounced (550 no>, relay=x, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 Ok))',
  REMOVED,
);
const records = fc.array(
  fc.record({
    queue: fc.nat(100),
    // The recipient of that queue id, so that what was deferred is delivered later; or another.
    own: fc.boolean(),
    to: address,
    relay,
    outcome,
    later: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 1, 1, 1000),
    host: fc.constantFrom(...Array.from({ length: 9 }, () => 'mx01'), 'mx02'),
    delay: fc.constantFrom('0.6', '12', '0.05', '4200', '0', '1e3'),
  }),
  { minLength: 30, maxLength: 90 },
);

/** Where what counts by numbers has its memory, one after the other. */
const FREE = pool.memory.buffer.byteLength;

function sumsOf(
  blocks: readonly string[],
  options: ReportFoldOptions,
  maxAge: number,
  byNumbers: boolean,
  { tells = false, ...times }: Pick<ReadOptions, 'year' | 'zone' | 'reference'> & { tells?: boolean } = {},
): Sums {
  if (byNumbers) new Uint8Array(pool.memory.buffer).fill(0, FREE);
  const plain = byNumbers ? new PlainDeliveries(pool.memory, namesFor(FEW_NEEDS), FREE) : undefined;
  const fold = foldReport(options, plain);
  const sums = fold.create();
  let events = 0;
  const { state } = readLog(blocks, {
    needs: FEW_NEEDS,
    maxAge,
    ...times,
    step: {
      event(event) {
        events++;
        fold.add(sums, event);
      },
      plain,
    },
  });
  fold.extract(sums);
  for (const cause of sums.causes.values()) causePartners(cause);
  const { open, hops, strangers: relays, filtering, recent } = state.log;
  const left = { open, hops, relays, filtering, old: [...recent.old].sort(), young: [...recent.young].sort() };
  const data = tells ? reportData(sums, { timeZone: 'UTC', now: 0, policy: POLICY, rows: 30 }) : undefined;
  return { sums, counted: sums.traffic.events - events, left: canonical(left), data, kept: ledgerByEvents(sums) };
}

interface Sums {
  readonly sums: ReportSums;
  /** Events that were counted by numbers. */
  readonly counted: number;
  /** What correlate remembers. */
  readonly left: unknown;
  /** What a report tells of them, where it is asked for. */
  readonly data: unknown;
  /** Addresses whose failure was kept by numbers; they are among the others in `sums`. */
  readonly kept: number;
}

/** After how many ms an open message is forgotten: longer than any of the logs, and shorter than what they leave open. */
const ages = fc.constantFrom(7 * 86_400_000, 600_000);

type Stamp = 'yearless' | 'local' | 'absolute';

/** Puts the addresses that are kept by numbers among the others. Returns how many they are. */
function ledgerByEvents({ ledger }: ReportSums): number {
  let kept = 0;
  ledger.once?.each((kind, time, place) => {
    const known = ledger.once!.addressAt(place);
    const [entry] = known.entries;
    expect([entry!.kind, entry!.first]).toEqual([kind, time]);
    const key = known.address.toLowerCase();
    expect(ledger.addresses.has(key)).toBe(false);
    ledger.addresses.set(key, known);
    kept++;
  });
  delete ledger.once;
  return kept;
}

/** Without the partners of reasons and causes. */
function nameless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nameless);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, key === 'partners' ? undefined : nameless(member)]),
  );
}

test('a report is the same, whether deliveries are counted by numbers or by events', () => {
  let counted = 0;
  let kept = 0;
  fc.assert(
    fc.property(
      records,
      fc.constantFrom(3, 60, 1000),
      fc.boolean(),
      ages,
      fc.constantFrom(...before),
      (list, maxKeys, more, maxAge, head) => {
        let second = 60;
        const text = list
          .map(({ later, queue, own, to, relay: by, outcome: what, host, delay }) => {
            second += later;
            const id = (n: number): string => queueId(1_000_000 + n);
            const written = line(
              second,
              id(own ? queue % 8 : queue),
              own ? `v${queue % 8}@x.example` : to,
              by,
              what.replace('OTHER', id((queue + 1) % 8)),
              { host, delay },
            );
            return what === REMOVED ? written.replace(/ to=.*/, ` ${REMOVED}`) : written;
          })
          .join('');
        const options: ReportFoldOptions = {
          maxKeys,
          dimensions: more
            ? ['domain', 'provider', 'relay', 'host', 'category', 'code']
            : ['domain', 'category', 'code'],
        };
        expect(canCount(options)).toBe(true);
        const blocks = [head, text];
        const byNumbers = sumsOf(blocks, options, maxAge, true, { tells: true });
        const byEvents = sumsOf(blocks, options, maxAge, false, { tells: true });
        counted += byNumbers.counted;
        kept += byNumbers.kept;
        const { sums } = byNumbers;
        const sumsOfEvents = byEvents.sums;
        // Of keys beyond the limit, numbers know no names: as partners of a reason they are all `(other)`.
        const compared = (value: unknown) => (maxKeys < 1000 ? nameless(canonical(value)) : canonical(value));
        expect(compared(sums)).toEqual(compared(sumsOfEvents));
        expect(byNumbers.left).toEqual(byEvents.left);
        // And what is found among the rows where they are counted is found among those of events.
        for (const order of ['worst', 'messages', 'bytes'] as const)
          for (const [limit, least] of [
            [5, 0],
            [40, 3],
            [Number.POSITIVE_INFINITY, 2],
          ] as const) {
            const keysOf = ({ groups }: ReportSums) => {
              const { rows, total } = firstGroups(groups.domain!, limit, least, order);
              return [total, ...rows.map(({ key }) => key)];
            };
            expect(keysOf(sums)).toEqual(keysOf(sumsOfEvents));
          }
        if (maxKeys < 1000) return;
        expect(byNumbers.data).toEqual(byEvents.data);
      },
    ),
    { seed: SEED, numRuns: 100 },
  );
  expect(counted).toBeGreaterThan(100);
  expect(kept).toBeGreaterThan(10);
});

test('time is the same, however long nothing was written, and whatever stamps follow each other', () => {
  // Of 2026, around the hour that comes twice, the one that does not come, the leap day and New Year; a quarter hour ends a run, and so does what no number is known for yet.
  const starts = [
    Date.UTC(2026, 9, 25, 1, 50),
    Date.UTC(2026, 9, 25, 2, 10),
    Date.UTC(2026, 2, 29, 1, 50),
    Date.UTC(2026, 1, 28, 23, 50),
    Date.UTC(2026, 11, 31, 23, 50),
  ];
  const OUTCOMES = [
    'dsn=2.0.0, status=sent (250 2.0.0 Ok)',
    'dsn=4.2.0, status=deferred (host mx1.example[192.0.2.1] said: 450 4.2.0 greylisted)',
    'dsn=5.1.1, status=bounced (550 5.1.1 User unknown (in reply to RCPT TO command))',
  ];
  const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const stampOf = (time: number, how: Stamp): string => {
    const at = new Date(time);
    const iso = at.toISOString().slice(0, 19);
    if (how === 'local') return iso;
    if (how === 'absolute') return `${iso}+02:00`;
    return `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2, ' ')} ${iso.slice(11)}`;
  };
  let counted = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...starts),
      fc.constantFrom<Stamp>('yearless', 'yearless', 'local'),
      fc.array(
        fc.tuple(
          STAMP_STEPS,
          fc.constantFrom<Stamp | undefined>(undefined, undefined, undefined, 'yearless', 'local', 'absolute'),
          fc.constantFrom(0, 0, 0, 0, 1, 2),
        ),
        {
          minLength: 10,
          maxLength: 60,
        },
      ),
      fc.constantFrom(2025, 2026),
      fc.constantFrom('UTC', 'Europe/Berlin'),
      fc.boolean(),
      (start, usual, steps, year, zone, mixed) => {
        let at = start;
        const text = steps
          .map(([seconds, other, kind], n) => {
            at += seconds * 1000;
            const written = line(
              0,
              queueId(2_000_000 + n),
              `u${n % 7}@d${n % 3}.example`,
              'mx.example.com[192.0.2.1]:25',
              OUTCOMES[kind]!,
            );
            return written.replace(/^.*?(?= mx01 )/, stampOf(at, (mixed ? other : undefined) ?? usual));
          })
          .join('');
        const blocks = [before[0]!, text];
        const times = { year, zone: zoneOffset(zone), reference: Date.UTC(2028, 0, 1) };
        const { sums, counted: known } = sumsOf(blocks, { maxKeys: 1000 }, 7 * 86_400_000, true, times);
        counted += known;
        const { sums: sumsOfEvents } = sumsOf(blocks, { maxKeys: 1000 }, 7 * 86_400_000, false, times);
        expect(canonical(sums)).toEqual(canonical(sumsOfEvents));
      },
    ),
    { seed: SEED, numRuns: 1000 },
  );
  expect(counted).toBeGreaterThan(1000);
});

test('what came back from a content filter is taken back, as long as it is remembered', () => {
  // Of so many relays that they are followed all the time, more deliveries than are remembered.
  const relays = 300;
  const all = MOST_HOPS + 500;
  const names = Array.from({ length: all }, (_, i) => queueId(3_000_000 + i));
  const deliveries = names.map((name, i) => {
    const to = i % relays;
    return line(0, queueId(4_000_000 + i), `u${i % 7}@d${to}.example`, `mx${to}.example[192.0.2.1]:25`, queuedAs(name));
  });
  const onward = (name: string): string =>
    line(1, name, 'x@d1.example', 'mx9.example[192.0.2.9]:25', 'dsn=2.0.0, status=sent (250 Ok)');
  // Long forgotten, one that is still remembered, one that came last.
  const shown = [names[0]!, names[all - MOST_HOPS + 5]!, names.at(-1)!].map(onward);
  const blocks: string[] = [];
  for (let at = 0; at < all; at += 2000) blocks.push(deliveries.slice(at, at + 2000).join(''));
  blocks.push(shown.join(''));
  const options: ReportFoldOptions = { maxKeys: 1000, dimensions: ['domain', 'category', 'code'] };
  const { sums, counted: known } = sumsOf(blocks, options, 1e9, true);
  const { sums: sumsOfEvents } = sumsOf(blocks, options, 1e9, false);
  expect(known).toBeGreaterThan(all - 1000);
  expect(canonical(sums)).toEqual(canonical(sumsOfEvents));
  expect(countersAt(sums.traffic.totals).delivered).toBe(all + 3 - 2);
});

test('a message that a filter put off before it took it is taken back with its deferral', () => {
  const filter = 'scan.example[192.0.2.9]:25';
  const [before, inner, outer] = [queueId(5_000_000), queueId(5_000_001), queueId(5_000_002)];
  const to = 'a@d1.example';
  const deferred = 'dsn=4.3.0, status=deferred (host scan.example[192.0.2.9] said: 451 4.3.0 busy)';
  const blocks = [
    // What names and verdicts are met first in is not plain.
    line(0, before, to, filter, deferred) + line(1, before, to, filter, queuedAs(queueId(5_000_009))),
    line(2, inner, to, filter, deferred) + line(3, inner, to, filter, queuedAs(outer)),
    line(4, outer, to, 'mx1.d1.example[192.0.2.8]:25', 'dsn=2.0.0, status=sent (250 Ok)'),
  ];
  const options: ReportFoldOptions = { maxKeys: 1000, dimensions: ['domain', 'category', 'code'] };
  const { sums, counted: known, left } = sumsOf(blocks, options, 1e9, true);
  const { sums: sumsOfEvents, left: leftOfEvents } = sumsOf(blocks, options, 1e9, false);
  expect(known).toBe(1);
  expect(canonical(sums)).toEqual(canonical(sumsOfEvents));
  expect(left).toEqual(leftOfEvents);
  const { messages, messages_deferred, delivered } = countersAt(sums.traffic.totals);
  expect({ messages, messages_deferred, delivered }).toEqual({ messages: 2, messages_deferred: 1, delivered: 2 });
});

test('a key that an event was met with first is one with the name that says the same later', () => {
  const sent = (n: number, to: string): string =>
    line(n, queueId(6_000_000 + n), to, 'mx1.names.example[192.0.2.1]:25', SENT);
  const pairs = [
    ['a@once.example.', 'b@once.example'],
    ['a@bücher-names.example', 'b@xn--bcher-names-thb.example'],
    ['a', 'b@(none)'],
  ] as const;
  const blocks = [
    // The host, the relay and the quarter hour are known from here on.
    sent(0, 'a@first.names.example'),
    pairs.map(([first], i) => sent(1 + i, first)).join(''),
    pairs.map(([, later], i) => sent(10 + i, later)).join(''),
    pairs.map(([, later], i) => sent(20 + i, later)).join(''),
  ];
  const options: ReportFoldOptions = { maxKeys: 1000, dimensions: ['domain', 'category', 'code'] };
  const { sums, counted: known } = sumsOf(blocks, options, 1e9, true);
  const { sums: sumsOfEvents } = sumsOf(blocks, options, 1e9, false);
  expect(known).toBeGreaterThanOrEqual(pairs.length);
  expect(sums.groups.domain!.allKeys().sort()).toEqual(sumsOfEvents.groups.domain!.allKeys().sort());
  expect(canonical(sums)).toEqual(canonical(sumsOfEvents));
});

test('tables that have grown many times, each into what another has grown out of, hold the same', () => {
  // Domains, delays, open messages, failed addresses and refusals: some thousands of each, in turn.
  const blocks: string[] = [];
  const random = xorshift(SEED);
  for (let block = 0; block < 6; block++) {
    const lines: string[] = [];
    for (let i = 0; i < 1500; i++) {
      const domain = random() % 1500;
      const to = `u${random() % 5}@d${domain}.example`;
      const relay = `mx${domain % 40}.example[192.0.2.${domain % 250}]:25`;
      const kind = random() % 10;
      const outcome =
        kind < 6
          ? 'dsn=2.0.0, status=sent (250 2.0.0 Ok)'
          : kind < 9
            ? `dsn=4.2.0, status=deferred (host mx1.example[192.0.2.1] said: 450 4.2.${kind} <${to}>: later)`
            : `dsn=5.1.1, status=bounced (host mx1.example[192.0.2.1] said: 550 5.1.1 <${to}>: User unknown (in reply to RCPT TO command))`;
      // One in three belongs to a message that has been heard of.
      const queue = queueId(7_000_000 + (random() % 3 === 0 ? random() % 1500 : 1500 + block * 1500 + i));
      const delay = `${random() % 100}.${random() % 10}`;
      lines.push(line(block * 30 + Math.floor(i / 80), queue, to, relay, outcome, { delay }));
      if (random() % 4 === 0)
        lines.push(line(block * 30 + Math.floor(i / 80), queue, to, relay, '').replace(/ to=.*/, ' removed'));
    }
    blocks.push(lines.join(''));
  }
  const options: ReportFoldOptions = { maxKeys: 10_000, dimensions: ['domain', 'category', 'code'] };
  const byNumbers = sumsOf(blocks, options, 1e9, true);
  const byEvents = sumsOf(blocks, options, 1e9, false);
  expect(byNumbers.counted).toBeGreaterThan(5000);
  expect(byNumbers.kept).toBeGreaterThan(500);
  expect(canonical(byNumbers.sums)).toEqual(canonical(byEvents.sums));
  expect(byNumbers.left).toEqual(byEvents.left);
});

test('a delay, and a counter, that came four billion times go on being counted', () => {
  new Uint8Array(pool.memory.buffer).fill(0, FREE);
  const plain = new PlainDeliveries(pool.memory, namesFor(FEW_NEEDS), FREE);
  const added = vi.spyOn(plain, 'addTable');
  const fold = foldReport({ maxKeys: 100, dimensions: ['domain'] }, plain);
  const sums = fold.create();
  const table = added.mock.results[added.mock.calls.findIndex(([by]) => by === 'domain')]!.value as CountedTable;
  const { delays } = sums.groups.domain!;
  const row = (): number => sums.groups.domain!.find('often.example');
  // Where in a table's description its delays and its rows stand: see assembly/keyed-tables.ts.
  const described = (place: number): number => plain.view.numbers[(table.at >> 2) + place]!;
  const rowPlace = (place: number): number => (described(6) >> 2) + row() * COUNTED_ROW + place;
  const delayed = (): number => [...delays.of(row())].reduce((sum, [, count]) => sum + count, 0);
  const delivered = (): number => table.valueAt(row(), DELIVERED);

  // As if what has come so far had come so often that only two more fit: first of the row, then of the hash table behind it.
  const nearlyFull: readonly (() => void)[] = [
    () => {
      const { numbers } = plain.view;
      const bucket = numbers[rowPlace(DELAYS)]! & 0xffff;
      for (let i = 0; i < ROW_DELAYS; i++)
        numbers[rowPlace(DELAYS + i)] = bucket | ((i === 0 ? 0xfffd : 0xffff) << DELAY_COUNT);
      expect(numbers[rowPlace(FIRST_COUNTER + DELIVERED)]).toBeGreaterThan(0);
      numbers[rowPlace(FIRST_COUNTER + DELIVERED)] = -3;
    },
    () => {
      const { numbers } = plain.view;
      const [places, mask] = [described(8) >> 2, described(9)];
      let found = 0;
      for (let place = places; place <= places + 2 * mask; place += 2) {
        if (numbers[place] === 0) continue;
        expect(numbers[place + 1]).toBe(3);
        numbers[place + 1] = -3;
        found++;
      }
      expect(found).toBe(1);
    },
  ];
  const rare = 'mark@rare.often.example';
  const sent = (n: number, to: string): string =>
    line(n, queueId(8_000_000 + n), to, 'mx1.often.example[192.0.2.1]:25', SENT);
  /** The first of a quarter hour is left to its event. */
  const fiveAfter = (n: number): string =>
    sent(n, rare) + [1, 2, 3, 4, 5].map((more) => sent(n + more, 'a@often.example')).join('');
  let marks = 0;
  let expected: readonly [delayed: number, delivered: number] | undefined;
  readLog(
    [
      // Of each of its names, the first is left to its event.
      sent(0, 'a@often.example'),
      sent(1, 'a@often.example') + sent(2, 'a@often.example'),
      fiveAfter(3700),
      fiveAfter(7400),
    ],
    {
      needs: FEW_NEEDS,
      maxAge: 1e9,
      step: {
        event(event) {
          if (event.recipient === rare) {
            if (expected !== undefined) expect([delayed(), delivered()]).toEqual(expected);
            nearlyFull[marks++]!();
            expected = [delayed() + 5, delivered() + 5];
          }
          fold.add(sums, event);
        },
        plain,
      },
    },
  );
  expect(marks).toBe(2);
  expect([delayed(), delivered()]).toEqual(expected);
  expect(delayed()).toBeGreaterThan(0xfffffffd);
  expect(delivered()).toBeGreaterThan(0xfffffffd);
  expect([...delays].filter(([of]) => of === row()).reduce((sum, [, , count]) => sum + count, 0)).toBe(delayed());
  expect(sums.groups.domain!.counters('often.example')!.delivered).toBe(delivered());
  expect(table.rows.sumOf(DELIVERED)).toBe(delivered() + marks);
  expect(Array.from(table.rows.reaching(DELIVERED, 2 ** 32))).toEqual([row()]);
});

/** Numbers that look like chance, the same for the same seed. */
function xorshift(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
