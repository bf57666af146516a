/**
 * What stands before the message of a log line: priority, time stamp, host, program. Reads bytes, allocates nothing, takes
 * time linear in the header's length. Sources: RFC 3164 section 4.1, RFC 5424 section 6, RFC 3339, systemd's journalctl(1)
 * (`-o short`, `short-iso`), Postfix src/util/msg_logger.c and src/postlogd (maillog_file).
 */
import { STAMP_ABSOLUTE, STAMP_LOCAL, STAMP_NONE, STAMP_YEARLESS, type StampKind } from '../event/index.ts';

const SPACE = 0x20;
const COLON = 0x3a;
const DASH = 0x2d;
const SLASH = 0x2f;
const ZERO = 0x30;
const LEFT_BRACKET = 0x5b;
const RIGHT_BRACKET = 0x5d;

/** 1 January 2000 UTC: year-less stamps are kept as of this leap year, so that 29 February has a place. */
const LEAP_YEAR_START = 946_684_800_000;
const DAY = 86_400_000;
/** Days before each month of a leap year, by month 1-12. */
const DAYS_BEFORE = [0, 0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335];

/** The last header that was read. One object, reused for every line. */
export class SyslogHeader {
  stampKind: StampKind = STAMP_NONE;
  stamp = 0;
  offset = 0;
  hostStart = 0;
  hostEnd = 0;
  programStart = 0;
  programEnd = 0;
  /** Where the message starts, behind `prog[pid]: `. */
  message = 0;
  /** Stamp and host are those of the header read before: lines come many to a second. */
  repeated = false;

  // Where that header's stamp and host stand, in the same memory; length 0 for none.
  #beforeStart = 0;
  #beforeLength = 0;
  #beforeHost = 0;

  /** Forgets the header read before: its bytes may be overwritten. */
  forget(): void {
    this.#beforeLength = 0;
  }
  /** Whether the line begins with a time stamp: a line of a log, even where `read` finds no program in it. */
  stamped = false;

