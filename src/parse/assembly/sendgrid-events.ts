// What SendGrid's events say, compiled by scripts/build-wasm.mjs into ../scan/json-objects.wasm.ts, with the reading of objects
// (json-object.ts). A row is written for each event that may tell of a delivery (../sendgrid/row-layout.ts); what is rare is marked
// as odd there, and left to TypeScript (../sendgrid/event-rows.ts).
import * as COLUMN from "../sendgrid/row-layout";
import { UNNUMBERED } from "../../event/row-layout";
import { find, findLast, foldedLong, isDigit, SPACE } from "../../event/assembly/bytes";
import { DOMAIN, numberOf } from "../../event/assembly/dictionary";
import { copy, withoutRecipient } from "./answer-text";
import { addressKey, keyOf } from "./keys";
import { numberOfWord, OPEN, OPEN_LIST, CLOSE_LIST, readObject } from "./json-object";

export { createReader, readObject } from "./json-object";

const QUOTE: u8 = 0x22, AT: u8 = 0x40, DOT: u8 = 0x2e, COMMA: u8 = 0x2c;
const LF: u8 = 0x0a, CR: u8 = 0x0d, TAB: u8 = 0x09;

let names: usize = 0;
let kinds: usize = 0;
/** Room for a word in small letters. */
let word: usize = 0;
let answers: usize = 0;
/** Where an answer is written, to be looked up. */
let answer: usize = 0;
// Bit n is set for kinds that are deliveries, that are failures, and for all whose answers are told by their words.
let deliveries: i32 = 0;
let failures: i32 = 0;
let answered: i32 = 0;
/** Longer answers have no number. */
const LONGEST_ANSWER: usize = 2048;

/**
 * Says what is known beforehand; called once, after createReader with the members of ../sendgrid/row-layout.ts.
 * @param namesAt the dictionary of names
 * @param kindsAt the names of events, small letters, a table of words
 * @param wordAt room for 48 bytes
 * @param answersAt the dictionary of answers
 * @param answerAt room for the longest answer
 */
export function createEvents(namesAt: usize, kindsAt: usize, wordAt: usize, answersAt: usize, answerAt: usize): void {
  names = namesAt;
  kinds = kindsAt;
  word = wordAt;
  answers = answersAt;
  answer = answerAt;
}

/** Says which kinds are deliveries, which are failures, and of which the answer is told by its words: a bit for each. */
export function describeKinds(delivered: i32, failed: i32, all: i32): void {
  deliveries = delivered;
  failures = failed;
  answered = all;
}

// What the objects were that were read last.
let rowCount: i32 = 0;
let objects: i32 = 0;
let long: i32 = 0;
let named: i32 = 0;
let toSettle: i32 = 0;
let unnumbered: i32 = 0;

/**
 * Reads the objects in [at, end), one after the other, up to one that is not valid or text that is none. Writes a row for each that
 * names an event of the list, or may.
 * @param longest objects longer than this are passed over
 * @param counts where six numbers go: rows; objects; those that were too long; those with event and email; rows that are odd or
 *   name no recipient; answers that found no room
 * @returns where it stopped
 */
