// Builds dist/: compiles the TypeScript, puts the data tables beside the code that reads them (as CSV, and as they were read, which
// starts faster), makes the command executable.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
mkdirSync('dist/src/tables', { recursive: true });
for (const name of readdirSync('src/tables').filter((n) => n.endsWith('.csv')))
  cpSync(`src/tables/${name}`, `dist/src/tables/${name}`);
const { PACKED_TABLES, readBuiltInTables } = await import('../dist/src/tables/load.js');
writeFileSync(`dist/src/tables/${PACKED_TABLES}`, JSON.stringify(readBuiltInTables()));
chmodSync('dist/src/cli/main.js', 0o755);
