/** `smtp-enrich codes`: the code table, all of it or what concerns one code or category. */
import { LAYERS, type TableRow } from '../src/event/index.ts';
import { renderCodesCsv, renderCodesJson, renderCodesText } from '../src/report/code-table.ts';
import { codeTable } from './code-table.ts';
import { definePipeline } from './pipeline.ts';
import { terminalStyle } from './terminal.ts';

export default definePipeline({
  positional: {
    name: 'code',
    describe:
      'a reply code (550), an enhanced code (5.7.1), a category, a provider or a rule; all rows where not given',
    variadic: false,
  },
  options: {
    format: { type: 'string', choices: ['text', 'csv', 'json'], default: 'text', describe: 'what to write' },
    layer: {
      type: 'string',
      choices: LAYERS.filter((layer) => layer !== 'event'),
      describe: 'only this layer of the table',
    },
    table: { type: 'string', describe: 'with a code table of your own (CSV) before the built-in one', value: 'FILE' },
  },
  examples: [
    ['smtp-enrich codes 5.7.1', 'what the table knows about this code'],
    ['smtp-enrich codes --layer phrase --format csv', 'in the form that --table reads'],
  ],
  async run({ format, layer, table }, [wanted], io) {
    const tables = codeTable(table);
    const rows = tables.rows.filter(
      (row) => (layer === undefined || row.layer === layer) && (wanted === undefined || concerns(row, wanted)),
    );
    if (rows.length === 0 && wanted !== undefined)
      io.stderr.write(`smtp-enrich codes: the table has no row for ${JSON.stringify(wanted)}\n`);
    if (format === 'csv' && new Set(rows.map((row) => row.layer)).size > 1)
      io.stderr.write(
        'smtp-enrich codes: rows of several layers; a table of your own is one layer, in which they would not decide as they do here. --layer writes one.\n',
      );
    io.stdout.write(
      format === 'csv'
        ? renderCodesCsv(rows)
        : format === 'json'
          ? renderCodesJson(rows, tables)
          : renderCodesText(rows, tables, terminalStyle(io)),
    );
    return 0;
  },
});

/** `5.7.1` concerns the rows for X.7.1 and 5.7.X too, `550` those for 5xx. */
function concerns(row: TableRow, wanted: string): boolean {
  if (row.id === wanted || row.category === wanted || row.provider === wanted) return true;
  if (row.reply !== undefined && (row.reply === wanted || (row.reply.endsWith('xx') && row.reply[0] === wanted[0])))
    return /^\d{3}$/.test(wanted) || row.reply === wanted;
  if (row.enhanced === undefined) return false;
  const asked = wanted.split('.');
  const has = row.enhanced.split('.');
  return asked.length === 3 && asked.every((part, i) => part === has[i] || has[i] === 'X' || part === 'X');
}
