// What stands before the message of a log line: priority, time stamp, host, program. Takes time linear in the header's length.
// Sources: RFC 3164 section 4.1, RFC 5424 section 6, RFC 3339, systemd's journalctl(1) (`-o short`, `short-iso`), Postfix
// src/util/msg_logger.c and src/postlogd (maillog_file).
import { COLON, findAny, findEither, isDigit, matches, same, SPACE } from "../../event/assembly/bytes";

const DASH: u8 = 0x2d;
const SLASH: u8 = 0x2f;
const ZERO: u8 = 0x30;
const LEFT_BRACKET: u8 = 0x5b;
const RIGHT_BRACKET: u8 = 0x5d;

// LogRecord.stampKind, see src/event/log-record.ts
const STAMP_NONE = 0, STAMP_ABSOLUTE = 1, STAMP_LOCAL = 2, STAMP_YEARLESS = 3;

/** 1 January 2000 UTC: year-less stamps are kept as of this leap year, so that 29 February has a place. */
const LEAP_YEAR_START: f64 = 946684800000;
const DAY: f64 = 86400000;

// The header that was read last.
export let stampKind: i32 = STAMP_NONE;
export let stamp: f64 = 0;
/** Minutes east of UTC. */
export let offset: i32 = 0;
export let hostStart: usize = 0;
export let hostEnd: usize = 0;
export let programStart: usize = 0;
export let programEnd: usize = 0;
/** Where the message starts, behind `prog[pid]: `. */
export let message: usize = 0;
/** Stamp and host are those of the header read before: lines come many to a second. */
export let repeated: bool = false;
/** The line begins with a time stamp: a line of a log, even where no program is found in it. */
export let stamped: bool = false;

// Where the stamp and host of the header before stand; length 0 for none.
let beforeStart: usize = 0;
let beforeLength: usize = 0;
let beforeHost: usize = 0;

/** Forgets the header read before: its bytes may be overwritten. */
export function forgetHeader(): void {
  beforeLength = 0;
}

/** Reads the header of the line in [at, end); false where there is none: what was read is then meaningless, but for `stamped`. */
export function readHeader(at: usize, end: usize): bool {
  const start = at;
  const length = beforeLength;
  if (length > 0 && at + length < end && same(at, beforeStart, length)) {
    repeated = true;
    stamped = true;
    hostStart = at + beforeHost;
    hostEnd = at + length - 1;
    return readProgram(at + length, end, false);
  }
  repeated = false;
  beforeLength = 0;
  stamped = false;
  // A byte order mark, where an editor has saved the log.
  if (isByteOrderMark(at)) at += 3;
  at = skipContainerPrefix(at, end);
  //  <22>Nov 22 …        <22>1 2023-03-14T…
  //  ^                   ^
  if (load<u8>(at) == 0x3c) {
    let close = at + 2;
    while (close < at + 4 && load<u8>(close) != 0x3e) close++; // one to three digits
    if (load<u8>(close) != 0x3e || close >= end) return false;
    at = close + 1;
    // RFC 5424: the version, then a stamp, then fields of their own order
    if (load<u8>(at) == 0x31 && load<u8>(at + 1) == SPACE) return readRfc5424(at + 2, end);
  }
  at = readStamp(at, end);
  if (at == 0) return false;
  stamped = true;

  // A container's runtime puts a stamp of its own before the line's: the outer one knows its zone and wins, unless the
  // inner one knows its own.
  //  2023-03-14T00:08:35.948047123Z Nov 22 02:17:46 mx01 postfix/smtp[1]: …
  //                                 ^
  if (stampKind == STAMP_ABSOLUTE) {
    const outer = stamp, outerOffset = offset;
    let inner = at;
    //  2023-03-14T00:08:35.948047123Z stdout F Nov 22 …   (Kubernetes' CRI format)
    //                                 ^
    if (matches(inner, end, "stdout ") || matches(inner, end, "stderr ")) inner += 9;
    if (startsMonth(inner)) {
      const behind = readStamp(inner, end);
      if (behind != 0) at = behind;
      stampKind = STAMP_ABSOLUTE;
      stamp = outer;
      offset = outerOffset;
    } else if (isDigit(load<u8>(inner)) && isDigit(load<u8>(inner + 3)) && load<u8>(inner + 4) == DASH) {
      const behind = readNumericStamp(inner, end);
      if (behind != 0) at = behind;
      if (behind == 0 || stampKind != STAMP_ABSOLUTE) {
        stampKind = STAMP_ABSOLUTE;
        stamp = outer;
        offset = outerOffset;
      }
    }
  }
  //  Nov 22 02:17:46 mx01 postfix/smtp[29598]: …
  //                  ^    ^
  hostStart = at;
  at = endOfWord(at, end);
  hostEnd = at;
  if (at >= end || at == hostStart) return false;
  // A line without a host (syslog's own, or `-o short` with none): the first word is the program already.
  if (load<u8>(at - 1) == COLON) return readProgram(hostStart, end, true);
  at = skipSpaces(at, end);
  //  Feb  1 10:00:00 mx01 mail.info postfix/smtp[1]: …    (busybox and Solaris put facility and level here)
  //                       ^
  if (matches(at, end, "mail.")) {
    at = endOfWord(at, end);
    at = skipSpaces(at, end);
  } else if (hostEnd + 1 == at) {
    beforeStart = start;
    beforeLength = at - start;
    beforeHost = hostStart - start;
  }
  return readProgram(at, end, false);
}

