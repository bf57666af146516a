/** The data that others wrote lies beside the project, in ../shared; tests that need it are skipped, and say so, only where it is absent. */
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'vitest';

const FOLDER = new URL('../../../shared/', import.meta.url);

export const hasShared: boolean = existsSync(FOLDER);
if (!hasShared) console.warn('../shared is absent: the tests that read it are skipped');

/** `test`, where the shared folder is there. */
export const testShared: typeof test = hasShared ? test : (test.skip as typeof test);

export function sharedFile(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

/** The rows of an NDJSON file; none where the folder is absent. */
export function sharedRows<T>(name: string): T[] {
  if (!hasShared) return [];
  return sharedFile(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
