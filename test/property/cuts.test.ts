/** Any cut of the input into reads and blocks, parsed apart and correlated in order, gives the same events in the same order. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { zoneOffset } from '../../src/correlate/clock.ts';
import { Correlator } from '../../src/correlate/correlator.ts';
import type { InputInfo, InputReport } from '../../src/event/index.ts';
import type { Needs } from '../../src/parse/format.ts';
import { FORMATS } from '../../src/parse/formats/index.ts';
import { LARGE_DICTIONARIES, LineReader } from '../../src/parse/scan/log-lines.ts';
import { BlockPool, SLOT_BYTES } from '../../src/stream/block-pool.ts';
import { blocksOf } from '../../src/stream/blocks.ts';
import { correlateNeeds } from '../../src/stream/events.ts';
import { InputWatch } from '../../src/stream/input-report.ts';
import type { OpenInput } from '../../src/stream/inputs.ts';
import { BlockReader, nameTools } from '../../src/stream/parsing.ts';
import { readBuiltInTables } from '../../src/tables/load.ts';
import { journalText, logText, webhookText } from '../support/log-text.ts';
import { type PlainEvent, plain, REFERENCE, readLog } from '../support/read-log.ts';
import { runs } from '../support/runs.ts';

const pool = new BlockPool(3, 8);
const tables = readBuiltInTables();
const readers = new Map<string, BlockReader>();

/** The same memory and dictionaries for all runs, as in a program that reads one file after the other. */
function readerFor(needs: Needs): BlockReader {
  const key = JSON.stringify(needs);
  let reader = readers.get(key);
  if (reader === undefined) {
    const scratch = pool.scratch(readers.size);
    const lines = new LineReader(pool.memory, scratch, SLOT_BYTES, nameTools(tables), LARGE_DICTIONARIES, pool.names);
    reader = new BlockReader(tables, needs, lines, FORMATS);
    readers.set(key, reader);
  }
  return reader;
}

interface Reading {
  readonly events: PlainEvent[];
  readonly report: InputReport;
}

/** @param cuts how many bytes each read hands over, in turn; the first is what is looked at before reading starts */
async function readIn(cuts: readonly number[], bytes: Buffer, formatName: string, needs: Needs): Promise<Reading> {
  const format = FORMATS.find(({ name }) => name === formatName)!;
  const info: InputInfo = { name: 'x', index: 0, format: formatName, reference: REFERENCE, year: undefined };
  let at = Math.min(bytes.length, cuts[0] ?? 0, 16_384);
  let turn = 1;
  const input: OpenInput = {
    info,
    format,
    head: bytes.subarray(0, at),
    size: bytes.length,
    reader: {
      lost: [],
      async read(target, offset, length) {
        const count = bytes.copy(
          target,
          offset,
          at,
          Math.min(at + Math.max(1, cuts[turn++ % cuts.length]!), at + length),
        );
        at += count;
        return count;
      },
      async close() {},
    },
  };
  const reader = readerFor(needs);
  const correlator = new Correlator({ ...correlateNeeds(needs), zone: zoneOffset('UTC'), maxAge: 7 * 86_400_000 });
  const watch = new InputWatch(input);
  const events: PlainEvent[] = [];
  for await (const block of blocksOf(input, pool, true)) {
    const batch = reader.read(block);
    correlator.consume(batch, (event) => events.push(plain(event)));
    watch.add(batch);
    batch.release();
  }
  return { events, report: watch.report() };
}

const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 400 }), fc.constant(0)), {
  minLength: 1,
  maxLength: 12,
});
const needs = fc
  .record({ senders: fc.boolean(), inbound: fc.boolean(), warnings: fc.boolean() })
  // There are so many readers; what goes with what here is as good as any other way.
  .map((few): Needs => ({ ...few, received: few.inbound, notices: few.senders }));
const EVERYTHING: Needs = { senders: true, inbound: true, warnings: true, received: true, notices: true };
const whole = [0, Number.MAX_SAFE_INTEGER];

