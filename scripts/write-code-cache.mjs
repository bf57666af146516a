// Lets the built program do what it mostly does, and writes what V8 has compiled of each chunk beside it: see src/cli/chunks.ts. What
// was not run is compiled when it is first called, as ever.
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import v8 from 'node:v8';
import threads from 'node:worker_threads';
import { crc32 } from 'node:zlib';

const root = join(import.meta.dirname, '..');
const require = createRequire(join(root, 'dist/src/cli/main.cjs'));
const { CODE_CACHE, CODE_CACHES, LEAST_CACHED, requireChunks, scripts, thisNode } = require('../../program/load.cjs');
const chunk = requireChunks(require, join(root, 'dist/program/any.cjs'));
const THREAD = join(root, 'dist/program/thread.cjs');
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
/** What a thread reads for, and what of. */
const RUNS_IN_THREADS = [
  ['report', sample],
  ['enrich', sample],
  ['report', webhooks],
];

/** A thread's code, run in this one: what V8 compiles in another isolate cannot be had. */
class ThreadHere extends EventEmitter {
  #port;
  constructor() {
    super();
    const { port1, port2 } = new threads.MessageChannel();
    this.#port = port1;
    port1.on('message', (message) => this.emit('message', message));
    const own = (id) => (id === 'node:worker_threads' ? { ...threads, parentPort: port2 } : require(id));
    // The first one loads it.
    if (!scripts.has(THREAD)) requireChunks(own, THREAD)(THREAD_ID);
    else scripts.get(THREAD).runInThisContext()({}, own, {}, THREAD);
  }
  postMessage(message) {
    this.#port.postMessage(message);
  }
  async terminate() {
    this.#port.close();
  }
  ref() {}
  unref() {}
}
const THREAD_ID = './thread.cjs';

// V8 takes a code cache only where its flags are as they were. Those that a report sets are not set here until all else is written.
const setFlag = v8.setFlagsFromString;
const flags = new Set();
/** What had been loaded when the first was to be set. */
let unflagged;
v8.setFlagsFromString = (flag) => {
  flags.add(flag);
  unflagged ??= new Set(scripts.keys());
};

const { runCommandLine } = chunk('./command-line.cjs');
async function run(args, input) {
  const said = [];
  const stderr = new Writable({ write: (chunk, _encoding, done) => done(void said.push(chunk)) });
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done() });
  const stdin = new PassThrough();
  stdin.end(input);
  const status = await runCommandLine(args, '', { stdin, stdout, stderr, now: 0, env: {}, onStop: () => {} });
  // Where there is no driver for states, say: the program is right without, it only starts later.
  if (status !== 0)
    console.error(
      `not compiled beforehand: smtp-enrich ${args.join(' ')} ended with ${status}\n${Buffer.concat(said)}`,
    );
}
const [first, ...others] = RUNS;
await run(first);
/** What a report loads after it has set its flags, which another command may load without any; and its threads. */
const flagged = [...scripts.keys()].filter((filename) => !unflagged?.has(filename)).concat(THREAD);
for (const args of others) await run(args);

// Threads are started for what looks large.
const large = join(folder, 'large');
writeFileSync(large, '');
truncateSync(large, 2 ** 26);
const { getBuiltinModule } = process;
process.getBuiltinModule = (id) =>
  id === 'node:worker_threads' ? { ...threads, Worker: ThreadHere } : getBuiltinModule(id);
const { startEarly } = chunk('./early.cjs').early_exports;
for (const [command, file] of RUNS_IN_THREADS) {
  startEarly(['--threads=1', large]);
  await run([command, '--threads', '1'], readFileSync(file));
}

const chunks = {};
function keep(filename, file) {
  const text = readFileSync(filename);
  if (text.length < LEAST_CACHED) return;
  const cache = scripts.get(filename).createCachedData();
  writeFileSync(join(root, 'dist/program', file), cache);
  const name = basename(filename);
  chunks[name] ??= { text: crc32(text), caches: [] };
  chunks[name].caches.push({ file, sum: crc32(cache), flags: v8.cachedDataVersionTag() });
}
for (const filename of scripts.keys()) keep(filename, basename(filename) + CODE_CACHE);
for (const flag of flags) setFlag(flag);
for (const filename of flags.size > 0 ? flagged : []) keep(filename, `${basename(filename)}.flags${CODE_CACHE}`);
writeFileSync(join(root, 'dist/program', CODE_CACHES), `${JSON.stringify({ node: thisNode(), chunks })}\n`);
rmSync(folder, { recursive: true });
