/** Every line is accounted for, and a parser that goes blind is seen at once: through the built program. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf, hasStackTrace, run } from '../support/run.ts';

const HEAD = 'Nov 22 02:17:48 mx01 postfix/smtp[1]: 4jXCQh6CYCzJTVP: ';
const GOOD = `${HEAD}to=<a@b.example>, relay=mx.b.example[192.0.2.1]:25, delay=0.08, delays=0.01/0.01/0.05/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n`;
const BAD = `${HEAD}to=<a@b.example>, relay=none, delay=1, delays=1/0/0/0, dsn=2.0.0, status=quarantined (later)\n`;
const BROKEN = `${HEAD}to=<a@b.example>, relay none, delay=1, status=sent (250 2.0.0 Ok)\n`;
const OTHER = 'Nov 22 02:17:48 mx01 postfix/smtpd[1]: connect from localhost[127.0.0.1]\n';
const OPENED = '{"email":"a@b.example","timestamp":1795000000,"event":"open","sg_event_id":"x"}\n';
const REMOVED = 'Nov 22 02:17:48 mx01 postfix/qmgr[1]: 4jXCQh6CYCzJTVP: removed\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-accounting-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('exit codes', () => {
  test.each<[what: string, args: readonly string[], input: string, status: number]>([
    ['all is read', [], GOOD.repeat(100), 0],
    ['2 of 100 malformed', [], GOOD.repeat(98) + BAD.repeat(2), 0],
    ['2 of 100 malformed, --strict alone: 1%', ['--strict'], GOOD.repeat(98) + BAD.repeat(2), 3],
    ['1 of 100 malformed, --strict alone', ['--strict'], GOOD.repeat(99) + BAD, 0],
    ['2 of 100 malformed, --strict=5%', ['--strict=5%'], GOOD.repeat(98) + BAD.repeat(2), 0],
    ['6 of 100 malformed, --strict=5%', ['--strict=5%'], GOOD.repeat(94) + BAD.repeat(6), 3],
    ['6 of 100 malformed, --strict=0.05', ['--strict=0.05'], GOOD.repeat(94) + BAD.repeat(6), 3],
    ['1 of 1000 malformed, --strict=0%', ['--strict=0%'], GOOD.repeat(999) + BAD, 3],
    ['none malformed, --strict=0%', ['--strict=0%'], GOOD.repeat(100) + OTHER.repeat(100), 0],
    ['--strict before a file name takes it for no share', ['--strict', '-'], GOOD, 0],
    ['a share that is none', ['--strict=lots'], GOOD, 2],
    ['a share over the whole', ['--strict=101%'], GOOD, 2],
    ['an option that is none', ['--strickt'], GOOD, 2],
    ['half of all delivery records, without --strict: blind', [], GOOD.repeat(50) + BAD.repeat(50), 3],
    ['the only delivery record, without --strict: blind', [], OTHER.repeat(50) + BAD, 3],
    ['no log at all', [], 'Dear Sir or Madam,\n'.repeat(50), 3],
    ['10 of 110 lines no log lines', [], GOOD.repeat(100) + 'Dear Sir or Madam,\n'.repeat(10), 3],
    ['a log of other programs', [], 'Nov 22 02:17:48 mx01 sshd[1]: words\n'.repeat(100), 0],
    ['Postfix, but no delivery in 99,999 lines', [], OTHER.repeat(99_999), 0],
    ['Postfix, and no delivery in 100,000 lines: blind', [], OTHER.repeat(100_000), 3],
    [
      'and a warning that can be read: blind all the same',
      [],
      `${OTHER.repeat(100_000)}${OTHER.replace(/connect.*/, 'fatal: no SASL authentication mechanisms')}`,
      3,
    ],
    ['more prose than log lines, however few', [], `${GOOD}${'Dear Sir or Madam,\n'.repeat(2)}`, 3],
    ['as many', [], GOOD.repeat(2) + 'Dear Sir or Madam,\n'.repeat(2), 0],
    // What is no log shows wherever it starts, whatever the length of the whole.
    ['the last half no log lines', [], GOOD.repeat(400) + 'Dear Sir or Madam,\n'.repeat(4_000), 3],
    ['the last tenth', [], GOOD.repeat(4_000) + 'Dear Sir or Madam, this is no log\n'.repeat(2_000), 3],
    ['a tenth in the middle', [], GOOD.repeat(3_000) + 'Dear Sir or Madam\n'.repeat(5_000) + GOOD.repeat(3_000), 3],
    ['one stray line in a hundred', [], `${GOOD.repeat(150)}Dear Sir\n`.repeat(50), 0],
    ['a webhook file of opened mail alone', ['--input', 'sendgrid'], OPENED.repeat(100_000), 0],
    ['a file that is not there', ['no-such-file'], '', 4],
    ['JSON of something else', ['--input', 'sendgrid'], '{"a":1}\n'.repeat(10), 3],
  ])('%s', (_what, args, input, status) => {
    for (const command of ['enrich', 'report']) {
      const result = run([command, ...args], input);
      expect([command, result.status, result.stderr.slice(0, 300)]).toEqual([command, status, expect.any(String)]);
      expect(hasStackTrace(result.stderr)).toBe(false);
    }
  });
});

describe('on stderr', () => {
  test('the buckets, per input, and three samples of each malformed shape', () => {
    const one = join(folder, 'one.log');
    const two = join(folder, 'two.log');
    writeFileSync(
      one,
      GOOD.repeat(200) +
        OTHER.repeat(5) +
        REMOVED +
        Array.from({ length: 5 }, (_, i) => BAD.replace('later', `no ${i}`)).join('') +
        Array.from({ length: 4 }, (_, i) => BROKEN.replace('none', `n${i}`)).join('') +
        `${'x'.repeat(70_000)}\n`,
    );
    writeFileSync(two, GOOD);
    const { stdout, stderr, status } = run(['enrich', one, two]);
    expect(status).toBe(0);
    expect(eventsOf(stdout)).toHaveLength(201);
    expect(stderr).toContain('216 lines = 200 events + 1 context + 5 ignored + 9 malformed + 1 too long');
    expect(stderr).toContain('1 line = 1 event + 0 context + 0 ignored + 0 malformed + 0 too long');
    expect(stderr.match(/malformed: .* status that is not known/g)).toHaveLength(1);
    expect(stderr.match(/malformed: .* break off/g)).toHaveLength(1);
    expect(stderr.match(/status=quarantined \(no \d\)/g)).toEqual([
      'status=quarantined (no 0)',
      'status=quarantined (no 1)',
      'status=quarantined (no 2)',
    ]);
    expect(stderr.match(/relay n\d/g)).toEqual(['relay n0', 'relay n1', 'relay n2']);
  });

  test('samples cannot speak to a terminal', () => {
    const { stderr } = run(['enrich'], GOOD.repeat(200) + BAD.replace('later', '\u001b[2Jgone\u0007\u009b1m\u202e'));
    expect(stderr).toMatch(/gone/);
    expect(stderr.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });

  test('--quiet says nothing, unless something is wrong', () => {
    expect(run(['enrich', '-q'], GOOD).stderr).toBe('');
    expect(run(['enrich', '-q'], BAD).stderr).toMatch(/not understood/);
  });
});

describe('in report --format json', () => {
  test('the same, per input', () => {
    const { stdout } = run(
      ['report', '--format', 'json', '-q'],
      `${GOOD.repeat(200)}${OTHER}${REMOVED}${BAD}${'x'.repeat(70_000)}\n`,
    );
    const [input, ...others] = JSON.parse(stdout).inputs;
    expect(others).toEqual([]);
    expect(input).toMatchObject({
      name: '-',
      format: 'postfix',
      accounting: { lines: 204, event: 200, context: 1, ignored: 1, malformed: 1, truncated: 1 },
      malformed: [{ reason: expect.any(String), text: expect.stringContaining('quarantined') }],
    });
  });

  test('an input that was not understood says so', () => {
    const { stdout } = run(['report', '--format', 'json', '-q'], 'Dear Sir or Madam,\n'.repeat(50));
    expect(JSON.parse(stdout).inputs[0].not_understood).toMatch(/no log lines/);
  });
});

describe('inbound', () => {
  const REJECT =
    'Oct 26 18:13:50 mx1 postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <no@e.example>: Recipient address rejected: User unknown; from=<w@c.example> to=<no@e.example> proto=ESMTP helo=<x>\n';

  test('refusals are events of enrich --inbound, and of nothing else', () => {
    expect(eventsOf(run(['enrich', '-q'], GOOD + REJECT).stdout).map(({ event }) => event)).toEqual(['delivered']);
    expect(eventsOf(run(['enrich', '-q', '--inbound'], GOOD + REJECT).stdout).map(({ event }) => event)).toEqual([
      'delivered',
      'rejected',
    ]);
  });

  test('they never enter the outbound report, nor the suppression list', () => {
    const without = run(['report', '--format', 'json', '-q'], GOOD + REJECT).stdout;
    expect(JSON.parse(without).totals).toMatchObject({ messages: 1, attempts: 1, bounced: 0 });
    expect(run(['suppress', '--format', 'txt', '-q'], GOOD + REJECT).stdout).toBe('');
    const inbound = run(['report', '--format', 'json', '-q', '--inbound'], GOOD + REJECT);
    expect(inbound.status).toBe(0);
    const { totals, domains } = JSON.parse(inbound.stdout);
    expect(totals).toMatchObject({ messages: 1, attempts: 1, bounced: 0 });
    expect(domains.map(({ domain }: { domain: string }) => domain)).toEqual(['b.example']);
  });
});
