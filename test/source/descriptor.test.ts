/** A pipe read to where its bytes are wanted: nothing lost, nothing twice, in order, whatever comes together. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Bytes } from '../../src/source/bytes.ts';
import { bytesOf } from '../../src/source/descriptor.ts';
import { SEED } from '../support/seed.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-pipe-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A pipe that both ends of are here. */
async function openPipe(): Promise<{ bytes: Bytes; write: (text: string) => void; end: () => void }> {
  const path = join(folder, 'pipe');
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
  // For reading and writing: opening it so waits for nobody.
  const both = openSync(path, 'r+');
  const fd = openSync(path, 'r');
  const writer = openSync(path, 'w');
  closeSync(both);
  const bytes = (await bytesOf({ fd } as unknown as Readable))!;
  return { bytes, write: (text) => void writeSync(writer, text), end: () => closeSync(writer) };
}

it('shows the first bytes before it gives them, however they come', async () => {
  const { bytes, write, end } = await openPipe();
  write('a');
  expect(String(await bytes.peek(1))).toBe('a');
  write('bc');
  expect(String(await bytes.peek(2))).toBe('ab');
  write('d');
  end();
  const target = Buffer.alloc(10);
  expect(await bytes.wait()).toBe(true);
  expect(bytes.take(target, 1, 9)).toBe(4);
  expect(String(target.subarray(1, 5))).toBe('abcd');
  expect(await bytes.wait()).toBe(false);
  expect((await bytes.peek(1)).length).toBe(0);
  bytes.close();
});

it('loses nothing, gives nothing twice, keeps the order', async () => {
  // What is done with it: so much written, waited for, so much taken.
  const step = fc.oneof(
    fc.record({ write: fc.integer({ min: 1, max: 3000 }) }),
    fc.record({ take: fc.integer({ min: 1, max: 5000 }) }),
    fc.constant({ wait: true }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const { bytes, write, end } = await openPipe();
      let written = '';
      let read = '';
      const take = (length: number): number => {
        const target = Buffer.alloc(length + 2);
        const count = bytes.take(target, 1, length);
        read += target.toString('latin1', 1, 1 + count);
        expect([target[0], ...target.subarray(1 + count)].every((byte) => byte === 0)).toBe(true);
        return count;
      };
      for (const done of steps) {
        if ('write' in done) {
          const text = Array.from({ length: done.write }, (_, i) => (written.length + i) % 7919).join(' ');
          // Not more than a pipe holds.
          if (written.length + text.length - read.length < 30_000) {
            write(text);
            written += text;
          }
        } else if ('take' in done) take(done.take);
        else if (written.length > read.length) expect(await bytes.wait()).toBe(true);
        // Whoever has something else to do meanwhile does not wait for it.
        else void bytes.wait();
      }
      end();
      while (await bytes.wait()) expect(take(4096)).toBeGreaterThan(0);
      bytes.close();
      expect(read).toBe(written);
    }),
    { seed: SEED, numRuns: 200 },
  );
});
