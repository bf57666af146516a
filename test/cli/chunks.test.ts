/** The program's chunks, and what V8 made of them when they were built: taken where it is right, and never needed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CODE_CACHE, CODE_CACHES, type CodeCaches } from '../../src/cli/chunks.ts';
import { ROOT, run } from '../support/run.ts';

const CHUNKS = join(ROOT, 'dist/program');
const chunks = readdirSync(CHUNKS).filter((name) => name.endsWith('.cjs') && name !== 'load.cjs');
const caches = readdirSync(CHUNKS).filter((name) => name.endsWith(CODE_CACHE));
const REPORT = ['report', 'samples/maillog'];

describe('chunks of the program', () => {
  it.each(chunks)('%s is ASCII', (name) => {
    expect(readFileSync(join(CHUNKS, name), 'latin1')).not.toMatch(/[^\0-\x7f]/);
  });

  it('what a report, a list, a state and an explanation load has been compiled', () => {
    expect(caches.map((name) => name.slice(0, -CODE_CACHE.length))).toEqual(
      expect.arrayContaining(
        ['core', 'base', 'reading', 'events', 'sums', 'report', 'suppress', 'state-file', 'explain'].map(
          (name) => `${name}.cjs`,
        ),
      ),
    );
  });

  it('V8 takes what it has compiled, in a process like that of the program', () => {
    const script = `
      const { readFileSync } = require('node:fs');
      for (const cache of process.argv.slice(1)) {
        const source = readFileSync(cache.slice(0, -${CODE_CACHE.length}), 'latin1');
        const script = new (require('node:vm').Script)(source, { cachedData: readFileSync(cache) });
        console.log(script.cachedDataRejected);
      }`;
    const taken = execFileSync(process.execPath, ['-e', script, ...caches.map((name) => join(CHUNKS, name))], {
      encoding: 'utf8',
    });
    expect(taken).toBe('false\n'.repeat(caches.length));
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
    const { node, chunks } = JSON.parse(readFileSync(join(CHUNKS, CODE_CACHES), 'utf8')) as CodeCaches;
    const sums: Record<string, readonly [number, number]> = { ...chunks };
    for (const name of caches) {
      const cache = to(readFileSync(join(CHUNKS, name)));
      writeFileSync(join(folder, 'dist/program', name), cache);
      const chunk = name.slice(0, -CODE_CACHE.length);
      sums[chunk] = [sums[chunk]![0], crc32(cache)];
    }
    writeFileSync(
      join(folder, 'dist/program', CODE_CACHES),
      JSON.stringify(known === KEEP ? { node, chunks } : known({ node, chunks: sums })),
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
