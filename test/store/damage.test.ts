/** A state file that is none, of another version, or damaged: said, with exit code 4, and never written to. */
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SmtpEnrichError } from '../../src/event/index.ts';
import { Connection } from '../../src/store/connection.ts';
import { SCHEMA, type Schema } from '../../src/store/migrations.ts';
import { openStateForReading, SqliteState } from '../../src/store/sqlite.ts';
import { run } from '../support/run.ts';
import { SEED } from '../support/seed.ts';
import { ingest, testFolder } from '../support/state.ts';
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
    const path = changed(sound, folder.file('later.db'), "UPDATE meta SET value = '99' WHERE name = 'schema_version'");
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
  const schema = (statements: readonly string[][]): Schema => ({
    version: SCHEMA.version + statements.length,
    migrations: statements.map((step, index) => ({
      from: SCHEMA.version + index,
      statements: (clustered) => filledIn(step, clustered),
    })),
  });
  const filledIn = (step: readonly string[], clustered: string): string[] =>
    step.map((statement) => statement.replace('CLUSTERED', clustered));
  const STEPS = [
    ['CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)CLUSTERED', "INSERT INTO note VALUES (1, 'kept')"],
    ['ALTER TABLE note RENAME TO remark', "UPDATE remark SET text = text || ' and moved'"],
  ];
  const opened = (path: string, write: boolean, known: Schema): Connection =>
    Connection.open(path, write, 0.2, true, known);

  test('schema 1, whose keys were others, is refused by every command and not touched', () => {
    const path = changed(sound, folder.file('one.db'), "UPDATE meta SET value = '1' WHERE name = 'schema_version'");
    const before = hash(path);
    for (const command of [
      ['ingest', '--state', path, log],
      ['report', '--state', path],
    ]) {
      const { status, stderr } = run(command);
      expect(status).toBe(4);
      expect(stderr).toContain('earlier version of smtp-enrich (schema 1) and cannot be brought up to date');
      expect(stderr).toContain('ingest the logs anew');
    }
    expect(hash(path)).toBe(before);
  });

  test('is brought up to date step by step by a writer, not by a reader', () => {
    const path = changed(sound, folder.file('earlier.db'), 'SELECT 1');
    const before = hash(path);
    expect(failure(() => opened(path, false, schema(STEPS))).message).toContain('earlier version');
    expect(hash(path)).toBe(before);
    const writer = opened(path, true, schema(STEPS));
    expect(writer.meta('schema_version')).toBe(String(SCHEMA.version + STEPS.length));
    expect(writer.all('SELECT text FROM remark')).toEqual([['kept and moved']]);
    writer.close();
    opened(path, false, schema(STEPS)).close();
  });

  test('or stays as it was where a step fails or is missing', () => {
    const path = changed(sound, folder.file('earlier-full.db'), 'SELECT 1');
    const before = hash(path);
    expect(failure(() => opened(path, true, schema([STEPS[0]!, ['CREATE TABLE meta (id INTEGER)']]))).code).toBe(
      'STATE',
    );
    const gap = { ...schema(STEPS), migrations: schema(STEPS).migrations.slice(1) };
    expect(failure(() => opened(path, true, gap)).message).toContain('cannot be brought up to date');
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
