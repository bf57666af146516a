/** What can go wrong with a state file: each is said, with exit code 4, and leaves what was stored as it was. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportFromState } from '../../pipelines/state-file.ts';
import { SmtpEnrichError } from '../../src/event/index.ts';
import { isAsClosed } from '../../src/store/soundness.ts';
import { openStateForReading, SqliteState } from '../../src/store/sqlite.ts';
import { LogLines } from '../support/log-lines.ts';
import { PROGRAM } from '../support/run.ts';
import { SEED } from '../support/seed.ts';
import { contentOf, exportOf, ingest, shown, testFolder } from '../support/state.ts';

const folder = testFolder('failures');
afterAll(() => {
  chmodSync(folder.path, 0o755);
  folder.remove();
});

const log = folder.file('maillog');
const sound = folder.file('sound.db');

function lines(count: number, seed = 1): string {
  const made = new LogLines(Date.UTC(2026, 0, 5), false);
  let text = '';
  for (let i = 0; i < count; i++) text += `${made.next((i * 7919 + seed) % 10_000)}\n`;
  return text;
}

beforeAll(async () => {
  writeFileSync(log, lines(300));
  await ingest(sound, [log]);
});

const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

function failure(action: () => unknown): SmtpEnrichError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(SmtpEnrichError);
    return error as SmtpEnrichError;
  }
  throw new Error('expected a failure');
}

function open(path: string): void {
  new SqliteState(path, { write: true, waitSeconds: 0.2 }).close();
}

function program(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8', input: '' });
}

function changed(name: string, sql: string): string {
  const path = folder.file(name);
  copyFileSync(sound, path);
  const Libsql = createRequire(import.meta.url)('libsql') as typeof import('libsql');
  const database = new Libsql(path);
  database.exec(sql);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  return path;
}

describe('a file that is no state of this version', () => {
  test('a later version is refused and not touched', () => {
    const path = changed('later.db', "UPDATE meta SET value = '3' WHERE name = 'schema_version'");
    const before = hash(path);
    const error = failure(() => open(path));
    expect(error.code).toBe('STATE');
    expect(error.message).toContain('later version');
    expect(failure(() => openStateForReading(path)).message).toContain('later version');
    expect(hash(path)).toBe(before);
  });

  test('another SQLite file', () => {
    const path = changed('other.db', 'ALTER TABLE meta RENAME TO settings');
    const before = hash(path);
    expect(failure(() => open(path)).message).toContain('no state of smtp-enrich');
    expect(hash(path)).toBe(before);
  });

  test('a text', () => {
    const before = hash(log);
    expect(failure(() => open(log)).message).toContain('no state of smtp-enrich');
    expect(hash(log)).toBe(before);
  });

  test('none at all: report says how to make one, and makes none', () => {
    const path = folder.file('none.db');
    const { status, stderr } = program('report', '--state', path);
    expect(status).toBe(4);
    expect(stderr).toContain('smtp-enrich ingest --state');
    expect(existsSync(path)).toBe(false);
  });
});

describe('a state of an earlier version', () => {
  /** Today's tables as schema 1 had them. */
  const BACK_TO_1 = `
    ALTER TABLE word RENAME TO new_word;
    ALTER TABLE series RENAME TO new_series;
    CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
    INSERT INTO word (id, text) SELECT id, text FROM new_word;
    INSERT INTO word (text) SELECT text FROM (SELECT format AS text FROM outcome UNION SELECT host FROM outcome
      UNION SELECT category FROM outcome UNION SELECT enhanced_code FROM outcome UNION SELECT layer FROM outcome
      UNION SELECT rule FROM outcome) WHERE text IS NOT NULL AND text NOT IN (SELECT text FROM word);
    CREATE TABLE series (id INTEGER PRIMARY KEY, domain INTEGER NOT NULL, relay INTEGER NOT NULL, kind INTEGER NOT NULL,
      rule INTEGER NOT NULL, host INTEGER NOT NULL, sender INTEGER NOT NULL, provider INTEGER NOT NULL,
      relay_host INTEGER NOT NULL, relay_ip INTEGER NOT NULL, format INTEGER NOT NULL, category INTEGER NOT NULL,
      reply_code INTEGER NOT NULL, enhanced_code INTEGER NOT NULL, layer INTEGER NOT NULL,
      UNIQUE (domain, relay, kind, rule, host, sender, provider, relay_host, relay_ip, format, category, reply_code,
        enhanced_code, layer));
    INSERT INTO series SELECT s.id, s.domain, s.relay, o.kind, r.id, coalesce(h.id, 0), s.sender, s.provider, s.relay_host,
      s.relay_ip, f.id, c.id, o.reply_code, coalesce(e.id, 0), l.id
      FROM new_series s JOIN outcome o ON o.id = s.outcome JOIN word r ON r.text = o.rule LEFT JOIN word h ON h.text = o.host
      JOIN word f ON f.text = o.format JOIN word c ON c.text = o.category LEFT JOIN word e ON e.text = o.enhanced_code
      JOIN word l ON l.text = o.layer;
    DROP TABLE new_word; DROP TABLE new_series; DROP TABLE outcome;
    ALTER TABLE checkpoint DROP COLUMN trail;
    DELETE FROM meta WHERE name IN ('last_word', 'last_series');
    UPDATE meta SET value = '1' WHERE name = 'schema_version'`;

  test('is brought up to date by the next ingest, not by a reader; nothing is lost, and it goes on', async () => {
    const path = changed('earlier.db', BACK_TO_1);
    const before = hash(path);
    expect(failure(() => openStateForReading(path)).message).toContain('earlier version');
    expect(hash(path)).toBe(before);
    open(path);
    expect(contentOf(path)).toEqual(contentOf(sound));
    expect(program('state', 'verify', '--state', path)).toMatchObject({ status: 0 });
    const whole = folder.file('migrated-whole.db');
    const grown = folder.file('migrated.log');
    writeFileSync(grown, readFileSync(log, 'utf8') + lines(50, 11).replaceAll('3q', '7q'));
    await ingest(path, [grown]);
    await ingest(whole, [grown]);
    expect(contentOf(path)).toEqual(contentOf(whole));
  });

  test('or stays as it was where that fails', () => {
    const path = changed('earlier-full.db', `${BACK_TO_1}; CREATE TABLE outcome (id INTEGER)`);
    const before = hash(path);
    expect(failure(() => open(path)).code).toBe('STATE');
    expect(hash(path)).toBe(before);
  });
});

