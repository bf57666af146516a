// Compiles the AssemblyScript of src/parse/assembly to WebAssembly and writes it, base64, into a module: the published package needs
// neither a compiler nor a file beside its code. Run after a change to it; a test compares the two.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const target = process.argv[2] ?? 'src/parse/scan/log-lines.wasm.ts';
const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-wasm-'));
const binary = join(folder, 'log-lines.wasm');
execFileSync(
  process.execPath,
  [
    'node_modules/assemblyscript/bin/asc.js',
    'src/parse/assembly/log-lines.ts',
    ...['--outFile', binary, '--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert', '--runtime', 'stub'],
    // The module's own constants lie in the first page of the memory, see FIRST_FREE in src/parse/scan/log-lines.ts.
    ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '32768', '--memoryBase', '1024'],
    ...['--enable', 'simd', '--enable', 'threads'],
  ],
  { stdio: 'inherit' },
);
const base64 = readFileSync(binary).toString('base64');
const lines = base64.match(/.{1,110}/g).map((part) => `  '${part}',`);
writeFileSync(
  target,
  `// Made by scripts/build-wasm.mjs from src/parse/assembly. Do not edit.\nexport const LOG_LINES_WASM = [\n${lines.join('\n')}\n].join('');\n`,
);
rmSync(folder, { recursive: true });
