// Compiles the AssemblyScript scanner to WebAssembly and writes it, base64, into a module: the published package needs
// neither a compiler nor a file beside its code. Run after a change to src/parse/scan/assembly; a test compares the two.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const target = process.argv[2] ?? 'src/parse/scan/marked-lines.wasm.ts';
const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-wasm-'));
const binary = join(folder, 'marked-lines.wasm');
execFileSync(
  process.execPath,
  [
    'node_modules/assemblyscript/bin/asc.js',
    'src/parse/scan/assembly/marked-lines.ts',
    ...['--outFile', binary, '--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert', '--runtime', 'stub'],
    ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '16384'],
    ...['--enable', 'simd', '--enable', 'threads'],
  ],
  { stdio: 'inherit' },
);
const base64 = readFileSync(binary).toString('base64');
const lines = base64.match(/.{1,110}/g).map((part) => `  '${part}',`);
writeFileSync(
  target,
  `// Made by scripts/build-wasm.mjs from assembly/marked-lines.ts. Do not edit.\nexport const MARKED_LINES_WASM = [\n${lines.join('\n')}\n].join('');\n`,
);
rmSync(folder, { recursive: true });
