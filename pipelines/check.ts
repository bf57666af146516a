/** `smtp-enrich check TABLE.csv`: every fault of a code table of your own, before it is relied on. */
import { checkTable } from '../src/enrich/check-table.ts';
import { parseSmtpReply } from '../src/parse/smtp-reply.ts';
import { neutral } from '../src/report/neutral.ts';
import { faultText, type TableFault } from '../src/tables/csv.ts';
import { readUserTable } from '../src/tables/load.ts';
import { codeTable } from './code-table.ts';
import { definePipeline } from './pipeline.ts';

export default definePipeline({
  positional: {
    name: 'table',
    describe: 'a code table in CSV, as `smtp-enrich codes --format csv` writes it',
    variadic: false,
  },
  options: {},
  examples: [['smtp-enrich check my-table.csv', 'exit 0 where every row can be relied on, else 2']],
  async run(_options, [path], io) {
    if (path === undefined) {
      io.stderr.write('smtp-enrich check: name the table to check, for instance: smtp-enrich check my-table.csv\n');
      return 2;
    }
    const builtIn = codeTable();
    const { rows, lines, faults } = readUserTable(path, builtIn);
    const all: TableFault[] = [...faults];
    // Rows with a wrong cell would only lead to more faults that say the same.
    if (all.length === 0)
      for (const { index, kind, column, read, expected } of checkTable(rows, builtIn, parseSmtpReply))
        all.push({ file: path, row: lines[index]!, column: `${column} (${kind})`, read, expected });
    for (const fault of all) io.stdout.write(`${neutral(faultText(fault))}\n`);
    const count = `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`;
    const verdict = all.length === 0 ? 'no faults' : `${all.length} ${all.length === 1 ? 'fault' : 'faults'}`;
    io.stdout.write(`${neutral(path)}: ${count}, ${verdict}\n`);
    return all.length === 0 ? 0 : 2;
  },
});
