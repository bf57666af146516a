/** The compiled table in one piece of memory: what the build wrote is what would be compiled now, and says the same. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Classifier } from '../../src/enrich/classify.ts';
import { CompiledTable, compileTable, putBefore } from '../../src/enrich/code-table.ts';
import { EMPTY_PHRASE, normalizePhrase } from '../../src/enrich/phrase.ts';
import { IMAGE_LENGTHS } from '../../src/enrich/table-image.ts';
import { parseSmtpReply } from '../../src/parse/smtp-reply.ts';
import { readTableText } from '../../src/stream/table-text.ts';
import { openTableImage, TABLE_IMAGE } from '../../src/tables/image.ts';
import { NEVER_SUPPRESS } from '../enrich/answers/never-suppress.ts';
import { BUILT_IN, TABLES as tables, userRows } from '../support/classifier.ts';
import { ROOT } from '../support/run.ts';

const file = join(ROOT, 'dist/src/tables', TABLE_IMAGE);
const written = readFileSync(file);
const length = IMAGE_LENGTHS.ofNumbers(written)!;
const numbers = new Uint8Array(written.subarray(0, length));
/** As a command has it, its text in the file; and all of it in memory. */
const built = () => new CompiledTable([openTableImage(IMAGE_LENGTHS, file)!], readTableText);
const inMemory = () => new CompiledTable([{ numbers, text: new Uint8Array(written.subarray(length)) }]);

function spoiled(spoil: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(written);
  spoil(bytes);
  return bytes;
}

