/** What stands in a header and behind it is told by sixteen bytes at once: the same as by one at a time, whatever lies behind it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createScanMemory,
  emptyHeader,
  FIRST_FREE,
  LineReader,
  SCAN_MARGIN,
  SMALL_DICTIONARIES,
  scratchBytes,
} from '../../../src/parse/scan/log-lines.ts';
import { runs } from '../../support/runs.ts';

const ROOM = 4096;
const SCRATCH = FIRST_FREE + ROOM;
const memory = createScanMemory(SCRATCH + scratchBytes(ROOM, SMALL_DICTIONARIES));
const tools = { providers: [], domainOf: (text: string) => text, providerOf: () => undefined };
const reader = new LineReader(memory, SCRATCH, ROOM, tools, SMALL_DICTIONARIES);

/** Puts a line where the reader can see it, with the worst behind it: what would go on with any word, or end it. */
function place(line: string, behind: string): [start: number, end: number] {
  reader.bytes.fill(behind, FIRST_FREE, SCRATCH, 'latin1');
  const start = FIRST_FREE + SCAN_MARGIN;
  const end = start + reader.bytes.write(`${line}\n`, start, 'latin1') - 1;
  reader.forgetHeader();
  return [start, end];
}
const HEADER = 'Nov 22 02:17:48 mx01 ';
const behind = fc.constantFrom('A', '1', ':', ' ', ']', '\n', ': ', '1: ');

/** What src/global/mail_queue.h allows, and what tells it from a word. */
const isQueueId = (word: string): boolean =>
  /^[0-9A-Za-z]{5,32}$/.test(word) && (/[0-9]/.test(word) || /^[A-F]+$/.test(word));

const queueIdByte = fc.oneof(
  { weight: 50, arbitrary: fc.constantFrom(...'0189AFGZaz') },
  { weight: 1, arbitrary: fc.constantFrom(...'/:@[`{ é\x80') },
);
const letters = fc.constantFrom(...'ABCDEF');
const word = fc.oneof(
  fc.string({ unit: queueIdByte, minLength: 0, maxLength: 50, size: 'max' }),
  fc.string({ unit: letters, minLength: 0, maxLength: 50, size: 'max' }),
  fc
    .tuple(fc.string({ unit: letters, maxLength: 40, size: 'max' }), fc.constantFrom('G', '7', 'a', ':'))
    .map(([a, b]) => a + b),
);

test('a queue id is what its letters and its length say', () => {
  fc.assert(
    fc.property(word, behind, fc.constantFrom(': ', ':', ' ', ''), (id, rest, end) => {
      const line = `${HEADER}postfix/qmgr[1]: ${id}${end}from=<a@b.example>, size=1, nrcpt=1 (queue active)`;
      const known = reader.openedKey(...place(line, rest)) !== 0;
      const cut = /^ *(.*?): from=/.exec(`${id}${end}from=`);
      expect([id, end, known]).toEqual([id, end, cut !== null && isQueueId(cut[1]!)]);
      // Where the line ends within it, it is none.
      expect(reader.openedKey(...place(`${HEADER}postfix/qmgr[1]: ${id}`, rest))).toBe(0);
    }),
    runs(2000),
  );
});

test('a program is what stands before its process id and a colon', () => {
  const part = fc.string({ unit: fc.constantFrom(...'postfix/-_1] '), maxLength: 40, size: 'max' });
  const id = fc.option(fc.string({ unit: fc.constantFrom(...'0123456789 '), maxLength: 20 }), { nil: undefined });
  const ends = fc.constantFrom(': x', ':x', ' x', ': ', '', '[', ']: x');
  fc.assert(
    fc.property(part, id, ends, behind, (name, pid, end, rest) => {
      const line = `${HEADER}${name}${pid === undefined ? '' : `[${pid}]`}${end}`;
      const [start, stop] = place(line, rest);
      const header = emptyHeader();
      reader.readHeader(start, stop, header);
      //                              program    [process id]   :
      const known = /^ *([^[: ]+)(?:\[[^\] ]*\])?: /.exec(line.slice(HEADER.length));
      expect([line, header.readable]).toEqual([line, known !== null]);
      if (known === null) return;
      expect(reader.bytes.toString('latin1', header.programStart, header.programEnd)).toBe(known[1]);
    }),
    runs(2000),
  );
});
