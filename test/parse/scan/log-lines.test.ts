/** The scanner finds the lines that a search line by line finds; dictionaries and hashes are what they say; all is what its source says. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressKey, COLUMN, keyOf, LogRows } from '../../../src/event/index.ts';
import { UNNUMBERED } from '../../../src/event/row-layout.ts';
import {
  createScanMemory,
  FIRST_FREE,
  LineReader,
  MARK_CONNECT,
  MARK_INBOUND,
  MARK_MESSAGE_ID,
  MARK_OPENED,
  MARK_REMOVED,
  MARK_STATUS,
  MARK_WARNING,
  MARKED_LINE_FIELDS,
  SCAN_MARGIN,
  scratchBytes,
} from '../../../src/parse/scan/log-lines.ts';
import { ROOT } from '../../support/run.ts';
import { runs } from '../../support/runs.ts';

const MOST = 16_384;
const SCRATCH = FIRST_FREE + SCAN_MARGIN * 4 + MOST;
const TOOLS = { providers: [], domainOf: (text: string) => text, providerOf: () => undefined };
const SIZE = { names: 1 << 9, namesBytes: 1 << 16, answers: 1 << 6, answersBytes: 1 << 13 };
const ROWS = SCRATCH + scratchBytes(MOST, SIZE) + 64 - (scratchBytes(MOST, SIZE) % 64);
const memory = createScanMemory(SCRATCH + scratchBytes(MOST, SIZE));
const bytes = Buffer.from(memory.buffer);
const scanner = new LineReader(memory, SCRATCH, MOST, TOOLS, SIZE);

/** Three bytes each, as the scanner's source documents them (the third may follow the two that are looked for); `ed` counts before the end of its line only. */
const MARKS: readonly (readonly [mark: number, ends: readonly string[]])[] = [
  [MARK_STATUS, ['us=']],
  [MARK_OPENED, ['pt=']],
  [MARK_MESSAGE_ID, ['id=']],
  [MARK_WARNING, ['g: ', 'l: ', 'c: ', 'fic']],
  [MARK_INBOUND, ['t: ', 'd: ', 'g: ', 'nt=', 'id=']],
  [MARK_REMOVED, ['ed\n', 'ed\r']],
];

const CONNECT = MARK_WARNING | MARK_CONNECT;

function naive(text: string, wanted: number): { marked: number[][]; lines: number } {
  const marked: number[][] = [];
  let at = 0;
  let lines = 0;
  for (const line of text.split('\n').slice(0, -1)) {
    let marks = 0;
    for (const [mark, ends] of MARKS)
      if ((wanted & mark) !== 0 && ends.some((end) => `${line}\n`.includes(end))) marks |= mark;
    // Only they see it who ask for it.
    if ((wanted & CONNECT) === CONNECT && line.includes('to ')) marks |= MARK_WARNING;
    if (marks !== 0) marked.push([at, at + line.length, marks]);
    at += line.length + 1;
    lines++;
  }
  return { marked, lines };
}

function search(text: string, wanted: number, offset: number): { marked: number[][]; lines: number } {
  const start = FIRST_FREE + SCAN_MARGIN + offset;
  // What lies behind the text must not matter: the worst there can be.
  bytes.fill('us=ed\ng: t: id=', FIRST_FREE, SCRATCH, 'latin1');
  bytes.fill(0, FIRST_FREE, start);
  const end = start + bytes.write(text, start, 'latin1');
  const found = scanner.search(start, end, wanted);
  const list = scanner.listed(found);
  const marked: number[][] = [];
  for (let i = 0; i < list.length; i += MARKED_LINE_FIELDS) {
    const [from, to, marks] = list.subarray(i, i + MARKED_LINE_FIELDS);
    marked.push([from! - start, to! - start, marks!]);
  }
  return { marked, lines: found.lines };
}

const piece = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'us=',
      'pt=',
      'id=',
      'g: ',
      'l: ',
      'c: ',
      'fic',
      'to ',
      'w: ',
      'f',
      'i',
      'c',
      't: ',
      'd: ',
      'ed',
      'ed\r',
      '\n',
      '\n',
      '\r\n',
      'u',
      's',
      '=',
      'e',
      'd',
      ':',
      ' ',
      ' status=sent (',
      ': removed\n',
      'warning: ',
      'certificate verification failed for',
      'NOQUEUE: reject: ',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...'abcdeus=pt: \u00ff\u0000'), maxLength: 20 }) },
);
const text = fc.array(piece, { maxLength: 60 }).map((pieces) => `${pieces.join('')}\n`);

