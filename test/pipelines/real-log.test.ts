/**
 * The log of a real Postfix 3.7.11 beside what the receiving server says it answered. Read from ../shared, never copied; where
 * that folder is absent the figures cannot be checked, and the test says so.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventsOf, run } from '../support/run.ts';

const FOLDER = new URL('../../../shared/samples/postfix-3.7/', import.meta.url);
const LOG = new URL('maillog', FOLDER);
const present = existsSync(LOG);
if (!present) console.warn('real-log.test.ts: ../shared/samples/postfix-3.7 is absent, its figures are not checked');

interface Truth {
  rcpt: string;
  id: string;
  truth: string;
}

describe.skipIf(!present)('a real Postfix 3.7.11 log', () => {
  const log = present ? readFileSync(LOG) : Buffer.alloc(0);
  const truth: Truth[] = present
    ? readFileSync(new URL('truth.ndjson', FOLDER), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
  const args = ['--year', '2026', '--tz', 'UTC'];

  it('gives one event for each of the 278 lines that carry a status', () => {
    const { stdout, status } = run(args, log);
    const events = eventsOf(stdout);
    expect(status).toBe(0);
    const count = (wanted: string): number => events.filter(({ status }) => status === wanted).length;
    expect({
      sent: count('sent'),
      deferred: count('deferred'),
      bounced: count('bounced'),
      expired: count('expired'),
    }).toEqual({
      sent: 74,
      deferred: 144,
      bounced: 24,
      expired: 36,
    });
    expect(events).toHaveLength(278);
    for (const event of events)
      expect(event).toMatchObject({ category: expect.any(String), action: expect.any(String) });
  });

  it('received what pflogsumm says, and as many bytes', () => {
    const { totals } = JSON.parse(run(['report', '--format', 'json', '--inbound', ...args], log).stdout);
    expect(totals).toMatchObject({ processed: 74, bytes_received: 26_704 });
  });

  it('names the recipient and the root cause of each expiry', () => {
    const expired = eventsOf(run(args, log).stdout).filter(({ event }) => event === 'expired');
    expect(expired).toHaveLength(36);
    for (const event of expired)
      expect(event).toMatchObject({
        category: 'expired',
        recipient: expect.any(String),
        root_cause: expect.any(String),
      });
  });

  it('counts messages, deferrals and attempts by domain', () => {
    const report = JSON.parse(run(['report', '--format', 'json', ...args], log).stdout);
    const figures = Object.fromEntries(
      report.domains.map((row: Record<string, number | string>) => [
        row.domain,
        [row.messages, row.messages_deferred, row.deferrals, row.attempts],
      ]),
    );
    expect(figures).toMatchObject({
      'gmail.example': [24, 12, 48, 60],
      'outlook.example': [12, 6, 24, 30],
      'yahoo.example': [12, 6, 24, 30],
      'corp.example': [12, 6, 24, 30],
      'xn--bcher-kva.example': [12, 6, 24, 30],
    });
    expect(report.domains[0]).toMatchObject({
      domain: 'gmail.example',
      deferral_rate_by_message: 0.5,
      deferral_rate_by_attempt: 0.8,
    });
  });

  it('suppresses the twelve whose mailbox does not exist, and nobody for the sender’s fault', () => {
    const { stdout } = run(['suppress', '--format', 'txt', ...args], log);
    const listed = stdout.split('\n').filter(Boolean).sort();
    const gone = truth.filter(({ id }) => id === 'nouser-gmail' || id === 'no-dsn-550').map(({ rcpt }) => rcpt);
    expect(listed).toEqual([...new Set(gone)].sort());
    expect(listed).toHaveLength(12);
    const blocked = truth.filter(({ id }) => id === 'rep-s3140' || id === 'dmarc').map(({ rcpt }) => rcpt);
    expect(blocked).toHaveLength(12);
    for (const address of blocked) expect(listed).not.toContain(address);
  });

  it('reads the same whatever the number of threads', () => {
    const one = run(['--threads', '0', ...args], log).stdout;
    expect(run(['--threads', '2', ...args], log).stdout).toBe(one);
  });
});