//  postfix/submission/smtpd[29593]: connect from …
//  ^                       ^      ^
function readProgram(at: usize, end: usize, noHost: bool): bool {
  if (noHost) hostEnd = hostStart = at;
  programStart = at;
  at = findAny(LEFT_BRACKET, COLON, SPACE, at, end);
  programEnd = at;
  if (at == programStart) return false;
  if (at < end && load<u8>(at) == LEFT_BRACKET) {
    at = findEither(RIGHT_BRACKET, SPACE, at + 1, end);
    if (at < end && load<u8>(at) == SPACE) return false;
    at++;
  }
  if (at + 1 >= end || load<u8>(at) != COLON || load<u8>(at + 1) != SPACE) return false;
  at = skipSpaces(at + 2, end);
  //  postfix/smtp[1]: [ID 197553 mail.info] 4A1B…: to=<…>     (Solaris)
  //                   ^
  if (load<u8>(at) == LEFT_BRACKET && matches(at, end, "[ID ")) {
    const limit = min(end - 2, at + 40);
    let close = at;
    while (close < limit && load<u8>(close) != RIGHT_BRACKET) close++;
    if (load<u8>(close) == RIGHT_BRACKET && load<u8>(close + 1) == SPACE) at = close + 2;
  }
  message = at;
  return true;
}

//  <22>1 2023-03-14T00:08:35.948Z mx01 postfix/smtp 29598 - - 4jXC…: to=<…>
//        ^                        ^    ^            ^     ^ ^ ^
function readRfc5424(at: usize, end: usize): bool {
  if (load<u8>(at) == DASH && load<u8>(at + 1) == SPACE) {
    stampKind = STAMP_NONE;
    at += 2;
  } else {
    at = readStamp(at, end);
    if (at == 0) return false;
  }
  stamped = true;
  hostStart = at;
  at = endOfWord(at, end);
  hostEnd = at++;
  programStart = at;
  at = endOfWord(at, end);
  programEnd = at++;
  at = endOfWord(at, end) + 1; // process id
  at = endOfWord(at, end) + 1; // message id
  if (at >= end || programEnd <= programStart || hostEnd == hostStart) return false;
  // Structured data: `-`, or elements in brackets whose quoted values may hold escaped brackets.
  if (load<u8>(at) == DASH) at++;
  else {
    while (at < end && load<u8>(at) == LEFT_BRACKET) {
      let quoted = false;
      while (at < end && (quoted || load<u8>(at) != RIGHT_BRACKET)) {
        if (load<u8>(at) == 0x22) quoted = !quoted;
        else if (load<u8>(at) == 0x5c) at++;
        at++;
      }
      at++;
    }
  }
  at = skipSpaces(at, end);
  // A byte order mark may announce UTF-8 (section 6.4).
  if (at < end && isByteOrderMark(at)) at += 3;
  message = at;
  return at <= end;
}

