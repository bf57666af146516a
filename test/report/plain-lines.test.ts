/** Lines of plain events are written by the numbers of their rows as they would be of their events. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTimestamp, zoneOffset } from '../../src/correlate/clock.ts';
import type { CorrelatorState } from '../../src/correlate/correlator.ts';
import { COLUMN, type DeliveryEvent, KIND, type LogRecord } from '../../src/event/index.ts';
import { renderEventNdjson } from '../../src/report/event-ndjson.ts';
import { LineBuffer, SharedLineBuffer } from '../../src/report/line-buffer.ts';
import { PlainLines } from '../../src/report/plain-lines.ts';
import { ALL_NEEDS, namesFor, pool, type ReadOptions, readLog } from '../support/read-log.ts';
import { SEED } from '../support/seed.ts';
import { STAMP_STEPS } from '../support/stamp-steps.ts';

/** Where what writes lines has its memory, one after the other. */
const FREE = pool.memory.buffer.byteLength;

interface Written {
  readonly text: string;
  /** Lines that no event was made for. */
  readonly plain: number;
  /** What correlate remembers. */
  readonly left: unknown;
}

interface Options extends Pick<ReadOptions, 'year' | 'zone' | 'maxAge' | 'filterRelays'> {
  readonly since?: number;
  readonly until?: number;
}

function left({ log }: CorrelatorState): unknown {
  const { open, openings, hops, strangers, filtering } = log;
  const byKey = <T>(entries: readonly (readonly [number, T])[]) => [...entries].sort(([a], [b]) => a - b);
  return { open: byKey(open), openings, hops: byKey(hops), strangers: new Map(strangers), filtering };
}

function byEvents(blocks: readonly string[], { since = -Infinity, until = Infinity, ...options }: Options): Written {
  let text = '';
  const event = (one: Parameters<typeof renderEventNdjson>[0]): void => {
    if (!(one.time < since || one.time >= until)) text += `${renderEventNdjson(one)}\n`;
  };
  const { state } = readLog(blocks, { needs: ALL_NEEDS, ...options, step: { event } });
  return { text, plain: 0, left: left(state) };
}

function byNumbers(blocks: readonly string[], { since = -Infinity, until = Infinity, ...options }: Options): Written {
  new Uint8Array(pool.memory.buffer).fill(0, FREE);
  const lines = new PlainLines(pool.memory, namesFor(ALL_NEEDS), { since, until, formatTimestamp }, FREE);
  let events = 0;
  const { state } = readLog(blocks, {
    needs: ALL_NEEDS,
    ...options,
    heads: true,
    step: {
      plain: lines,
      event(one) {
        if (one.time < since || one.time >= until) return;
        events++;
        lines.events.add(one);
      },
    },
  });
  const text = lines.events.take()?.toString() ?? '';
  return { text, plain: text.split('\n').length - 1 - events, left: left(state) };
}

const queueId = (n: number): string => `4${n.toString(36).toUpperCase().padStart(10, '0')}z`;
const at = (second: number): string => new Date(Date.UTC(2026, 10, 22) + second * 1000).toISOString();

/** Deliveries to so many relays that give nothing back: then it is known that no relay is a content filter. */
const STRANGERS = Array.from({ length: 1001 }, (_, i) => {
  const answer = `250 2.0.0 Ok: queued as ${queueId(2_000_000 + i)}`;
  return `${at(0)} mx01 postfix/smtp[1]: ${queueId(1_000_000 + i)}: to=<a@d.example>, relay=mx${i}.example[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (${answer})\n`;
}).join('');

const relay = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.constantFrom(
      'mx1.example[192.0.2.1]:25',
      'MX2.example[192.0.2.2]:25',
      'gmail-smtp-in.l.google.com[2001:db8::1b]:25',
      'local',
      'none',
    ),
  },
  { weight: 1, arbitrary: fc.constant('127.0.0.1[127.0.0.1]:10025') },
);
const to = fc.constantFrom(
  'a@x.example',
  'A@X.example',
  'b@x.example',
  'c@Z.example.',
  'é@x.example',
  '"a b"@x.example',
  '',
);
const from = fc.constantFrom(
  '',
  'news@sender.example',
  'ü@sender.example',
  '"q"@sender.example',
  's'.repeat(300),
  't'.repeat(5000),
);
const messageId = fc.constantFrom('<1@mx01>', '<ä@mx01>', '<"\\>', '', `<${'m'.repeat(200)}>`, `<${'n'.repeat(9000)}>`);
const sent = (queue: string): string => `dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as ${queue})`;