describe('a damaged file', () => {
  test('cut off at every byte: refused, and not written to', () => {
    const path = folder.file('cut.db');
    copyFileSync(sound, path);
    const { size } = statSync(path);
    expect(size).toBeGreaterThan(50_000);
    for (let length = size - 1; length >= 0; length--) {
      truncateSync(path, length);
      const error = failure(() => open(path));
      expect(error.code).toBe('STATE');
      expect(statSync(path).size).toBe(length);
      if (length % 4099 === 0) expect(readFileSync(path).equals(readFileSync(sound).subarray(0, length))).toBe(true);
    }
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  test('random flips: where SQLite sees them, nothing is written; the program ends with 4', () => {
    const path = folder.file('flipped.db');
    let seen = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: statSync(sound).size - 1 }), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 20,
        }),
        (flips) => {
          const bytes = readFileSync(sound);
          for (const [at, by] of flips) bytes[at]! ^= by;
          writeFileSync(path, bytes);
          for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
          try {
            open(path);
          } catch (error) {
            expect(error).toBeInstanceOf(SmtpEnrichError);
            expect((error as SmtpEnrichError).code).toBe('STATE');
            expect(readFileSync(path).equals(bytes)).toBe(true);
            seen++;
          }
        },
      ),
      { seed: SEED, numRuns: 200 },
    );
    expect(seen).toBeGreaterThan(30);
    const bytes = readFileSync(sound);
    bytes.fill(0x5a, 4096, 16_384);
    writeFileSync(path, bytes);
    const { status, stderr } = program('ingest', '--state', path, log);
    expect(status).toBe(4);
    expect(stderr).toContain('damaged');
    expect(stderr).toContain('Nothing was written to it');
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  test('state verify says what is wrong with a large one, and 0 of a sound one', () => {
    expect(program('state', 'verify', '--state', sound)).toMatchObject({ status: 0, stderr: '' });
    const path = changed('inconsistent.db', 'UPDATE rollup SET events = events + 1');
    const { status, stdout } = program('state', 'verify', '--state', path);
    expect(status).toBe(4);
    expect(stdout).toContain('differ');
  });
});

