import { describe, expect, test } from 'vitest';
import { STAMP_ABSOLUTE, STAMP_LOCAL, STAMP_NONE, STAMP_YEARLESS } from '../../src/event/index.ts';
import { eachHeader } from '../../src/parse/scan/each-header.ts';

const MESSAGE = '4jXCQh6CYCzJTVP: to=<a@b.example>, relay=none, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (ok)';

function read(line: string) {
  let found: object | undefined;
  eachHeader(Buffer.from(`${line}\n`), (header, bytes) => {
    const end = bytes.indexOf(0x0a, header.message);
    found = {
      readable: header.readable,
      kind: header.stampKind,
      time: header.stampKind === STAMP_NONE ? '' : new Date(header.stamp).toISOString(),
      offset: header.offset,
      host: bytes.toString('utf8', header.hostStart, header.hostEnd),
      program: bytes.toString('utf8', header.programStart, header.programEnd),
      message: bytes.toString('utf8', header.message, end),
    };
    return false;
  });
  return found as {
    readable: boolean;
    kind: number;
    time: string;
    offset: number;
    host: string;
    program: string;
    message: string;
  };
}

/** What stands before the message, and what it says: stamp (year-less ones as of 2000), its kind, zone, host, program. */
const FRAMES: readonly (readonly [
  what: string,
  frame: string,
  kind: number,
  time: string,
  offset: number,
  host: string,
  program: string,
])[] = [
  [
    'RFC 3164, one space before the day',
    'Nov 22 02:17:46 mx01 postfix/smtp[29598]: ',
    STAMP_YEARLESS,
    '2000-11-22T02:17:46.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    'RFC 3164, two spaces before the day',
    'Jul  5 06:52:11 prd-mx1 postfix/smtp[22030]: ',
    STAMP_YEARLESS,
    '2000-07-05T06:52:11.000Z',
    0,
    'prd-mx1',
    'postfix/smtp',
  ],
  [
    'RFC 3164, a day of one digit and one space',
    'Jul 5 06:52:11 mx postfix/smtp[1]: ',
    STAMP_YEARLESS,
    '2000-07-05T06:52:11.000Z',
    0,
    'mx',
    'postfix/smtp',
  ],
  [
    '29 February',
    'Feb 29 23:59:59 mx postfix/smtp[1]: ',
    STAMP_YEARLESS,
    '2000-02-29T23:59:59.000Z',
    0,
    'mx',
    'postfix/smtp',
  ],
  [
    'the end of the year',
    'Dec 31 23:59:59 mx postfix/smtp[1]: ',
    STAMP_YEARLESS,
    '2000-12-31T23:59:59.000Z',
    0,
    'mx',
    'postfix/smtp',
  ],
  [
    'a leap second',
    'Dec 31 23:59:60 mx postfix/smtp[1]: ',
    STAMP_YEARLESS,
    '2001-01-01T00:00:00.000Z',
    0,
    'mx',
    'postfix/smtp',
  ],
  [
    'milliseconds',
    'Nov 22 02:17:46.123 mx postfix/smtp[1]: ',
    STAMP_YEARLESS,
    '2000-11-22T02:17:46.123Z',
    0,
    'mx',
    'postfix/smtp',
  ],
  [
    'the year behind the day (Cisco, syslog-ng)',
    'Nov 22 2026 02:17:46 mx postfix/smtp[1]: ',
    STAMP_LOCAL,
    '2026-11-22T02:17:46.000Z',
    0,
    'mx',
    'postfix/smtp',
  ],
  [
    'a syslog priority',
    '<22>Nov 22 02:17:46 mx01 postfix/smtp[29598]: ',
    STAMP_YEARLESS,
    '2000-11-22T02:17:46.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    'a priority of one digit',
    '<6>Nov 22 02:17:46 mx01 postfix/smtp[1]: ',
    STAMP_YEARLESS,
    '2000-11-22T02:17:46.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    'RFC 3339 with microseconds',
    '2023-03-14T00:08:35.948047+01:00 mx01 postfix/smtp[1]: ',
    STAMP_ABSOLUTE,
    '2023-03-13T23:08:35.948Z',
    60,
    'mx01',
    'postfix/smtp',
  ],
  [
    'RFC 3339 in UTC',
    '2023-03-14T00:08:35Z mx01 postfix/smtp[1]: ',
    STAMP_ABSOLUTE,
    '2023-03-14T00:08:35.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    'RFC 3339 west of Greenwich',
    '2023-03-14T00:08:35-03:30 mx01 postfix/smtp[1]: ',
    STAMP_ABSOLUTE,
    '2023-03-14T03:38:35.000Z',
    -210,
    'mx01',
    'postfix/smtp',
  ],
  [
    'RFC 3339 with a priority (rsyslog)',
    '<22>2023-03-14T00:08:35+01:00 mx01 postfix/smtp[1]: ',
    STAMP_ABSOLUTE,
    '2023-03-13T23:08:35.000Z',
    60,
    'mx01',
    'postfix/smtp',
  ],
  [
    'an ISO stamp without a zone',
    '2023-03-14T00:08:35 mx01 postfix/smtp[1]: ',
    STAMP_LOCAL,
    '2023-03-14T00:08:35.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    'an ISO stamp with a space',
    '2023-03-14 00:08:35,948 mx01 postfix/smtp[1]: ',
    STAMP_LOCAL,
    '2023-03-14T00:08:35.948Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    'the year first',
    '2013 Jun 10 06:27:30.123 mx01 postfix/smtp[1]: ',
    STAMP_LOCAL,
    '2013-06-10T06:27:30.123Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    'the year first, 29 February',
    '2012 Feb 29 06:27:30 mx01 postfix/smtp[1]: ',
    STAMP_LOCAL,
    '2012-02-29T06:27:30.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    'the year first, behind February of a year that is no leap year',
    '2013 Mar  1 06:27:30 mx01 postfix/smtp[1]: ',
    STAMP_LOCAL,
    '2013-03-01T06:27:30.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    'RFC 5424',
    '<22>1 2023-03-14T00:08:35.948Z mx01 postfix/smtp 29598 - - ',
    STAMP_ABSOLUTE,
    '2023-03-14T00:08:35.948Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    'RFC 5424 with structured data and a byte order mark',
    '<22>1 2023-03-14T00:08:35Z mx01 postfix/smtp 29598 ID47 [x@1 a="b\\]c"][y@1 d="]"] \ufeff',
    STAMP_ABSOLUTE,
    '2023-03-14T00:08:35.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  ['RFC 5424 without a stamp', '<22>1 - mx01 postfix/smtp - - - ', STAMP_NONE, '', 0, 'mx01', 'postfix/smtp'],
  [
    'journalctl -o short-iso',
    '2023-03-14T00:08:35+0100 mx01 postfix/smtp[29598]: ',
    STAMP_ABSOLUTE,
    '2023-03-13T23:08:35.000Z',
    60,
    'mx01',
    'postfix/smtp',
  ],
  [
    'journalctl -o short-iso-precise',
    '2023-03-14T00:08:35.948047+0100 mx01 postfix/smtp[29598]: ',
    STAMP_ABSOLUTE,
    '2023-03-13T23:08:35.948Z',
    60,
    'mx01',
    'postfix/smtp',
  ],
  [
    'docker logs -t',
    '2023-03-14T00:08:35.948047123Z Mar 14 01:08:35 mx01 postfix/smtp[92]: ',
    STAMP_ABSOLUTE,
    '2023-03-14T00:08:35.948Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    'docker logs -t around an RFC 3339 line',
    '2023-03-14T00:08:35.948047123Z 2023-03-14T01:08:35.947001+01:00 mx01 postfix/smtp[92]: ',
    STAMP_ABSOLUTE,
    '2023-03-14T00:08:35.947Z',
    60,
    'mx01',
    'postfix/smtp',
  ],
  [
    'docker compose logs',
    'mail-1  | Mar 14 01:08:35 mx01 postfix/smtp[92]: ',
    STAMP_YEARLESS,
    '2000-03-14T01:08:35.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    "Kubernetes' CRI",
    '2023-03-14T00:08:35.948047123Z stdout F Mar 14 01:08:35 mx01 postfix/smtp[92]: ',
    STAMP_ABSOLUTE,
    '2023-03-14T00:08:35.948Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    "Solaris' message id",
    'Nov 22 02:17:46 mx01 postfix/smtp[1]: [ID 197553 mail.info] ',
    STAMP_YEARLESS,
    '2000-11-22T02:17:46.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    "busybox' facility and level",
    'Feb  1 10:00:00 mx01 mail.info postfix/smtp[1]: ',
    STAMP_YEARLESS,
    '2000-02-01T10:00:00.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    'no process id',
    'Nov 22 02:17:46 mx01 postfix/smtp: ',
    STAMP_YEARLESS,
    '2000-11-22T02:17:46.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  ['no host', 'Nov 22 02:17:46 postfix/smtp[1]: ', STAMP_YEARLESS, '2000-11-22T02:17:46.000Z', 0, '', 'postfix/smtp'],
  [
    'a host that is an address',
    'Nov 22 02:17:46 2001:db8::25 postfix/smtp[1]: ',
    STAMP_YEARLESS,
    '2000-11-22T02:17:46.000Z',
    0,
    '2001:db8::25',
    'postfix/smtp',
  ],
  [
    'a second space before the message',
    'Nov 22 02:17:46 mx01 postfix/smtp[1]:  ',
    STAMP_YEARLESS,
    '2000-11-22T02:17:46.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
  [
    'a byte order mark before all',
    '\ufeffNov 22 02:17:46 mx01 postfix/smtp[1]: ',
    STAMP_YEARLESS,
    '2000-11-22T02:17:46.000Z',
    0,
    'mx01',
    'postfix/smtp',
  ],
];

describe('framing: what stands before the message', () => {
  test.each(FRAMES)('%s', (_what, frame, kind, time, offset, host, program) => {
    expect(read(frame + MESSAGE)).toEqual({ readable: true, kind, time, offset, host, program, message: MESSAGE });
  });

  test.each([
    'postfix/smtp',
    'postfix-out/smtp',
    'postfix/submission/smtpd',
    'postfix/amavis/smtp',
    'postfix-10.20.30.40/smtp',
    'mta-a_b.c/relay/smtp',
    'postfix/postfix-script',
  ])('program %s', (program) => {
    expect(read(`Nov 22 02:17:46 mx01 ${program}[29598]: ${MESSAGE}`)).toMatchObject({ program, message: MESSAGE });
  });
});

describe('what is no header', () => {
  test.each([
    ['text', 'Dear Sir or Madam, please find attached'],
    ['a month that is none', 'Foo 22 02:17:46 mx01 postfix/smtp[1]: x'],
    ['a day that is none', 'Nov 32 02:17:46 mx01 postfix/smtp[1]: x'],
    ['an hour that is none', 'Nov 22 24:17:46 mx01 postfix/smtp[1]: x'],
    ['a stamp alone', 'Nov 22 02:17:46'],
    ['a stamp and a host', 'Nov 22 02:17:46 mx01'],
    ['an open priority', '<22Nov 22 02:17:46 mx01 postfix/smtp[1]: x'],
    ['an open process id', 'Nov 22 02:17:46 mx01 postfix/smtp[1 : x'],
    ['a month in another language', 'Mär 22 02:17:46 mx01 postfix/smtp[1]: x'],
    ['a stamp with a letter in it', '2023-03-14Tx0:08:35+01:00 mx01 postfix/smtp[1]: x'],
    ['a zone that is none', '2023-03-14T00:08:35+0x:00 mx01 postfix/smtp[1]: x'],
    ['nothing', ''],
  ])('%s', (_what, line) => {
    expect(read(line)?.readable ?? false).toBe(false);
  });

  test('every beginning of a line is either a header or none, and reading it never throws', () => {
    for (const [, frame] of FRAMES) {
      const line = frame + MESSAGE;
      for (let length = 0; length <= line.length; length++) expect(() => read(line.slice(0, length))).not.toThrow();
    }
  });

  test.each([
    'Nov 22 02:17:46 mx01 last message repeated 3 times',
    'Nov 22 02:17:46 mx01 -- MARK --',
    '2023-03-14T00:08:35+0100 mx01 Some Program[12]: words',
  ])('a line with a stamp is a line of a log, if none that names a program: %s', (line) => {
    const seen: [boolean, boolean][] = [];
    eachHeader(Buffer.from(`${line}\nwords\n`), ({ readable, stamped }) => seen.push([readable, stamped]) > 0);
    expect(seen).toEqual([
      [false, true],
      [false, false],
    ]);
  });
});
