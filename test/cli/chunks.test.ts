/** The program's chunks, and what V8 made of them when they were built: taken where it is right, and never needed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CODE_CACHE, CODE_CACHES, type CodeCaches } from '../../src/cli/chunks.ts';
import { LARGE_INPUT } from '../../src/stream/threads.ts';
import { ROOT, run } from '../support/run.ts';

const CHUNKS = join(ROOT, 'dist/program');
const chunks = readdirSync(CHUNKS).filter((name) => name.endsWith('.cjs') && name !== 'load.cjs');
const caches = readdirSync(CHUNKS).filter((name) => name.endsWith(CODE_CACHE));
const built = JSON.parse(readFileSync(join(CHUNKS, CODE_CACHES), 'utf8')) as CodeCaches;
/** What a report sets: see src/stream/v8-flags.ts. Later releases of V8 know no such flag. */
const FLAGS = '--interrupt-budget=400000';
const FLAGGED: [string, string, string] = [
  'with the flags of a report',
  'known.caches[1]',
  `require('node:v8').setFlagsFromString('${FLAGS}');`,
];
const SETS_FLAGS = process.versions.v8.startsWith('11.');
const REPORT = ['report', 'samples/maillog'];

describe('chunks of the program', () => {
  it.each(chunks)('%s is ASCII', (name) => {
    expect(readFileSync(join(CHUNKS, name), 'latin1')).not.toMatch(/[^\0-\x7f]/);
  });

  it('what a report, a list, a state and an explanation load has been compiled', () => {
    expect(Object.keys(built.chunks)).toEqual(
      expect.arrayContaining(
        ['core', 'base', 'reading', 'events', 'sums', 'report', 'suppress', 'state-file', 'explain', 'thread'].map(
          (name) => `${name}.cjs`,
        ),
      ),
    );
  });

  it('what a report loads once it has set flags of V8, and its threads, has been compiled for both', () => {
    const twice = Object.entries(built.chunks).filter(([, { caches }]) => caches.length === 2);
    expect(twice.map(([name]) => name).sort()).toEqual(SETS_FLAGS ? ['telling.cjs', 'thread.cjs'] : []);
  });

  // In a process like that of the program.
  it.each<[string, string, string]>([['as it starts', 'known.caches[0]', ''], ...(SETS_FLAGS ? [FLAGGED] : [])])(
    'V8 takes what it has compiled: %s',
    (_name, cache, before) => {
      const script = `
      const { readFileSync } = require('node:fs');
      const { Script } = require('node:vm');
      const folder = ${JSON.stringify(CHUNKS)};
      ${before}
      for (const [name, known] of Object.entries(${JSON.stringify(built.chunks)})) {
        const cache = ${cache};
        if (cache === undefined) continue;
        const source = readFileSync(folder + '/' + name, 'latin1');
        const script = new Script(source, { cachedData: readFileSync(folder + '/' + cache.file) });
        console.log(name, script.cachedDataRejected ? 'no' : 'yes');
      }`;
      const taken = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).trim().split('\n');
      expect(taken.length).toBeGreaterThan(1);
      expect(taken.filter((line) => !line.endsWith(' yes'))).toEqual([]);
    },
  );

  // The flags may be set in the microseconds between a thread's last look at them and V8's own: then it compiles, as ever.
  it('all that the program loads for a large log is taken, in its thread too', { retry: 3 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-chunks-'));
    try {
      const log = join(folder, 'maillog');
      const sample = readFileSync(join(ROOT, 'samples/maillog'));
      writeFileSync(log, Buffer.concat(Array<Buffer>(Math.ceil(LARGE_INPUT / sample.length) + 1).fill(sample)));
      // Node loads it in each thread.
      const spy = join(folder, 'spy.cjs');
      writeFileSync(
        spy,
        `const vm = require('node:vm');
        const { isMainThread } = require('node:worker_threads');
        vm.Script = class extends vm.Script {
          constructor(source, options) {
            super(source, options);
            const name = require('node:path').basename(options.filename);
            const what = options.cachedData === undefined ? 'none' : this.cachedDataRejected ? 'refused' : 'taken';
            require('node:fs').writeSync(2, (isMainThread ? 'main ' : 'thread ') + name + ' ' + what + '\\n');
          }
        };`,
      );
      const { stderr, status } = spawnSync(
        process.execPath,
        ['-r', spy, 'dist/src/cli/main.cjs', 'report', '--threads=1', log],
        { cwd: ROOT, encoding: 'utf8' },
      );
      expect(status).toBe(0);
      const loaded = stderr.split('\n').filter((line) => /^(?:main|thread) \S+\.cjs /.test(line));
      expect(loaded).toContain('thread thread.cjs taken');
      expect(loaded).toContain('main telling.cjs taken');
      expect(loaded.filter((line) => line.endsWith('refused'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a program whose code caches are not right', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-chunks-'));
    for (const name of ['dist', 'package.json', 'samples'])
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const runThere = (): unknown => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ['dist/src/cli/main.cjs', ...REPORT], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC', NO_COLOR: '1' },
    });
    return { stdout, stderr, status };
  };
  /** Changes all code caches, and, where they are to be believed, what is known of them. */
  const change = (
    to: (cache: Buffer) => Buffer,
    known: (caches: CodeCaches) => CodeCaches = (caches) => caches,
  ): void => {
    const sums = new Map<string, number>();
    for (const name of caches) {
      const cache = to(readFileSync(join(CHUNKS, name)));
      writeFileSync(join(folder, 'dist/program', name), cache);
      sums.set(name, crc32(cache));
    }
    const chunks = Object.fromEntries(
      Object.entries(built.chunks).map(([name, { text, caches }]) => [
        name,
        { text, caches: caches.map((cache) => ({ ...cache, sum: sums.get(cache.file)! })) },
      ]),
    );
    writeFileSync(
      join(folder, 'dist/program', CODE_CACHES),
      JSON.stringify(known === KEEP ? built : known({ node: built.node, chunks })),
    );
  };
  const KEEP = (made: CodeCaches): CodeCaches => made;
  const other = (made: CodeCaches): CodeCaches => ({
    ...made,
    node: made.node.replace(process.version.slice(1), '20.0.0'),
  });
  /** V8 does not notice: it runs what stands there, or crashes. */
  const damaged = (cache: Buffer): Buffer =>
    cache.map((byte, at) => (at > 64 && at % 97 === 0 ? byte ^ 0xff : byte)) as Buffer;

  it.each<[string, (cache: Buffer) => Buffer, ((made: CodeCaches) => CodeCaches)?]>([
    // The second word of a code cache is V8's version, see its SerializedCodeData.
    ['of another V8', (cache) => Buffer.concat([cache.subarray(0, 4), Buffer.from('none'), cache.subarray(8)])],
    ['cut off', (cache) => cache.subarray(0, cache.length / 2)],
    ['empty', () => Buffer.alloc(0)],
    ['damaged', damaged, KEEP],
    ['of another Node, whose V8 says it is the same', damaged, other],
  ])('says the same: %s', (_name, to, known) => {
    change(to, known);
    expect(runThere()).toEqual(run(REPORT));
  });

  it('says the same where a chunk was changed', () => {
    change((cache) => cache);
    const chunk = join(folder, 'dist/program/telling.cjs');
    const text = readFileSync(chunk, 'latin1');
    writeFileSync(chunk, text.replace('MAIL DELIVERY REPORT', 'MAIL delivery report'), 'latin1');
    const { stdout, ...rest } = run(REPORT);
    expect(runThere()).toEqual({ stdout: stdout.replace('MAIL DELIVERY REPORT', 'MAIL delivery report'), ...rest });
    writeFileSync(chunk, text, 'latin1');
  });

  it('says the same where nothing is known of them', () => {
    writeFileSync(join(folder, 'dist/program', CODE_CACHES), '{}');
    expect(runThere()).toEqual(run(REPORT));
  });

  it('says the same without any', () => {
    for (const name of caches) rmSync(join(folder, 'dist/program', name));
    expect(runThere()).toEqual(run(REPORT));
  });
});
