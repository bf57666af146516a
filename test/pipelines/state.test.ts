/** The commands with a state, as a user runs them: what they say from it is what they say of the logs. */
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SUPPRESSION_EXPORTS } from '../../src/report/suppression/index.ts';
import { ROOT, run } from '../support/run.ts';
import { testFolder } from '../support/state.ts';

const folder = testFolder('pipelines');
afterAll(() => folder.remove());
const log = folder.file('mail.log');
const hooks = folder.file('hooks.ndjson');
const state = folder.file('state.db');

beforeAll(() => {
  copyFileSync(`${ROOT}samples/maillog`, log);
  copyFileSync(`${ROOT}samples/sendgrid.ndjson`, hooks);
  const first = run(['ingest', '--state', state, log, hooks]);
  expect(first.status).toBe(0);
  expect(first.stderr).toMatch(/mail\.log \(postfix.*events/);
});

test('a second ingest finds nothing new', () => {
  expect(run(['ingest', '--state', state, log, hooks])).toMatchObject({ status: 0, stdout: '', stderr: '' });
});

describe('report', () => {
  test.each([
    ['--format', 'csv'],
    ['--format', 'csv', '--by', 'code'],
    ['--format', 'csv', '--by', 'host'],
    ['--format', 'csv', '--by', 'hour'],
    ['--format', 'csv', '--by', 'relay'],
  ])('%s %s %s %s %s', (...args) => {
    const fromState = run(['report', '--state', state, ...args]);
    expect(fromState).toMatchObject({ status: 0, stderr: '' });
    expect(fromState.stdout).toBe(run(['report', ...args, log, hooks]).stdout);
    expect(fromState.stdout.split('\n').length).toBeGreaterThan(3);
  });

  test('json, but for the inputs', () => {
    const of = (...args: string[]): unknown => {
      const {
        inputs: _inputs,
        accounting: _accounting,
        ...rest
      } = JSON.parse(run(['report', '--format', 'json', ...args]).stdout);
      return rest;
    };
    expect(of('--state', state)).toEqual(of(log, hooks));
  });

  test('what was received, though a queue id is opened in one run and taken up in the next', () => {
    const cut = folder.file('received.log');
    const of = (second: string, line: string): string => `Nov 22 02:17:${second} mx01 postfix/${line}\n`;
    const first = of('46', 'smtpd[1]: 4104E3D: client=app.news.example[192.0.2.9]');
    const second =
      of('47', 'qmgr[2]: 4104E3D: from=<a@news.example>, size=1000, nrcpt=1 (queue active)') +
      of('48', 'qmgr[2]: 4104E3D: removed');
    const inbound = folder.file('inbound.db');
    writeFileSync(cut, first);
    expect(run(['ingest', '--state', inbound, '--inbound', '--senders', '--year', '2026', cut]).status).toBe(0);
    appendFileSync(cut, second);
    expect(run(['ingest', '--state', inbound, '--year', '2026', cut]).status).toBe(0);
    const args = ['report', '--format', 'csv', '--top', '0', '--tz', 'UTC'];
    for (const by of ['client', 'sender', 'hour'])
      expect(run([...args, '--state', inbound, '--by', by]).stdout).toBe(
        run([...args, '--by', by, '--inbound', '--year', '2026', cut]).stdout,
      );
    expect(run([...args, '--state', inbound, '--by', 'client']).stdout).toContain('app.news.example[192.0.2.9],0');
  });

  test('says that it widens a period', () => {
    const { stderr, status } = run(['report', '--state', state, '--since', '2026-11-22T08:07']);
    expect(stderr).toContain('by quarter hours: from 2026-11-22T08:00:00.000Z');
    expect(status).toBe(0);
  });

  test('of a table that the state does not hold', () => {
    const { stderr, status } = run(['report', '--state', state, '--by', 'sender']);
    expect(stderr).toContain('made without --senders');
    expect(status).toBe(2);
  });

  test('redacted, no name is left', () => {
    const { stdout } = run(['report', '--state', state, '--redact', '--detail', '5', '--top', '0']);
    const names = new Set([...readFileSync(log, 'utf8').matchAll(/to=<([^@<>]{4,})@/g)].map(([, name]) => name!));
    expect(names.size).toBeGreaterThan(10);
    for (const name of names) expect(stdout.includes(`${name}@`), name).toBe(false);
  });

  test('redacted, no sender is left', () => {
    const senders = folder.file('senders.db');
    expect(run(['ingest', '--state', senders, '--senders', log, '--quiet']).status).toBe(0);
    const report = ['report', '--state', senders, '--by', 'sender', '--format', 'csv'];
    expect(run(report).stdout).toContain('invoices@sender.example');
    const { stdout } = run([...report, '--redact']);
    expect(stdout).toMatch(/^h:[0-9a-f]{24}@sender\.example,/m);
    expect(stdout).toMatch(/^<>,/m);
    expect(stdout).not.toContain('invoices');
  });

  test.each(['recipient', 'refusal', 'reject_warning'])('by %s needs the logs', (dimension) => {
    const { stderr, status } = run(['report', '--state', state, '--by', dimension]);
    expect(stderr).toContain('a state does not keep that');
    expect(status).toBe(2);
  });
});

describe('suppress', () => {
  test.each([
    ['--format', 'csv'],
    ['--format', 'ndjson'],
    ['--format', 'txt'],
    ...SUPPRESSION_EXPORTS.map(({ name }) => ['--for', name]),
    ['--compare', 'cautious'],
    ['--hash', 'sha256'],
  ])('%s %s', (...args) => {
    const fromState = run(['suppress', '--state', state, ...args]);
    expect(fromState.status).toBe(0);
    expect(fromState.stdout).toBe(run(['suppress', ...args, log, hooks]).stdout);
    expect(fromState.stdout.length).toBeGreaterThan(20);
  });

  test('--explain: the same from the state and from the logs', () => {
    const address = run(['suppress', '--state', state, '--format', 'txt']).stdout.split('\n')[0]!;
    const fromState = run(['suppress', '--state', state, '--explain', address.toUpperCase()]);
    expect(fromState.stdout).toContain('on the list since');
    expect(fromState.stdout).toMatch(/answer: {2}\S/);
    expect(fromState.stdout).toMatch(/because: \w+ rule \S+, matched "/);
    expect(run(['suppress', '--explain', address, log, hooks]).stdout).toBe(fromState.stdout);
    expect(run(['suppress', '--state', state, '--explain', 'nobody@nowhere.example']).stdout).toContain(
      'no failure is known',
    );
  });
});

describe('a period that cuts a day in two', () => {
  const FAILED = (time: string, id: string): string =>
    `2026-11-20T${time}+00:00 mx01 postfix/smtp[1]: ${id}: to=<twice@example.com>, relay=mx.example.com[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx.example.com[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command))\n`;
  const SAID = /1 address failed, or took mail, within the period and outside; .* right to the day/;
  const twice = folder.file('twice.db');

  test('suppress and report say that it is answered by the day', () => {
    const path = folder.file('twice.log');
    writeFileSync(path, FAILED('08:00:00', '4jXCQh6JWQzJTVP') + FAILED('16:00:00', '4jXCQh6JWQzJTVQ'));
    run(['ingest', '-q', '--state', twice, path]);
    for (const command of [['suppress', '--format', 'txt'], ['report'], ['suppress', '--compare', 'cautious']]) {
      const noon = run([...command, '--state', twice, '--tz', 'UTC', '--until', '2026-11-20T12:00:00Z']);
      expect(noon.stderr, command.join(' ')).toMatch(SAID);
    }
    const since = run(['suppress', '--state', twice, '--since', '2026-11-20T12:00:00Z']);
    expect(since.stderr).toMatch(SAID);
  });

  test('and not where nothing is left open', () => {
    for (const period of [['--until', '2026-11-21T00:00:00Z'], ['--since', '2026-11-20T00:00:00Z'], []])
      for (const command of ['suppress', 'report'])
        expect(run([command, '--state', twice, ...period]).stderr).not.toMatch(/right to the day/);
  });
});

describe('state', () => {
  test('show says how far each input has been read', () => {
    const before = run(['state', 'show', '--state', state]).stdout;
    expect(before).toMatch(/mail\.log \(postfix\): .*up to date/);
    appendFileSync(log, `${'x'.repeat(500)}\n`);
    expect(run(['state', '--state', state]).stdout).toMatch(/mail\.log \(postfix\): .*501 B to read/);
  });

  test('prune removes figures, not the ledger', () => {
    const copy = folder.file('pruned.db');
    copyFileSync(state, copy);
    const list = run(['suppress', '--state', copy, '--format', 'txt']).stdout;
    const pruned = run(['state', 'prune', '--state', copy, '--older-than', '2030-01-01']);
    expect(pruned).toMatchObject({ status: 0 });
    expect(pruned.stderr).toMatch(/[1-9]\d* rows removed/);
    expect(run(['state', 'verify', '--state', copy]).status).toBe(0);
    expect(run(['report', '--state', copy, '--format', 'csv']).stdout.split('\n').length).toBeLessThan(3);
    expect(run(['suppress', '--state', copy, '--format', 'txt']).stdout).toBe(list);
    expect(run(['state', 'prune', '--state', copy]).status).toBe(2);
  });

  test('an action that there is not', () => {
    expect(run(['state', 'burn', '--state', state])).toMatchObject({ status: 2 });
  });
});
