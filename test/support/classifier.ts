/** The built-in table, compiled once for all tests of a file. */
import { Classifier } from '../../src/enrich/classify.ts';
import { compileTable } from '../../src/enrich/code-table.ts';
import type { TableRow, Tables } from '../../src/event/index.ts';
import { parseSmtpReply } from '../../src/parse/smtp-reply.ts';
import { loadTables } from '../../src/tables/load.ts';

export const TABLES: Tables = loadTables();
export const CLASSIFIER: Classifier = new Classifier(compileTable(TABLES), parseSmtpReply);

/** A classifier whose user's layer has these rows. */
export function classifierWith(...rows: readonly Partial<TableRow>[]): Classifier {
  return new Classifier(compileTable(tablesWith(...rows)), parseSmtpReply);
}

export function tablesWith(...rows: readonly Partial<TableRow>[]): Tables {
  const user = rows.map(
    (row, i): TableRow => ({ id: `user-${i + 1}`, layer: 'user', category: 'policy', meaning: '', ...row }),
  );
  return { ...TABLES, rows: [...user, ...TABLES.rows] };
}
