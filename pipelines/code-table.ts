/** The code table that the pipelines work with. */
import { CompiledTable, compileTable, putBefore } from '../src/enrich/code-table.ts';
import { readTableImage } from '../src/tables/image.ts';
import { loadUserRows, readBuiltInTables } from '../src/tables/load.ts';

/** The built-in table, as the build compiled it where it has; with a user's table before it, compiled here and now. */
export function codeTable(userTable?: string): CompiledTable {
  const builtIn = builtInTable();
  return userTable === undefined ? builtIn : putBefore(loadUserRows(userTable, builtIn), builtIn);
}

function builtInTable(): CompiledTable {
  const image = readTableImage();
  try {
    if (image !== undefined) return new CompiledTable([image]);
  } catch {
    // made on another kind of machine: the CSV files are there too
  }
  return compileTable(readBuiltInTables());
}
