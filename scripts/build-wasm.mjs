// Compiles the AssemblyScript of src/**/assembly to WebAssembly and writes it, base64, into modules: the published package needs
// neither a compiler nor a file beside its code. Run after a change to it; a test compares the two.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// All work on one memory, whose first page (see FIRST_FREE in src/parse/scan/log-lines.ts) holds the constants of each.
export const MODULES = [
  { source: 'src/parse/assembly/log-lines.ts', target: 'src/parse/scan/log-lines.wasm.ts', constants: 1024 },
  {
    source: 'src/parse/assembly/sendgrid-events.ts',
    target: 'src/parse/scan/json-objects.wasm.ts',
    constants: 40_960,
  },
  {
    source: 'src/aggregate/assembly/plain-deliveries.ts',
    target: 'src/aggregate/plain-deliveries.wasm.ts',
    constants: 49_152,
  },
  { source: 'src/report/assembly/event-heads.ts', target: 'src/report/event-heads.wasm.ts', constants: 61_440 },
  { source: 'src/report/assembly/plain-lines.ts', target: 'src/report/plain-lines.wasm.ts', constants: 63_488 },
];

// Elsewhere, by the same names, where a folder is given.
const folder = process.argv[2];
const scratch = mkdtempSync(join(tmpdir(), 'smtp-enrich-wasm-'));
for (const { source, target, constants } of MODULES) {
  const binary = join(scratch, 'module.wasm');
  execFileSync(
    process.execPath,
    [
      'node_modules/assemblyscript/bin/asc.js',
      source,
      ...['--outFile', binary, '--optimizeLevel', '3', '--shrinkLevel', '1', '--noAssert', '--runtime', 'stub'],
      ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '32768'],
      ...['--memoryBase', String(constants), '--enable', 'simd', '--enable', 'threads'],
    ],
    { stdio: 'inherit' },
  );
  const base64 = readFileSync(binary).toString('base64');
  const lines = base64.match(/.{1,110}/g).map((part) => `  '${part}',`);
  const name = target
    .replace(/^.*\/(.*)\.wasm\.ts$/, '$1')
    .replaceAll('-', '_')
    .toUpperCase();
  writeFileSync(
    folder === undefined ? target : join(folder, target.replace(/^.*\//, '')),
    `// Made by scripts/build-wasm.mjs from ${source}. Do not edit.\nexport const ${name}_WASM = [\n${lines.join('\n')}\n].join('');\n`,
  );
}
rmSync(scratch, { recursive: true });
