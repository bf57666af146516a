/** The built-in table, compiled once for all tests of a file. */
import { Classifier } from '../../src/enrich/classify.ts';
import { type CompiledTable, compileTable, putBefore } from '../../src/enrich/code-table.ts';
import type { TableRow, Tables } from '../../src/event/index.ts';
import { parseSmtpReply } from '../../src/parse/smtp-reply.ts';
import { readBuiltInTables } from '../../src/tables/load.ts';

export const TABLES: Tables = readBuiltInTables();
export const BUILT_IN: CompiledTable = compileTable(TABLES);
export const CLASSIFIER: Classifier = new Classifier(BUILT_IN, parseSmtpReply);

/** A classifier whose user's layer has these rows. */
export function classifierWith(...rows: readonly Partial<TableRow>[]): Classifier {
  return new Classifier(putBefore(userRows(...rows), BUILT_IN), parseSmtpReply);
}

export function userRows(...rows: readonly Partial<TableRow>[]): readonly TableRow[] {
  return rows.map((row, i) => ({ id: `user-${i + 1}`, layer: 'user', category: 'policy', meaning: '', ...row }));
}
