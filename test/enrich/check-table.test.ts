import { expect, it } from 'vitest';
import { checkTable } from '../../src/enrich/check-table.ts';
import type { TableRow } from '../../src/event/index.ts';
import { parseSmtpReply } from '../../src/parse/smtp-reply.ts';
import { BUILT_IN, userRows } from '../support/classifier.ts';

const check = (...rows: readonly Partial<TableRow>[]) =>
  checkTable(userRows(...rows), BUILT_IN, parseSmtpReply).map(
    ({ index, kind, column }) => `${index} ${kind} ${column}`,
  );

it('takes rows that can each decide', () => {
  expect(
    check(
      { phrase: 'gate closed' },
      { phrase: 'gate closed', reply: '550' },
      { phrase: 'gate closed', provider: 'google' },
      { phrase: 'gate closed', command: 'end of DATA' },
      { phrase: '*ate open*', enhanced: '5.7.X' },
      { enhanced: 'X.7.1', reply: '5xx' },
      { reply: '554', phrase: '{empty}' },
      { phrase: 'hello {addr} and {n}', example: '550 Hello u@example.com and 12345' },
      { phrase: 'taken in', category: 'accepted' },
      { phrase: 'Größe überschritten' },
      { phrase: '用户已离职' },
    ),
  ).toEqual([]);
});

it.each([
  ['the same conditions', [{ phrase: 'Gate  closed' }, { phrase: 'gate closed' }], '1 duplicate phrase'],
  ['the same code', [{ reply: '550' }, { reply: '550' }], '1 duplicate id'],
  ['codes that exclude each other', [{ reply: '450', enhanced: '5.1.1' }], '0 never matches enhanced'],
  ['an address', [{ phrase: 'write to postmaster@example.com' }], '0 never matches phrase'],
  ['nothing to match', [{ phrase: '\u0007 \t' }], '0 never matches phrase'],
  ['a command that is spelt otherwise', [{ phrase: 'x y', command: 'rcpt to' }], '0 never matches phrase'],
  ['an example of another row', [{ phrase: 'gate closed', example: '550 5.1.1 User unknown' }], '0 example example'],
  [
    'a phrase that an earlier, more open one always beats',
    [{ phrase: '*gate*' }, { phrase: 'gate' }],
    '1 shadowed phrase',
  ],
] as const)('names %s', (_name, rows, finding) => {
  expect(check(...rows)).toEqual([finding]);
});

it('does not call a row shadowed that decides where the stronger one does not hold', () => {
  expect(
    check({ phrase: 'gate', reply: '550', enhanced: '5.X.X' }, { phrase: 'gate open', enhanced: '5.X.X' }),
  ).toEqual([]);
});
