/** A log that is large enough for threads is read by them, started early or when asked for, as by the main thread alone. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LARGE_INPUT } from '../../src/stream/threads.ts';
import { ROOT, run } from '../support/run.ts';

let folder: string;
let log: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-threads-'));
  log = join(folder, 'maillog');
  const sample = readFileSync(join(ROOT, 'samples/maillog'));
  writeFileSync(log, Buffer.concat(Array.from({ length: Math.ceil(LARGE_INPUT / sample.length) }, () => sample)));
});
afterAll(() => rmSync(folder, { recursive: true }));

const report = (...args: string[]) => run(['report', '--year', '2026', '--format', 'json', ...args, log]);

it('gives the same report', () => {
  const alone = report('--threads', '0');
  expect(alone.status).toBe(0);
  expect(JSON.parse(alone.stdout).totals.events).toBeGreaterThan(70_000);
  expect(report()).toEqual(alone);
  expect(report('--threads', '2')).toEqual(alone);
});

it('threads that nobody takes keep nobody waiting', () => {
  const { status, stderr } = report('--tz', 'Nowhere');
  expect(status).toBe(2);
  expect(stderr).toMatch(/^smtp-enrich: --tz: "Nowhere" is no time zone\n.*\n$/);
});
