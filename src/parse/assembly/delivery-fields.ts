// The `key=value, key=value` list that Postfix's delivery agents write (src/global/log_adhoc.c, src/global/defer.c,
// src/global/sent.c), read by the names of the keys, in any order, with keys of releases to come passed over. One pass, from the
// start of the list: what a server or a user put into a value cannot pose as a key, because a value ends where its own syntax
// ends. What is found is written into the row at `row`.
import * as COLUMN from "../../event/row-layout";
import { COMMA, CR, EQUALS, find, GREATER, LESS, matches, SPACE } from "../../event/assembly/bytes";

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const AT: u8 = 0x40;
const LEFT_PAREN: u8 = 0x28;
const RIGHT_PAREN: u8 = 0x29;

/** Whether the list that was read last has a `from=`, an `nrcpt=`, a `status=`. */
export let hasFrom: bool = false;
export let hasRecipientCount: bool = false;
export let hasStatus: bool = false;

// @ts-ignore: decorators are AssemblyScript's
@inline
function put(row: usize, column: i32, value: usize): void {
  store<u32>(row + column * 4, <u32>value);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function putSpan(row: usize, column: i32, start: usize, end: usize): void {
  put(row, column, start);
  put(row, column + 1, end);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function has(row: usize, column: i32): bool {
  return load<u32>(row + column * 4, 4) != 0;
}

/**
 * Reads the list that starts at `at`; the line ends at `end` (its line feed). The row's columns are 0 before.
 * @returns false where no `key=` of a queue manager or a delivery agent stands at the start
 */
export function readFields(row: usize, at: usize, end: usize): bool {
  hasFrom = hasRecipientCount = hasStatus = false;
  for (let first = true; at < end; first = false) {
    //  to=<user@example.org>, relay=…
    //  ^  ^
    const name = load<u64>(at);
    let column = 0;
    let length = 0;
    let address = false;
    if ((name & 0xffffff) == 0x3d6f74) { // to=
      length = 2;
      column = COLUMN.recipient;
      address = true;
    } else if ((name & 0xffffffffffff) == 0x3d79616c6572) { // relay=
      length = 5;
      column = COLUMN.relayStart;
    } else if ((name & 0xffffffffffff) == 0x3d79616c6564) { // delay=
      length = 5;
      column = COLUMN.delay;
    } else if ((name & 0xffffffffffffff) == 0x3d7379616c6564) { // delays=
      length = 6;
      column = COLUMN.delays;
    } else if ((name & 0xffffffff) == 0x3d6e7364) { // dsn=
      length = 3;
      column = COLUMN.dsn;
    } else if ((name & 0xffffffffffffff) == 0x3d737574617473) { // status=
      //  status=sent (250 2.0.0 Ok)
      //  ^
      readStatus(row, at + 7, end);
      return true;
    } else if ((name & 0xffffffff) == 0x3d736c74) { // tls=
      length = 3;
      column = COLUMN.tls;
    } else if ((name & 0xffffffffff) == 0x3d6d6f7266) { // from=
      length = 4;
      column = COLUMN.sender;
      address = true;
    } else if (name == 0x3d6f745f6769726f) { // orig_to=
      length = 7;
      column = COLUMN.originalRecipient;
      address = true;
    } else if (name == 0x6573755f6e6e6f63 && load<u8>(at + 8) == EQUALS) { // conn_use=
      length = 8;
      column = COLUMN.connectionUse;
    } else if ((name & 0xffffffffff) == 0x3d657a6973) { // size=
      length = 4;
      column = COLUMN.size;
    } else {
      //  client=unknown[192.0.2.7], sasl_method=PLAIN, sasl_username=…      uid=0 from=<root>
      //  ^                                                                  ^       smtpd's and pickup's: what follows is a client's
      if (first && ((name & 0xffffffffffffff) == 0x3d746e65696c63 || (name & 0xffffffff) == 0x3d646975)) return false;
      length = keyLength(at, end);
      if (length == 0) {
        //  to=<a>, "b"@example.org>, relay=…
        //          ^               ^
        const close: usize = first ? 0 : closeOfLongerRecipient(row, at, end);
        if (close == 0) return !first;
        at = lengthenRecipient(row, close, end);
        continue;
      }
      if ((name & 0xffffffffffff) == 0x3d747063726e) hasRecipientCount = true; // nrcpt=
    }
    if (at + length >= end) return !first;
    const valueStart = at + length + 1;
    const bracketed = load<u8>(valueStart) == LESS;
    const valueEnd = bracketed ? endOfAddress(valueStart, end) : endOfValue(valueStart, end);
    //  to=<a>, relay=b@example.org>, relay=…
    //                             ^
    if (!bracketed && load<u8>(valueEnd - 1) == GREATER && mayBeLonger(row) && startsOwnList(valueEnd, end)) {
      at = lengthenRecipient(row, valueEnd - 1, end);
      continue;
    }
    if (column != 0) {
      let from = valueStart, to = valueEnd;
      if (address) {
        if (bracketed && valueEnd - valueStart >= 2 && load<u8>(valueEnd - 1) == GREATER) {
          from++;
          to--;
        }
        // What is written first is the agent's own word.
        if (column == COLUMN.sender) {
          if (!hasFrom) putSpan(row, column, from, to);
          hasFrom = true;
        } else if (column == COLUMN.originalRecipient || !has(row, column)) putSpan(row, column, from, to);
      } else if (column == COLUMN.size || column == COLUMN.connectionUse) put(row, column, readNumber(from, to));
      else putSpan(row, column, from, to);
    }
    at = valueEnd;
    if (load<u8>(at) != COMMA) return true;
    at++;
    while (load<u8>(at) == SPACE) at++;
  }
  return true;
}

/**
 * Postfix before 3.5 writes addresses as they are. A recipient that holds `>, ` looks like a shorter one with more keys behind
 * it; but Postfix ends no value of its own with `>`, and writes nothing but keys. Where the list breaks off like that, the
 * recipient goes on to the next `>` behind which Postfix's own list starts.
 * @returns where that `>` stands behind `at`; 0 where there is none, or the recipient is none of that kind
 */
function closeOfLongerRecipient(row: usize, at: usize, end: usize): usize {
  if (!mayBeLonger(row)) return 0;
  for (at = find(GREATER, at, end); at < end; at = find(GREATER, at + 1, end)) if (startsOwnList(at + 1, end)) return at;
  return 0;
}

/** Whether a recipient has been read that was not quoted, but stood in angle brackets. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function mayBeLonger(row: usize): bool {
  const start = load<u32>(row + COLUMN.recipient * 4);
  return start != 0 && load<u8>(start - 1) == LESS && load<u8>(start) != QUOTE;
}

/** Whether what Postfix writes behind a recipient stands there: `, orig_to=<` or `, relay=`. */
function startsOwnList(at: usize, end: usize): bool {
  return load<u8>(at) == COMMA && (matches(at, end, ", relay=") || matches(at, end, ", orig_to=<"));
}

/** Lets the recipient end at `close`, and forgets what was read behind it. Returns where the list goes on. */
function lengthenRecipient(row: usize, close: usize, end: usize): usize {
  const start = load<u32>(row + COLUMN.recipient * 4);
  memory.fill(row, 0, COLUMN.WIDTH * 4);
  putSpan(row, COLUMN.recipient, start, close);
  hasFrom = hasRecipientCount = false;
  let at = close + 2;
  while (at < end && load<u8>(at) == SPACE) at++;
  return at;
}

/** How long the key at `at` is, up to its `=`: small letters, `_`, and digits behind the first; 0 where none stands there. */
function keyLength(at: usize, end: usize): i32 {
  let length = 0;
  for (; at < end; at++, length++) {
    const byte = load<u8>(at);
    if (byte == EQUALS) return length;
    if (!(<u8>(byte - 0x61) < 26 || byte == 0x5f || (length > 0 && <u8>(byte - 0x30) < 10))) return 0;
  }
  return 0;
}

/** A small non-negative integer, 0 where none stands there. */
function readNumber(at: usize, end: usize): usize {
  let value: usize = 0;
  for (const limit = min(end, at + 9); at < limit; at++) {
    const digit = <usize>load<u8>(at) - 0x30;
    if (digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

//  status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 … (in reply to RCPT TO command))
//         ^       ^
function readStatus(row: usize, at: usize, end: usize): void {
  hasStatus = true;
  const status = at;
  while (at < end && isStatusByte(load<u8>(at))) at++;
  putSpan(row, COLUMN.status, status, at);
  if (load<u8>(at) != SPACE || load<u8>(at + 1) != LEFT_PAREN) return;
  const start = at + 2;
  while (end > start && (load<u8>(end - 1) == CR || load<u8>(end - 1) == SPACE)) end--;
  const close = end > start && load<u8>(end - 1) == RIGHT_PAREN ? end - 1 : closingParenthesis(start, end);
  putSpan(row, COLUMN.response, start, close);
  if (mayBeLonger(row) && (isCut(row, end) || isDoubtful(start, end))) put(row, COLUMN.doubt, 1);
}

/** From the recipient on, bytes of a line that may have been cut: syslog daemons cut at 1,024 and more, Postfix at 2,000. */
const CUT_FROM: usize = 900;

//  to=<a@b>, relay=x, …, status=bounced (550 no) xxxxxxxxxxxxxxxxxxxxx[900 bytes]
/** Whether the line was cut, or looks like it: what would tell that the recipient is longer may be gone. */
function isCut(row: usize, end: usize): bool {
  return load<u8>(end - 1) != RIGHT_PAREN && end - load<u32>(row + COLUMN.recipient * 4) >= CUT_FROM;
}

//  to=<a@b>, relay=x, …, status=sent (250 Ok) @example.org>, relay=mx.example.org[192.0.2.1]:25, delay=…, status=bounced (…)
//  to=<a@b>, relay=mx.b[192.0.2.2]:25, …, status=bounced (550 no>, relay=x, delay=…, status=sent (250 Ok))
/**
 * Whether a whole list of Postfix's own stands in the answer, behind a `>`: the recipient may be longer than it looks (before 3.5,
 * see above), or the server wrote it. Nobody can tell, but no server does so without meaning harm.
 */
function isDoubtful(at: usize, end: usize): bool {
  for (at = find(GREATER, at, end); at < end; at = find(GREATER, at + 1, end)) {
    if (!startsOwnList(at + 1, end)) continue;
    at = behind(at + 1, end, ", delay=");
    at = behind(at, end, ", delays=");
    at = behind(at, end, ", dsn=");
    at = behind(at, end, ", status=");
    while (at < end && isStatusByte(load<u8>(at))) at++;
    return at + 1 < end && load<u8>(at) == SPACE && load<u8>(at + 1) == LEFT_PAREN;
  }
  return false;
}

/** Behind the next place where the text stands; `end` where it does not. It starts with a comma. */
function behind(at: usize, end: usize, text: string): usize {
  for (at = find(COMMA, at, end); at < end; at = find(COMMA, at + 1, end))
    if (matches(at, end, text)) return at + text.length;
  return end;
}

/** sent, SOFTBOUNCE, undeliverable-but-not-cached */
// @ts-ignore: decorators are AssemblyScript's
@inline
function isStatusByte(byte: u8): bool {
  return <u8>((byte | 0x20) - 0x61) < 26 || byte == 0x2d || byte == 0x5f;
}

/**
 * Where an address in angle brackets ends: behind its `>`. Postfix quotes a local part that holds anything special
 * (info_log_address_format=external, Postfix 3.5): it then starts with a quote, and what stands inside the quotes is text. Older
 * releases do not quote: where the quotes do not pair up, the first `>` before a comma or the end is taken (see
 * closeOfLongerRecipient).
 */
function endOfAddress(start: usize, end: usize): usize {
  //  to=<"a>, b"@example.org>, relay=…
  //      ^     ^^
  if (load<u8>(start + 1) == QUOTE) {
    let at = start + 2;
    while (at < end) {
      const byte = load<u8>(at);
      if (byte == QUOTE) break;
      at += byte == BACKSLASH ? 2 : 1;
    }
    if (at + 1 < end && (load<u8>(at + 1) == AT || load<u8>(at + 1) == GREATER)) {
      const close = closingBracket(at + 1, end);
      if (close > 0) return close;
    }
  }
  const close = closingBracket(start + 1, end);
  return close > 0 ? close : endOfValue(start, end);
}

/** Behind the first `>` that ends a value, or 0. */
function closingBracket(at: usize, end: usize): usize {
  for (at = find(GREATER, at, end); at < end; at = find(GREATER, at + 1, end)) {
    const next = load<u8>(at + 1);
    if (next == COMMA || at + 1 == end || next == CR) return at + 1;
  }
  return 0;
}

/** Where any other value ends: before `, `, or at the end of the line. */
function endOfValue(start: usize, end: usize): usize {
  for (let at = find(COMMA, start, end); at < end; at = find(COMMA, at + 1, end))
    if (load<u8>(at + 1) == SPACE || at + 1 == end) return at;
  while (end > start && load<u8>(end - 1) == CR) end--;
  return end;
}

/**
 * Where the answer ends in a line that does not end with a parenthesis: at the one that closes it, if text follows that;
 * else the answer was cut (Postfix logs at most 2,000 bytes) and runs to the end of the line.
 */
function closingParenthesis(start: usize, end: usize): usize {
  let depth = 1;
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == LEFT_PAREN) depth++;
    else if (byte == RIGHT_PAREN && --depth == 0) return at;
  }
  return end;
}