let events = 0;
let blocks = 0;
beforeAll(() => {
  events = 0;
  blocks = 0;
});

async function sameHoweverCut(text: string, format: string, wanted: Needs, pieces: readonly number[]): Promise<void> {
  const bytes = Buffer.from(text);
  const expected = await readIn(whole, bytes, format, wanted);
  const got = await readIn(pieces, bytes, format, wanted);
  expect(got).toEqual(expected);
  // and what is read without any streams
  const plainly = readLog(bytes, { format, needs: wanted });
  expect(got.events).toEqual(plainly.events);
  expect(got.report.accounting).toEqual(plainly.accounting);
  const { lines, event, context, ignored, malformed, truncated } = got.report.accounting;
  expect(event + context + ignored + malformed + truncated).toBe(lines);
  events += expected.events.length;
  blocks++;
}

describe('the same events, however the input comes', () => {
  test.each<[format: string, texts: fc.Arbitrary<string>, share: number]>([
    ['postfix', logText, 10_000],
    ['sendgrid', webhookText, 7_000],
    ['postfix-journal', logText.map(journalText), 3_000],
  ])('%s', async (format, texts, share) => {
    await fc.assert(
      fc.asyncProperty(texts, needs, cuts, (text, wanted, pieces) => sameHoweverCut(text, format, wanted, pieces)),
      runs(share),
    );
    // not vacuous: there was something to differ in
    expect(events / blocks).toBeGreaterThan(1);
  });

  test('objects and lines longer than a block, and what is around them', async () => {
    const object = (email: string, size: number) =>
      JSON.stringify({ event: 'delivered', email, pad: 'x'.repeat(size) });
    const texts: readonly (readonly [format: string, text: string, found: readonly string[]])[] = [
      [
        'sendgrid',
        [
          object('1@b.example', 10),
          object('2@b.example', 3_000_000),
          object('3@b.example', 10),
          object('4@b.example', 1_500_000),
          object('5@b.example', 10),
        ].join('\n'),
        ['1', '3', '5'],
      ],
      [
        'sendgrid',
        `[${[object('1@b.example', 10), object('2@b.example', 3_000_000), object('3@b.example', 10)].join(',')}]`,
        ['1', '3'],
      ],
      [
        'sendgrid',
        `${object('1@b.example', 10)}\n${'words '.repeat(500_000)}\n${object('3@b.example', 10)}`,
        ['1', '3'],
      ],
      [
        'sendgrid',
        `${object('1@b.example', 10)}\n${object('2@b.example', 3_000_000).slice(0, -2)}\n${object('3@b.example', 10)}`,
        ['1', '3'],
      ],
      [
        'sendgrid',
        `[${Array.from({ length: 20_000 }, (_, i) => object(`${i}@b.example`, 150)).join(',')}]`,
        Array.from({ length: 20_000 }, (_, i) => String(i)),
      ],
      [
        'postfix',
        `${line('1')}${'x'.repeat(5_000_000)}\n${line('2')}${'y'.repeat(70_000)}\n${line('3')}`,
        ['1', '2', '3'],
      ],
    ];
    for (const [format, text, found] of texts) {
      const bytes = Buffer.from(text);
      const expected = await readIn(whole, bytes, format, { ...EVERYTHING });
      expect(expected.events.map(({ recipient }) => recipient?.split('@')[0])).toEqual(found);
      for (const pieces of [[65_536], [262_144], [100_003, 7, 1_000_000]]) {
        const got = await readIn(pieces, bytes, format, { ...EVERYTHING });
        expect(got.events).toEqual(expected.events);
        expect(got.report.accounting).toEqual(expected.report.accounting);
      }
    }
  });
});

function line(local: string): string {
  return `Nov 22 02:17:48 mx01 postfix/smtp[1]: 4A1B2C3D4E: to=<${local}@b.example>, relay=none, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (ok)\n`;
}