  /**
   * Reads the header of the line in [at, end).
   * @returns false where there is none; the members are then meaningless
   */
  read(bytes: Buffer, at: number, end: number): boolean {
    const start = at;
    const length = this.#beforeLength;
    if (length > 0 && at + length < end) {
      let i = 0;
      for (let before = this.#beforeStart; i < length && bytes[at + i] === bytes[before + i]; ) i++;
      if (i === length) {
        this.repeated = true;
        this.stamped = true;
        this.hostStart = at + this.#beforeHost;
        this.hostEnd = at + length - 1;
        return this.#readProgram(bytes, at + length, end, false);
      }
    }
    this.repeated = false;
    this.#beforeLength = 0;
    this.stamped = false;
    // A byte order mark, where an editor has saved the log.
    if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
    at = skipContainerPrefix(bytes, at, end);
    //  <22>Nov 22 …        <22>1 2023-03-14T…
    //  ^                   ^
    if (bytes[at] === 0x3c) {
      let close = at + 2;
      while (close < at + 4 && bytes[close] !== 0x3e) close++; // one to three digits
      if (bytes[close] !== 0x3e || close >= end) return false;
      at = close + 1;
      // RFC 5424: the version, then a stamp, then fields of their own order
      if (bytes[at] === 0x31 && bytes[at + 1] === SPACE) return this.#readRfc5424(bytes, at + 2, end);
    }
    at = this.#readStamp(bytes, at, end);
    if (at < 0) return false;
    this.stamped = true;

    // A container's runtime puts a stamp of its own before the line's: the outer one knows its zone and wins, unless the
    // inner one knows its own.
    //  2023-03-14T00:08:35.948047123Z Nov 22 02:17:46 mx01 postfix/smtp[1]: …
    //                                 ^
    if (this.stampKind === STAMP_ABSOLUTE) {
      const { stampKind, stamp, offset } = this;
      let inner = at;
      //  2023-03-14T00:08:35.948047123Z stdout F Nov 22 …   (Kubernetes' CRI format)
      //                                 ^
      if (startsWith(bytes, inner, end, STDOUT) || startsWith(bytes, inner, end, STDERR)) inner += 9;
      if (startsMonth(bytes, inner)) {
        const behind = this.#readStamp(bytes, inner, end);
        if (behind >= 0) at = behind;
        this.stampKind = stampKind;
        this.stamp = stamp;
        this.offset = offset;
      } else if (isDigit(bytes[inner]) && isDigit(bytes[inner + 3]) && bytes[inner + 4] === DASH) {
        const behind = this.#readNumericStamp(bytes, inner, end);
        if (behind >= 0) at = behind;
        if (behind < 0 || (this.stampKind as StampKind) !== STAMP_ABSOLUTE) {
          this.stampKind = stampKind;
          this.stamp = stamp;
          this.offset = offset;
        }
      }
    }
    //  Nov 22 02:17:46 mx01 postfix/smtp[29598]: …
    //                  ^    ^
    this.hostStart = at;
    while (at < end && bytes[at] !== SPACE) at++;
    this.hostEnd = at;
    if (at >= end || at === this.hostStart) return false;
    // A line without a host (syslog's own, or `-o short` with none): the first word is the program already.
    if (bytes[at - 1] === COLON) return this.#readProgram(bytes, this.hostStart, end, true);
    while (bytes[at] === SPACE) at++;
    //  Feb  1 10:00:00 mx01 mail.info postfix/smtp[1]: …    (busybox and Solaris put facility and level here)
    //                       ^
    if (bytes[at] === 0x6d && startsWith(bytes, at, end, MAIL_DOT)) {
      while (at < end && bytes[at] !== SPACE) at++;
      while (bytes[at] === SPACE) at++;
    } else if (bytes[at - 1] === SPACE && bytes[at - 2] !== SPACE && this.hostEnd === at - 1) {
      this.#beforeStart = start;
      this.#beforeLength = at - start;
      this.#beforeHost = this.hostStart - start;
    }
    return this.#readProgram(bytes, at, end, false);
  }

  //  postfix/submission/smtpd[29593]: connect from …
  //  ^                       ^      ^
  #readProgram(bytes: Buffer, at: number, end: number, noHost: boolean): boolean {
    if (noHost) this.hostEnd = this.hostStart = at;
    this.programStart = at;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte === LEFT_BRACKET || byte === COLON || byte === SPACE) break;
      at++;
    }
    this.programEnd = at;
    if (at === this.programStart) return false;
    if (bytes[at] === LEFT_BRACKET) {
      while (at < end && bytes[at] !== RIGHT_BRACKET) {
        if (bytes[at] === SPACE) return false;
        at++;
      }
      at++;
    }
    if (bytes[at] !== COLON || bytes[at + 1] !== SPACE) return false;
    at += 2;
    while (bytes[at] === SPACE) at++;
    //  postfix/smtp[1]: [ID 197553 mail.info] 4A1B…: to=<…>     (Solaris)
    //                   ^
    if (bytes[at] === LEFT_BRACKET && startsWith(bytes, at, end, SOLARIS_ID)) {
      const limit = Math.min(end - 2, at + 40);
      let close = at;
      while (close < limit && bytes[close] !== RIGHT_BRACKET) close++;
      if (bytes[close] === RIGHT_BRACKET && bytes[close + 1] === SPACE) at = close + 2;
    }
    this.message = at;
    return at <= end;
  }

  //  <22>1 2023-03-14T00:08:35.948Z mx01 postfix/smtp 29598 - - 4jXC…: to=<…>
  //        ^                        ^    ^            ^     ^ ^ ^
  #readRfc5424(bytes: Buffer, at: number, end: number): boolean {
    if (bytes[at] === DASH && bytes[at + 1] === SPACE) {
      this.stampKind = STAMP_NONE;
      at += 2;
    } else {
      at = this.#readStamp(bytes, at, end);
      if (at < 0) return false;
    }
    this.stamped = true;
    this.hostStart = at;
    at = endOfWord(bytes, at, end);
    this.hostEnd = at++;
    this.programStart = at;
    at = endOfWord(bytes, at, end);
    this.programEnd = at++;
    at = endOfWord(bytes, at, end) + 1; // process id
    at = endOfWord(bytes, at, end) + 1; // message id
    if (at >= end || this.programEnd === this.programStart || this.hostEnd === this.hostStart) return false;
    // Structured data: `-`, or elements in brackets whose quoted values may hold escaped brackets.
    if (bytes[at] === DASH) at++;
    else {
      while (at < end && bytes[at] === LEFT_BRACKET) {
        let quoted = false;
        while (at < end && (quoted || bytes[at] !== RIGHT_BRACKET)) {
          if (bytes[at] === 0x22) quoted = !quoted;
          else if (bytes[at] === 0x5c) at++;
          at++;
        }
        at++;
      }
    }
    while (bytes[at] === SPACE) at++;
    // A byte order mark may announce UTF-8 (section 6.4).
    if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
    this.message = at;
    return at <= end;
  }

  /** Reads a time stamp and the spaces behind it; returns where the next word starts, or -1. */
  #readStamp(bytes: Buffer, at: number, end: number): number {
    const byte = bytes[at]!;
    return byte >= ZERO && byte <= 0x39 ? this.#readNumericStamp(bytes, at, end) : this.#readMonthStamp(bytes, at, end);
  }

  //  Nov 22 02:17:46 …     Nov  2 02:17:46 …     Nov 22 2026 02:17:46 …     Nov 22 02:17:46.123 …
  //  ^   ^  ^
  #readMonthStamp(bytes: Buffer, at: number, end: number): number {
    const month = monthAt(bytes, at);
    if (month === 0 || bytes[at + 3] !== SPACE || at + 15 > end) return -1;
    at += 4;
    if (bytes[at] === SPACE) at++;
    let day = digit(bytes[at]);
    if (day < 0) return -1;
    at++;
    const second = digit(bytes[at]);
    if (second >= 0) {
      day = day * 10 + second;
      at++;
    }
    if (bytes[at] !== SPACE || day < 1 || day > 31) return -1;
    at++;
    let year = -1;
    if (bytes[at + 4] === SPACE && bytes[at + 2] !== COLON) {
      year = fourDigits(bytes, at);
      if (year < 0) return -1;
      at += 5;
    }
    const time = timeOfDay(bytes, at, end);
    if (time < 0) return -1;
    at += 8;
    if (bytes[at] === 0x2e || bytes[at] === 0x2c) at = this.#readFraction(bytes, at, end);
    else this.#fraction = 0;
    if (bytes[at] !== SPACE) return -1;
    if (year < 0) {
      this.stampKind = STAMP_YEARLESS;
      this.stamp = LEAP_YEAR_START + (DAYS_BEFORE[month]! + day - 1) * DAY + time + this.#fraction;
    } else {
      this.stampKind = STAMP_LOCAL;
      this.stamp = civil(year, month, day) + time + this.#fraction;
    }
    this.offset = 0;
    while (at < end && bytes[at] === SPACE) at++;
    return at;
  }

  //  2023-03-14T00:08:35.948047+01:00 …     2023-03-14T00:08:35+0100 …     2023-03-14 00:08:35 …     2013 Jun 10 06:27:30.123 …
  //  ^    ^  ^  ^               ^
  #readNumericStamp(bytes: Buffer, at: number, end: number): number {
    const year = fourDigits(bytes, at);
    if (year < 0 || at + 19 > end) return -1;
    if (bytes[at + 4] === SPACE) {
      const behind = this.#readMonthStamp(bytes, at + 5, end);
      if (behind < 0 || this.stampKind !== STAMP_YEARLESS) return -1;
      const inLeapYear = this.stamp - LEAP_YEAR_START;
      const day = Math.floor(inLeapYear / DAY);
      let month = 12;
      while (DAYS_BEFORE[month]! > day) month--;
      this.stampKind = STAMP_LOCAL;
      this.stamp = civil(year, month, day - DAYS_BEFORE[month]! + 1) + (inLeapYear % DAY);
      return behind;
    }
    const separator = bytes[at + 4];
    if ((separator !== DASH && separator !== SLASH) || bytes[at + 7] !== separator) return -1;
    const month = twoDigits(bytes, at + 5);
    const day = twoDigits(bytes, at + 8);
    if (month < 1 || month > 12 || day < 1 || day > 31) return -1;
    if (bytes[at + 10] !== 0x54 && bytes[at + 10] !== 0x74 && bytes[at + 10] !== SPACE) return -1;
    const time = timeOfDay(bytes, at + 11, end);
    if (time < 0) return -1;
    at += 19;
    if (bytes[at] === 0x2e || bytes[at] === 0x2c) at = this.#readFraction(bytes, at, end);
    else this.#fraction = 0;
    const local = civil(year, month, day) + time + this.#fraction;
    const sign = bytes[at];
    if (sign === 0x5a || sign === 0x7a) {
      this.stampKind = STAMP_ABSOLUTE;
      this.stamp = local;
      this.offset = 0;
      at++;
    } else if (sign === 0x2b || sign === DASH) {
      const hours = twoDigits(bytes, at + 1);
      at += 3;
      if (bytes[at] === COLON) at++;
      const minutes = twoDigits(bytes, at);
      if (hours < 0 || minutes < 0) return -1;
      at += 2;
      this.stampKind = STAMP_ABSOLUTE;
      this.offset = (sign === DASH ? -1 : 1) * (hours * 60 + minutes);
      this.stamp = local - this.offset * 60_000;
    } else {
      this.stampKind = STAMP_LOCAL;
      this.stamp = local;
      this.offset = 0;
    }
    if (bytes[at] !== SPACE) return -1;
    while (at < end && bytes[at] === SPACE) at++;
    return at;
  }

  /** Milliseconds of the last fraction that was read. */
  #fraction = 0;

  //  .948047
  //  ^
  #readFraction(bytes: Buffer, at: number, end: number): number {
    let milliseconds = 0;
    let weight = 100;
    for (at++; at < end; at++) {
      const value = digit(bytes[at]);
      if (value < 0) break;
      milliseconds += value * weight;
      weight = weight >= 10 ? weight / 10 : 0;
    }
    this.#fraction = Math.floor(milliseconds);
    return at;
  }
}

