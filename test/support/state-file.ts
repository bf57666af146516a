/** A state file in the hands of somebody who means it harm, and what the program says to that. */
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'vitest';
import { SmtpEnrichError } from '../../src/event/index.ts';
import { LogLines } from './log-lines.ts';

/** Lines of a log; the same for the same seed. */
export function logLines(count: number, seed = 1): string {
  const made = new LogLines(Date.UTC(2026, 0, 5), false);
  let text = '';
  for (let i = 0; i < count; i++) text += `${made.next((i * 7919 + seed) % 10_000)}\n`;
  return text;
}

export const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

export function failure(action: () => unknown): SmtpEnrichError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(SmtpEnrichError);
    return error as SmtpEnrichError;
  }
  throw new Error('expected a failure');
}

/** A copy of a state, changed behind the program's back. */
export function changed(state: string, path: string, sql: string): string {
  copyFileSync(state, path);
  const Libsql = createRequire(import.meta.url)('libsql') as typeof import('libsql');
  const database = new Libsql(path);
  database.exec(sql);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  return path;
}
