/** The program's chunks, and what V8 made of them when they were built: taken where it is right, and never needed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CODE_CACHE } from '../../src/cli/chunks.ts';
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
        ['base', 'reading', 'events', 'sums', 'report', 'suppress', 'state-file', 'explain'].map(
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
  const change = (to: (cache: Buffer) => Buffer): void => {
    for (const name of caches) writeFileSync(join(folder, 'dist/program', name), to(readFileSync(join(CHUNKS, name))));
  };

  it.each<[string, (cache: Buffer) => Buffer]>([
    // The second word of a code cache is V8's version, see its SerializedCodeData.
    [
      'those of another release',
      (cache) => Buffer.concat([cache.subarray(0, 4), Buffer.from('none'), cache.subarray(8)]),
    ],
    ['cut off', (cache) => cache.subarray(0, cache.length / 2)],
    ['empty', () => Buffer.alloc(0)],
  ])('says the same: %s', (_name, to) => {
    change(to);
    expect(runThere()).toEqual(run(REPORT));
  });

  it('says the same without any', () => {
    for (const name of caches) rmSync(join(folder, 'dist/program', name));
    expect(runThere()).toEqual(run(REPORT));
  });
});
