/** Standard input of every kind through the built program: a pipe, a file, a socket; all at once or by and by. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROGRAM, ROOT, run } from '../support/run.ts';

const SAMPLE = readFileSync(join(ROOT, 'samples/maillog'));
/** Longer than a pipe holds and than a block. */
const LOG = Buffer.concat(Array.from({ length: 40 }, () => SAMPLE));

let folder: string;
let plain: string;
let packed: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-stdin-'));
  plain = join(folder, 'plain');
  packed = join(folder, 'packed');
  writeFileSync(plain, LOG);
  writeFileSync(packed, gzipSync(LOG));
});
afterAll(() => rmSync(folder, { recursive: true }));

const ARGS = '-q --year 2026 --tz UTC';
/** The same, from which it is seen before the program is loaded that standard input will be read: what is there is read ahead. */
const PLAIN_ARGS = '-q --year=2026 --tz=UTC';
/** In a shell: `$0` is the program, `$1` the log, `$2` the same packed. */
function shell(script: string): { stdout: string; stderr: string; status: number | null } {
  const program = `"${process.execPath}" "${PROGRAM}"`;
  return spawnSync('sh', ['-c', script.replaceAll('PROGRAM', program), 'sh', plain, packed], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
}

describe('the same lines, however they come', () => {
  let expected: string;
  beforeAll(() => {
    expected = run([...ARGS.split(' '), plain]).stdout;
    expect(expected.length).toBeGreaterThan(LOG.length);
  });

  it.each([
    ['a pipe', `cat "$1" | PROGRAM ${ARGS}`],
    ['a pipe that is read ahead', `cat "$1" | PROGRAM ${PLAIN_ARGS}`],
    ['one that is gzip', `cat "$2" | PROGRAM ${PLAIN_ARGS}`],
    ['one whose first byte comes alone', `{ head -c 1 "$2"; tail -c +2 "$2"; } | PROGRAM ${PLAIN_ARGS}`],
    ['a file that would be read ahead if it were a pipe', `PROGRAM ${PLAIN_ARGS} < "$1"`],
    ['a pipe that is gzip', `cat "$2" | PROGRAM ${ARGS}`],
    ['a pipe whose first byte comes alone', `{ head -c 1 "$2"; tail -c +2 "$2"; } | PROGRAM ${ARGS}`],
    ['a pipe that two write to', `{ head -c 1000001 "$1" & wait; tail -c +1000002 "$1"; } | PROGRAM ${ARGS}`],
    ['a file', `PROGRAM ${ARGS} < "$1"`],
    ['a file that is gzip', `PROGRAM ${ARGS} < "$2"`],
    [
      'a file that somebody has begun to read',
      `{ echo one; cat "$1"; } > "$1.x"; { read one; PROGRAM ${ARGS}; } < "$1.x"`,
    ],
  ])('%s', (_, script) => {
    const { stdout, stderr, status } = shell(script);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout === expected).toBe(true);
  });

  it('a socket', () => {
    expect(run(ARGS.split(' '), LOG).stdout === expected).toBe(true);
  });
});

it.each([
  ['an empty pipe', 'printf "" | PROGRAM report -q'],
  ['an empty file', 'PROGRAM report -q < /dev/null'],
  ['none', 'PROGRAM report -q <&-'],
])('%s', (_, script) => {
  const { stdout, stderr, status } = shell(script);
  expect([stdout, stderr, status]).toEqual([expect.stringContaining('no event'), '', 0]);
});

it.each([
  ['a report of a file', 'PROGRAM report -q --year=2026 "$1" > /dev/null'],
  ['events of a file', 'PROGRAM -q --year=2026 "$1" > /dev/null'],
  ['the version', 'PROGRAM --version > /dev/null'],
  ['the codes', 'PROGRAM codes > /dev/null'],
  ['an answer that is explained', 'PROGRAM explain "550 5.1.1 no" > /dev/null'],
  ['a wrong option', 'PROGRAM report --nothing 2> /dev/null'],
  ['an option of another command', 'PROGRAM report --no-correlate 2> /dev/null'],
  ['a wrong value', 'PROGRAM report --format=xml 2> /dev/null'],
  ['a wrong number', 'PROGRAM report --year=1 2> /dev/null'],
  [
    'a file that is called as a command is',
    'cd "$(dirname "$1")"; ln -sf "$1" report; PROGRAM report report --year=2026 -q > /dev/null',
  ],
])('%s leaves standard input to the loop around it', (_, command) => {
  const { stdout } = shell(`printf '1\\n2\\n3\\n' | while read line; do ${command}; echo "$line"; done`);
  expect(stdout).toBe('1\n2\n3\n');
});

