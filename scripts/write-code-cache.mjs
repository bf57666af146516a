// Lets the built program do what it mostly does, and writes what V8 has compiled of each chunk beside it: see src/cli/chunks.ts. What
// was not run is compiled when it is first called, as ever.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import v8 from 'node:v8';
import { crc32 } from 'node:zlib';

const root = join(import.meta.dirname, '..');
const require = createRequire(join(root, 'dist/src/cli/main.cjs'));
const { CODE_CACHE, CODE_CACHES, LEAST_CACHED, requireChunks, scripts, thisNode } = require('../../program/load.cjs');
const sample = join(root, 'samples/maillog');
const webhooks = join(root, 'samples/sendgrid.ndjson');
const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-build-'));
const state = join(folder, 'state.db');
const RUNS = [
  ['report', sample, '--threads', '0'],
  ['enrich', sample, '--threads', '0'],
  ['suppress', sample, '--threads', '0'],
  ['report', webhooks, '--threads', '0'],
  ['report', sample, '--format', 'html'],
  ['ingest', '--state', state, sample],
  ['report', '--state', state],
  ['suppress', '--state', state],
  ['explain', '550 5.1.1 User unknown'],
  ['report', '--help'],
];

// A flag that is set while the program runs would be looked for when it starts.
v8.setFlagsFromString = () => {};
const { runCommandLine } = requireChunks(require, join(root, 'dist/program/any.cjs'))('./command-line.cjs');
for (const args of RUNS) {
  const said = [];
  const stderr = new Writable({ write: (chunk, _encoding, done) => done(void said.push(chunk)) });
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done() });
  const stdin = new PassThrough();
  stdin.end();
  const status = await runCommandLine(args, '', { stdin, stdout, stderr, now: 0, env: {}, onStop: () => {} });
  // Where there is no driver for states, say: the program is right without, it only starts later.
  if (status !== 0)
    console.error(
      `not compiled beforehand: smtp-enrich ${args.join(' ')} ended with ${status}\n${Buffer.concat(said)}`,
    );
}
const chunks = {};
for (const [filename, script] of scripts) {
  if (readFileSync(filename).length < LEAST_CACHED) continue;
  const cache = script.createCachedData();
  writeFileSync(filename + CODE_CACHE, cache);
  chunks[basename(filename)] = [crc32(readFileSync(filename)), crc32(cache)];
}
writeFileSync(join(root, 'dist/program', CODE_CACHES), `${JSON.stringify({ node: thisNode(), chunks })}\n`);
rmSync(folder, { recursive: true });
