/** The SQL keeps to what SQLite and PostgreSQL both take, as far as that can be told by looking at it. */
import { describe, expect, test } from 'vitest';
import { createTables, INSERT, insertSql, SQL, TABLE_NAMES } from '../../src/store/sql.ts';

const statements = [
  ...Object.entries(SQL),
  ...Object.entries(INSERT).map(([name, into]) => [name, insertSql(into, 3)] as const),
].flatMap(([name, value]): [string, string][] =>
  typeof value === 'string'
    ? [[name, value]]
    : typeof value === 'function'
      ? [[name, value('word')]]
      : Object.entries(value).map(([part, sql]) => [`${name}.${part}`, sql]),
);

describe.each(statements)('%s', (_name, sql) => {
  test('its parameters first appear in their order: SQLite numbers them so', () => {
    const seen = [...new Set([...sql.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)))];
    expect(seen).toEqual(seen.map((_, index) => index + 1));
    expect(sql).not.toMatch(/\?|:\w|@\w/);
  });

  test('nothing that only SQLite knows', () => {
    expect(sql).not.toMatch(/\b(?:rowid|REPLACE|OR IGNORE|PRAGMA|GLOB|ifnull|datetime|AUTOINCREMENT|WITHOUT)\b/i);
  });
});

test('the tables need nothing that only SQLite knows, but for what is handed in', () => {
  const tables = createTables('');
  expect(tables).toHaveLength(TABLE_NAMES.length);
  for (const sql of tables) expect(sql).not.toMatch(/\b(?:rowid|AUTOINCREMENT|WITHOUT|BLOB|DATETIME)\b/i);
});