test('the same lines as line by line, wherever the text lies, for all marks', () => {
  let found = 0;
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 127 }), fc.nat(31), (input, wanted, offset) => {
      const expected = naive(input, wanted);
      found += expected.marked.length;
      expect(search(input, wanted, offset)).toEqual(expected);
    }),
    runs(),
  );
  expect(found).toBeGreaterThan(1000);
});

test('each mark alone, at every place in its thirty-two bytes', () => {
  for (const [mark, ends] of MARKS) {
    for (const end of ends) {
      for (let at = 0; at < 72; at++) {
        for (const tail of ['', 'x'.repeat(20)]) {
          const line = `${'-'.repeat(at)}${end.endsWith('\n') ? end.slice(0, -1) : end}${end.startsWith('ed') ? '' : tail}\n`;
          expect([line, ...search(`${line}-\n`, mark, at % 32).marked]).toEqual([line, [0, line.length - 1, mark]]);
        }
      }
    }
  }
});

test('nothing, and nothing but line feeds', () => {
  expect(search('\n', 63, 0)).toEqual({ marked: [], lines: 1 });
  expect(search('\n'.repeat(1000), 63, 3)).toEqual({ marked: [], lines: 1000 });
  expect(search('ed\n'.repeat(1000), 63, 3).marked).toHaveLength(1000);
});

test('a list with room for all, or none', () => {
  const start = FIRST_FREE + SCAN_MARGIN;
  const end = start + bytes.write('ed\nx\n us=\n'.repeat(10), start, 'latin1');
  const whole = scanner.listed(scanner.search(start, end, 63)).slice();
  const at = end + SCAN_MARGIN;
  const room = (lines: number): { start: number; end: number } => ({ start: at, end: at + 8 + lines * 12 });
  const marked = scanner.searchInto(room(20), start, end, 63)!;
  expect([marked.found, marked.lines]).toEqual([20, 30]);
  expect(scanner.listed(marked)).toEqual(whole);
  for (const lines of [0, 1, 10, 19]) {
    bytes.fill(0x7a, at + 8 + lines * 12, at + 8 + lines * 12 + 24);
    expect(scanner.searchInto(room(lines), start, end, 63), `${lines} lines`).toBeUndefined();
    // Nothing is written behind it.
    expect(bytes.toString('latin1', at + 8 + lines * 12, at + 8 + lines * 12 + 24)).toBe('z'.repeat(24));
  }
});

/** Puts a word where the reader can see it, the worst there can be behind it. */
function place(word: Buffer, offset = 0): [start: number, end: number] {
  const start = FIRST_FREE + SCAN_MARGIN + offset;
  bytes.fill('AZaz', FIRST_FREE, SCRATCH, 'latin1');
  return [start, start + word.copy(bytes, start)];
}

const word = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'A', 'b', 'Z', '@', '[', '`', '{', '\u00e4'), maxLength: 4 }),
  fc.string({ maxLength: 40 }),
);

/** A reader whose dictionaries are empty. */
function newReader(size = SIZE): LineReader {
  const own = createScanMemory(ROWS + LogRows.bytesFor(100));
  return new LineReader(own, SCRATCH, MOST, TOOLS, size);
}

test.each([
  ['domains: ASCII letters without case', true],
  ['relays: as they are', false],
])('a dictionary numbers as a Map does, until it is full: %s', (_what, fold) => {
  const reader = newReader();
  const key = (text: Buffer) =>
    text.toString('latin1').replace(/[A-Z]/g, (letter) => (fold ? letter.toLowerCase() : letter));
  const map = new Map<string, number>();
  let full = 0;
  fc.assert(
    fc.property(word, fc.nat(15), (text, offset) => {
      const run = Buffer.from(text);
      const start = FIRST_FREE + SCAN_MARGIN + offset;
      reader.bytes.fill('AZaz', FIRST_FREE, SCRATCH, 'latin1');
      const end = start + run.copy(reader.bytes, start);
      const number = fold ? reader.domainOf(start, end) : reader.relayOf(start, end);
      const known = map.get(key(run));
      if (known === undefined && map.size === SIZE.names) {
        full++;
        expect(number).toBe(UNNUMBERED);
        return;
      }
      if (known === undefined) map.set(key(run), map.size + 1);
      expect(number).toBe(known ?? map.size);
      if (fold)
        expect(Buffer.from(reader.names.domain(number))).toEqual(
          Buffer.from(run.toString().replace(/[A-Z]/g, (c) => c.toLowerCase())),
        );
    }),
    runs(20_000),
  );
  expect(full).toBeGreaterThan(100);
});

