/** A log that is large enough for threads is read by them, started early or when asked for, as by the main thread alone. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LARGE_INPUT } from '../../src/stream/threads.ts';
import { PROGRAM, ROOT, run } from '../support/run.ts';

/** What cannot stand in JSON as it is, and answers that are told apart by more than their template. */
const STRANGE = [
  'to=<"a b"@x.example>, relay=mx.x.example[192.0.2.1]:25, delay=00.50, delays=0.1/0.10/1e3/4, dsn=2.0.0, status=sent (250 2.0.0 "ok" \\ queued)',
  'to=<jürgen@bücher.example>, relay=mx.x.example[192.0.2.1]:25, delay=1, dsn=5.1.1, status=bounced (host mx.x.example[192.0.2.1] said: 550 5.1.1 <jürgen@bücher.example>: Benutzer unbekannt (in reply to RCPT TO command))',
  'to=<a@x.example>, relay=mx.x.example[192.0.2.1]:25, delay=1, dsn=4.2.0, status=deferred (host mx.x.example[192.0.2.1] said: 450 4.2.0 \x1b[31m<a@x.example>\x7f: see http://grey.example/x.example.html (in reply to RCPT TO command))',
]
  .map((record, i) => `Nov 23 06:00:0${i} mx01 postfix/smtp[1]: 4strange${i}z: ${record}\n`)
  .join('');

let folder: string;
let log: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-threads-'));
  log = join(folder, 'maillog');
  const sample = Buffer.concat([readFileSync(join(ROOT, 'samples/maillog')), Buffer.from(STRANGE)]);
  writeFileSync(log, Buffer.concat(Array.from({ length: Math.ceil(LARGE_INPUT / sample.length) }, () => sample)));
});
afterAll(() => rmSync(folder, { recursive: true }));

const reportOf = (file: string, ...args: string[]) =>
  run(['report', '--year', '2026', '--format', 'json', ...args, file]);
const report = (...args: string[]) => reportOf(log, ...args);
const hashedBy = (script: string, file: string, args: readonly string[]): string =>
  execFileSync('sh', ['-c', script, process.execPath, PROGRAM, '--quiet', '--year', '2026', ...args, file], {
    cwd: folder,
    encoding: 'utf8',
  });
const hashOf = (file: string, ...args: string[]): string => hashedBy('"$0" "$@" | sha256sum', file, args);
/** A pipe takes what is written piece by piece; a file takes all of it at once. */
const hashInFile = (file: string, ...args: string[]): string =>
  hashedBy('"$0" "$@" > written && sha256sum < written', file, args);

it('gives the same report', () => {
  const alone = report('--threads', '0');
  expect(alone.status).toBe(0);
  expect(JSON.parse(alone.stdout).totals.events).toBeGreaterThan(70_000);
  expect(report()).toEqual(alone);
  expect(report('--threads', '2')).toEqual(alone);
  // More than Node takes for a leak.
  expect(report('--threads', '12')).toEqual(alone);
});

it('gives the same events, byte for byte', () => {
  const alone = hashInFile(log, '--threads', '0');
  expect(hashOf(log, '--threads', '0')).toBe(alone);
  expect(hashOf(log)).toBe(alone);
  expect(hashOf(log, '--threads', '2')).toBe(alone);
});

it.each([
  ['suppress', '--state', 'large', true],
  ['report', '--state', 'large', true],
  ['state', 'verify --state', 'large', true],
  ['report', '--quiet', 'large', false],
] as const)('starts none for a state: %s %s %s', (command, option, file, isState) => {
  const large = join(folder, file);
  // Much like any large file, before it is looked into.
  writeFileSync(large, '');
  truncateSync(large, 2 * LARGE_INPUT);
  const spy = join(folder, 'spy.cjs');
  writeFileSync(
    spy,
    `const threads = require('node:worker_threads');
    const { Worker } = threads;
    threads.Worker = class extends Worker {
      constructor(...args) { super(...args); require('node:fs').writeSync(2, 'a thread was started\\n'); }
    };`,
  );
  const { stderr } = spawnSync(process.execPath, [PROGRAM, command, ...option.split(' '), large], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: `--require=${spy}` },
  });
  expect(stderr.includes('a thread was started')).toBe(!isState);
});

it('threads that nobody takes keep nobody waiting', () => {
  const { status, stderr } = report('--tz', 'Nowhere');
  expect(status).toBe(2);
  expect(stderr).toMatch(/^smtp-enrich: --tz: "Nowhere" is no time zone\n.*\n$/);
});

/**
 * A log with more names than are numbered: of those about there, how far each thread has read decides which are. All are deferred for
 * the same reason, so it has more partners than are kept apart.
 */
