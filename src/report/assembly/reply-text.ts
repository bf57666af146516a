// The server's own words in an answer, as replyText of ../../parse/smtp-reply.ts finds them, in the forms that nearly all answers have: lines
// that begin with a code, bare or behind `host H[address] said: `, and the client's own words where no server said anything.
// Everything else is left to that one: `writeWords` says no then.
import { COLON, isDigit, matches, SPACE } from "../../event/assembly/bytes";
import { copy } from "./copy";

const DASH: u8 = 0x2d, DOT: u8 = 0x2e, HASH: u8 = 0x23;

/** Of the code that was read last: behind it and what separates it from the words. */
let behindCode: usize = 0;
/** Behind the enhanced code that was read last. */
let behindEnhanced: usize = 0;

/** How long what Postfix says of the command may be, with `(in reply to `. */
const TAIL_LIMIT: usize = 60;

/**
 * Writes the words of the answer [start, last), which is printable ASCII, to `to`.
 * @returns where they end; 0 where the answer has another form
 */
export function writeWords(start: usize, last: usize, to: usize): usize {
  let end = last;
  while (start < end && load<u8>(start) == SPACE) start++;
  while (end > start && load<u8>(end - 1) == SPACE) end--;
  let code = readCode(start, end, 0);
  let unsaid = false;
  if (code == 0) {
    //  connect to mx.example.org[192.0.2.1]:25: Connection timed out      lost connection with mx.example.org[192.0.2.1] while …
    unsaid = matches(start, end, "connect to ") || matches(start, end, "lost connection with ") || matches(start, end, "conversation with ");
    if (unsaid) {
      if (mayBeSaid(start, last)) return 0;
    } else {
      start = behindSaid(start, end);
      if (start == 0) return 0;
      code = readCode(start, end, 0);
      if (code == 0) return 0;
    }
  }
  end = withoutCommand(start, end, last);
  if (unsaid) {
    if (mayHoldCode(start, end)) return 0;
    return copy(start, end, to);
  }
  if (start + 3 > end) return 0;
  return joinLines(start, end, last, code, to);
}

//  host mx.example.org[192.0.2.1] said: 550 5.1.1 …
//       ^                        ^
/** Behind `said: `; 0 where it is not said so. */
function behindSaid(start: usize, end: usize): usize {
  if (!matches(start, end, "host ") || load<u8>(start + 5) == SPACE || matches(start + 4, end, " said: ")) return 0;
  let said = start + 5;
  while (said < end && load<u8>(said) != SPACE) said++;
  if (said - start > 500 || !matches(said, end, " said: ")) return 0;
  said += 7;
  while (said < end && load<u8>(said) == SPACE) said++;
  return said;
}

/** Whether somebody is quoted somewhere. */
function mayBeSaid(start: usize, end: usize): bool {
  for (let at = start; at < end; at++)
    if (load<u8>(at) == SPACE && (matches(at, end, " said: ") || matches(at, end, " refused to talk to me: "))) return true;
  return false;
}

/** Whether a number stands somewhere that may be the code of a refusal. */
function mayHoldCode(start: usize, end: usize): bool {
  for (let at = start; at + 3 <= end; at++) {
    const byte = load<u8>(at);
    if ((byte == 0x34 || byte == 0x35) && readCode(at, end, 0) != 0) return true;
  }
  return false;
}

//  … (in reply to RCPT TO command)
//    ^                   ^
/** Where the answer ends before what the client says of its command. */
function withoutCommand(start: usize, end: usize, last: usize): usize {
  let close: usize = 0;
  if (end - start >= 10 && matches(end - 9, end, " command)")) close = end - 9;
  else if (end - start >= 11 && matches(end - 10, end, " command))")) close = end - 10;
  if (close == 0) return end;
  for (let at = close; at >= start && close - at <= TAIL_LIMIT; at--) {
    if (!matches(at, last, "(in reply to ")) continue;
    while (at > start && load<u8>(at - 1) == SPACE) at--;
    return at;
  }
  return end;
}

