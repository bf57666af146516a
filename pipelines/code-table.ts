/** The code table that the pipelines work with. */
import { CompiledTable, compileTable, putBefore } from '../src/enrich/code-table.ts';
import { IMAGE_LENGTHS } from '../src/enrich/table-image.ts';
import { readTableText } from '../src/stream/table-text.ts';
import { openTableImage } from '../src/tables/image.ts';
import { loadUserRows, readBuiltInTables } from '../src/tables/load.ts';

/** The built-in table, as the build compiled it where it has; with a user's table before it, compiled here and now. */
export function codeTable(userTable?: string): CompiledTable {
  const table = builtInTable();
  return userTable === undefined ? table : putBefore(loadUserRows(userTable, table), table);
}

let builtIn: CompiledTable | undefined;

function builtInTable(): CompiledTable {
  if (builtIn !== undefined) return builtIn;
  // Where the image is not there, not whole, or made on another kind of machine, the CSV files are there too.
  const image = openTableImage(IMAGE_LENGTHS);
  builtIn = image === undefined ? compileTable(readBuiltInTables()) : new CompiledTable([image], readTableText);
  return builtIn;
}
