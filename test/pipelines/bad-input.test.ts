/** Bad input through the built program: a clear message or a counted bucket, never a stack trace, never a lost good line. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, hasStackTrace, PROGRAM, ROOT, run } from '../support/run.ts';

const GOOD =
  'Nov 22 02:17:48 mx01 postfix/smtp[1]: 4jXCQh6CYCzJTVP: to=<a@b.example>, relay=mx.b.example[192.0.2.1]:25, delay=0.08, delays=0.01/0.01/0.05/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n';
const SENDGRID =
  '{"email":"a@b.example","timestamp":1795248000,"event":"delivered","sg_event_id":"1","sg_message_id":"m.1","response":"250 Ok"}\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-bad-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const binary = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7919 + (i >> 3)) % 256));

interface Case {
  readonly what: string;
  readonly input: string | Buffer;
  readonly args?: readonly string[];
  readonly events: number;
  readonly status: number;
  readonly stderr?: RegExp;
}

const CASES: readonly Case[] = [
  { what: 'nothing', input: '', events: 0, status: 0, stderr: /0 lines/ },
  { what: 'a binary file', input: binary, events: 0, status: 3, stderr: /not understood/ },
  { what: 'prose', input: 'Dear Sir or Madam,\n\nthis is no log.\n', events: 0, status: 3, stderr: /not understood/ },
  {
    what: 'a line of 10 MB before a good one',
    input: `${'x'.repeat(10_000_000)}\n${GOOD.repeat(200)}`,
    events: 200,
    status: 0,
    stderr: /1 too long/,
  },
  {
    what: 'a line of 10 MB without an end',
    input: `${GOOD}${'x'.repeat(10_000_000)}`,
    events: 1,
    status: 0,
    stderr: /1 too long/,
  },
  {
    what: 'invalid UTF-8 in an answer',
    input: Buffer.concat([Buffer.from(GOOD.replace('Ok)', '')).subarray(0, -1), Buffer.from([0xff, 0xfe, 0x29, 0x0a])]),
    events: 1,
    status: 0,
  },
  { what: 'CRLF line ends', input: GOOD.replaceAll('\n', '\r\n').repeat(3), events: 3, status: 0 },
  {
    what: 'NUL bytes between good lines',
    input: Buffer.concat([Buffer.from(GOOD), Buffer.alloc(300), Buffer.from(`\n${GOOD.repeat(300)}`)]),
    events: 301,
    status: 0,
  },
  { what: 'a last line without its line feed', input: GOOD.trimEnd(), events: 1, status: 0 },
  {
    what: 'JSON that is no event',
    input: '{"hello":"world"}\n',
    events: 0,
    status: 3,
    stderr: /none of 1 JSON objects is an event/,
  },
  {
    what: 'broken JSON between good events',
    input: `${SENDGRID}{"email":"b@b.example","event":\n${SENDGRID.replace('"1"', '"2"')}`,
    events: 2,
    status: 0,
    stderr: /1 malformed/,
  },
  {
    what: '__proto__ as a key',
    input: SENDGRID.replace('{', '{"__proto__":{"event":"bounce","polluted":true},'),
    events: 1,
    status: 0,
  },
  {
    what: 'a delivery record whose queue id cannot be read',
    input: `${GOOD}${GOOD.replace('4jXCQh6CYCzJTVP', 'xyz')}`,
    events: 1,
    status: 0,
    stderr: /1 malformed/,
  },
  { what: 'an unknown option', input: '', args: ['--frobnicate'], events: 0, status: 2, stderr: /frobnicate/ },
  { what: 'an unknown format', input: '', args: ['--input', 'exim'], events: 0, status: 2, stderr: /postfix/ },
  { what: 'a year of two digits', input: GOOD, args: ['--year', '26'], events: 0, status: 2, stderr: /four digits/ },
  { what: 'less than no thread', input: GOOD, args: ['--threads', '-1'], events: 0, status: 2, stderr: /--threads/ },
  {
    what: 'more threads than there is room for',
    input: GOOD,
    args: ['--threads', '17'],
    events: 0,
    status: 2,
    stderr: /--threads/,
  },
  { what: 'half a thread', input: GOOD, args: ['--threads', '1.5'], events: 0, status: 2, stderr: /--threads/ },
  {
    what: 'a period that ends before it begins',
    input: GOOD,
    args: ['--since', '2026-11-23', '--until', '2026-11-22'],
    events: 0,
    status: 2,
    stderr: /--since is not before --until/,
  },
  {
    what: 'a date that is none',
    input: GOOD,
    args: ['--since', 'when pigs fly'],
    events: 0,
    status: 2,
    stderr: /--since: expected a date/,
  },
  {
    what: 'a zone that is none',
    input: GOOD,
    args: ['--tz', 'Mars/Olympus'],
    events: 0,
    status: 2,
    stderr: /no time zone/,
  },
  {
    what: 'a missing file',
    input: '',
    args: ['no-such-file.log'],
    events: 0,
    status: 4,
    stderr: /no-such-file\.log: no such file/,
  },
  { what: 'a directory', input: '', args: ['test'], events: 0, status: 4, stderr: /is a directory/ },
];

describe('bad input', () => {
  it.each(CASES)('$what', ({ input, args = [], events, status, stderr }) => {
    const result = run(args, input);
    expect(hasStackTrace(result.stderr)).toBe(false);
    expect(result.status, result.stderr).toBe(status);
    expect(eventsOf(result.stdout)).toHaveLength(events);
    if (stderr !== undefined) expect(result.stderr).toMatch(stderr);
  });

  it('a gzip file that breaks off: what can be read is, the loss is said, exit 3', () => {
    const packed = gzipSync(GOOD.repeat(5000));
    const path = join(folder, 'cut.gz');
    writeFileSync(path, packed.subarray(0, packed.length - 100));
    const result = run([path]);
    expect(result.status).toBe(3);
    expect(result.stderr).toMatch(/gzip data ends or breaks off/);
    expect(hasStackTrace(result.stderr)).toBe(false);
    expect(eventsOf(result.stdout).length).toBeGreaterThan(0);
  });

  it('files, gzip files and standard input, mixed', () => {
    const plain = join(folder, 'plain.log');
    const packed = join(folder, 'packed.log');
    const events = join(folder, 'events.json');
    writeFileSync(plain, GOOD);
    writeFileSync(packed, gzipSync(GOOD.replace('a@b', 'c@d')));
    writeFileSync(events, `[\n  ${SENDGRID.trim()}\n]\n`);
    const result = run([packed, '-', plain, events], GOOD.replace('a@b', 'e@f'));
    expect(result.status, result.stderr).toBe(0);
    expect(
      eventsOf(result.stdout)
        .map(({ recipient, format }) => `${format} ${recipient}`)
        .sort(),
    ).toEqual(['postfix a@b.example', 'postfix c@d.example', 'postfix e@f.example', 'sendgrid a@b.example']);
  });

  it('standard input that is gzip', () => {
    const packed = gzipSync(GOOD.repeat(500));
    const whole = run([], packed);
    expect(whole.status, whole.stderr).toBe(0);
    expect(eventsOf(whole.stdout)).toHaveLength(500);
    const broken = run([], packed.subarray(0, packed.length - 12));
    expect(broken.status).toBe(3);
    expect(broken.stderr).toMatch(/standard input: the gzip data ends or breaks off/);
    // A line that begins with the first of the two bytes is none.
    expect(run([], Buffer.from([0x1f])).status).toBe(3);
  });

  it('a pipe with a name of its own, plain or gzip', () => {
    const packed = join(folder, 'for-pipe.gz');
    writeFileSync(packed, gzipSync(GOOD.repeat(500)));
    for (const cat of ['cat', 'gzip -dc']) {
      const pipe = join(folder, `pipe-${cat.length}`);
      const script = 'mkfifo "$1" && { $2 < "$3" > "$1" & } && "$4" "$5" -q "$1"';
      const { status, stdout, stderr } = spawnSync(
        'sh',
        ['-c', script, 'sh', pipe, cat, packed, process.execPath, PROGRAM],
        { encoding: 'utf8' },
      );
      expect(stderr).toBe('');
      expect(status).toBe(0);
      expect(eventsOf(stdout)).toHaveLength(500);
    }
  });

  it('standard output closed early is the end, not an error', async () => {
    const child = spawn('sh', ['-c', `${process.execPath} ${PROGRAM} -q | head -1`], { cwd: ROOT });
    child.stdin.on('error', () => {}); // it may be closed before all is written: that is the point
    child.stdin.end(GOOD.repeat(20_000));
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    await new Promise((resolve) => child.on('close', resolve));
    expect(eventsOf(stdout)).toHaveLength(1);
    expect(stderr).toBe('');
  });
});

// Linux's disk that is always full.
describe.skipIf(!existsSync('/dev/full'))('standard output on a full disk', () => {
  it.each([
    ['enrich', []],
    ['report', []],
    ['suppress', []],
    ['activity', []],
    ['codes', []],
    ['explain', ['550 5.1.1 User unknown']],
  ])('%s says so and exits 4', (command, args) => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, command, ...args], {
      input: GOOD,
      stdio: ['pipe', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect(stderr).toMatch(/ENOSPC/);
    expect(hasStackTrace(stderr)).toBe(false);
    expect(status).toBe(4);
  });
});