it('what cannot be read is said', () => {
  const { stderr, status } = shell('PROGRAM -q 0> "$1.y"');
  expect(stderr).toMatch(/^smtp-enrich: EBADF: .*\n$/);
  expect(status).toBe(4);
});

describe('a pipe that stays open', () => {
  const line = (recipient: string): string =>
    `Nov 22 02:17:48 mx01 postfix/smtp[1]: 4jXCQh6CYCzJTVP: to=<${recipient}>, relay=mx.b.example[192.0.2.1]:25, delay=0.08, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n`;
  /** The shell's `cat` stands between, for what Node hands to a child is a socket. */
  function open(command: string): ChildProcess {
    return spawn('sh', ['-c', `cat | ${command}`, process.execPath, PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  }

  it('is answered line by line', async () => {
    const child = open('"$0" "$1" -q');
    const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
    for (let i = 0; i < 20; i++) {
      child.stdin!.write(line(`a${i}@b.example`));
      expect(JSON.parse((await lines.next()).value!).recipient).toBe(`a${i}@b.example`);
    }
    // A line that comes in two parts.
    const whole = line('z@b.example');
    child.stdin!.write(whole.slice(0, 40), () => child.stdin!.write(whole.slice(40)));
    expect(JSON.parse((await lines.next()).value!).recipient).toBe('z@b.example');
    child.stdin!.end();
    expect((await lines.next()).done).toBe(true);
  });

  it('ends where nobody reads the answer any more', async () => {
    const child = open('"$0" "$1" -q | head -n 1');
    child.stdin!.on('error', () => {}); // it may be closed before all is written
    let stdout = '';
    child.stdout!.on('data', (part) => (stdout += part));
    const closed = new Promise((resolve) => child.on('close', resolve));
    const write = (): void =>
      void child.stdin!.write(line('a@b.example'), (error) => error == null && setImmediate(write));
    write();
    await closed;
    expect(JSON.parse(stdout).recipient).toBe('a@b.example');
  });

  it('ends at once at Ctrl-C', async () => {
    const child = spawn('sh', ['-c', `cat | exec "$0" "$1" -q`, process.execPath, PROGRAM], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
    child.stdin!.write(line('a@b.example'));
    await lines.next();
    const closed = new Promise((resolve) => child.on('close', resolve));
    process.kill(-child.pid!, 'SIGINT');
    await closed;
    expect((await lines.next()).done).toBe(true);
  });
});

describe('who keeps writing is answered without an end, also where threads read', () => {
  it.each([
    ['a log', 'samples/maillog'],
    ['webhooks', 'samples/sendgrid.ndjson'],
  ])('%s', async (_, sample) => {
    const text = readFileSync(join(ROOT, sample));
    const file = join(folder, 'much');
    // Enough for threads to start, and for the last block to come while others are read.
    const much = Buffer.concat(Array.from({ length: Math.ceil((6 << 20) / text.length) }, () => text));
    writeFileSync(file, much);
    const args = [...ARGS.split(' '), '--threads', '1'];
    const expected = run([...args, file]).stdout.split('\n').length - 1;
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
    let lines = 0;
    await new Promise<void>((resolve) => {
      child.stdout!.on('data', (chunk: Buffer) => {
        for (const byte of chunk) if (byte === 0x0a) lines++;
        if (lines >= expected) resolve();
      });
      child.stdin!.write(much);
    });
    child.stdin!.end();
    await new Promise((resolve) => child.on('exit', resolve));
    expect(lines).toBe(expected);
  });
});
