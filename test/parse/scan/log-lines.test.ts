/** The scanner finds the lines that a search line by line finds, and is what its source says. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createScanMemory,
  LineScanner,
  MARK_MESSAGE_ID,
  MARK_OPENED,
  MARK_REJECT,
  MARK_REMOVED,
  MARK_STATUS,
  MARK_WARNING,
  MARKED_LINE_FIELDS,
  SCAN_MARGIN,
} from '../../../src/parse/scan/marked-lines.ts';
import { ROOT } from '../../support/run.ts';
import { runs } from '../../support/runs.ts';

const MOST = 4096;
const memory = createScanMemory(SCAN_MARGIN * 2 + MOST + LineScanner.scratchBytes(MOST));
const bytes = Buffer.from(memory.buffer);
const scanner = new LineScanner(memory, SCAN_MARGIN * 2 + MOST);

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
  const start = SCAN_MARGIN + offset;
  // What lies behind the text must not matter: the worst there can be.
  bytes.fill('us=ed\ng: t: id=', 0, SCAN_MARGIN * 2 + MOST, 'latin1');
  bytes.fill(0, 0, start);
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

test('marked-lines.wasm.ts is what its source compiles to now', () => {
  const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-wasm-'));
  try {
    const made = join(folder, 'made.ts');
    execFileSync(process.execPath, ['scripts/build-wasm.mjs', made], { cwd: ROOT, stdio: 'pipe' });
    expect(readFileSync(join(ROOT, 'src/parse/scan/marked-lines.wasm.ts'), 'utf8')).toBe(readFileSync(made, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
