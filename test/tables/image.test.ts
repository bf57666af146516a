/** The compiled table in one piece of memory: what the build wrote is what would be compiled now, and says the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Classifier } from '../../src/enrich/classify.ts';
import { CompiledTable, compileTable, EMPTY_PHRASE, normalizePhrase } from '../../src/enrich/code-table.ts';
import { parseSmtpReply } from '../../src/parse/smtp-reply.ts';
import { TABLE_IMAGE } from '../../src/tables/image.ts';
import { loadTables } from '../../src/tables/load.ts';
import { tablesWith } from '../support/classifier.ts';
import { ROOT } from '../support/run.ts';

const tables = loadTables();
const built = readFileSync(join(ROOT, 'dist/src/tables', TABLE_IMAGE));

describe('the image that the build writes', () => {
  it('is that of the CSV files', () => {
    expect(Buffer.from(compileTable(tables).image).equals(built)).toBe(true);
  });

  it('holds all of the tables', () => {
    const { categories, providers, rows, warnings } = new CompiledTable(built);
    // JSON leaves out what is undefined; as conditions and texts the two are the same.
    expect({ categories, providers, rows, warnings }).toEqual(tables);
  });

  it('finds each row where its conditions say, once', () => {
    const table = new CompiledTable(built);
    const texts = new Set<string>();
    const keys = new Set<string>();
    for (const row of tables.rows)
      if (row.phrase === undefined || row.phrase === EMPTY_PHRASE)
        keys.add(row.enhanced ?? row.reply ?? row.provider ?? row.command ?? '');
      else texts.add(normalizePhrase(row.phrase).text);
    const orders: number[] = [];
    for (const text of texts)
      table.automaton.scan(text, (number, end) => {
        const phrase = table.phrase(number);
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
  it('is not compiled again, a copy with other rows is', () => {
    const compiled = compileTable(tables);
    expect(compileTable(compiled)).toBe(compiled);
    const changed = compileTable({ ...compiled, rows: tablesWith({ id: 'mine', phrase: 'user unknown' }).rows });
    const { evidence } = new Classifier(changed, parseSmtpReply).classify('550 5.1.1 User unknown', {
      outcome: 'bounced',
    });
    expect(evidence).toEqual({ layer: 'user', rule: 'mine', matched: 'user unknown' });
  });

  it('keeps what a user’s table may hold: signs, any script, halves of characters, names of JavaScript’s own', () => {
    const rows = tablesWith(
      { id: 'a', phrase: '用户不存在' },
      { id: 'b', phrase: 'half \ud83d' },
      { id: 'c', command: '__proto__' },
      { id: 'd', command: 'constructor', meaning: 'quote " comma , bracket ]' },
    ).rows;
    const compiled = compileTable({ ...tables, rows });
    expect(compiled.rows).toEqual(rows);
    expect(compiled.rowsFor('__proto__').map(({ row }) => row.id)).toEqual(['c']);
    expect(compiled.rowsFor('constructor').map(({ row }) => row.id)).toEqual(['d']);
    expect(compiled.rowsFor('toString')).toEqual([]);
  });

  it('is in memory that threads can share', () => {
    expect(compileTable(tables).image.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it.each([
    ['of another version', (bytes: Buffer) => bytes.writeInt32LE(bytes.readInt32LE(0) + 1, 0)],
    ['of a machine that counts from the other end', (bytes: Buffer) => bytes.subarray(0, 4).swap32()],
  ])('%s is none', (_name, spoil) => {
    const bytes = Buffer.from(built);
    spoil(bytes);
    expect(() => new CompiledTable(bytes)).toThrow(/not an image/);
  });
});