/** Reads a time stamp and the spaces behind it; returns where the next word starts, or 0. */
function readStamp(at: usize, end: usize): usize {
  return isDigit(load<u8>(at)) ? readNumericStamp(at, end) : readMonthStamp(at, end);
}

//  Nov 22 02:17:46 …     Nov  2 02:17:46 …     Nov 22 2026 02:17:46 …     Nov 22 02:17:46.123 …
//  ^   ^  ^
function readMonthStamp(at: usize, end: usize): usize {
  const month = monthAt(at);
  if (month == 0 || load<u8>(at + 3) != SPACE || at + 15 > end) return 0;
  at += 4;
  if (load<u8>(at) == SPACE) at++;
  let day = digit(at);
  if (day < 0) return 0;
  at++;
  const second = digit(at);
  if (second >= 0) {
    day = day * 10 + second;
    at++;
  }
  if (load<u8>(at) != SPACE || day < 1 || day > 31) return 0;
  at++;
  let year = -1;
  if (load<u8>(at + 4) == SPACE && load<u8>(at + 2) != COLON) {
    year = fourDigits(at);
    if (year < 0) return 0;
    at += 5;
  }
  const time = timeOfDay(at, end);
  if (time < 0) return 0;
  at = readFraction(at + 8, end);
  if (load<u8>(at) != SPACE) return 0;
  if (year < 0) {
    stampKind = STAMP_YEARLESS;
    stamp = LEAP_YEAR_START + <f64>(daysBefore(month) + day - 1) * DAY + <f64>(time + fraction);
  } else {
    stampKind = STAMP_LOCAL;
    stamp = civil(year, month, day) + <f64>(time + fraction);
  }
  offset = 0;
  return skipSpaces(at, end);
}

//  2023-03-14T00:08:35.948047+01:00 …     2023-03-14T00:08:35+0100 …     2023-03-14 00:08:35 …     2013 Jun 10 06:27:30.123 …
//  ^    ^  ^  ^               ^
function readNumericStamp(at: usize, end: usize): usize {
  const year = fourDigits(at);
  if (year < 0 || at + 19 > end) return 0;
  if (load<u8>(at + 4) == SPACE) {
    const behind = readMonthStamp(at + 5, end);
    if (behind == 0 || stampKind != STAMP_YEARLESS) return 0;
    const inLeapYear = stamp - LEAP_YEAR_START;
    const day = <i32>Math.floor(inLeapYear / DAY);
    let month = 12;
    while (daysBefore(month) > day) month--;
    stampKind = STAMP_LOCAL;
    stamp = civil(year, month, day - daysBefore(month) + 1) + (inLeapYear - <f64>day * DAY);
    return behind;
  }
  const separator = load<u8>(at + 4);
  if ((separator != DASH && separator != SLASH) || load<u8>(at + 7) != separator) return 0;
  const month = twoDigits(at + 5);
  const day = twoDigits(at + 8);
  if (month < 1 || month > 12 || day < 1 || day > 31) return 0;
  const between = load<u8>(at + 10);
  if (between != 0x54 && between != 0x74 && between != SPACE) return 0;
  const time = timeOfDay(at + 11, end);
  if (time < 0) return 0;
  at = readFraction(at + 19, end);
  const local = civil(year, month, day) + <f64>(time + fraction);
  const sign = load<u8>(at);
  if (sign == 0x5a || sign == 0x7a) {
    stampKind = STAMP_ABSOLUTE;
    stamp = local;
    offset = 0;
    at++;
  } else if (sign == 0x2b || sign == DASH) {
    const hours = twoDigits(at + 1);
    at += 3;
    if (load<u8>(at) == COLON) at++;
    const minutes = twoDigits(at);
    if (hours < 0 || minutes < 0) return 0;
    at += 2;
    stampKind = STAMP_ABSOLUTE;
    offset = (sign == DASH ? -1 : 1) * (hours * 60 + minutes);
    stamp = local - <f64>offset * 60000;
  } else {
    stampKind = STAMP_LOCAL;
    stamp = local;
    offset = 0;
  }
  return load<u8>(at) == SPACE ? skipSpaces(at, end) : 0;
}

