/** journalctl -o json: entries are read as the lines they would have been. */
import { describe, expect, test } from 'vitest';
import { ALL_NEEDS, FEW_NEEDS, type LogReading, readLog } from '../../support/read-log.ts';

const MESSAGE =
  '4jXCQh6CYCzJTVP: to=<a@b.example>, relay=mx.b.example[192.0.2.1]:25, delay=0.5, delays=0.1/0/0.2/0.2, dsn=2.0.0, status=sent (250 2.0.0 Ok)';
const ENTRY = {
  __CURSOR: 's=1;i=2',
  __REALTIME_TIMESTAMP: '1795314468123456',
  _HOSTNAME: 'mx01',
  SYSLOG_IDENTIFIER: 'postfix/smtp',
  SYSLOG_PID: '29598',
  PRIORITY: '6',
  MESSAGE,
};

const journal = (...entries: readonly object[]): LogReading =>
  readLog(entries.map((entry) => JSON.stringify(entry)).join('\n'), { format: 'postfix-journal' });

describe('an entry', () => {
  test('all of it', () => {
    expect(journal(ENTRY).events).toMatchObject([
      {
        format: 'postfix',
        host: 'mx01',
        program: 'postfix/smtp',
        queue_id: '4jXCQh6CYCzJTVP',
        event: 'delivered',
        recipient: 'a@b.example',
        response: '250 2.0.0 Ok',
        timestamp: '2026-11-22T02:27:48.123+00:00',
      },
    ]);
  });

  test.each<[what: string, change: object, expected: object]>([
    [
      'the time that the program gave',
      { _SOURCE_REALTIME_TIMESTAMP: '1795314400000000' },
      { timestamp: '2026-11-22T02:26:40+00:00' },
    ],
    ['no process id', { SYSLOG_PID: undefined }, { program: 'postfix/smtp' }],
    [
      'no identifier, but a command',
      { SYSLOG_IDENTIFIER: undefined, _COMM: 'postfix/smtp' },
      { program: 'postfix/smtp' },
    ],
    ['no host', { _HOSTNAME: undefined }, { host: 'localhost' }],
    [
      'a line feed in the message',
      { MESSAGE: MESSAGE.replace('250 2.0.0 Ok', '250 2.0.0\nOk') },
      { response: '250 2.0.0 Ok' },
    ],
    [
      'SMTPUTF8',
      { MESSAGE: MESSAGE.replace('a@b.example', 'пётр@пример.рф') },
      { recipient: 'пётр@пример.рф', domain: 'xn--e1afmkfd.xn--p1ai' },
    ],
    [
      'a message that is not UTF-8, as bytes',
      { MESSAGE: [...Buffer.from(MESSAGE.replace('Ok)', 'caf\xe9)'), 'latin1')] },
      { response: '250 2.0.0 caf\ufffd' },
    ],
  ])('%s', (_what, change, expected) => {
    const { events, accounting } = journal({ ...ENTRY, ...change });
    expect(events).toMatchObject([expected]);
    expect(accounting).toMatchObject({ lines: 1, event: 1 });
  });

  test.each<[what: string, entry: object, bucket: string]>([
    ['of another program', { ...ENTRY, SYSLOG_IDENTIFIER: 'sshd', MESSAGE: 'Accepted publickey for root' }, 'ignored'],
    ['without a program', { MESSAGE }, 'ignored'],
    ['without a message', { ...ENTRY, MESSAGE: undefined }, 'ignored'],
    [
      'a message that journalctl left out, because it is long (null, without --all)',
      { ...ENTRY, MESSAGE: null },
      'malformed',
    ],
    ['the same, of another program', { ...ENTRY, SYSLOG_IDENTIFIER: 'sshd', MESSAGE: null }, 'ignored'],
    ['a message of something else', { ...ENTRY, MESSAGE: [1, 'x', 300] }, 'malformed'],
  ])('%s: %s', (_what, entry, bucket) => {
    const { events, accounting } = journal(entry);
    expect(events).toEqual([]);
    expect(accounting).toEqual({ lines: 1, event: 0, context: 0, ignored: 0, malformed: 0, truncated: 0, [bucket]: 1 });
  });
});

test('entries that are longer as lines than they were as JSON lose nothing', () => {
  // The shortest there are, and such whose every byte takes three when it is none of UTF-8.
  const short = Buffer.from('{"MESSAGE":"","_COMM":"/"}\n'.repeat(70_000));
  expect(readLog(short, { format: 'postfix-journal' }).accounting).toMatchObject({ lines: 70_000, ignored: 70_000 });
  const wide = Buffer.from(`${JSON.stringify(ENTRY).replace('Ok)', `${'?'.repeat(900)})`)}\n`.repeat(1500));
  for (let at = wide.indexOf(0x3f); at >= 0; at = wide.indexOf(0x3f, at)) wide[at] = 0xff;
  expect(readLog(wide, { format: 'postfix-journal' }).accounting).toMatchObject({ lines: 1500, event: 1500 });
});

test('what an answer means does not depend on whether senders are asked for', () => {
  // Where they are not, the openings of a block are looked for before its answers are judged.
  const opening = {
    ...ENTRY,
    SYSLOG_IDENTIFIER: 'postfix/qmgr',
    MESSAGE: '4jXCQh6CYCzJTVP: from=<c@d.example>, size=355, nrcpt=1 (queue active)',
  };
  const entries = [opening, opening, ENTRY, opening, ENTRY].map((entry) => JSON.stringify(entry)).join('\n');
  const categories = (needs: typeof FEW_NEEDS): unknown =>
    readLog(entries, { format: 'postfix-journal', needs }).events.map(({ event, category }) => [event, category]);
  expect(categories(FEW_NEEDS)).toEqual(categories(ALL_NEEDS));
  expect(categories(FEW_NEEDS)).toEqual([
    ['delivered', 'accepted'],
    ['delivered', 'accepted'],
  ]);
});
