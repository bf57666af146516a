/** What can go wrong around a state: another at work, no room, no right. Each is said, and leaves what was stored as it was. */
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportFromState } from '../../pipelines/state-file.ts';
import { hasUnmerged } from '../../src/store/soundness.ts';
import { openStateForReading, SqliteState } from '../../src/store/sqlite.ts';
import { explained } from '../../src/store/store-errors.ts';
import { PROGRAM, run } from '../support/run.ts';
import { contentOf, exportOf, ingest, shown, testFolder } from '../support/state.ts';
import { failure, logLines } from '../support/state-file.ts';

const folder = testFolder('failures');
afterAll(() => {
  chmodSync(folder.path, 0o755);
  folder.remove();
});

const log = folder.file('maillog');
const sound = folder.file('sound.db');

beforeAll(async () => {
  writeFileSync(log, logLines(300));
  await ingest(sound, [log]);
});

describe('two at once', () => {
  test('the second waits, then says so, and counts nothing', async () => {
    const state = folder.file('busy.db');
    await ingest(state, [log]);
    const before = exportOf(state);
    const first = new SqliteState(state, { write: true });
    first.begin();
    appendFileSync(log, '');
    const second = new SqliteState(state, { write: true, waitSeconds: 0.1 });
    const error = failure(() => second.begin());
    expect(error.message).toContain('another ingest');
    first.rollback();
    expect(second.begin()).toBe(false);
    second.rollback();
    second.close();
    first.close();
    expect(exportOf(state)).toEqual(before);
  });

  test('a reader neither waits for a writer nor keeps it waiting', async () => {
    const state = folder.file('reader.db');
    const growing = folder.file('growing');
    writeFileSync(growing, logLines(100));
    await ingest(state, [growing]);
    const writer = new SqliteState(state, { write: true, waitSeconds: 0.1 });
    writer.begin();
    const reader = openStateForReading(state, 0.1);
    const all = { since: undefined, until: undefined, widened: false };
    const { events } = reader.sums(all, {}).traffic;
    expect(events).toBeGreaterThan(50);
    writer.rollback();
    writer.close();
    // Half-way through a long list, and the next ingest commits and closes: if it waited, it would be for longer than a test may take.
    const walk = reader.addresses();
    walk.next();
    appendFileSync(growing, logLines(100, 5).replaceAll('3q', '4q'));
    await ingest(state, [growing], { waitSeconds: 150 });
    let left = 0;
    for (const _ of walk) left++;
    expect(left).toBeGreaterThan(0);
    expect(reader.sums(all, {}).traffic.events).toBeGreaterThan(events);
    reader.close();
    // What could not be merged then is merged by the next.
    expect(hasUnmerged(state)).toBe(true);
    await ingest(state, [growing]);
    expect(hasUnmerged(state)).toBe(false);
  });

  test('the figures and the ledger of one report are of one moment', async () => {
    const state = folder.file('moment.db');
    const growing = folder.file('moment.log');
    writeFileSync(growing, logLines(100));
    await ingest(state, [growing]);
    const report = await reportFromState(state, {});
    const same = await reportFromState(state, {});
    const { listed } = shown(same.sums, {}, same.ledger).suppression;
    same.close();
    appendFileSync(growing, logLines(100, 5).replaceAll('3q', '4q').replaceAll('user', 'other'));
    await ingest(state, [growing]);
    expect(shown(report.sums, {}, report.ledger).suppression.listed).toBe(listed);
    report.close();
    const later = await reportFromState(state, {});
    expect(shown(later.sums, {}, later.ledger).suppression.listed).toBeGreaterThan(listed);
    later.close();
  });

  test('two processes over the same log count it once', async () => {
    const big = folder.file('big');
    writeFileSync(big, logLines(20_000));
    const once = folder.file('once.db');
    await ingest(once, [big]);
    const both = folder.file('both.db');
    const codes = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise<number | null>((resolve) => {
            const args = [PROGRAM, 'ingest', '--state', both, '-q', '--tz', 'UTC', '--commit-mb', '0.5', big];
            spawn(process.execPath, args, { stdio: 'ignore' }).on('exit', resolve);
          }),
      ),
    );
    // One that found another's commit between two of its own stops there, and says so.
    for (const code of codes) expect([0, 4]).toContain(code);
    expect(codes).toContain(0);
    await ingest(both, [big]);
    expect(contentOf(both)).toEqual(contentOf(once));
  });
});

