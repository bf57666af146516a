import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runPipeline } from '../support/run-pipeline.ts';

const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-explain-'));
afterAll(() => rmSync(folder, { recursive: true }));
const table = (content: string): string => {
  const path = join(folder, 'mine.csv');
  writeFileSync(path, content);
  return path;
};

describe('explain', () => {
  it('explains one answer as text, in quotes or not', async () => {
    const quoted = await runPipeline(['explain', '550 5.1.1 User unknown']);
    expect(quoted).toMatchObject({ code: 0, stderr: '' });
    expect(quoted.stdout).toContain('Means      The mailbox does not exist.');
    expect((await runPipeline(['explain', '550', '5.1.1', 'User', 'unknown'])).stdout).toBe(quoted.stdout);
  });

  it('gives one record per line of standard input, in order: blank, endless, binary and CRLF lines too', async () => {
    const lines = ['550 User unknown', '', `450 ${'x'.repeat(1_000_000)}`, '554 spam\r', '\u0000\u001b', '421'];
    const { code, stdout } = await runPipeline(['explain'], lines.join('\n'));
    expect(code).toBe(0);
    const records = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { category: string; action: string });
    expect(records.map(({ category, action }) => `${category} ${action}`)).toEqual([
      'invalid_recipient suppress',
      'unknown review',
      'rate_limited throttle',
      'spam_content fix_content',
      'unknown review',
      'rate_limited throttle',
    ]);
  });

  it('writes text from standard input with a line between', async () => {
    const { stdout } = await runPipeline(['explain', '--format', 'text'], '421\n450\n');
    expect(stdout.split('\n\n')).toHaveLength(2);
  });

  it('writes nothing for nothing', async () => {
    expect(await runPipeline(['explain'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('uses a table of one’s own, and the host that answered', async () => {
    const path = table('id,phrase,provider,category\nmine,gate closed,google,greylisted\n');
    const args = ['explain', '--format', 'ndjson', '--table', path, '550 gate closed'];
    expect((await runPipeline(args)).stdout).toContain('"rule":"550"');
    expect((await runPipeline([...args, '--host', 'mx.google.com'])).stdout).toContain('"rule":"mine"');
  });

  it('ends with 2 and the place where the table is wrong', async () => {
    const { code, stdout, stderr } = await runPipeline([
      'explain',
      '--table',
      table('id,category,phrase\na,zap,x\n'),
      '550',
    ]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('row 2, column category: read "zap"');
  });
});

describe('codes', () => {
  it('prints what concerns one code', async () => {
    const { code, stdout } = await runPipeline(['codes', '5.7.26', '--layer', 'enhanced']);
    expect(code).toBe(0);
    expect(stdout).toContain('X.7.26');
    expect(stdout).toContain('auth_failure: fix_auth. More than one authentication check failed.');
    expect(stdout).not.toContain('X.1.1');
    expect((await runPipeline(['codes', '550'])).stdout).not.toMatch(/^551/m);
    expect((await runPipeline(['codes', 'no-such-thing'])).stderr).toContain('no row for "no-such-thing"');
  });

  it.each(['provider', 'phrase', 'enhanced', 'reply'])(
    'the %s layer as CSV is a table that check takes',
    async (layer) => {
      const { stdout } = await runPipeline(['codes', '--layer', layer, '--format', 'csv']);
      const checked = await runPipeline(['check', table(stdout)]);
      expect(checked.stdout).toMatch(/: \d+ rows, no faults\n$/);
      expect(checked.code).toBe(0);
    },
  );

  it('says that rows of several layers are no table that works alike', async () => {
    const mixed = await runPipeline(['codes', 'spam_content', '--format', 'csv']);
    expect(mixed.stderr).toContain('rows of several layers');
    expect(mixed.stderr).toContain('--layer');
    expect((await runPipeline(['codes', '--layer', 'enhanced', '--format', 'csv'])).stderr).toBe('');
    expect((await runPipeline(['codes', 'spam_content'])).stderr).toBe('');
  });

  it('as JSON has rows, categories and providers', async () => {
    const { stdout } = await runPipeline(['codes', '--format', 'json']);
    const json = JSON.parse(stdout) as { rows: unknown[]; categories: unknown[]; providers: unknown[] };
    expect(json.rows.length).toBeGreaterThan(1000);
    expect(json.categories).toHaveLength(30);
    expect(json.providers.length).toBeGreaterThan(20);
  });
});

describe('check', () => {
  it('names every fault with its place and ends with 2', async () => {
    const path = table('id,reply,phrase,category\na,550,closed,zap\nb,5x0,x,policy\n');
    expect(await runPipeline(['check', path])).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(
        /row 2, column category: read "zap".*\n.*row 3, column reply: read "5x0".*\n.*: 2 rows, 2 faults\n$/,
      ) as unknown,
    });
  });

  it('names rows that say the same', async () => {
    const { code, stdout } = await runPipeline([
      'check',
      table('id,phrase,category\na,gate closed,policy\nb,Gate closed,policy\n'),
    ]);
    expect(code).toBe(2);
    expect(stdout).toContain(
      'row 3, column phrase (duplicate): read "Gate closed", expected conditions of its own: row a has the same',
    );
  });

  it('wants a table', async () => {
    expect((await runPipeline(['check'])).code).toBe(2);
    expect((await runPipeline(['check', join(folder, 'nowhere.csv')])).code).toBe(2);
  });
});