/** What a line says of a queue id; OTHER is another one. */
const said = fc.oneof(
  { weight: 3, arbitrary: messageId.map((id) => ['cleanup', `message-id=${id}`]) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(from, fc.nat(99_999))
      .map(([f, size]) => ['qmgr', `from=<${f}>, size=${size}, nrcpt=1 (queue active)`]),
  },
  { weight: 2, arbitrary: fc.constant(['qmgr', 'removed']) },
  { weight: 1, arbitrary: from.map((f) => ['qmgr', `from=<${f}>, status=expired, returned to sender`]) },
  { weight: 1, arbitrary: fc.constant(['smtp', 'host mx1.example[192.0.2.1] said: 421 busy']) },
  {
    weight: 12,
    arbitrary: fc
      .tuple(
        to,
        relay,
        fc.constantFrom('0.6', '12', '00.5'),
        fc.constantFrom(
          sent('OTHER'),
          sent('9ABCDEF0'),
          'dsn=2.0.0, status=sent (250 2.0.0 "Ok")',
          'dsn=4.2.0, status=deferred (host mx1.example[192.0.2.1] said: 450 4.2.0 greylisted)',
          `dsn=4.2.0, status=deferred (host mx1.example[192.0.2.1] said: 450 4.2.0 ${'long '.repeat(4000)})`,
          'dsn=5.1.1, status=bounced (550 5.1.1 User unknown (in reply to RCPT TO command))',
          'dsn=2.0.0, status=deliverable (250 ok)',
        ),
      )
      .map(([t, by, delay, what]) => ['smtp', `to=<${t}>, relay=${by}, delay=${delay}, delays=0.1/0/0.2/0.3, ${what}`]),
  },
);
const LINES = fc.array(fc.tuple(said, fc.nat(7), fc.constantFrom(0, 0, 0, 0, 1, 1, 59, 1000), fc.boolean()), {
  minLength: 20,
  maxLength: 120,
});
const PERIOD = fc.constantFrom(undefined, undefined, Date.UTC(2026, 10, 22, 0, 10));

