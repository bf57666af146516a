/** A report's part on suppressions says the same, whether bounces are kept by the numbers of their rows or as events. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../support/run.ts';

const KINDS = [
  'dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command))',
  'dsn=5.2.1, status=bounced (host mx.b.example[192.0.2.1] said: 550 5.2.1 Mailbox disabled (in reply to RCPT TO command))',
  'dsn=5.7.1, status=bounced (host mx.b.example[192.0.2.1] said: 554 5.7.1 Blocked for spam (in reply to DATA command))',
  // What is kept of these does not follow from the verdict alone.
  'dsn=5.0.0, status=bounced (host mx.b.example[192.0.2.1] said: 554 5.0.0 (in reply to RCPT TO command))',
];
/** More than are gathered before the newer half is kept, several in each second, some of them in a later file at an earlier time. */
const BOUNCES = 12_000;
const A_SECOND = 500;

let folder: string;
let files: string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-report-'));
  files = ['mail.log.1', 'mail.log'].map((name) => join(folder, name));
  const lines = Array.from({ length: BOUNCES }, (_, n) => {
    const time = new Date(Date.UTC(2026, 10, 22, 1) + Math.floor(n / A_SECOND) * 1000).toISOString();
    // One in ten fails twice, one in fifty takes mail later.
    const to = n % 10 === 9 ? n - 5 : n;
    const what = n % 50 === 8 ? 'dsn=2.0.0, status=sent (250 2.0.0 Ok)' : KINDS[n % KINDS.length]!;
    return `${time} mx01 postfix/smtp[1]: 4jXC${String(n).padStart(5, '0')}CYCzJTVP: to=<u${n % 50 === 8 ? n - 3 : to}@b.example>, relay=mx.b.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, ${what}\n`;
  });
  writeFileSync(files[0]!, lines.slice(0, BOUNCES - 10).join(''));
  writeFileSync(files[1]!, lines.slice(BOUNCES - 10).join(''));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** @param byEvents where a period is given, every event is looked at */
function suppression(top: number, byEvents: boolean): { listed: number; newest: { input: string; since: string }[] } {
  const { stdout, status } = run([
    ...['report', '--format', 'json', '--top', String(top), ...(byEvents ? ['--since', '2000-01-01'] : []), ...files],
  ]);
  expect(status).toBe(0);
  return JSON.parse(stdout).suppression;
}

// The last of them in a second that has more, and in one of many seconds.
it.each([1, 4, 25, 400, 0])('the newest %i (0: all)', (top) => {
  const found = suppression(top, false);
  expect(found).toEqual(suppression(top, true));
  expect(found.listed).toBeGreaterThan(BOUNCES / 5);
  expect(found.newest).toHaveLength(top === 0 ? found.listed : top);
  expect(found.newest).toEqual(suppression(0, false).newest.slice(0, top || found.listed));
  if (top === 0) expect(new Set(found.newest.map(({ input }) => input))).toEqual(new Set(files));
});

it('takes the sign of Kelvin for a letter, as it takes capitals', () => {
  const file = join(folder, 'kelvin');
  // The first is met by its event, the second is kept by its numbers, and the third is the second.
  const lines = ['w', 'k', '\u212a'].map(
    (name, n) =>
      `2026-11-22T01:00:0${n}Z mx01 postfix/smtp[1]: 4jXC${n}CYCzJTVP: to=<${name}@w.example>, relay=mx.b.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, ${KINDS[0]}\n`,
  );
  writeFileSync(file, lines.join(''));
  const of = (...args: string[]): { listed: number } =>
    JSON.parse(run(['report', '--format', 'json', ...args, file]).stdout).suppression;
  expect(of().listed).toBe(2);
  expect(of()).toEqual(of('--since', '2000-01-01'));
});
