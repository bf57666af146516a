/** Warnings of Postfix's daemons that name a cause a postmaster can mend. */
import { describe, expect, test } from 'vitest';
import { compileWarnings } from '../../src/enrich/warnings.ts';
import { readBuiltInTables } from '../../src/tables/load.ts';
import { ALL_NEEDS, FEW_NEEDS, readLog } from '../support/read-log.ts';

const tables = readBuiltInTables();

describe('warnings.csv', () => {
  const classify = compileWarnings(tables);
  test.each(tables.warnings.map((row) => [row.id, row.example]))('%s: %s', (id, example) => {
    expect(classify(example)?.evidence.rule).toBe(id);
  });
});

describe('what means nothing is told by its bytes', () => {
  const quiet = compileWarnings(tables);
  const asked = compileWarnings(tables, true);
  test.each([
    'connect to mx1.example.org[192.0.2.1]:25: Connection timed out',
    'warning: hostname host7.example.net does not resolve to address 192.0.2.7: Name or service not known',
  ])('%s', (text) => {
    const bytes = Buffer.from(`: ${text}`);
    expect(quiet.isIdle(bytes, 2, bytes.length)).toBe(true);
    expect(quiet(text)).toBe(undefined);
    expect(asked.isIdle(bytes, 2, bytes.length)).toBe(false);
    expect(asked(text)).toBeDefined();
  });
  test.each(tables.warnings.map(({ example }) => example))('but not: %s', (text) => {
    expect(quiet.isIdle(Buffer.from(text), 0, Buffer.byteLength(text))).toBe(false);
  });
  test('nor what only begins so', () => {
    expect(quiet.isIdle(Buffer.from('connect to mx1'), 0, 5)).toBe(false);
  });
});

const HEAD = 'Nov 22 02:17:49 mx01 ';

