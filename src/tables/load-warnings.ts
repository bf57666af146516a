/** Reads warnings.csv. */
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { ACTIONS, CATEGORIES, SmtpEnrichError, type WarningRow } from '../event/index.ts';

const FILE = new URL('./warnings.csv', import.meta.url);
const NEEDED = ['id', 'phrase', 'category', 'action', 'cause', 'remedy', 'example'] as const;

/** The table's rows, each checked: a wrong row is an error that names its line. */
export function loadWarnings(text: string = readFileSync(FILE, 'utf8')): WarningRow[] {
  const records = parse(text, { columns: true, info: true }) as {
    record: Record<string, string>;
    info: { lines: number };
  }[];
  return records.map(({ record, info }) => {
    const fail = (column: string, expected: string): never => {
      throw new SmtpEnrichError(
        'TABLE',
        `warnings.csv, line ${info.lines}, column ${column}: expected ${expected}, found ${JSON.stringify(record[column] ?? '')}`,
      );
    };
    for (const column of NEEDED) if (!record[column]) fail(column, 'some text');
    if (!CATEGORIES.includes(record.category as never)) fail('category', 'a category');
    if (!ACTIONS.includes(record.action as never)) fail('action', 'an action');
    return record as unknown as WarningRow;
  });
}
