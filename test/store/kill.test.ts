/**
 * kill -9 of the real program, at every named place and at random moments: after the last run the state is that of one
 * uninterrupted run, byte for byte of its export. KILLS=2000 for the long version (npm run test:long).
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAILPOINTS } from '../../src/store/state.ts';
import { SEED } from '../support/seed.ts';
import { exportOf, SAMPLE, testFolder } from '../support/state.ts';

const PROGRAM = new URL('../../dist/src/cli/main.cjs', import.meta.url).pathname;
const KILLS = Number(process.env.KILLS ?? 60);
/** Kills before a state is finished and looked at. */
const KILLS_A_ROUND = 6;
const LOG_BYTES = 50_000_000;

const folder = testFolder('kill');
afterAll(() => folder.remove());

const log = folder.file('maillog');
let expected: string[];
let duration: number;

function args(state: string, commitMb = 4, commitSeconds = 5): string[] {
  const commits = ['--commit-mb', String(commitMb), '--commit-seconds', String(commitSeconds)];
  return [PROGRAM, 'ingest', '--state', state, '--tz', 'UTC', '-q', ...commits, log];
}

function finish(state: string): void {
  const { status, stderr } = spawnSync(process.execPath, args(state), { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
}

function remove(state: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${state}${end}`, { force: true });
}

beforeAll(() => {
  const sample = readFileSync(SAMPLE);
  const times = Math.ceil(LOG_BYTES / sample.length);
  writeFileSync(log, Buffer.concat(Array.from({ length: times }, () => sample)));
  const state = folder.file('uninterrupted.db');
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args(state, 100_000, 100_000));
  duration = performance.now() - start;
  expect(status).toBe(0);
  expected = exportOf(state);
  expect(expected.length).toBeGreaterThan(100);
  expect(expected.find((line) => line.includes('"checkpoint"'))).toContain(`"offset":${sample.length * times}`);
}, 600_000);

describe.each(FAILPOINTS)('killed at %s', (name) => {
  test.each(name === 'created' || name === 'closing' ? [1] : [1, 7])('the %i. time', (nth) => {
    const state = folder.file(`${name}-${nth}.db`);
    const { signal } = spawnSync(process.execPath, args(state), {
      env: { ...process.env, SMTP_ENRICH_FAILPOINT: `${name}@${nth}` },
    });
    expect(signal).toBe('SIGKILL');
    finish(state);
    expect(exportOf(state)).toEqual(expected);
    remove(state);
  });
});

test(`killed at ${KILLS} random moments`, { timeout: 60_000 + KILLS * 5000 }, async () => {
  const random = mulberry32(SEED);
  let kills = 0;
  let rounds = 0;
  while (kills < KILLS) {
    const state = folder.file(`random-${rounds++}.db`);
    for (let i = 0; i < KILLS_A_ROUND && kills < KILLS; i++) if (await killedAfter(state, random() * duration)) kills++;
    finish(state);
    expect(exportOf(state), `round ${rounds}, SEED=${SEED}`).toEqual(expected);
    remove(state);
  }
  expect(kills).toBeGreaterThanOrEqual(KILLS);
});

/** Whether the kill came before the end. */
function killedAfter(state: string, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args(state), { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    child.on('error', reject);
    child.on('exit', (_code, signal) => {
      clearTimeout(timer);
      resolve(signal === 'SIGKILL');
    });
  });
}

/** Seeded random numbers in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
