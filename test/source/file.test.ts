/** Files as sources: what happens to their descriptors. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fileSource } from '../../src/source/file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-file-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const written = (name: string, bytes: Buffer | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const descriptors = (): number => readdirSync('/dev/fd').length;
async function textOf(path: string): Promise<string> {
  const reader = await (await fileSource(path)).open();
  const bytes = Buffer.alloc(100);
  let length = 0;
  try {
    for (let read = -1; read !== 0; length += read) read = await reader.read(bytes, length, bytes.length - length);
  } finally {
    await reader.close();
  }
  return bytes.toString('latin1', 0, length);
}

it('leaves none open: plain, gzip, and gzip that breaks off', async () => {
  const packed = gzipSync('two\n');
  const before = descriptors();
  expect(await textOf(written('plain', 'one\n'))).toBe('one\n');
  expect(await textOf(written('packed', packed))).toBe('two\n');
  await textOf(written('broken', packed.subarray(0, packed.length - 9))).catch(() => {});
  expect(descriptors()).toBe(before);
});

it('closed twice, leaves alone who has its number then', async () => {
  const first = await (await fileSource(written('first', 'one\n'))).open();
  await first.close();
  const second = await (await fileSource(written('second', 'two\n'))).open();
  await first.close();
  const bytes = Buffer.alloc(4);
  expect(await second.read(bytes, 0, 4)).toBe(4);
  expect(bytes.toString()).toBe('two\n');
  await second.close();
});

it('a pipe that has taken the place of a file since it was looked at is read as one', async () => {
  const path = written('replaced', 'a file\n');
  const source = await fileSource(path);
  rmSync(path);
  execFileSync('sh', ['-c', 'mkfifo "$0" && (printf "a pipe\\n" > "$0" &)', path], { stdio: 'ignore' });
  const reader = await source.open();
  const bytes = Buffer.alloc(100);
  expect(bytes.toString('latin1', 0, await reader.read(bytes, 0, 100))).toBe('a pipe\n');
  await reader.close();
});