const STDOUT = Buffer.from('stdout ');
const STDERR = Buffer.from('stderr ');
const MAIL_DOT = Buffer.from('mail.');
const SOLARIS_ID = Buffer.from('[ID ');

//  mail-1  | Nov 22 02:17:46 mx01 postfix/smtp[1]: …     (docker compose logs)
//  ^
function skipContainerPrefix(bytes: Buffer, at: number, end: number): number {
  if (monthAt(bytes, at) > 0 && bytes[at + 3] === SPACE) return at;
  const limit = Math.min(end, at + 80);
  for (let i = at; i < limit; i++) {
    const byte = bytes[i]!;
    if (byte === 0x7c) {
      if (bytes[i - 1] !== SPACE || bytes[i + 1] !== SPACE) return at;
      return i + 2;
    }
    if (byte === COLON || byte === 0x3c) return at;
  }
  return at;
}

function startsMonth(bytes: Buffer, at: number): boolean {
  return monthAt(bytes, at) > 0 && bytes[at + 3] === SPACE && bytes[at + 9] === COLON;
}

function startsWith(bytes: Buffer, at: number, end: number, literal: Buffer): boolean {
  if (at + literal.length > end) return false;
  for (let i = 0; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return false;
  return true;
}

function endOfWord(bytes: Buffer, at: number, end: number): number {
  while (at < end && bytes[at] !== SPACE) at++;
  return at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}

function digit(byte: number | undefined): number {
  return byte !== undefined && byte >= ZERO && byte <= 0x39 ? byte - ZERO : -1;
}

/** -1 where either is no digit. */
function twoDigits(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - ZERO;
  const ones = bytes[at + 1]! - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

function fourDigits(bytes: Buffer, at: number): number {
  const high = twoDigits(bytes, at);
  const low = twoDigits(bytes, at + 2);
  return high < 0 || low < 0 ? -1 : high * 100 + low;
}

//  02:17:46
//  ^
function timeOfDay(bytes: Buffer, at: number, end: number): number {
  if (at + 8 > end || bytes[at + 2] !== COLON || bytes[at + 5] !== COLON) return -1;
  const hours = twoDigits(bytes, at);
  const minutes = twoDigits(bytes, at + 3);
  const seconds = twoDigits(bytes, at + 6);
  // 60 is a leap second
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60) return -1;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** 1-12 by the first three letters, 0 for none; month names are English in every syslog (RFC 3164 section 4.1.2). */
function monthAt(bytes: Buffer, at: number): number {
  switch ((bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!) {
    case 0x4a616e:
      return 1;
    case 0x466562:
      return 2;
    case 0x4d6172:
      return 3;
    case 0x417072:
      return 4;
    case 0x4d6179:
      return 5;
    case 0x4a756e:
      return 6;
    case 0x4a756c:
      return 7;
    case 0x417567:
      return 8;
    case 0x536570:
      return 9;
    case 0x4f6374:
      return 10;
    case 0x4e6f76:
      return 11;
    case 0x446563:
      return 12;
    default:
      return 0;
  }
}

let lastCivilDate = -1;
let lastCivil = 0;

/** Midnight of a civil date, as if it were UTC. The last date is remembered: a log names the same one a million times. */
function civil(year: number, month: number, day: number): number {
  const date = (year * 100 + month) * 100 + day;
  if (date !== lastCivilDate) {
    lastCivilDate = date;
    lastCivil = Date.UTC(year, month - 1, day);
  }
  return lastCivil;
}