test('a dictionary without room for the bytes of a run leaves it unnumbered, and takes shorter ones', () => {
  const reader = newReader({ ...SIZE, namesBytes: (1 << 14) + 4096, names: 1 << 8 });
  const ask = (text: string) => {
    const start = FIRST_FREE + SCAN_MARGIN;
    return reader.relayOf(start, start + Buffer.from(text).copy(reader.bytes, start));
  };
  expect(ask('x'.repeat(15_000))).toBe(UNNUMBERED);
  expect(ask('short')).toBe(1);
});

/** Reads delivery records with these answers: the numbers and the texts of their answers. */
function answers(
  reader: LineReader,
  records: readonly (readonly [recipient: string, relay: string, answer: string])[],
) {
  const lines = records.map(
    ([recipient, relay, answer]) =>
      `Nov 22 02:17:48 mx01 postfix/smtp[1]: 4jXCQh6CYCzJTVP: to=<${recipient}>, relay=${relay}, delay=1, dsn=4.0.0, status=deferred (${answer})\n`,
  );
  const start = FIRST_FREE + SCAN_MARGIN;
  const end = start + reader.bytes.write(lines.join(''), start);
  const rows = new LogRows(100, reader.memory.buffer, ROWS);
  reader.read(reader.search(start, end, MARK_STATUS), rows, 4000);
  // Of a relay that is none nobody knows yet that it is nobody's.
  for (const row of reader.unjudged!) reader.numberAnswer(rows, row, 0);
  return Array.from({ length: rows.length }, (_, row) => [
    rows.numbers[row * COLUMN.WIDTH + COLUMN.answer],
    reader.answerText(rows, row),
  ]);
}

test('an answer that was judged is judged in every row, but of no other provider; what was not is told', () => {
  const reader = newReader();
  const start = FIRST_FREE + SCAN_MARGIN;
  const rows = new LogRows(100, reader.memory.buffer, ROWS);
  const read = (...records: (readonly [relay: string, answer: string])[]): [unjudged: number[], verdicts: number[]] => {
    const lines = records.map(
      ([relay, answer]) =>
        `Nov 22 02:17:48 mx01 postfix/smtp[1]: 4jXCQh6CYCzJTVP: to=<a@b.example>, relay=${relay}, delay=1, dsn=5.1.1, status=bounced (${answer})\n`,
    );
    lines.push('Nov 22 02:17:48 mx01 postfix/qmgr[1]: 4jXCQh6CYCzJTVP: removed\n');
    const end = start + reader.bytes.write(lines.join(''), start);
    reader.read(reader.search(start, end, MARK_STATUS | MARK_REMOVED), rows, 4000);
    const verdicts = records.map((_, row) => rows.numbers[row * COLUMN.WIDTH + COLUMN.verdict]!);
    return [[...reader.unjudged!], verdicts];
  };
  const answerOf = (row: number): number => rows.numbers[row * COLUMN.WIDTH + COLUMN.answer]!;
  const [first, second] = ['mx.example[192.0.2.1]:25', 'mx.other.example[192.0.2.2]:25'];

  expect(read([first, '550 no'], [first, '550 never'], ['none', '550 no'])).toEqual([
    [0, 1, 2],
    [0, 0, 0],
  ]);
  reader.judgeAnswer(answerOf(0), 7);
  expect(read([second, '550 no'], [first, '550 never'])).toEqual([[1], [7, 0]]);
  reader.numberAnswer(rows, 0, 3);
  expect(rows.numbers[COLUMN.verdict]).toBe(0);
  reader.judgeAnswer(answerOf(0), 8);
  expect(read([first, '550 no'])).toEqual([[], [7]]);
  reader.numberAnswer(rows, 0, 3);
  expect(rows.numbers[COLUMN.verdict]).toBe(8);
  // Numbered anew, none is judged.
  reader.answersAreFull();
  expect(read([first, '550 no'])).toEqual([[0], [0]]);
});