/** Milliseconds of the last fraction that was read. */
let fraction: i32 = 0;

//  .948047     ,948      (nothing)
//  ^           ^
function readFraction(at: usize, end: usize): usize {
  fraction = 0;
  const point = load<u8>(at);
  if (point != 0x2e && point != 0x2c) return at;
  let weight = 100;
  for (at++; at < end; at++) {
    const value = digit(at);
    if (value < 0) break;
    fraction += value * weight;
    weight /= 10;
  }
  return at;
}

//  mail-1  | Nov 22 02:17:46 mx01 postfix/smtp[1]: …     (docker compose logs)
//  ^
function skipContainerPrefix(at: usize, end: usize): usize {
  if (monthAt(at) > 0 && load<u8>(at + 3) == SPACE) return at;
  const limit = min(end, at + 80);
  for (let i = at; i < limit; i++) {
    const byte = load<u8>(i);
    if (byte == 0x7c) return load<u8>(i - 1) == SPACE && load<u8>(i + 1) == SPACE ? i + 2 : at;
    if (byte == COLON || byte == 0x3c) return at;
  }
  return at;
}

function startsMonth(at: usize): bool {
  return monthAt(at) > 0 && load<u8>(at + 3) == SPACE && load<u8>(at + 9) == COLON;
}

function isByteOrderMark(at: usize): bool {
  return (load<u32>(at) & 0xffffff) == 0xbfbbef;
}

function endOfWord(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) != SPACE) at++;
  return at;
}

function skipSpaces(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) == SPACE) at++;
  return at;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function digit(at: usize): i32 {
  const value = load<u8>(at) - ZERO;
  return value <= 9 ? <i32>value : -1;
}

/** −1 where either is no digit. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function twoDigits(at: usize): i32 {
  const tens = digit(at), ones = digit(at + 1);
  return tens < 0 || ones < 0 ? -1 : tens * 10 + ones;
}

function fourDigits(at: usize): i32 {
  const high = twoDigits(at), low = twoDigits(at + 2);
  return high < 0 || low < 0 ? -1 : high * 100 + low;
}

//  02:17:46
//  ^
function timeOfDay(at: usize, end: usize): i32 {
  if (at + 8 > end || load<u8>(at + 2) != COLON || load<u8>(at + 5) != COLON) return -1;
  const hours = twoDigits(at), minutes = twoDigits(at + 3), seconds = twoDigits(at + 6);
  // 60 is a leap second
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60) return -1;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** 1-12 by the first three letters, 0 for none; month names are English in every syslog (RFC 3164 section 4.1.2). */
function monthAt(at: usize): i32 {
  switch (load<u32>(at) & 0xffffff) {
    case 0x6e614a: return 1; // Jan
    case 0x626546: return 2; // Feb
    case 0x72614d: return 3; // Mar
    case 0x727041: return 4; // Apr
    case 0x79614d: return 5; // May
    case 0x6e754a: return 6; // Jun
    case 0x6c754a: return 7; // Jul
    case 0x677541: return 8; // Aug
    case 0x706553: return 9; // Sep
    case 0x74634f: return 10; // Oct
    case 0x766f4e: return 11; // Nov
    case 0x636544: return 12; // Dec
    default: return 0;
  }
}

/** Days before a month of a leap year, by month 1-12: 0, 31, 60, 91, … */
function daysBefore(month: i32): i32 {
  return month < 3 ? 31 * (month - 1) : (153 * (month - 3) + 2) / 5 + 60;
}

/** Midnight of a civil date, as if it were UTC, ms since 1970. Days of the proleptic Gregorian calendar, years from March. */
function civil(year: i32, month: i32, day: i32): f64 {
  const y = month < 3 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const ofEra = y - era * 400;
  const ofYear = (153 * (month < 3 ? month + 9 : month - 3) + 2) / 5 + day - 1;
  return <f64>(era * 146097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719468) * DAY;
}