describe('a damage that ends the driver', () => {
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
      const { status, stderr } = program(...command, '--state', path);
      expect(stderr, command.join(' ')).toContain('is damaged');
      expect(status, command.join(' ')).toBe(4);
    }
    expect(hash(path)).toBe(before);
  }

  const READING = [['report'], ['suppress'], ['state', 'show'], ['state', 'verify'], ['state', 'export']];

  test('in a large state that does not lie as it was closed', () => {
    const path = changed(
      'large.db',
      `INSERT INTO word (text, id) WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 200000)
        SELECT 'a-word-that-nobody-uses-' || v || '.example', 100000 + v FROM n`,
    );
    expect(statSync(path).size).toBeGreaterThan(8 * 1024 * 1024);
    expect(program('report', '--state', path)).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(path, garble(readFileSync(path), 'a-word-that-nobody-uses-777.'));
    expectRefused(path, ...READING, ['ingest', log]);
  });

  test('in a small one beside which a killed ingest left its log of writes', () => {
    const path = folder.file('killed.db');
    const growing = folder.file('killed.log');
    writeFileSync(growing, lines(300));
    expect(program('ingest', '-q', '--state', path, growing).status).toBe(0);
    appendFileSync(growing, lines(300, 5).replaceAll('3q', '6q'));
    const { signal } = spawnSync(process.execPath, [PROGRAM, 'ingest', '-q', '--state', path, growing], {
      env: { ...process.env, SMTP_ENRICH_FAILPOINT: 'closing' },
    });
    expect(signal).toBe('SIGKILL');
    const left = hash(`${path}-wal`);
    writeFileSync(path, garble(readFileSync(path), 'mx.two.example['));
    // Reading merges nothing, and neither does finding the damage.
    expectRefused(path, ...READING, ['ingest', growing]);
    expect(hash(`${path}-wal`)).toBe(left);
  });

  test('what an ingest has closed lies as closed, until somebody changes it', async () => {
    const path = folder.file('closed.db');
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
    writeFileSync(growing, lines(100));
    await ingest(state, [growing]);
    const writer = new SqliteState(state, { write: true, waitSeconds: 0.1 });
    writer.begin();
    const reader = openStateForReading(state, 0.1);
    const all = { since: undefined, until: undefined, widened: false };
    const { events } = reader.sums(all, {}).traffic;
    expect(events).toBeGreaterThan(50);
    writer.rollback();
    writer.close();
    // Half-way through a long list, and the next ingest commits.
    const walk = reader.addresses();
    walk.next();
    appendFileSync(growing, lines(100, 5).replaceAll('3q', '4q'));
    await ingest(state, [growing]);
    let left = 0;
    for (const _ of walk) left++;
    expect(left).toBeGreaterThan(0);
    expect(reader.sums(all, {}).traffic.events).toBeGreaterThan(events);
    reader.close();
  });

  test('the figures and the ledger of one report are of one moment', async () => {
    const state = folder.file('moment.db');
    const growing = folder.file('moment.log');
    writeFileSync(growing, lines(100));
    await ingest(state, [growing]);
    const report = await reportFromState(state, {});
    const same = await reportFromState(state, {});
    const { listed } = shown(same.sums, {}, same.ledger).suppression;
    same.close();
    appendFileSync(growing, lines(100, 5).replaceAll('3q', '4q').replaceAll('user', 'other'));
    await ingest(state, [growing]);
    expect(shown(report.sums, {}, report.ledger).suppression.listed).toBe(listed);
    report.close();
    const later = await reportFromState(state, {});
    expect(shown(later.sums, {}, later.ledger).suppression.listed).toBeGreaterThan(listed);
    later.close();
  });

  test('two processes over the same log count it once', async () => {
    const big = folder.file('big');
    writeFileSync(big, lines(20_000));
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

describe('no room, no right', () => {
  test('a disk that is full: 4, and the last commit stays', async () => {
    const state = folder.file('full.db');
    const growing = folder.file('filling');
    writeFileSync(growing, lines(200));
    await ingest(state, [growing]);
    const before = exportOf(state);
    appendFileSync(growing, lines(20_000, 3).replaceAll('3q', '5q').replaceAll('user', 'other'));
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

  test('a state that may only be read, in a directory that may only be read', async () => {
    const directory = folder.file('readable');
    mkdirSync(directory, { recursive: true });
    // A name that means something in a URI.
    const state = `${directory}/a%20state?.db`;
    await ingest(state, [log]);
    chmodSync(state, 0o444);
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
    const { status } = spawnSync(process.execPath, [PROGRAM, 'ingest', '--state', state, log], nobody);
    expect(status).toBe(4);
    chmodSync(directory, 0o755);
  });

  test('a directory that is not there', () => {
    const { status, stderr } = program('ingest', '--state', folder.file('nowhere/state.db'), log);
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
    expect(pipe(state, lines(50), '--input-id', 'a').status).toBe(0);
    const before = contentOf(state);
    const again = pipe(state, lines(50), '--input-id', 'a');
    expect(again.status).toBe(0);
    expect(again.stderr).toContain('counted before');
    const other = pipe(state, lines(50, 9), '--input-id', 'a');
    expect(other.status).toBe(4);
    expect(contentOf(state)).toEqual(before);
    expect(pipe(state, lines(50, 9), '--input-id', 'b').status).toBe(0);
    expect(contentOf(state)).not.toEqual(before);
  });

  test('all or nothing', () => {
    const state = folder.file('stdin-killed.db');
    const args = [PROGRAM, 'ingest', '--state', state, '--input-id', 'a', '--commit-mb', '0.001', '-q', '--tz', 'UTC'];
    const { signal } = spawnSync(process.execPath, args, {
      input: lines(5000),
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
  const { status, stderr } = program('report', '--state', sound, log);
  expect(status).toBe(2);
  expect(stderr).toContain('may have been counted');
});