test('answers that say the same have one number: without the relay that said it, whoever the recipient was', () => {
  const reader = newReader();
  expect(
    answers(reader, [
      [
        'a1@one.example',
        'mx.one.example[192.0.2.1]:25',
        'host mx.one.example[192.0.2.1] said: 450 <a1@one.example>: wait',
      ],
      [
        'b2@two.example',
        'mx.two.example[192.0.2.2]:25',
        'host mx.two.example[192.0.2.2] said: 450 <b2@two.example>: wait',
      ],
      [
        'b2@two.example',
        'mx.two.example[192.0.2.2]:25',
        'host mx.two.example[192.0.2.3] said: 450 <b2@two.example>: wait',
      ],
      [
        'b2@two.example',
        'mx.two.example[192.0.2.2]:25',
        'host mx.two.example[192.0.2.2] said: 450 <a1@one.example>: wait',
      ],
      ['c3@x.example', 'none', 'connect to mx.x.example[192.0.2.7]:25: Connection timed out'],
      ['d4@y.example', 'none', 'connect to mail.y.example[192.0.2.8]:2525: Connection timed out'],
      ['e5@z.example', 'none', 'Host or domain name not found'],
      [
        'f6@p.example',
        'x[192.0.2.9]:25',
        '450 see http://grey.example/p.example/help/p.example.html or <f6@p.example>/p.example',
      ],
      [
        'g7@qqq.example',
        'x[192.0.2.9]:25',
        '450 see http://grey.example/qqq.example/help/qqq.example.html or <g7@qqq.example>/qqq.example',
      ],
      // Whose page it is stays, and so does a name that only begins like the recipient's.
      ['h8@grey.example', 'x[192.0.2.9]:25', '450 see http://grey.example/x and /grey.examples/y'],
    ]),
  ).toEqual([
    [1, '450 <a@b.c>: wait'],
    [1, '450 <a@b.c>: wait'],
    [2, 'host mx.two.example[192.0.2.3] said: 450 <a@b.c>: wait'],
    [3, '450 <a1@one.example>: wait'],
    [4, 'connect to mx[192.0.2.1]:25: Connection timed out'],
    [4, 'connect to mx[192.0.2.1]:25: Connection timed out'],
    [7, 'Host or domain name not found'],
    [5, '450 see http://grey.example/b.c/help/b.c.html or <a@b.c>/b.c'],
    [5, '450 see http://grey.example/b.c/help/b.c.html or <a@b.c>/b.c'],
    [6, '450 see http://grey.example/x and /grey.examples/y'],
  ]);
});

test('when there is no room for more answers they go without a number, until all are forgotten', () => {
  const reader = newReader();
  const relay = 'mx.example[192.0.2.1]:25';
  const many = Array.from({ length: SIZE.answers + 2 }, (_, i) => ['u@x.example', relay, `450 word${i}`] as const);
  const numbered = answers(reader, many.slice(0, 40)).concat(answers(reader, many.slice(40)));
  expect(numbered.map(([number]) => number)).toEqual([
    ...Array.from({ length: SIZE.answers }, (_, i) => i + 1),
    UNNUMBERED,
    UNNUMBERED,
  ]);
  expect(numbered.at(-1)![1]).toBe(`450 word${SIZE.answers + 1}`);
  const before = reader.generation;
  reader.answersAreFull();
  expect(answers(reader, many.slice(-1))[0]![0]).toBe(1);
  expect(reader.generation).not.toBe(before);
});

test('the hashes are those of src/event/keys.ts', () => {
  fc.assert(
    fc.property(word, fc.nat(15), fc.nat(), (text, offset, seed) => {
      const run = Buffer.from(text);
      const [start, end] = place(run, offset);
      expect(scanner.keyOf(start, end, seed)).toBe(keyOf(run, 0, run.length, seed));
      expect(scanner.addressKey(start, end)).toBe(addressKey(run, 0, run.length));
    }),
    runs(20_000),
  );
});

test('an address has one hash, however it is written, and another has another', () => {
  const key = (text: string) => addressKey(Buffer.from(text), 0, Buffer.byteLength(text));
  expect(key('User.Name@EXAMPLE.org')).toBe(key('user.name@example.ORG'));
  const keys = new Set(Array.from({ length: 100_000 }, (_, i) => key(`user${i}@example${i % 7}.org`)));
  expect(keys.size).toBe(100_000);
  expect(key('a')).not.toBe(key('a\0'));
  expect(key('[@x')).not.toBe(key('{`x'));
});

test.each([
  'src/parse/scan/log-lines.wasm.ts',
  'src/parse/scan/json-objects.wasm.ts',
  'src/aggregate/plain-deliveries.wasm.ts',
])('%s is what its source compiles to now', (file) => {
  const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-wasm-'));
  try {
    execFileSync(process.execPath, ['scripts/build-wasm.mjs', folder], { cwd: ROOT, stdio: 'pipe' });
    expect(readFileSync(join(ROOT, file), 'utf8')).toBe(readFileSync(join(folder, basename(file)), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
