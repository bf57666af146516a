/** A state is the same, whether deliveries are counted by their numbers or each event is added: byte for byte of its export. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { Ingestion } from '../../pipelines/ingestion.ts';
import { CountedCells } from '../../src/aggregate/counted-cells.ts';
import { LedgerBatch } from '../../src/store/ledger-batch.ts';
import { RollupBatch } from '../../src/store/rollup.ts';
import { createState, SqliteState } from '../../src/store/sqlite.ts';
import { readLog } from '../support/read-log.ts';
import { SEED } from '../support/seed.ts';
import { exportOf, ingest, NOW, READING, testFolder } from '../support/state.ts';

const folder = testFolder('counted');
afterAll(() => folder.remove());

/** So many relays outside give nothing back before correlate stops to follow what is `queued as`: see open-messages.ts. */
const STRANGERS = 1000;
const queueId = (n: number): string => `4${n.toString(36).toUpperCase().padStart(10, '0')}z`;

function line(second: number, queue: string, rest: string, host = 'mx01'): string {
  const time = new Date(Date.UTC(2026, 10, 21, 23, 50) + second * 1000).toISOString();
  return `${time} ${host} postfix/smtp[1]: ${queue}: ${rest}\n`;
}

const SENT = 'dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 9ABCDEF0)';
const manyStrangers = Array.from({ length: STRANGERS + 1 }, (_, i) =>
  line(
    0,
    queueId(i),
    `to=<a@d${i % 50}.example>, relay=mx${i}.example[192.0.2.${i % 250}]:25, delay=0.6, delays=0/0/0/0.6, ${SENT}`,
  ),
).join('');

/** After so many deliveries, the addresses that a state knows are loaded: see MANY_DELIVERIES in pipelines/ingestion.ts. */
const manyDeliveries = Array.from({ length: 5001 }, (_, i) =>
  line(
    30,
    queueId(10_000 + i),
    `to=<r${i}@many.example>, relay=mx1.example[192.0.2.1]:25, delay=0.6, delays=0/0/0/0.6, ${SENT}`,
  ),
).join('');

/** Alike but for their time, and alone in their quarter hour: what is kept of its first and last is theirs. */
const alike = [-1000, -990, -950]
  .map((second, i) =>
    line(
      second,
      queueId(20_000 + i),
      `to=<u${i}@alike.example>, relay=mx1.example[192.0.2.1]:25, delay=0.6, delays=0/0/0/0.6, ${SENT}`,
    ),
  )
  .join('');

const record = fc.record({
  queue: fc.nat(60),
  // Few, so that some fail and take mail later; and many, so that most never fail.
  to: fc.oneof(
    fc.constantFrom('a@x.example', 'A@X.example', 'c@Z.example.', 'nowhere', '', 'ä@x.example', 'no>@x.example'),
    fc.nat(200).map((n) => `u${n}@d${n % 5}.example`),
  ),
  relay: fc.oneof(
    {
      weight: 150,
      arbitrary: fc.constantFrom(
        'mx1.example[192.0.2.1]:25',
        'MX1.example[192.0.2.1]:25',
        'mx2.example[2001:db8::2]:25',
        'gmail-smtp-in.l.google.com[192.0.2.3]:25',
        'local',
        'none',
      ),
    },
    // A content filter: from then on every delivery is followed, and none is counted by its numbers.
    { weight: 1, arbitrary: fc.constant('127.0.0.1[127.0.0.1]:10025') },
  ),
  outcome: fc.constantFrom(
    ...Array.from({ length: 6 }, () => SENT),
    'dsn=2.0.0, status=sent (250 2.0.0 Ok)',
    'dsn=2.1.5, status=sent (250 2.1.5 Queued, thanks)',
    'dsn=4.2.0, status=deferred (host mx1.example[192.0.2.1] said: 450 4.2.0 greylisted)',
    'dsn=5.1.1, status=bounced (550 5.1.1 User unknown (in reply to RCPT TO command))',
    'dsn=5.2.2, status=SOFTBOUNCE (552 5.2.2 full)',
    'dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as OTHER)',
    'removed',
  ),
  // Quarter hours and days go by; now and then a clock goes back.
  later: fc.constantFrom(0, 0, 0, 1, 1, 7, 400, 1000, -30),
  host: fc.constantFrom('mx01', 'mx01', 'mx01', 'mx02'),
  delay: fc.constantFrom('0.6', '12', '0.05', '4200', '0', '1e3', '0.0005'),
});

/** Each is read as a batch of its own, with a commit behind it where there are any. */
const logs = fc.array(fc.array(record, { minLength: 10, maxLength: 40 }), { minLength: 1, maxLength: 3 });

