/**
 * The driver ends its process where a text is no UTF-8. Whatever a state lies like, that is said as any other damage: exit code 4,
 * nothing written.
 */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, utimesSync, watch, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAsClosed } from '../../src/store/soundness.ts';
import { PROGRAM, run } from '../support/run.ts';
import { SEED } from '../support/seed.ts';
import { ingest, testFolder } from '../support/state.ts';
import { changed, hash, logLines } from '../support/state-file.ts';

const folder = testFolder('abort');
afterAll(() => {
  folder.remove();
});

const log = folder.file('maillog');
const sound = folder.file('sound.db');

beforeAll(async () => {
  writeFileSync(log, logLines(300));
  await ingest(sound, [log]);
});

/** Not UTF-8 any more, wherever it stands. */
function garble(bytes: Buffer, text: string): Buffer {
  let found = 0;
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
    bytes[at] = 0xff;
    found++;
  }
  expect(found).toBeGreaterThan(0);
  return bytes;
}

function expectRefused(path: string, ...commands: string[][]): void {
  const before = hash(path);
  for (const command of commands) {
    const { status, stderr } = run([...command, '--state', path]);
    expect(stderr, command.join(' ')).toContain('is damaged');
    // In our words alone: what the driver says as it dies helps nobody.
    expect(stderr, command.join(' ')).not.toMatch(/panic|backtrace|thread '/i);
    expect(status, command.join(' ')).toBe(4);
  }
  expect(hash(path)).toBe(before);
}

const READING = [['report'], ['suppress'], ['state', 'show'], ['state', 'verify'], ['state', 'export']];

function largeState(name: string): string {
  const path = changed(
    sound,
    folder.file(name),
    `INSERT INTO word (text, id) WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 200000)
      SELECT 'a-word-that-nobody-uses-' || v || '.example', 100000 + v FROM n`,
  );
  expect(statSync(path).size).toBeGreaterThan(8 * 1024 * 1024);
  return path;
}

describe('a damage that ends the driver', () => {
  test('in a large state that does not lie as it was closed', () => {
    const path = largeState('large.db');
    expect(run(['report', '--state', path])).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(path, garble(readFileSync(path), 'a-word-that-nobody-uses-777.'));
    expectRefused(path, ...READING, ['ingest', log]);
  });

  test('in a small one beside which a killed ingest left its log of writes', () => {
    const path = folder.file('killed.db');
    const growing = folder.file('killed.log');
    writeFileSync(growing, logLines(300));
    expect(run(['ingest', '-q', '--state', path, growing]).status).toBe(0);
    appendFileSync(growing, logLines(300, 5).replaceAll('3q', '6q'));
    const { signal } = runKilledAt('closing', ['ingest', '-q', '--state', path, growing]);
    expect(signal).toBe('SIGKILL');
    const left = hash(`${path}-wal`);
    writeFileSync(path, garble(readFileSync(path), 'mx.two.example['));
    // Reading merges nothing, and neither does finding the damage.
    expectRefused(path, ...READING, ['ingest', growing]);
    expect(hash(`${path}-wal`)).toBe(left);
  });

  test('in a large one that lies as it was closed: the disk has changed it', async () => {
    const path = largeState('rotten.db');
    await ingest(path, [log]);
    const { atime, mtime } = statSync(path);
    const bytes = readFileSync(path);
    for (const text of ['mx.two.example[', 'user1@', '/maillog']) garble(bytes, text);
    writeFileSync(path, bytes);
    utimesSync(path, atime, mtime);
    expect(isAsClosed(path)).toBe(true);
    expectRefused(
      path,
      ['report'],
      ['suppress'],
      ['state', 'show'],
      ['state', 'export'],
      ['ingest', log],
      ['follow', log],
    );
    // Here SQLite finds that the garbled texts are out of order, and verify lists what it finds.
    expect(run(['state', 'verify', '--state', path]).status).toBe(4);
    expect(isAsClosed(path)).toBe(true);
  });

  test('in a text that is no key, which SQLite finds sound', async () => {
    const path = largeState('no-key.db');
    await ingest(path, [log]);
    const { atime, mtime } = statSync(path);
    writeFileSync(path, garble(readFileSync(path), 'Greylisted'));
    utimesSync(path, atime, mtime);
    expectRefused(path, ['state', 'verify']);
  });

  test('in a large one that is read beside the log of writes of a killed ingest', () => {
    const path = largeState('large-killed.db');
    const growing = folder.file('large-killed.log');
    writeFileSync(growing, logLines(300, 5).replaceAll('3q', '6q'));
    const { signal } = runKilledAt('closing', ['ingest', '-q', '--state', path, growing]);
    expect(signal).toBe('SIGKILL');
    const left = hash(`${path}-wal`);
    const bytes = readFileSync(path);
    for (const text of ['mx.two.example[', 'user1@', '/maillog']) garble(bytes, text);
    writeFileSync(path, bytes);
    expectRefused(path, ['report'], ['suppress'], ['state', 'export'], ['ingest', growing]);
    expect(hash(`${path}-wal`)).toBe(left);
  });

  test('cut off or with random flips beside a log of writes: said, or read as it is', { timeout: 900_000 }, () => {
    const made = folder.file('beside.db');
    const growing = folder.file('beside.log');
    writeFileSync(growing, logLines(300));
    expect(run(['ingest', '-q', '--state', made, growing]).status).toBe(0);
    appendFileSync(growing, logLines(300, 5).replaceAll('3q', '6q'));
    expect(runKilledAt('closing', ['ingest', '-q', '--state', made, growing]).signal).toBe('SIGKILL');
    const main = readFileSync(made);
    const writes = readFileSync(`${made}-wal`);
    const path = folder.file('beside-damaged.db');
    let seen = 0;
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.array(fc.tuple(fc.double({ min: 0, max: 0.9999, noNaN: true }), fc.integer({ min: 1, max: 255 })), {
          maxLength: 20,
        }),
        (inWrites, cut, flips) => {
          const bytes = Buffer.from(inWrites ? writes : main);
          for (const [at, by] of flips) bytes[Math.floor(at * bytes.length)]! ^= by;
          const damaged = bytes.subarray(0, Math.floor((cut ?? 1) * bytes.length));
          for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
          writeFileSync(path, inWrites ? main : damaged);
          writeFileSync(`${path}-wal`, inWrites ? damaged : writes);
          const before = [hash(path), hash(`${path}-wal`)];
          const { status, stderr } = run(['state', 'export', '--state', path]);
          if (status === 0) return;
          seen++;
          expect(status).toBe(4);
          expect(stderr).toMatch(/is damaged|is no state of smtp-enrich/);
          expect([hash(path), hash(`${path}-wal`)]).toEqual(before);
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
    expect(seen).toBeGreaterThan(10);
  });
});

describe('a large state is worked on by a process of its own, which', () => {
  test('ends as it is told to, and says how it ended', async () => {
    const path = largeState('followed.db');
    const growing = folder.file('followed.log');
    writeFileSync(growing, logLines(50));
    const killed = runKilledAt('batch-read', ['ingest', '-q', '--state', path, growing]);
    expect(killed.signal).toBe('SIGKILL');
    for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const child = spawn(process.execPath, [PROGRAM, 'follow', '--state', path, growing], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let stderr = '';
      child.stderr.on('data', (text) => {
        stderr += text;
      });
      await opened(path);
      child.kill(signal);
      expect(await once(child, 'close')).toEqual([0, null]);
      expect(stderr).toContain('ended when asked');
    }
    const usage = run(['report', '--state', path, log]);
    expect(usage.status).toBe(2);
    expect(run(['report', '--state', path]).status).toBe(0);
  });

  test('dies with the one that started it', async () => {
    const path = largeState('orphan.db');
    const args = [PROGRAM, 'ingest', '--state', path, '--input-id', 'x'];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    await opened(path);
    child.kill('SIGKILL');
    // Its standard output ends when nobody holds it any more; its standard input, which it waits for, does not.
    child.stdout.resume();
    await once(child.stdout, 'close');
    child.stdin.destroy();
  });
});

/** Resolves when a process has opened the state: SQLite makes a file beside it. */
function opened(path: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!existsSync(`${path}-shm`)) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(folder.path, look);
    look();
  });
}

function runKilledAt(failpoint: string, args: readonly string[]): SpawnSyncReturns<Buffer> {
  return spawnSync(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, SMTP_ENRICH_FAILPOINT: failpoint },
  });
}

test('a large one that an ingest has closed lies as closed, until somebody changes it', async () => {
  const path = largeState('closed.db');
  expect(isAsClosed(path)).toBe(false);
  await ingest(path, [log]);
  expect(isAsClosed(path)).toBe(true);
  const before = hash(path);
  await ingest(path, [log]);
  expect(hash(path), 'nothing new, nothing written').toBe(before);
  writeFileSync(path, readFileSync(path));
  expect(isAsClosed(path)).toBe(false);
  await ingest(path, [log]);
  expect(isAsClosed(path)).toBe(true);
});
