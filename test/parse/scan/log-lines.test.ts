/** The scanner finds the lines that a search line by line finds; dictionaries and hashes are what they say; all is what its source says. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressKey, keyOf } from '../../../src/event/index.ts';
import { UNNUMBERED } from '../../../src/event/row-layout.ts';
import {
  createScanMemory,
  FIRST_FREE,
  LineReader,
  MARK_MESSAGE_ID,
  MARK_OPENED,
  MARK_REJECT,
  MARK_REMOVED,
  MARK_STATUS,
  MARK_WARNING,
  MARKED_LINE_FIELDS,
  SCAN_MARGIN,
  scratchBytes,
} from '../../../src/parse/scan/log-lines.ts';
import { ROOT } from '../../support/run.ts';
import { runs } from '../../support/runs.ts';

const MOST = 4096;
const SCRATCH = FIRST_FREE + SCAN_MARGIN * 2 + MOST;
const TOOLS = { domainOf: (text: string) => text, providerOf: () => undefined };
const SIZE = { names: 1 << 9, namesBytes: 1 << 16, answers: 1 << 6, answersBytes: 1 << 13 };
const memory = createScanMemory(SCRATCH + scratchBytes(MOST, SIZE));
const bytes = Buffer.from(memory.buffer);
const scanner = new LineReader(memory, SCRATCH, MOST, TOOLS, SIZE);

/** Three bytes each, as the scanner's source documents them; `ed` counts before the end of its line only. */
const MARKS: readonly (readonly [mark: number, ends: readonly string[]])[] = [
  [MARK_STATUS, ['us=']],
  [MARK_OPENED, ['pt=']],
  [MARK_MESSAGE_ID, ['id=']],
  [MARK_WARNING, ['g: ', 'l: ', 'c: ', 'd f']],
  [MARK_REJECT, ['t: ', 'd: ']],
  [MARK_REMOVED, ['ed\n', 'ed\r']],
];

function naive(text: string, wanted: number): { marked: number[][]; lines: number } {
  const marked: number[][] = [];
  let at = 0;
  let lines = 0;
  for (const line of text.split('\n').slice(0, -1)) {
    let marks = 0;
    for (const [mark, ends] of MARKS)
      if ((wanted & mark) !== 0 && ends.some((end) => `${line}\n`.includes(end))) marks |= mark;
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
  const marked: number[][] = [];
  for (let i = 0; i < found; i++) {
    const [from, to, marks] = scanner.marked.subarray(i * MARKED_LINE_FIELDS, (i + 1) * MARKED_LINE_FIELDS);
    marked.push([from! - start, to! - start, marks!]);
  }
  return { marked, lines: scanner.lines };
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
      'd f',
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
      'NOQUEUE: reject: ',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...'abcdeus=pt: \u00ff\u0000'), maxLength: 20 }) },
);
const text = fc.array(piece, { maxLength: 60 }).map((pieces) => `${pieces.join('')}\n`);

test('the same lines as line by line, wherever the text lies, for all marks', () => {
  let found = 0;
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 63 }), fc.nat(31), (input, wanted, offset) => {
      const expected = naive(input, wanted);
      found += expected.marked.length;
      expect(search(input, wanted, offset)).toEqual(expected);
    }),
    runs(),
  );
  expect(found).toBeGreaterThan(1000);
});

test('each mark alone, at every place in its sixteen bytes', () => {
  for (const [mark, ends] of MARKS) {
    for (const end of ends) {
      for (let at = 0; at < 40; at++) {
        for (const tail of ['', 'x'.repeat(20)]) {
          const line = `${'-'.repeat(at)}${end.endsWith('\n') ? end.slice(0, -1) : end}${end.startsWith('ed') ? '' : tail}\n`;
          expect([line, ...search(`${line}-\n`, mark, at % 16).marked]).toEqual([line, [0, line.length - 1, mark]]);
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
  const own = createScanMemory(SCRATCH + scratchBytes(MOST, size));
  return new LineReader(own, SCRATCH, MOST, TOOLS, size);
}

test.each([
  ['domains: ASCII letters without case', true],
  ['answers: as they are', false],
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
      const number = fold ? reader.domainOf(start, end) : reader.answerOf(start, end);
      const known = map.get(key(run));
      if (known === undefined && map.size === (fold ? SIZE.names : SIZE.answers)) {
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
  const reader = newReader({ ...SIZE, answersBytes: 1 << 12 });
  const ask = (text: string) => {
    const start = FIRST_FREE + SCAN_MARGIN;
    return reader.answerOf(start, start + Buffer.from(text).copy(reader.bytes, start));
  };
  expect(ask('x'.repeat(4000))).toBe(UNNUMBERED);
  expect(ask('short')).toBe(1);
  reader.answersAreFull();
  const before = reader.generation;
  reader.read(0, { address: SCRATCH, length: 0 } as never, 100);
  expect(reader.generation).not.toBe(before);
  expect(ask('other')).toBe(1);
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

test('log-lines.wasm.ts is what its source compiles to now', () => {
  const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-wasm-'));
  try {
    const made = join(folder, 'made.ts');
    execFileSync(process.execPath, ['scripts/build-wasm.mjs', made], { cwd: ROOT, stdio: 'pipe' });
    expect(readFileSync(join(ROOT, 'src/parse/scan/log-lines.wasm.ts'), 'utf8')).toBe(readFileSync(made, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