function manyNames(): string {
  const lines: string[] = [];
  const add = (id: number, to: string, relay: string, rest: string): void => {
    const time = new Date(Date.UTC(2026, 10, 23) + Math.floor(id / 20) * 1000).toISOString();
    lines.push(
      `${time} mx01 postfix/smtp[1]: 4${id.toString(36).toUpperCase().padStart(10, '0')}z: to=<${to}>, relay=${relay}[192.0.2.${id % 250}]:25, delay=1, ${rest}\n`,
    );
  };
  const long = 'a'.repeat(900);
  let id = 0;
  for (let i = -2000; i < 34_000; i++) {
    add(
      id++,
      `u@${i}-${long}.example`,
      `mx.p${(i + 2000) % 2000}.example`,
      'dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 9ABCDEF0)',
    );
    // By then it is known that no relay is a content filter.
    if (i < 0) continue;
    // One after the other for the first time, and one of those before again.
    for (const n of [i, (i * 7919) % (i + 1)]) {
      const greylisted = `host mx.d${n}.example[192.0.2.1] said: 450 4.2.0 <u@d${n}.example>: greylisted`;
      add(id++, `u@d${n}.example`, `mx.d${n}.example`, `dsn=4.2.0, status=deferred (${greylisted})`);
    }
  }
  return lines.join('');
}

it('gives the same report where there are more names than are numbered', () => {
  const many = join(folder, 'many');
  writeFileSync(many, manyNames());
  const reportOf = (threads: number) => run(['report', '--format', 'json', '--threads', String(threads), many]);
  const alone = reportOf(0);
  expect(alone.status).toBe(0);
  expect(alone.stdout).toContain('"key": "(other)"');
  for (const threads of [1, 2, 3]) expect(reportOf(threads)).toEqual(alone);
});

describe('webhooks', () => {
  /** What is rare: damaged, odd, too long, escaped, told twice, in arrays, with carriage returns. */
  const ODD = [
    '[{"event":"bounce","email":"odd1@x.example","timestamp":"1795219200","reason":"550 5.1.1 <odd1@x.example> no","sg_event_id":"o1"},',
    '{"event":"delivered","email":"j\\u00fcrgen@b\u00fccher.example","timestamp":1795219200.5,"response":"250 ok"}]\r',
    '{"event":"bounce","timestamp":1795219200}',
    '{"event":"bounce","email":"cut@x.example"',
    '{"event":"deferred","email":"a@b.example","response":"450 4.2.0 \\u001b[31m\\"x\\"","sg_message_id":"M.1"}',
    'no JSON at all',
    `{"event":"open","text":"${'x'.repeat((1 << 20) - 10)}"}`,
    `{"event":"dropped","email":"d@x.example","reason":"Bounced Address","text":"${'x'.repeat(1 << 20)}"}`,
    `{"event":"dropped","email":"d@x.example","reason":"Bounced Address","text":"${'x'.repeat(3 << 20)}"}`,
    '{"event":"group_unsubscribe","email":"d@x.example","asm_group_id":7,"timestamp":1795219201}',
    '{"Event":"bounce"}{"event":"BOUNCE","email":"","reason":"550 5.7.1 blocked"}',
  ].join('\n');
  /** More answers, and more verdicts, than are numbered at once. */
  const MANY = [
    ...Array.from(
      { length: 33_500 },
      (_, n) => `{"event":"deferred","email":"${n}@x.example","response":"450 4.2.0 ${n.toString(36)}"}`,
    ),
    ...Array.from(
      { length: 9000 },
      (_, n) => `{"event":"dropped","email":"${n}@y.example","reason":"Bounced Address ${n}"}`,
    ),
  ].join('\n');
  let file: string;

  beforeAll(() => {
    file = join(folder, 'events.ndjson');
    const sample = readFileSync(join(ROOT, 'samples/sendgrid.ndjson'), 'utf8');
    let serial = 0;
    // Every second event is one of its own, the others are told again and again.
    const again = (): string =>
      sample.replaceAll(/"sg_event_id": ?"/g, (found) => (serial++ % 2 === 0 ? `${found}${serial}-` : found));
    const parts: string[] = [];
    for (let length = 0; length < LARGE_INPUT; length += parts.at(-1)!.length)
      parts.push(parts.length % 400 === 7 ? `${ODD}\n` : parts.length === 100 ? `${MANY}\n` : again());
    writeFileSync(file, parts.join(''));
  });

  it('gives the same report, and says the same of what it cannot read', () => {
    const alone = reportOf(file, '--threads', '0');
    const { totals, inputs } = JSON.parse(alone.stdout);
    expect(totals.events).toBeGreaterThan(10_000);
    const { malformed, truncated, context } = inputs[0].accounting;
    expect([malformed > 3, truncated > 1, context > 1000]).toEqual([true, true, true]);
    expect(alone.stderr).toContain('an event without "email"');
    expect(reportOf(file)).toEqual(alone);
    for (const threads of ['1', '2', '3']) expect(reportOf(file, '--threads', threads)).toEqual(alone);
  });

  it('gives the same events, byte for byte, from a pipe too', () => {
    const alone = hashInFile(file, '--threads', '0');
    expect(hashOf(file, '--threads', '0')).toBe(alone);
    expect(hashOf(file)).toBe(alone);
    expect(hashOf(file, '--threads', '3')).toBe(alone);
    const piped = (threads: string): string =>
      execFileSync(
        'sh',
        ['-c', `cat "$2" | "$0" "$1" -q --threads ${threads} | sha256sum`, process.execPath, PROGRAM, file],
        {
          encoding: 'utf8',
        },
      );
    expect(piped('2')).toBe(alone);
  });
});