describe('lines are the same, whether they are written by numbers or by events', () => {
  test('whatever is said of a queue id, and left open', () => {
    let plain = 0;
    let followed = 0;
    fc.assert(
      fc.property(
        LINES,
        fc.boolean(),
        fc.constantFrom(7 * 86_400_000, 600_000),
        PERIOD,
        PERIOD,
        fc.nat(120),
        (list, follows, maxAge, since, until, cut) => {
          let second = 60;
          const texts = list.map(([[program, message], queue, later, milliseconds]) => {
            second += later;
            const other = queueId(3_000_000 + ((queue + 1) % 8));
            const stamp = milliseconds ? at(second).replace('.000Z', '.042Z') : at(second);
            return `${stamp} mx01 postfix/${program}[1]: ${queueId(3_000_000 + queue)}: ${message!.replace('OTHER', other)}\n`;
          });
          const blocks = [follows ? '' : STRANGERS, texts.slice(0, cut).join(''), texts.slice(cut).join('')].filter(
            (text) => text !== '',
          );
          const options: Options = { maxAge, ...(since && { since }), ...(until && { until }) };
          const numbers = byNumbers(blocks, options);
          const events = byEvents(blocks, options);
          plain += numbers.plain;
          if (follows && numbers.plain > 0) followed++;
          expect(numbers.text).toBe(events.text);
          expect(numbers.left).toEqual(events.left);
        },
      ),
      { seed: SEED, numRuns: 400 },
    );
    expect(plain).toBeGreaterThan(1000);
    expect(followed).toBeGreaterThan(50);
  });

  test('whatever the clock says', () => {
    let plain = 0;
    fc.assert(
      fc.property(
        // The hour that comes twice in Berlin begins at 00:00 UTC; the year turns.
        fc.constantFrom(Date.UTC(2026, 9, 24, 23, 30), Date.UTC(2025, 11, 31, 22), Date.UTC(2026, 1, 28, 23)),
        fc.array(
          fc.tuple(
            STAMP_STEPS,
            fc.constantFrom<'yearless' | 'absolute' | 'zoned'>('yearless', 'yearless', 'absolute', 'zoned'),
            fc.nat(2),
          ),
          {
            minLength: 10,
            maxLength: 60,
          },
        ),
        fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns'),
        (start, steps, zone) => {
          let time = start;
          const text = steps
            .map(([seconds, kind, milliseconds], i) => {
              time += seconds * 1000;
              const iso = new Date(time).toISOString();
              const stamp =
                kind === 'yearless'
                  ? `${['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][Number(iso.slice(5, 7)) - 1]} ${String(Number(iso.slice(8, 10))).padStart(2)} ${iso.slice(11, 19)}`
                  : `${iso.slice(0, 19)}${['', '.070', '.123456'][milliseconds]}${kind === 'absolute' ? 'Z' : '-03:30'}`;
              return `${stamp} mx01 postfix/smtp[1]: ${queueId(4_000_000 + i)}: to=<a@x.example>, relay=mx1.example[192.0.2.1]:25, delay=1, ${sent('9ABCDEF0')}\n`;
            })
            .join('');
          const options: Options = { year: 2025, zone: zoneOffset(zone) };
          const blocks = [STRANGERS, text];
          const numbers = byNumbers(blocks, options);
          plain += numbers.plain;
          expect(numbers.text).toBe(byEvents(blocks, options).text);
        },
      ),
      { seed: SEED, numRuns: 150 },
    );
    expect(plain).toBeGreaterThan(1000);
  });

  test('what came back from a content filter is told with the sender it had', () => {
    const [first, second] = [queueId(6_000_000), queueId(6_000_001)];
    const line = (second: number, program: string, queue: string, message: string): string =>
      `${at(second)} mx01 postfix/${program}[1]: ${queue}: ${message}\n`;
    const delivered = (answer: string): string =>
      `to=<a@x.example>, relay=mx1.example[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (${answer})`;
    const text = [
      line(1, 'cleanup', first, 'message-id=<1@mx01>'),
      line(1, 'qmgr', first, 'from=<news@sender.example>, size=42, nrcpt=1 (queue active)'),
      line(2, 'smtp', first, delivered(`250 Ok: queued as ${second}`)),
      line(2, 'qmgr', first, 'removed'),
      line(3, 'smtp', second, delivered('250 Ok')),
    ].join('');
    const numbers = byNumbers([text], {});
    expect(numbers.plain).toBe(1);
    expect(numbers.text).toMatch(
      /"event":"internal".*"sender":"news@sender.example","message_id":"1@mx01","size":42,"corrects":"delivered"/,
    );
    expect(numbers.text).toBe(byEvents([text], {}).text);
  });

  test('long lines are left to their events where they would have to be kept', () => {
    const put = (length: number, answer: string): string =>
      `${at(1)} mx01 postfix/smtp[1]: ${queueId(8_000_000)}: to=<a@x.example>, orig_to=<${'x'.repeat(length)}>, relay=mx1.example[192.0.2.1]:25, delay=1, ${answer}\n`;
    const deferred = (length: number): string => put(length, 'dsn=4.2.0, status=deferred (450 4.2.0 greylisted)');
    const taken = (length: number): string => put(length, sent('9ABCDEF0'));
    for (const text of [deferred, taken]) {
      expect(byNumbers([text(3500)], {}).plain).toBe(1);
      expect(byNumbers([text(4500)], {}).plain).toBe(0);
    }
  });

  test('where there are more lines than room for them at once', () => {
    // Every other stamp names no time: the clock says what it was.
    const record = (i: number): string =>
      `${i % 2 === 0 ? `${at(i)} mx01 postfix/smtp[1]:` : '<22>1 - mx01 postfix/smtp 1 - -'} ${queueId(5_000_000 + (i % 90))}: to=<a@x.example>, relay=mx1.example[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (250 Ok)\n`;
    // Each queue id has a long sender, that each of its many lines says.
    const opened = Array.from(
      { length: 90 },
      (_, i) =>
        `${at(0)} mx01 postfix/qmgr[1]: ${queueId(5_000_000 + i)}: from=<${'s'.repeat(9000)}>, size=1, nrcpt=1 (queue active)\n`,
    ).join('');
    const blocks = [STRANGERS, opened, Array.from({ length: 3000 }, (_, i) => record(i)).join('')];
    const numbers = byNumbers(blocks, {});
    expect(numbers.text.length).toBeGreaterThan(3 * (8 << 20));
    expect(numbers.plain).toBeGreaterThan(2000);
    expect(numbers.text).toBe(byEvents(blocks, {}).text);
  });
});