export function readEvents(at: usize, end: usize, rows: usize, longest: i32, counts: usize): usize {
  rowCount = objects = long = named = toSettle = unnumbered = 0;
  let row = rows;
  while (at < end) {
    const byte = load<u8>(at);
    if (byte == OPEN) {
      const behind = readObject(at, end, row + COLUMN.members * 4);
      if (behind == 0) break;
      objects++;
      if (<i32>(behind - at) > longest) long++;
      else if (isWanted(row)) {
        put(row, COLUMN.start, <i32>at);
        put(row, COLUMN.end, <i32>behind);
        rowCount++;
        row += COLUMN.WIDTH * 4;
      }
      at = behind;
    } else if (byte == COMMA || byte == LF || byte == SPACE || byte == OPEN_LIST || byte == CLOSE_LIST || byte == CR || byte == TAB) at++;
    else break;
  }
  store<i32>(counts, rowCount);
  store<i32>(counts, objects, 4);
  store<i32>(counts, long, 8);
  store<i32>(counts, named, 12);
  store<i32>(counts, toSettle, 16);
  store<i32>(counts, unnumbered, 20);
  return at;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function put(row: usize, column: i32, value: i32): void {
  store<i32>(row + column * 4, value);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function startOf(row: usize, member: i32): usize {
  return load<u32>(row + (COLUMN.members + member * 2) * 4);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function endOf(row: usize, member: i32): usize {
  return load<u32>(row + (COLUMN.members + member * 2) * 4, 4);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function isString(row: usize, member: i32): bool {
  const start = startOf(row, member);
  return start != 0 && load<u8>(start) == QUOTE;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function isEscaped(row: usize, member: i32): bool {
  return (load<i32>(row + COLUMN.escapes * 4) & (1 << member)) != 0;
}

/** Reads what the members of an object say into its row; whether the row is to be kept. */
function isWanted(row: usize): bool {
  if (!isString(row, COLUMN.event)) return false;
  const hasEmail = isString(row, COLUMN.email);
  if (hasEmail) named++;
  let odd = isEscaped(row, COLUMN.event);
  if (!readKind(row) && !odd) return false;
  if (!hasEmail) {
    put(row, COLUMN.odd, <i32>odd);
    toSettle++;
    return true;
  }
  put(row, COLUMN.answer, 0);
  if (!readRecipient(row)) odd = true;
  else if (!odd) readAnswer(row);
  if (!readEventKey(row)) odd = true;
  if (!readMessageKey(row)) odd = true;
  if (!readStamp(row)) odd = true;
  put(row, COLUMN.odd, <i32>odd);
  if (odd) toSettle++;
  return true;
}

/** Whether the event's name is in the list. */
function readKind(row: usize): bool {
  const start = startOf(row, COLUMN.event) + 1;
  const length = endOf(row, COLUMN.event) - 1 - start;
  put(row, COLUMN.exact, 1);
  let number = numberOfWord(kinds, start, length);
  if (number < 0 && length < 32) {
    for (let i: usize = 0; i < length; i += 8) store<u64>(word + i, foldedLong(load<u64>(start + i)));
    number = numberOfWord(kinds, word, length);
    put(row, COLUMN.exact, 0);
  }
  put(row, COLUMN.kind, number + 1);
  return number >= 0;
}

/** False where something is left to be settled; so for all below. */
function readRecipient(row: usize): bool {
  const start = startOf(row, COLUMN.email) + 1;
  const end = endOf(row, COLUMN.email) - 1;
  if (start == end || isEscaped(row, COLUMN.email)) {
    put(row, COLUMN.domain, UNNUMBERED);
    store<f64>(row + COLUMN.recipientKey * 4, 0);
    return false;
  }
  store<f64>(row + COLUMN.recipientKey * 4, addressKey(start, end));
  const at = findLast(AT, start, end);
  put(row, COLUMN.domain, at < start ? 0 : isName(at + 1, end) ? numberOf(names, at + 1, end, DOMAIN, true) : UNNUMBERED);
  return true;
}

/** Whether a domain means what stands there: printable ASCII without spaces, not nothing. */
function isName(at: usize, end: usize): bool {
  if (at == end) return false;
  for (; at < end; at++) if (<u8>(load<u8>(at) - 0x21) > 0x5d) return false;
  return true;
}

function readEventKey(row: usize): bool {
  store<f64>(row + COLUMN.eventKey * 4, 0);
  if (!isString(row, COLUMN.sg_event_id)) return true;
  if (isEscaped(row, COLUMN.sg_event_id)) return false;
  const start = startOf(row, COLUMN.sg_event_id) + 1;
  const end = endOf(row, COLUMN.sg_event_id) - 1;
  if (start < end) store<f64>(row + COLUMN.eventKey * 4, keyOf(start, end, 0));
  return true;
}

function readMessageKey(row: usize): bool {
  store<f64>(row + COLUMN.messageKey * 4, 0);
  if (!isString(row, COLUMN.sg_message_id) || isEscaped(row, COLUMN.sg_message_id)) return false;
  const recipient = load<f64>(row + COLUMN.recipientKey * 4);
  const start = startOf(row, COLUMN.sg_message_id) + 1;
  const end = endOf(row, COLUMN.sg_message_id) - 1;
  if (start == end || recipient == 0) return false;
  let dot = start;
  while (dot < end && load<u8>(dot) != DOT) dot++;
  store<f64>(row + COLUMN.messageKey * 4, keyOf(start, dot, recipient));
  return true;
}

/** Seconds since 1970, or milliseconds, up to fifteen digits. */
function readStamp(row: usize): bool {
  store<f64>(row + COLUMN.stamp * 4, NaN);
  const start = startOf(row, COLUMN.timestamp);
  const end = endOf(row, COLUMN.timestamp);
  if (start == 0) return true;
  if (end - start > 15) return false;
  let number: u64 = 0;
  for (let i = start; i < end; i++) {
    const digit = load<u8>(i);
    if (!isDigit(digit)) return false;
    number = number * 10 + (digit - 0x30);
  }
  if (number == 0) return true;
  store<f64>(row + COLUMN.stamp * 4, <f64>(number > 100_000_000_000 ? number : number * 1000));
  return true;
}

/** Numbers what the answer comes down to. */
function readAnswer(row: usize): void {
  const length = answerOf(row);
  if (length == 0) return;
  const number = numberOf(answers, answer, answer + length, 0, false);
  if (number == UNNUMBERED) unnumbered++;
  put(row, COLUMN.answer, number);
}

/** Where the text of the last answer starts, behind `status`. */
let textStart: usize = 0;

/** Writes what the answer of a row comes down to; returns where it ends, and where its text starts goes to `out`. */
export function answerText(row: usize, out: usize): usize {
  const length = answerOf(row);
  store<i32>(out, <i32>textStart);
  return answer + length;
}

/**
 * Writes `status` and the words of an answer to where answers are written, without what is new each time: of a delivery, only the
 * codes count; of others, not who the recipient is. Returns the length; 0 where there is no answer, or one to be looked at in
 * TypeScript.
 */
function answerOf(row: usize): usize {
  const kind = 1 << load<i32>(row + COLUMN.kind * 4);
  if ((answered & kind) == 0) return 0;
  const member = (failures & kind) == 0 && says(row, COLUMN.response) ? COLUMN.response : COLUMN.reason;
  if (!says(row, member) || isEscaped(row, member) || isEscaped(row, COLUMN.status)) return 0;
  const start = startOf(row, member) + 1;
  let end = endOf(row, member) - 1;
  let to = answer;
  if (isString(row, COLUMN.status)) {
    const status = startOf(row, COLUMN.status) + 1, statusEnd = endOf(row, COLUMN.status) - 1;
    if (statusEnd - status > LONGEST_ANSWER) return 0;
    to = copy(to, status, statusEnd);
  }
  store<u8>(to++, 0); // what no string of JSON holds
  textStart = to;
  if ((deliveries & kind) != 0) {
    end = endOfCodes(start, end);
    if (end == 0) return 0;
    to = copy(to, start, end);
  } else {
    if (end - start > LONGEST_ANSWER) return 0;
    to = withoutRecipient(to, start, end, startOf(row, COLUMN.email) + 1, endOf(row, COLUMN.email) - 1);
  }
  return to - answer;
}

/** Whether a member is a string that says something. */
function says(row: usize, member: i32): bool {
  return isString(row, member) && endOf(row, member) - startOf(row, member) > 2;
}

//  250 2.0.0 OK  1795000000 d2e1-5c6dsi123.45 - gsmtp
//           ^
//  250 Message accepted
//      ^
/** Where the codes end that an answer begins with; 0 where others may follow. As CODES of src/enrich/enrich-webhooks.ts. */
function endOfCodes(start: usize, end: usize): usize {
  if (end < start + 4 || endOfDigits(start, end) != start + 3 || load<u8>(start + 3) != SPACE) return 0;
  const at = start + 4;
  const first = load<u8>(at);
  if (at + 1 < end && (first == 0x32 || first == 0x34 || first == 0x35) && load<u8>(at + 1) == DOT) {
    const subject = endOfDigits(at + 2, end);
    if (subject > at + 2 && subject < at + 6 && subject < end && load<u8>(subject) == DOT) {
      const detail = endOfDigits(subject + 1, end);
      if (detail > subject + 1 && detail < subject + 5 && detail < end && load<u8>(detail) == SPACE) return detail;
    }
  }
  return find(DOT, at, end) == end ? at : 0;
}

function endOfDigits(at: usize, end: usize): usize {
  while (at < end && isDigit(load<u8>(at))) at++;
  return at;
}