describe('a state that was being made when its maker was killed', () => {
  test('is made by the next, which removes what was left', () => {
    const { pid } = spawnSync('true');
    const { pid: another } = spawnSync('true');
    const state = folder.file('made/state.db');
    mkdirSync(dirname(state));
    const OLD = 946_684_800;
    /** What lies there, and whether it stays. */
    const cases: readonly [name: string, stays: boolean, old?: boolean][] = [
      [`state.db.new-${pid}`, false],
      [`state.db.new-${pid}-journal`, false],
      [`state.db.new-${process.pid}`, true],
      [`state.db.new-${process.ppid}-journal`, true],
      [`state.db.new-${another}`, true, false],
      [`other.db.new-${pid}`, true],
      [`state.db.new-${pid}.txt`, true],
      [`state.db.new-0`, true],
      [`state.db.new-`, true],
      [`state.db.new-${pid}9999999999`, true],
    ];
    for (const [name, , old = true] of cases) {
      const path = join(dirname(state), name);
      writeFileSync(path, 'left');
      if (old) utimesSync(path, OLD, OLD);
    }
    const { pid: third } = spawnSync('true');
    symlinkSync(log, join(dirname(state), `state.db.new-${third}`));
    mkdirSync(join(dirname(state), `state.db.new-${third}-journal`));
    expect(run(['ingest', '-q', '--state', state, '--tz', 'UTC', log])).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(dirname(state)).sort()).toEqual(
      [
        'state.db',
        `state.db.new-${third}`,
        `state.db.new-${third}-journal`,
        ...cases.filter(([, stays]) => stays).map(([name]) => name),
      ].sort(),
    );
    expect(contentOf(state)).toEqual(contentOf(sound));
  });
});

describe('no room, no right', () => {
  test('a disk that is full: 4, and the last commit stays', async () => {
    const state = folder.file('full.db');
    const growing = folder.file('filling');
    writeFileSync(growing, logLines(200));
    await ingest(state, [growing]);
    const before = exportOf(state);
    appendFileSync(growing, logLines(20_000, 3).replaceAll('3q', '5q').replaceAll('user', 'other'));
    // No file may grow beyond: what a full disk does to SQLite.
    const limit = Math.ceil(statSync(state).size / 1024) + 40;
    const command = `trap '' XFSZ; ulimit -f ${limit}; exec "$0" "$@"`;
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', command, process.execPath, PROGRAM, 'ingest', '--state', state, '-q', '--tz', 'UTC', growing],
      { encoding: 'utf8' },
    );
    expect(stderr).toContain(state);
    expect(status).toBe(4);
    expect(exportOf(state)).toEqual(before);
    await ingest(state, [growing]);
    const whole = folder.file('whole.db');
    await ingest(whole, [growing]);
    expect(contentOf(state)).toEqual(contentOf(whole));
  });

  test('a directory that may not be written: 4, and says which', () => {
    const directory = folder.file('locked');
    mkdirSync(directory);
    chmodSync(directory, 0o555);
    const root = process.getuid?.() === 0;
    if (root) chownSync(directory, 0, 0);
    const args = [PROGRAM, 'ingest', '--state', `${directory}/state.db`, log];
    // Root may write everywhere: as nobody, then.
    const { status, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      ...(root ? { uid: 65_534 } : {}),
    });
    chmodSync(directory, 0o755);
    expect(stderr).toContain(directory);
    expect(status).toBe(4);
  });

  test.each([
    // A name that means something in a URI.
    ['a%20state?.db', 0o444],
    ['state.db', 0o644],
  ])('a state in a directory that may only be read: %s, mode %o', async (name, mode) => {
    const directory = folder.file(`readable-${mode}`);
    mkdirSync(directory, { recursive: true });
    const state = `${directory}/${name}`;
    await ingest(state, [log]);
    chmodSync(state, mode);
    chmodSync(directory, 0o555);
    chmodSync(folder.path, 0o755);
    const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    for (const command of [['report'], ['suppress', '--format', 'txt'], ['state', 'show']]) {
      const args = [PROGRAM, ...command, '--state', state];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', ...nobody });
      expect(stderr).toBe('');
      expect(status, command.join(' ')).toBe(0);
      expect(stdout.length).toBeGreaterThan(50);
    }
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'ingest', '--state', state, log], {
      encoding: 'utf8',
      ...nobody,
    });
    expect(stderr).toMatch(/cannot be (?:written|opened)/);
    expect(status).toBe(4);
    chmodSync(directory, 0o755);
  });

  test.each([
    ['SQLITE_FULL', 'the disk is full'],
    // SQLITE_READONLY_DIRECTORY, of which the driver knows no name.
    ['UNKNOWN_SQLITE_ERROR_1544', 'cannot be written'],
    // SQLITE_BUSY_SNAPSHOT
    ['UNKNOWN_SQLITE_ERROR_517', 'another ingest is writing'],
    // SQLITE_CORRUPT_INDEX
    ['UNKNOWN_SQLITE_ERROR_779', 'is damaged'],
    ['UNKNOWN_SQLITE_ERROR_1', 'said'],
  ])('%s of the driver: %s', (code, expected) => {
    const error = explained(Object.assign(new Error('what it said'), { code }), sound, 1);
    expect(error.code).toBe('STATE');
    expect(error.message).toContain(expected);
  });

  test('a directory that is not there', () => {
    const { status, stderr } = run(['ingest', '--state', folder.file('nowhere/state.db'), log]);
    expect(status).toBe(4);
    expect(stderr).toContain('no such directory');
  });
});

