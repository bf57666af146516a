/** `follow`, as a real process: through a rotation, an emptied file, a signal; and ingest told of the live name only. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openStateForReading } from '../../src/store/sqlite.ts';
import { LogLines } from '../support/log-lines.ts';
import { PROGRAM } from '../support/run.ts';
import { contentOf, ingest, testFolder } from '../support/state.ts';

const folder = testFolder('follow');
let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
});
afterAll(() => folder.remove());

const made = new LogLines(Date.UTC(2026, 0, 5), false);
let dice = 0;
function lines(count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) {
    dice += 7919;
    text += `${made.next(dice % 10_000)}\n`;
  }
  return text;
}

/** Resolves when so many lines have been stored: polls, since another process does it. */
async function stored(state: string, count: number): Promise<void> {
  for (;;) {
    if (existsSync(state)) {
      const reader = openStateForReading(state, 30, false);
      const sum = reader.checkpoints().reduce((all, { accounting }) => all + accounting.lines, 0);
      reader.close();
      if (sum >= count) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function follow(state: string, log: string): Promise<{ code: number | null; stderr: string }> {
  const args = [PROGRAM, 'follow', '--state', state, '--tz', 'UTC', '--interval', '0.05', log];
  const started = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  child = started;
  let stderr = '';
  started.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => {
    started.on('exit', (code) => resolve({ code, stderr }));
  });
}

describe.each(['SIGTERM', 'SIGINT'] as const)('until %s', (signal) => {
  test('reads on through a rotation, and through copy and truncate', async () => {
    const log = folder.file(`${signal}.log`);
    const state = folder.file(`${signal}.db`);
    const texts = [lines(50), lines(40), lines(30), lines(20)] as const;
    writeFileSync(log, texts[0]);
    const ended = follow(state, log);
    await stored(state, 50);
    // Renamed; its writer has not noticed yet, and writes to the old one.
    renameSync(log, `${log}.1`);
    appendFileSync(`${log}.1`, texts[1]);
    writeFileSync(log, texts[2]);
    await stored(state, 120);
    // Copied and emptied.
    renameSync(`${log}.1`, `${log}.2`);
    copyFileSync(log, `${log}.1`);
    truncateSync(log, 0);
    appendFileSync(log, texts[3]);
    await stored(state, 140);
    child!.kill(signal);
    const { code, stderr } = await ended;
    expect(stderr).toMatch(/ended when asked; \d+ events stored/);
    expect(stderr).not.toContain('gap');
    expect(code).toBe(0);
    const whole = folder.file(`${signal}-whole`);
    writeFileSync(whole, texts.join(''));
    const once = folder.file(`${signal}-once.db`);
    await ingest(once, [whole]);
    expect(contentOf(state)).toEqual(contentOf(once));
  });
});

describe('only the live name is given', () => {
  test('what was rotated away meanwhile is found beside it, twice over', async () => {
    const log = folder.file('live.log');
    const state = folder.file('live.db');
    const texts = [lines(20), lines(10), lines(10), lines(10)] as const;
    writeFileSync(log, texts[0]);
    // Not ours: it was there before the first run, and nobody asked for it.
    writeFileSync(`${log}.4`, lines(5));
    await ingest(state, [log]);
    appendFileSync(log, texts[1]);
    writeFileSync(`${log}.2.gz`, gzipSync(readFileSync(log)));
    writeFileSync(`${log}.1`, texts[2]);
    rmSync(log);
    writeFileSync(log, texts[3]);
    const { gaps } = await ingest(state, [log]);
    expect(gaps).toEqual([]);
    const whole = folder.file('live-whole');
    writeFileSync(whole, texts.join(''));
    const once = folder.file('live-once.db');
    await ingest(once, [whole]);
    expect(contentOf(state)).toEqual(contentOf(once));
  });

  test('what is nowhere is a gap with its sizes, said once', async () => {
    const log = folder.file('gone.log');
    const state = folder.file('gone.db');
    writeFileSync(log, lines(20));
    await ingest(state, [log]);
    const size = readFileSync(log).length;
    writeFileSync(log, lines(3));
    const { gaps } = await ingest(state, [log]);
    expect(gaps).toHaveLength(1);
    expect(gaps[0]).toContain(`up to byte ${size}`);
    expect((await ingest(state, [log])).gaps).toEqual([]);
  });
});
