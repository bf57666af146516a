/** The code table that the pipelines work with. */
import { CompiledTable, compileTable } from '../src/enrich/code-table.ts';
import { readTableImage } from '../src/tables/image.ts';
import { loadTables } from '../src/tables/load.ts';

/** The built-in table, as the build compiled it where it has; with a user's table before it, compiled here and now. */
export function codeTable(userTable?: string): CompiledTable {
  const builtIn = builtInTable();
  return userTable === undefined && builtIn !== undefined ? builtIn : compileTable(loadTables({ userTable, builtIn }));
}

function builtInTable(): CompiledTable | undefined {
  const image = readTableImage();
  try {
    return image && new CompiledTable(image);
  } catch {
    return undefined; // made on another kind of machine: the CSV files are there too
  }
}
