/** A state file that is none, of another version, or damaged: said, with exit code 4, and never written to. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SmtpEnrichError } from '../../src/event/index.ts';
import { isAsClosed } from '../../src/store/soundness.ts';
import { openStateForReading, SqliteState } from '../../src/store/sqlite.ts';
import { PROGRAM, run } from '../support/run.ts';
import { SEED } from '../support/seed.ts';
import { contentOf, ingest, testFolder } from '../support/state.ts';
import { changed, failure, hash, logLines } from '../support/state-file.ts';

const folder = testFolder('damage');
afterAll(() => {
  folder.remove();
});

const log = folder.file('maillog');
const sound = folder.file('sound.db');

beforeAll(async () => {
  writeFileSync(log, logLines(300));
  await ingest(sound, [log]);
});

function open(path: string): void {
  new SqliteState(path, { write: true, waitSeconds: 0.2 }).close();
}

describe('a file that is no state of this version', () => {
  test('a later version is refused and not touched', () => {
    const path = changed(sound, folder.file('later.db'), "UPDATE meta SET value = '3' WHERE name = 'schema_version'");
    const before = hash(path);
    const error = failure(() => open(path));
    expect(error.code).toBe('STATE');
    expect(error.message).toContain('later version');
    expect(failure(() => openStateForReading(path)).message).toContain('later version');
    expect(hash(path)).toBe(before);
  });

  test('another SQLite file', () => {
    const path = changed(sound, folder.file('other.db'), 'ALTER TABLE meta RENAME TO settings');
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
    const { status, stderr } = run(['report', '--state', path]);
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
    const path = changed(sound, folder.file('earlier.db'), BACK_TO_1);
    const before = hash(path);
    expect(failure(() => openStateForReading(path)).message).toContain('earlier version');
    expect(hash(path)).toBe(before);
    open(path);
    expect(contentOf(path)).toEqual(contentOf(sound));
    expect(run(['state', 'verify', '--state', path])).toMatchObject({ status: 0 });
    const whole = folder.file('migrated-whole.db');
    const grown = folder.file('migrated.log');
    writeFileSync(grown, readFileSync(log, 'utf8') + logLines(50, 11).replaceAll('3q', '7q'));
    await ingest(path, [grown]);
    await ingest(whole, [grown]);
    expect(contentOf(path)).toEqual(contentOf(whole));
  });

  test('or stays as it was where that fails', () => {
    const path = changed(sound, folder.file('earlier-full.db'), `${BACK_TO_1}; CREATE TABLE outcome (id INTEGER)`);
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

  // A process for each of 200 looks: minutes, where the machine has much else to do.
  test('random flips: where SQLite sees them, nothing is written; the program ends with 4', {
    timeout: 900_000,
  }, () => {
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
    const { status, stderr } = run(['ingest', '--state', path, log]);
    expect(status).toBe(4);
    expect(stderr).toContain('damaged');
    expect(stderr).toContain('Nothing was written to it');
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  test('state verify says what is wrong with a large one, and 0 of a sound one', () => {
    expect(run(['state', 'verify', '--state', sound])).toMatchObject({ status: 0, stderr: '' });
    const path = changed(sound, folder.file('inconsistent.db'), 'UPDATE rollup SET events = events + 1');
    const { status, stdout } = run(['state', 'verify', '--state', path]);
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
      const { status, stderr } = run([...command, '--state', path]);
      expect(stderr, command.join(' ')).toContain('is damaged');
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
});
