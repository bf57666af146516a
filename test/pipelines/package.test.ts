/** `npm pack` gives a package that works from another folder: its command, its tables, its samples, its library. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/run.ts';

describe('the packed package', () => {
  let folder: string;
  const npx = (...args: string[]): string =>
    execFileSync('npx', ['--no-install', 'smtp-enrich', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-pack-'));
    // dist is there already: globalSetup built it.
    const name = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
      cwd: ROOT,
      encoding: 'utf8',
    }).trim();
    writeFileSync(join(folder, 'package.json'), '{"name":"elsewhere","private":true,"type":"module"}');
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--omit=dev', join(folder, name)], {
      cwd: folder,
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('runs the demo on its bundled sample', () => {
    expect(npx('demo')).toContain('BY RECIPIENT DOMAIN');
  });

  it('explains an answer by its tables', () => {
    expect(npx('explain', '550 5.1.1 User unknown')).toMatch(/invalid_recipient|does not exist/);
  });

  it('is a library', () => {
    writeFileSync(
      join(folder, 'use.mjs'),
      `import { enrichText } from 'smtp-enrich';
       const line = 'Nov 22 02:17:48 mx01 postfix/smtp[1]: 4jXCQh6CYCzJTVP: to=<a@b.example>, relay=mx.b.example[192.0.2.1]:25, delay=0.08, dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command))';
       const events = await enrichText(line, { now: Date.UTC(2026, 10, 23) });
       console.log(events[0].recipient, events[0].category, events[0].timestamp);`,
    );
    expect(execFileSync(process.execPath, ['use.mjs'], { cwd: folder, encoding: 'utf8' })).toBe(
      'a@b.example invalid_recipient 2026-11-22T02:17:48+00:00\n',
    );
  });
});