describe('openings', () => {
  const create = (mostOpenings?: number): PlainLines => {
    new Uint8Array(pool.memory.buffer).fill(0, FREE);
    const options = { since: -Infinity, until: Infinity, formatTimestamp, ...(mostOpenings && { mostOpenings }) };
    return new PlainLines(pool.memory, namesFor(ALL_NEEDS), options, FREE);
  };
  const opened = (key: number, sender: string): LogRecord =>
    ({ queueKey: key, sender, size: sender.length }) as unknown as LogRecord;
  const named = (key: number, message_id: string): LogRecord => ({ queueKey: key, message_id }) as unknown as LogRecord;

  test('are what a map of them would be, the oldest of which go first', () => {
    const key = fc.integer({ min: 1, max: 12 });
    const text = fc.oneof(
      fc.constantFrom('', 'a@x.example', 'é', '"\\', '\u2028\x07', 'm'.repeat(200), 'n'.repeat(4000), 'o'.repeat(9000)),
      fc.string({ unit: 'binary', maxLength: 90 }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('opened', 'named', 'close'), key, text), { maxLength: 60 }),
        fc.constantFrom(2, 5, 100),
        (steps, most) => {
          const openings = create(most);
          const map = new Map<number, object>();
          for (const [step, key, said] of steps) {
            if (step === 'close') {
              map.delete(key);
              openings.close(key);
              continue;
            }
            const known = map.get(key) ?? { sender: undefined, message_id: undefined, size: undefined };
            if (!map.has(key) && map.size === most) map.delete(map.keys().next().value!);
            const anew = step === 'opened' ? { sender: said, size: said.length } : { message_id: said };
            map.set(key, { ...known, ...anew });
            if (step === 'opened') openings.noteOpened(opened(key, said));
            else openings.noteMessageId(named(key, said));
          }
          expect([...openings.entries()]).toEqual([...map]);
          for (let key = 1; key <= 12; key++) expect(openings.get(key)).toEqual(map.get(key));
        },
      ),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('are told as text by rows of another memory', () => {
    const openings = create();
    // What lies in this memory where such a row lies in its own.
    const address = pool.memory.buffer.byteLength - 4096;
    const numbers = new Int32Array(pool.memory.buffer, address);
    numbers[COLUMN.kind] = KIND.message_id;
    numbers[COLUMN.plain] = 1;
    new Float64Array(pool.memory.buffer, address)[COLUMN.queueKey / 2] = 7;
    openings.noteMessageId({ ...named(3, 'a@b'), scope: { names: {} }, rowAddress: address } as LogRecord);
    expect([...openings.entries()].map(([key]) => key)).toEqual([3]);
    openings.noteMessageId({
      ...named(7, ''),
      scope: { names: namesFor(ALL_NEEDS) },
      rowAddress: address,
    } as unknown as LogRecord);
    expect(openings.get(7)).toEqual({ message_id: '' });
  });

  test('take no more memory than there were at once', () => {
    const openings = create();
    let full = 0;
    for (let i = 1; i <= 300_000; i++) {
      openings.noteMessageId(named(i, `${i}`.padEnd(i % 500, '.')));
      openings.noteOpened(opened(i, `${i}`.padEnd(i % 6000, '.')));
      if (i > 100) openings.close(i - 100);
      if (i === 20_000) full = pool.memory.buffer.byteLength;
    }
    expect([...openings.entries()]).toHaveLength(100);
    expect(pool.memory.buffer.byteLength).toBe(full);
  });

  test('are remembered beside the memory where it is full', () => {
    const openings = create();
    openings.noteMessageId(named(1, 'a@b'));
    // Nothing is written there, and no later test may: it takes no memory of this machine.
    openings.room(0x70000000 - FREE);
    const line = (program: string, message: string): string =>
      `${at(1)} mx01 postfix/${program}[1]: ${queueId(7_000_000)}: ${message}\n`;
    const sentTo = (relay: string): string =>
      line('smtp', `to=<a@x.example>, relay=${relay}, delay=1, dsn=2.0.0, status=sent (250 Ok)`);
    const long = line('qmgr', `from=<${'s'.repeat(9000)}>, size=7, nrcpt=1 (queue active)`);
    const lines = [line('cleanup', 'message-id=<1@mx01>'), long, sentTo('mx1.example[192.0.2.1]:25'), sentTo('local')];
    // From then on nothing is known of it, whoever writes its lines.
    const text = [...lines, line('qmgr', 'removed'), sentTo('mx1.example[192.0.2.1]:25'), sentTo('local')].join('');
    const step = { plain: openings, event: (event: DeliveryEvent) => openings.events.add(event) };
    readLog(text, { needs: ALL_NEEDS, heads: true, step });
    expect(openings.events.take()?.toString()).toBe(byEvents([text], {}).text);
    openings.noteOpened(opened(1, 'small'));
    openings.noteOpened(opened(2, 'n'.repeat(9000)));
    openings.noteMessageId(named(2, 'c@d'));
    openings.noteOpened(opened(3, ''));
    const large = { sender: 'n'.repeat(9000), message_id: 'c@d', size: 9000 };
    expect(openings.get(1)).toEqual({ sender: 'small', message_id: 'a@b', size: 5 });
    expect(openings.get(2)).toEqual(large);
    expect(openings.get(3)).toEqual({ sender: '', message_id: undefined, size: 0 });
    expect(new Map(openings.entries()).get(2)).toEqual(large);
    openings.close(2);
    expect(openings.get(2)).toBeUndefined();
    expect([...openings.entries()]).toHaveLength(2);
  });
});

const LINE_BUFFERS: readonly (readonly [string, () => LineBuffer])[] = [
  ['LineBuffer', () => new LineBuffer()],
  [
    'SharedLineBuffer',
    () => {
      const memory = new SharedArrayBuffer(96);
      return new SharedLineBuffer([0, 32, 64].map((start) => Buffer.from(memory, start, 32)));
    },
  ],
];

describe.each(LINE_BUFFERS)('%s', (_, make) => {
  test('writes again to what has been given back', () => {
    const buffer = make();
    const memories = new Set<ArrayBufferLike>();
    for (let i = 0; i < 10; i++) {
      buffer.makeRoom(3);
      buffer.length += buffer.bytes.write('abc', buffer.length, 'latin1');
      const lines = buffer.take()!;
      memories.add(lines.buffer);
      buffer.giveBack(lines);
    }
    expect(memories.size).toBeLessThanOrEqual(2);
  });

  test('gives what was written, in order, whatever of it fits, and whoever gives it back', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.string({ unit: 'grapheme-ascii', maxLength: 100 }), fc.constant('take'), fc.constant('back')),
        ),
        (list) => {
          const buffer = make();
          let given: { lines: Buffer; text: string }[] = [];
          let text = '';
          for (const item of list) {
            if (item === 'back') {
              // Until then, nobody writes where they lie.
              for (const { lines, text } of given) expect(lines.toString('latin1')).toBe(text);
              for (const { lines } of given) buffer.giveBack(lines);
              given = [];
            } else if (item === 'take') {
              const lines = buffer.take();
              expect(lines?.toString('latin1') ?? '').toBe(text);
              if (lines !== undefined) given.push({ lines, text });
              text = '';
            } else {
              buffer.makeRoom(item.length);
              buffer.length += buffer.bytes.write(item, buffer.length, 'latin1');
              text += item;
            }
          }
          for (const { lines, text } of given) expect(lines.toString('latin1')).toBe(text);
        },
      ),
      { seed: SEED, numRuns: 2000 },
    );
  });
});