test('a state is the same, whether deliveries are counted by numbers or by events', { timeout: 120_000 }, async () => {
  let counted = 0;
  const { take } = CountedCells.prototype;
  CountedCells.prototype.take = function (to) {
    take.call(this, (cell) => {
      counted += cell.events;
      to(cell);
    });
  };
  const one = folder.file('one.db');
  const other = folder.file('other.db');
  await fc.assert(
    fc.asyncProperty(logs, fc.boolean(), fc.boolean(), async (list, commits, again) => {
      let second = 60;
      const files = [folder.file('mail-20261121.log'), ...list.map((_, i) => folder.file(`mail-2026112${i + 2}.log`))];
      writeFileSync(files[0]!, manyStrangers);
      const many = folder.file('more.log');
      writeFileSync(many, manyDeliveries);
      for (const [i, records] of list.entries())
        writeFileSync(
          files[i + 1]!,
          records
            .map(({ later, queue, to, relay, outcome, host, delay }) => {
              second = Math.max(1, second + later);
              const id = queueId(5000 + queue);
              return outcome === 'removed'
                ? line(second, id, outcome, host)
                : line(
                    second,
                    id,
                    `to=<${to}>, relay=${relay}, delay=${delay}, delays=0/0/0/${delay}, ${outcome.replace('OTHER', queueId(5000 + ((queue * 7) % 61)))}`,
                    host,
                  );
            })
            .join('') + alike,
        );
      for (const [state, countedFrom, preparedEvery] of [
        [one, 0, 1],
        [other, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      ] as const) {
        for (const end of ['', '-wal', '-shm']) rmSync(`${state}${end}`, { force: true });
        // In one run, or the later ones in a run of their own, on a state that has a ledger.
        const runs = again ? [files.slice(0, 2), [many, ...files]] : [files];
        for (const names of runs)
          await ingest(state, names, {
            countedFrom,
            preparedEvery,
            ...(commits && { commitBytes: 1 }),
            maxAge: 3_000_000,
          });
      }
      expect(exportOf(one)).toEqual(exportOf(other));
    }),
    { seed: SEED, numRuns: 40 },
  );
  expect(counted).toBeGreaterThan(400);
  CountedCells.prototype.take = take;
});

test('an address that another ingest saw fail meanwhile is watched for, too', async () => {
  const state = folder.file('two.db');
  const first = folder.file('first.log');
  const growing = folder.file('growing.log');
  const theirs = folder.file('theirs.log');
  const to = (what: string): string =>
    `to=<b@x.example>, relay=mx1.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, ${what}`;
  writeFileSync(first, manyStrangers);
  writeFileSync(growing, line(60, queueId(5000), to(SENT)));
  writeFileSync(theirs, line(90, queueId(5001), to('dsn=5.1.1, status=bounced (550 5.1.1 User unknown)')));
  await ingest(state, []);
  const writer = new SqliteState(state, { write: true, check: false });
  try {
    const ingestion = new Ingestion(writer, {
      ...READING,
      needs: { senders: false, inbound: false, warnings: true },
      now: NOW,
      commitAfter: Number.POSITIVE_INFINITY,
      commitBytes: Number.POSITIVE_INFINITY,
      clock: () => 0,
      countedFrom: 0,
    });
    await ingestion.pass([first, growing], NOW);
    await ingest(state, [theirs]);
    appendFileSync(growing, line(120, queueId(5002), to(SENT)));
    await ingestion.pass([first, growing], NOW);
  } finally {
    writer.close();
  }
  const ledger = exportOf(state).filter((text) => text.includes('"part":"ledger"'));
  expect(ledger).toHaveLength(1);
  expect(JSON.parse(ledger[0]!).last_delivery).toBe(Date.UTC(2026, 10, 21, 23, 52));
});

test('what was prepared for a commit that did not come is not taken for stored', () => {
  const path = folder.file('prepared.db');
  createState(path, { senders: false, inbound: false });
  const state = new SqliteState(path, { write: true, check: false });
  const rollup = new RollupBatch(false);
  const ledger = new LedgerBatch();
  const add = (text: string): void => {
    readLog(text, {
      needs: { senders: false, inbound: false, warnings: false },
      step: { event: (e) => rollup.add(e) },
    });
  };
  const changes = { put: [], removed: [] };
  const rest = { recent: { old: [], young: [] }, filtering: false, strangers: [], swept: 0 };
  const correlate = { log: { open: changes, openings: changes, hops: changes, rest }, webhookRotated: 0 };
  const commit = (): void => state.commit({ rollup, ledger, correlate, checkpoints: [], now: NOW });
  const rows = (name: string): number => state.counts().find(({ table }) => table === name)!.rows;
  try {
    expect(state.begin()).toBe(false);
    add(line(0, queueId(1), `to=<a@x.example>, relay=mx1.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, ${SENT}`));
    commit();
    expect(state.begin()).toBe(true);
    add(line(9, queueId(2), `to=<b@y.example>, relay=mx2.example[192.0.2.2]:25, delay=1, delays=0/0/0/1, ${SENT}`));
    state.prepare(rollup);
    state.rollback();
    expect(state.verify()).toEqual([]);
    // Whoever goes on has to read anew what is stored. What was prepared is prepared again.
    expect(state.begin()).toBe(false);
    commit();
    expect(rows('series')).toBe(2);
    expect(state.verify()).toEqual([]);
  } finally {
    state.close();
  }
});