describe('the image that the build writes', () => {
  it('is that of the CSV files', () => {
    const [image, ...others] = BUILT_IN.image;
    expect(Buffer.concat([image!.numbers, image!.text as Uint8Array]).equals(written)).toBe(true);
    expect(others).toEqual([]);
  });

  it.each([
    ['in a file', built],
    ['in memory', inMemory],
  ])('holds all of the tables, its text %s', (_name, made) => {
    const table = made();
    const { categories, providers, rows, warnings } = table;
    // JSON leaves out what is undefined; as conditions and texts the two are the same.
    expect({ categories, providers, rows, warnings }).toEqual(tables);
    expect(rows.filter(({ id }, i) => JSON.stringify(table.rowOf(id)) !== JSON.stringify(rows[i]))).toEqual([]);
    expect(table.rowOf('no such row')).toBeUndefined();
  });

  it.each([
    ['is written over', (path: string) => writeFileSync(path, Buffer.from(written).fill(' ', length))],
    ['ends early', (path: string) => truncateSync(path, length + 10)],
  ])('%s while the program runs: said, and nothing is taken from it', (_name, spoil) => {
    const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-image-'));
    const path = join(folder, 'image');
    writeFileSync(path, written);
    utimesSync(path, 1, 1);
    const table = new CompiledTable([openTableImage(IMAGE_LENGTHS, path)!], readTableText);
    const [row] = tables.rows;
    expect(table.rowOf(row!.id)).toBeDefined();
    // A file in its place is another one, and is not asked.
    renameSync(path, `${path}-before`);
    writeFileSync(path, 'another');
    expect(table.rowOf(row!.id)).toBeDefined();
    spoil(`${path}-before`);
    expect(() => table.rowOf(row!.id)).toThrow('the compiled code table was written over while the program ran');
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['not there', (path: string) => rmSync(path)],
    [
      'a folder',
      (path: string) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
    ['empty', (path: string) => truncateSync(path, 0)],
    ['cut in its head', (path: string) => truncateSync(path, 8)],
    ['cut in its numbers', (path: string) => truncateSync(path, length - 4)],
    ['cut before its text', (path: string) => truncateSync(path, length)],
    ['cut in its text', (path: string) => truncateSync(path, written.length - 1)],
    ['longer than it says', (path: string) => truncateSync(path, written.length + 1)],
    [
      'of a length that is none',
      (path: string) =>
        writeFileSync(
          path,
          spoiled((bytes) => bytes.writeInt32LE(-1e6, 4)),
        ),
    ],
    [
      'of more records than there are',
      (path: string) =>
        writeFileSync(
          path,
          spoiled((bytes) => bytes.writeInt32LE(1e8, 12)),
        ),
    ],
    [
      'of numbers of three bytes',
      (path: string) =>
        writeFileSync(
          path,
          spoiled((bytes) => bytes.writeInt32LE(3, 8)),
        ),
    ],
  ])('%s: there is none', (_name, spoil) => {
    const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-image-'));
    const path = join(folder, 'image');
    writeFileSync(path, written);
    spoil(path);
    const files = readdirSync('/proc/self/fd').length;
    expect(openTableImage(IMAGE_LENGTHS, path)).toBeUndefined();
    expect(readdirSync('/proc/self/fd')).toHaveLength(files);
    rmSync(folder, { recursive: true });
  });

  it('finds each row where its conditions say, once', () => {
    const table = built();
    const part = table.parts[0]!;
    const texts = new Set<string>();
    const keys = new Set<string>();
    for (const row of tables.rows)
      if (row.phrase === undefined || row.phrase === EMPTY_PHRASE)
        keys.add(row.enhanced ?? row.reply ?? row.provider ?? row.command ?? '');
      else texts.add(normalizePhrase(row.phrase).text);
    const orders: number[] = [];
    for (const text of texts)
      part.automaton.scan(text, (number, end) => {
        const phrase = part.phrase(number);
        if (end === text.length && phrase.text === text) orders.push(...phrase.rows.map(({ order }) => order));
      });
    for (const key of keys) orders.push(...table.rowsFor(key).map(({ order }) => order));
    expect(orders.sort((a, b) => a - b)).toEqual(tables.rows.map((_, order) => order));
    expect(table.rowsFor('5.1.1').map(({ row }) => row)).toEqual(
      tables.rows.filter(({ phrase, enhanced }) => phrase === undefined && enhanced === '5.1.1'),
    );
  });
});

describe('a compiled table', () => {
  const evidence = (table: CompiledTable, answer: string) =>
    new Classifier(table, parseSmtpReply).classify(answer, { outcome: 'bounced' }).evidence;

  it('is not compiled again, a copy with other rows is', () => {
    expect(compileTable(BUILT_IN)).toBe(BUILT_IN);
    const rows = [...userRows({ id: 'mine', phrase: 'user unknown' }), ...tables.rows];
    const mine = { layer: 'user', rule: 'mine', matched: 'user unknown' };
    expect(evidence(compileTable({ ...tables, rows }), '550 5.1.1 User unknown')).toEqual(mine);
  });

  it('with a user’s rows put before it says what all of them compiled together say', () => {
    const rows = userRows(
      { phrase: 'user unknown', reply: '550', category: 'mailbox_full' },
      { phrase: 'bl*', category: 'reputation' },
      { phrase: 'closed', provider: 'google' },
      { enhanced: 'X.7.X', reply: '554' },
      { reply: '4xx', command: 'RCPT TO', category: 'greylisted' },
      { provider: 'yahoo', category: 'rate_limited' },
    );
    const apart = putBefore(rows, BUILT_IN);
    const together = compileTable({ ...tables, rows: [...rows, ...tables.rows] });
    expect(apart.rows).toEqual(together.rows);
    const [one, other] = [apart, together].map((table) => new Classifier(table, parseSmtpReply));
    const answers = [...NEVER_SUPPRESS, ...tables.rows.map((row) => row.example!)];
    const outcome = { outcome: 'other' } as const;
    const decided = answers.filter((a) => one!.classify(a, outcome).evidence.layer === 'user').length;
    expect(decided).toBeGreaterThan(100);
    for (const answer of answers) expect(one!.explain(answer, outcome)).toEqual(other!.explain(answer, outcome));
  });

  it('keeps the user’s rows when it is handed to a thread', () => {
    const handed = new CompiledTable(putBefore(userRows({ id: 'mine', reply: '550' }), BUILT_IN).image);
    expect(evidence(handed, '550 Zzz')).toEqual({ layer: 'user', rule: 'mine', matched: '550' });
    expect(evidence(handed, '551 Zzz')).toMatchObject({ layer: 'reply' });
  });

  it('keeps what a user’s table may hold: signs, any script, halves of characters, names of JavaScript’s own', () => {
    const user = userRows(
      { id: 'a', phrase: '用户不存在' },
      { id: 'b', phrase: 'half \ud83d' },
      { id: 'c', command: '__proto__' },
      { id: 'd', command: 'constructor', meaning: 'quote " comma , bracket ]' },
    );
    const compiled = putBefore(user, BUILT_IN);
    expect(compiled.rows).toEqual([...user, ...tables.rows]);
    expect(compiled.rowsFor('__proto__').map(({ row }) => row.id)).toEqual(['c']);
    expect(compiled.rowsFor('constructor').map(({ row }) => row.id)).toEqual(['d']);
    expect(compiled.rowsFor('toString')).toEqual([]);
  });

  it('is in memory that threads can share', () => {
    for (const { numbers, text } of putBefore(userRows({ reply: '550' }), BUILT_IN).image)
      for (const { buffer } of [numbers, text as Uint8Array]) expect(buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it.each([
    ['of another version', (bytes: Buffer) => bytes.writeInt32LE(bytes.readInt32LE(0) + 1, 0)],
    ['of a machine that counts from the other end', (bytes: Buffer) => bytes.subarray(0, 4).swap32()],
  ])('%s is none', (_name, spoil) => {
    const bytes = Buffer.from(numbers);
    spoil(bytes);
    expect(() => new CompiledTable([{ numbers: bytes, text: new Uint8Array() }])).toThrow(/not an image/);
    expect(IMAGE_LENGTHS.ofNumbers(bytes)).toBeUndefined();
  });

  it.each([2, 4])('has numbers of %i bytes, and of no other width', (width) => {
    const bytes = Buffer.from(numbers);
    bytes.writeInt32LE(width, 8);
    expect(IMAGE_LENGTHS.ofNumbers(bytes)).toBeGreaterThan(0);
    for (const other of [-2, 0, 1, 3, 8]) {
      bytes.writeInt32LE(other, 8);
      expect(IMAGE_LENGTHS.ofNumbers(bytes)).toBeUndefined();
    }
  });
});
