// Builds dist/: compiles the TypeScript, copies the data tables beside the code that reads them, makes the command executable.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
mkdirSync('dist/src/tables', { recursive: true });
for (const name of readdirSync('src/tables').filter((n) => n.endsWith('.csv')))
  cpSync(`src/tables/${name}`, `dist/src/tables/${name}`);
chmodSync('dist/src/cli/main.js', 0o755);
