import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SmtpEnrichError } from '../../src/event/index.ts';
import { loadUserRows, readUserTable } from '../../src/tables/load.ts';
import { BUILT_IN } from '../support/classifier.ts';

const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-tables-'));
afterAll(() => rmSync(folder, { recursive: true }));

function table(content: string | Buffer): string {
  const path = join(folder, 'mine.csv');
  writeFileSync(path, content);
  return path;
}

function failure(content: string | Buffer): SmtpEnrichError {
  try {
    loadUserRows(table(content), BUILT_IN);
  } catch (error) {
    expect(error).toBeInstanceOf(SmtpEnrichError);
    expect((error as SmtpEnrichError).code).toBe('TABLE');
    return error as SmtpEnrichError;
  }
  throw new Error('the table was taken');
}

describe('a user’s table', () => {
  it('comes first, with the category’s meaning where it has none', () => {
    const path = table('id,phrase,category,meaning\nmine,"closed, really",policy,\nsecond,x,policy,Mine.\n');
    const [first, second] = loadUserRows(path, BUILT_IN);
    expect(first).toMatchObject({ id: 'mine', layer: 'user', phrase: 'closed, really', category: 'policy' });
    expect(first!.meaning).toMatch(/rule of the receiving organisation/);
    expect(second!.meaning).toBe('Mine.');
    expect(first!.reply).toBeUndefined();
  });

  it('may have a byte order mark, CRLF, blank lines and quoted line breaks; rows are counted as an editor does', () => {
    const path = table('\ufeffid,phrase,category,meaning\r\n\r\na,x,policy,"two\r\nlines"\r\nb,y,nonsense,\r\n');
    const { lines, faults } = readUserTable(path, BUILT_IN);
    expect(lines).toEqual([3, 5]);
    expect(faults).toMatchObject([{ row: 5, column: 'category', read: 'nonsense' }]);
  });

  it.each([
    ['category', 'id,category,phrase\na,spamm,x', 'row 2, column category: read "spamm", expected one of accepted,'],
    [
      'action',
      'id,category,phrase,action\na,policy,x,kill',
      'row 2, column action: read "kill", expected one of none,',
    ],
    ['reply', 'id,category,reply\na,policy,5x0', 'row 2, column reply: read "5x0", expected a reply code such as 550'],
    ['reply of class 3', 'id,category,reply\na,policy,354', 'column reply: read "354"'],
    [
      'enhanced',
      'id,category,enhanced\na,policy,5.1',
      'row 2, column enhanced: read "5.1", expected an enhanced status code',
    ],
    ['provider', 'id,category,provider\na,policy,gogle', 'row 2, column provider: read "gogle"'],
    [
      'command',
      'id,category,command\na,policy,rcpt to',
      'row 2, column command: read "rcpt to", expected one of MAIL FROM, RCPT TO,',
    ],
    [
      'semicolons',
      'id;category;phrase\na;policy;x',
      'row 1, column (header): read "id;category;phrase", expected commas between the columns',
    ],
    [
      'no condition',
      'id,category\na,policy',
      'row 2, column phrase: read "", expected a phrase, or at least one other condition',
    ],
    ['no id', 'id,category,phrase\n,policy,x', 'row 2, column id: read "", expected a name for the row'],
    [
      'the same id twice',
      'id,category,phrase\na,policy,x\na,policy,y',
      'row 3, column id: read "a", expected a name of its own: row 2',
    ],
    ['no category', 'id,category,phrase\na,,x', 'row 2, column category: read "", expected one of'],
    ['missing columns', 'id,phrase\na,x', 'row 1, column category: read "id,phrase", expected a column named category'],
    [
      'an unknown column',
      'id,category,phrase,fraze\na,policy,x,y',
      'row 1, column fraze: read "fraze", expected one of the columns id,',
    ],
    ['a column twice', 'id,category,phrase,phrase\na,policy,x,y', 'expected each column once'],
    ['too few cells', 'id,category,phrase\na,policy', 'row 2, column (all): read "2 cells", expected 3 cells'],
    ['an endless phrase', `id,category,phrase\na,policy,${'x'.repeat(501)}`, 'expected at most 500 characters'],
    ['nothing', '', 'row 1, column (header): read "", expected the columns id, reply,'],
  ])('%s', (_name, content, message) => {
    expect(failure(content).message).toContain(message);
    expect(failure(content).message).toContain('mine.csv');
  });

  it('names the row that is not UTF-8', () => {
    expect(failure(Buffer.from('id,category,phrase\na,policy,x\nb,policy,caf\xe9\n', 'latin1')).message).toMatch(
      /mine\.csv row 3: read bytes that are not UTF-8/,
    );
  });

  it('names the line of an open quote', () => {
    expect(failure('id,category,phrase\na,policy,"x\n').message).toMatch(/mine\.csv row 2: not readable as CSV/);
  });

  it('shows five of many faults and counts the others', () => {
    const rows = Array.from({ length: 9 }, (_, i) => `r${i},nope,x${i}`).join('\n');
    const lines = failure(`id,category,phrase\n${rows}\n`).message.split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[4]).toMatch(/mine\.csv row 6, column category: read "nope"/);
    expect(lines[5]).toBe('and 4 more');
  });

  it.each([
    ['a missing file', 'nowhere.csv', 'there is no such file'],
    ['a directory', '', 'it is a directory'],
  ])('%s', (_name, name, reason) => {
    expect(() => loadUserRows(join(folder, name), BUILT_IN)).toThrow(reason);
  });

  it('of 50,000 rows is read, compiled and used', async () => {
    const { Classifier } = await import('../../src/enrich/classify.ts');
    const { putBefore } = await import('../../src/enrich/code-table.ts');
    const { parseSmtpReply } = await import('../../src/parse/smtp-reply.ts');
    const word = (i: number) =>
      String.fromCharCode(
        97 + (i % 26),
        97 + (Math.floor(i / 26) % 26),
        97 + (Math.floor(i / 676) % 26),
        97 + Math.floor(i / 17_576),
      );
    const rows = Array.from({ length: 50_000 }, (_, i) => `r${i},the gate ${word(i)} of this house is closed,policy`);
    const user = loadUserRows(table(`id,phrase,category\n${rows.join('\n')}\n`), BUILT_IN);
    const classifier = new Classifier(putBefore(user, BUILT_IN), parseSmtpReply);
    const rule = (i: number) =>
      classifier.classify(`550 the gate ${word(i)} of this house is closed`, { outcome: 'other' }).evidence.rule;
    for (const i of [0, 12_345, 49_999]) expect(rule(i)).toBe(`r${i}`);
  });
});