/** Writes the words without the codes that begin each line; the first was read last. */
function joinLines(start: usize, end: usize, last: usize, code: i32, to: usize): usize {
  const begun = to;
  const continued = load<u8>(start + 3) == DASH && start + 3 < end;
  let from = skipCodes(code, end, last);
  const first = load<u8>(start), second = load<u8>(start + 1), third = load<u8>(start + 2);
  for (let at = from; at + 3 < end; at++) {
    if (load<u8>(at) != first || load<u8>(at + 1) != second || load<u8>(at + 2) != third || load<u8>(at - 1) != SPACE) continue;
    if (readCode(at, end, code) == 0) continue;
    const words = behindCode;
    const next = skipCodes(code, end, last);
    if (!continued && next == words && load<u8>(at + 3) != DASH) continue;
    to = copy(from, at, to);
    from = next;
    at = next - 1;
  }
  if (from < end) to = copy(from, end, to);
  while (to > begun && load<u8>(to - 1) == SPACE) to--;
  return to;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function isWord(byte: u8): bool {
  return isDigit(byte) || <u8>((byte | 0x20) - 0x61) < 26;
}

/** `550`, `550-` or `550:` at `at`: its number; 0 where it is none, or another than `only`. */
function readCode(at: usize, end: usize, only: i32): i32 {
  if (at + 3 > end) return 0;
  const a = load<u8>(at), b = load<u8>(at + 1), c = load<u8>(at + 2);
  if (<u8>(a - 0x32) > 3 || <u8>(b - 0x30) > 5 || !isDigit(c)) return 0;
  const code = (<i32>a - 0x30) * 100 + (<i32>b - 0x30) * 10 + (<i32>c - 0x30);
  if (only != 0 && code != only) return 0;
  const after = at + 3 < end ? load<u8>(at + 3) : SPACE;
  if (isWord(after) || (after == DOT && at + 4 < end && isWord(load<u8>(at + 4)))) return 0;
  let next = at + 3;
  while (next < end && (load<u8>(next) == SPACE || load<u8>(next) == DASH || load<u8>(next) == COLON || load<u8>(next) == 0x2c)) next++;
  behindCode = next;
  return code;
}

/** `5.1.1`, `(#5.1.1)`, `[5.1.1]` at `at`. */
function readEnhanced(at: usize, end: usize, last: usize): bool {
  let i = at;
  const open = i < end ? load<u8>(i) : 0;
  if (open == 0x28 || open == 0x5b || open == 0x3c) i++;
  if (i < end && load<u8>(i) == HASH) i++;
  const first = i < end ? load<u8>(i) : 0;
  if ((first != 0x32 && first != 0x34 && first != 0x35) || i + 1 >= end || load<u8>(i + 1) != DOT) return false;
  const subject = i + 2;
  const dot = endOfNumber(subject, end);
  if (dot == subject || dot >= end || load<u8>(dot) != DOT || numberIn(subject, dot) > 7) return false;
  let next = endOfNumber(dot + 1, end);
  if (next == dot + 1) return false;
  const behind = next < last ? load<u8>(next) : 0;
  if (isDigit(behind) || (behind == DOT && next + 1 < last && isDigit(load<u8>(next + 1)))) return false;
  if (next < end && isWord(behind)) return false;
  if (next < end && i > at && (behind == 0x29 || behind == 0x5d || behind == 0x3e)) next++;
  behindEnhanced = next;
  return true;
}

/** Behind one to three digits; where none stand, `at` itself. */
function endOfNumber(at: usize, end: usize): usize {
  const limit = min(end, at + 3);
  while (at < limit && isDigit(load<u8>(at))) at++;
  return at;
}

function numberIn(at: usize, end: usize): i32 {
  let value = 0;
  for (; at < end; at++) value = value * 10 + <i32>load<u8>(at) - 0x30;
  return value;
}

/** Behind the reply code that was read last and its enhanced code, however often both are repeated. */
function skipCodes(code: i32, end: usize, last: usize): usize {
  let next = behindCode;
  for (let again = 0; again < 4; again++) {
    if (readEnhanced(next, end, last)) {
      next = behindEnhanced;
      while (next < end) {
        const byte = load<u8>(next);
        if (byte != SPACE && byte != COLON && !(byte == DASH && next + 1 < last && load<u8>(next + 1) == SPACE)) break;
        next++;
      }
    }
    if (readCode(next, end, code) == 0) break;
    next = behindCode;
  }
  return next;
}