describe('in a log', () => {
  test.each<[line: string, category: string, action: string]>([
    [
      'postfix/smtp[1]: certificate verification failed for smtp.sendgrid.net[198.37.144.225]:587: untrusted issuer /C=US/O=The Go Daddy Group, Inc./OU=Go Daddy Class 2 Certification Authority',
      'tls_failure',
      'fix_config',
    ],
    [
      'postfix-out/smtp[1]: certificate verification failed for mx.b.example[192.0.2.1]:25: certificate has expired',
      'tls_failure',
      'fix_config',
    ],
    [
      'postfix/smtpd[1]: warning: SASL authentication failure: cannot connect to saslauthd server: Permission denied',
      'auth_failure',
      'fix_config',
    ],
    [
      'postfix/smtpd[1]: warning: laptop.local[192.0.2.2]: SASL PLAIN authentication failed: generic failure',
      'auth_failure',
      'review',
    ],
    [
      'postfix/smtpd[1]: warning: e.example[192.0.2.210]: SASL LOGIN authentication failed: UGFzc3dvcmQ6',
      'auth_failure',
      'review',
    ],
    ['postfix/cleanup[1]: warning: 4A1B2C3D4E: queue file write error', 'system_error', 'fix_config'],
    ['postfix/cleanup[1]: 4A1B2C3D4E: warning: queue file write error', 'system_error', 'fix_config'],
    [
      'postfix/smtp[1]: warning: Name service error for name=mx.e.example type=A: Host not found, try again',
      'dns_failure',
      'fix_config',
    ],
    [
      'postfix/dnsblog[1]: warning: dnsblog_query: lookup error for DNS query 1.2.0.192.l.example: Host or domain name not found. Name service error for name=1.2.0.192.l.example type=A: Host not found, try again',
      'dns_failure',
      'fix_config',
    ],
    [
      'postfix/smtpd[1]: warning: connect to Milter service inet:127.0.0.1:8891: Connection refused',
      'connection_failure',
      'fix_config',
    ],
    ['postfix/master[1]: fatal: bind 0.0.0.0 port 25: Address already in use', 'system_error', 'review'],
    ['postfix/smtpd[1]: fatal: open database /etc/postfix/x.db: No such file or directory', 'system_error', 'review'],
    ['postfix/cleanup[1]: panic: mymalloc: requested length 0', 'system_error', 'review'],
    ['postfix[1]: fatal: the Postfix mail system is not running', 'system_error', 'review'],
  ])('%s', (line, category, action) => {
    const { events, accounting } = readLog(HEAD + line);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ event: 'warning', category, action, first: false });
    expect(events[0]!.response).toBe(line.replace(/^\S+: (?:4A1B2C3D4E: (?=warning))?/, ''));
    expect(accounting).toMatchObject({ lines: 1, event: 1 });
    expect(readLog(HEAD + line, { needs: FEW_NEEDS })).toMatchObject({
      events: [],
      accounting: { ignored: 1, event: 0 },
    });
  });

  test.each([
    // nothing to mend
    'postfix/smtpd[1]: warning: hostname example.com does not resolve to address 192.0.2.32',
    'postfix/qmgr[1]: warning: please avoid flushing the whole queue when you have',
    'postfix/postdrop[1]: warning: uid=0: File too large',
    // not Postfix's
    'sshd[1]: fatal: Read from socket failed: Connection reset by peer',
    'cron[1]: warning: Permission denied',
    'dovecot: auth: fatal: no space left on device',
  ])('no event, and counted as ignored: %s', (line) => {
    expect(readLog(HEAD + line)).toMatchObject({ events: [], accounting: { lines: 1, event: 0, ignored: 1 } });
  });

  test.each([
    'postfix/cleanup[1]: 4104E3D: warning: header Subject: queue file write error from unknown[192.0.2.7]; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<e>',
    'postfix/cleanup[1]: 4104E3D: warning: body no space left on device from unknown[192.0.2.7]; from=<a@b.example> to=<c@d.example>',
    'postfix/smtpd[1]: warning: non-SMTP command from unknown[192.0.2.7]: GET /queue file write error HTTP/1.1',
    'postfix/smtpd[1]: warning: Illegal address syntax from unknown[192.0.2.7] in RCPT command: <queue file write error>',
  ])('words that a client or a sender wrote name no cause: %s', (line) => {
    const read = (inbound: boolean) => readLog(HEAD + line, { needs: { ...ALL_NEEDS, inbound } }).events;
    expect(read(false)).toEqual([]);
    // A check of the content is read with --inbound, as what it is.
    expect(read(true).filter(({ event }) => event !== 'reject_warning')).toEqual([]);
  });

  test('what stands first decides, not what a client adds behind it', () => {
    const { events } = readLog(
      `${HEAD}postfix/smtpd[1]: warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: (reason unavailable), sasl_username=certificate verification failed for smtp.sendgrid.net`,
    );
    expect(events[0]).toMatchObject({ category: 'auth_failure', evidence: { rule: 'warning-sasl-login' } });
  });
});

describe('notices', () => {
  const needs = { ...ALL_NEEDS, notices: true };
  test.each([
    ['postfix/smtp[1]: connect to mx1.e.example[192.0.2.1]:25: Connection refused', 'unreached'],
    ['postfix/smtp[1]: connect to mx1.e.example[2001:db8::1]:25: Network is unreachable', 'unreached'],
    ['postfix/smtpd[1]: warning: hostname example.com does not resolve to address 192.0.2.32', 'other-warning'],
    ['postfix/smtpd[1]: warning: non-SMTP command from unknown[192.0.2.7]: GET / HTTP/1.1', 'other-warning'],
    [
      'postfix/smtpd[1]: warning: connect to Milter service inet:127.0.0.1:8891: Connection refused',
      'warning-milter-socket',
    ],
  ])('%s: %s', (line, rule) => {
    expect(readLog(HEAD + line, { needs }).events).toMatchObject([{ event: 'warning', evidence: { rule } }]);
  });

  test('are read only where details are asked for', () => {
    const line = `${HEAD}postfix/smtp[1]: connect to mx1.e.example[192.0.2.1]:25: Connection refused`;
    expect(readLog(line)).toMatchObject({ events: [], accounting: { lines: 1, ignored: 1 } });
    // A client may choose words that look like a warning's.
    expect(readLog(`${line} warning: fatal: panic: x`)).toMatchObject({ events: [], accounting: { ignored: 1 } });
  });
});