describe('standard input', () => {
  const pipe = (state: string, text: string, ...more: string[]): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, [PROGRAM, 'ingest', '--state', state, '--tz', 'UTC', '-q', ...more], {
      encoding: 'utf8',
      input: text,
    });

  test('needs a name', () => {
    const { status, stderr } = pipe(folder.file('stdin-0.db'), 'x');
    expect(status).toBe(2);
    expect(stderr).toContain('--input-id');
  });

  test('is counted once for each name, and a name stands for one input', () => {
    const state = folder.file('stdin.db');
    expect(pipe(state, logLines(50), '--input-id', 'a').status).toBe(0);
    const before = contentOf(state);
    const again = pipe(state, logLines(50), '--input-id', 'a');
    expect(again.status).toBe(0);
    expect(again.stderr).toContain('counted before');
    // Another log; the same, grown; its beginning.
    for (const text of [logLines(50, 9), logLines(51), logLines(5000), logLines(20)]) {
      const other = pipe(state, text, '--input-id', 'a');
      expect(other.status).toBe(4);
      expect(other.stderr).toContain(`of ${logLines(50).length} bytes (this one: ${text.length})`);
      expect(contentOf(state)).toEqual(before);
    }
    expect(pipe(state, logLines(50, 9), '--input-id', 'b').status).toBe(0);
    expect(contentOf(state)).not.toEqual(before);
  });

  test('all or nothing', () => {
    const state = folder.file('stdin-killed.db');
    const args = [PROGRAM, 'ingest', '--state', state, '--input-id', 'a', '--commit-mb', '0.001', '-q', '--tz', 'UTC'];
    const { signal } = spawnSync(process.execPath, args, {
      input: logLines(5000),
      env: { ...process.env, SMTP_ENRICH_FAILPOINT: 'checkpoint-written' },
    });
    expect(signal).toBe('SIGKILL');
    const reader = openStateForReading(state);
    expect(reader.checkpoints()).toEqual([]);
    expect(reader.span()).toBeUndefined();
    reader.close();
  });
});

test('a state and log files at once are refused', () => {
  const { status, stderr } = run(['report', '--state', sound, log]);
  expect(status).toBe(2);
  expect(stderr).toContain('may have been counted');
});
