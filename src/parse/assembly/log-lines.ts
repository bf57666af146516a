// What the lines of a mail server's log say, compiled by scripts/build-wasm.mjs into ../scan/log-lines.wasm.ts; see ../scan/log-lines.ts
// for what it promises.
//
// The scanner (marked-lines.ts) names the lines that bear a mark; each is read from its start, and what it is decides what
// stands where it must, not what stands somewhere in it: a server writes its answer, a user an address, and both end up in the
// line. A row is written for each line that says something (src/event/row-layout.ts). Rare kinds of lines are only told
// apart here and read in TypeScript (../postfix/parser.ts), which turns their rows into records or drops them.
import * as COLUMN from "../../event/row-layout";
import { COMMA, CR, find, isPlain, matches } from "../../event/assembly/bytes";
import { Dictionary, DESCRIBED, entryAt, HOST, numberOf, PROGRAM, PROVIDER, RELAY } from "../../event/assembly/dictionary";
import { hasFrom, hasRecipientCount, hasStatus, readFields } from "./delivery-fields";
import { createAnswers, numberAnswer } from "./answers";
import { addressKey, keyOf } from "./keys";
import { DELIVERED, DISCARDED, endOfWord, isListBehindWord, isRefusal, isRemoved, isWarning, milliseconds, OUTCOME_WARNING, outcomeOf, queuedAs, trimmedEnd } from "./message-words";
import { endOfQueueId } from "./queue-id";
import { at, clearCounted, clearRow, put, putKey, ROW } from "./row";
import { createNames, nameRow, names, putDomain, putRelay, reachNames, TOGETHER } from "./row-names";
import * as header from "./syslog-header";

export { answerOfRow, forgetAnswers, judgeAnswer, numberAnswer } from "./answers";
export { markedLines } from "./marked-lines";
export { addressKey, keyOf } from "./keys";
export { addProviderHost, describeRelay, domainOf, relayOf } from "./row-names";
export { forgetHeader } from "./syslog-header";

// Marks, see ../scan/log-lines.ts.
const STATUS: i32 = 1, REMOVED: i32 = 2, WARNING: i32 = 4, OPENED: i32 = 8, MESSAGE_ID: i32 = 16, INBOUND: i32 = 32;
// Kinds, see src/event/log-rows.ts; the last two are settled before anybody else sees them.
const KIND_OUTCOME = 1, KIND_EXPIRED = 2, KIND_REMOVED = 3, KIND_OPENED = 4, KIND_MESSAGE_ID = 5, KIND_WARNING = 6;
const KIND_RECEIVED = 7, KIND_REJECT = 8, KIND_SUSPECT = 9;
// Why a line is suspected to be a delivery record that cannot be read; see ../postfix/parser.ts.
const NO_HEADER = 1, NO_QUEUE_ID = 2, NO_STATUS = 3, NO_RECIPIENT = 4, UNKNOWN_STATUS = 5;
/** Seed for the keys of hosts, from which those of their queue ids are made; see src/event/keys.ts. */
const HOST_SEED: f64 = 0x9e3779b9;

/** What the program that wrote the line is: bits of the table of programs. */
const IS_MAIL: u8 = 1, DISCARDS: u8 = 2;

/** Makes the dictionaries, in memory that is all zero, or joins the names that are there; called once. At `answerAt` there is room for the longest line, and 256 bytes. */
export function createDictionaries(namesAt: usize, namesBytes: usize, mostNames: u32, answersAt: usize, answersBytes: usize, mostAnswers: u32, answerAt: usize): void {
  createNames(namesAt, namesBytes, mostNames);
  createAnswers(answersAt, answersBytes, mostAnswers, answerAt);
}

// Of the last line whose header was not that of the line before.
let host: i32 = 0;
let hostKey: f64 = 0;
// Of the last line: the program's name mostly stands where it stood before.
let program: i32 = 0;
let programIs: u8 = 0;

// What the lines of the last block were.
let events: i32 = 0;
let contexts: i32 = 0;
let suspects: i32 = 0;
let unjudged: i32 = 0;

/**
 * Reads the marked lines that a search wrote to `marked`, and writes a row for each that says something to `rows`.
 * @param longest lines longer than this are passed over
 * @returns the number of rows; events, contexts, rows to be looked at, and rows without a verdict go to `counts`. The numbers of the last
 *   are written over what was read of `marked`
 */
export function readLines(marked: usize, found: i32, rows: usize, longest: i32, counts: usize): i32 {
  events = contexts = suspects = unjudged = 0;
  header.forgetHeader();
  let row = rows;
  let list = marked;
  for (const last = marked + found * 12; marked < last; ) {
    const first = row;
    const until = min(last, marked + TOGETHER * 12);
    for (; marked < until; marked += 12) {
      const start = <usize>load<u32>(marked);
      const end = <usize>load<u32>(marked, 4);
      if (<i32>(end - start) <= longest && readLine(row, start, end, load<i32>(marked, 8))) row += ROW;
    }
    reachNames(first, row);
    for (let named = first; named < row; named += ROW) {
      if (at(named, COLUMN.kind) == KIND_OUTCOME) {
        nameRow(named);
        judge(named);
      }
      if (!isUnjudged(named)) continue;
      store<i32>(list, <i32>(named - rows) / <i32>ROW);
      list += 4;
      unjudged++;
    }
  }
  store<i32>(counts, events);
  store<i32>(counts, contexts, 4);
  store<i32>(counts, suspects, 8);
  store<i32>(counts, unjudged, 12);
  return <i32>(row - rows) / <i32>ROW;
}

/** Reads one line into the row; false where it says nothing. */
function readLine(row: usize, start: usize, end: usize, marks: i32): bool {
  const readable = header.readHeader(start, end);
  if (!header.repeated) host = 0;
  if (!readable) {
    clearRow(row);
    return (marks & STATUS) != 0 && suspect(row, NO_HEADER, start, end);
  }
  readProgram();
  if ((programIs & IS_MAIL) == 0) return false;
  //  4jXCQh6CYCzJTVP: to=<user@example.org>, …
  //  ^                ^
  const queueIdStart = header.message;
  const queueIdEnd = endOfQueueId(queueIdStart, end);
  const message = queueIdEnd != 0 ? queueIdEnd + 2 : queueIdStart;

  const letter = load<u8>(message);
  //  4jXCQh6CYCzJTVP: removed
  //                   ^
  if ((marks & REMOVED) != 0 && letter == 0x72 && queueIdEnd != 0 && isRemoved(message, end)) {
    // Of a removed queue id only its key is ever asked for.
    clearCounted(row);
    put(row, COLUMN.kind, KIND_REMOVED);
    put(row, COLUMN.lineStart, <i32>start);
    readHost();
    putKey(row, COLUMN.queueKey, keyOf(queueIdStart, queueIdEnd, hostKey));
    contexts++;
    return true;
  }
  clearRow(row);
  //  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@b>: Recipient address rejected: …
  //           ^
  if ((marks & INBOUND) != 0 && isRefusal(message, end, queueIdEnd != 0)) {
    putHead(row, KIND_REJECT, start, end, queueIdStart, queueIdEnd);
    put(row, COLUMN.message, <i32>message);
    put(row, COLUMN.event, (marks & STATUS) != 0 && queueIdEnd == 0 && isListBehindWord(message, end) ? NO_QUEUE_ID : 0);
    suspects++;
    return true;
  }
  //  warning: SASL authentication failure: …      certificate verification failed for smtp.sendgrid.net[…]:587: …
  //  ^                                            ^
  //  connect to mx1.example.org[192.0.2.1]:25: Connection timed out      (src/smtp/smtp_connect.c)
  //  ^
  if ((marks & WARNING) != 0 && isWarning(message, end, letter)) {
    putHead(row, KIND_WARNING, start, end, queueIdStart, queueIdEnd);
    put(row, COLUMN.event, OUTCOME_WARNING);
    put(row, COLUMN.response, <i32>message);
    put(row, COLUMN.response + 1, <i32>trimmedEnd(message, end));
    events++;
    return true;
  }
  if ((marks & (STATUS | OPENED)) != 0) {
    // `to=`, `from=`, `orig_to=`, and keys of releases to come
    if (readFields(row, message, end)) {
      const reading = readList(row, start, end, queueIdStart, queueIdEnd, marks);
      if (reading != PASS) return reading == TAKEN;
    }
    //  xyz: to=<user@example.org>, …, status=bounced (…)      what stands where the queue id should be is none
    //  ^
    if (queueIdEnd == 0) return isListBehindWord(message, end) && suspect(row, NO_QUEUE_ID, start, end);
  }
  if (queueIdEnd == 0) return false;
  //  4jXCQh6CYCzJTVP: client=app3.news.example[198.51.100.7], sasl_method=…      4jXCQh6CYCzJTVP: uid=0 from=<root>
  //                   ^                                                                           ^
  if ((marks & INBOUND) != 0 && (letter == 0x63 || letter == 0x75)) {
    const isClient = matches(message, end, "client=");
    if (isClient || matches(message, end, "uid=")) {
      // A list of keys may have been tried on this row.
      clearRow(row);
      putHead(row, KIND_RECEIVED, start, end, queueIdStart, queueIdEnd);
      if (isClient) putClient(row, message + 7, trimmedEnd(message, end));
      contexts++;
      return true;
    }
  }
  //  4jXCQh6CYCzJTVP: message-id=<4jXCQh6CYCzJTVP@mx01.example.net>
  //                   ^
  if ((marks & MESSAGE_ID) != 0 && letter == 0x6d && matches(message, end, "message-id=")) {
    let from = message + 11;
    let to = trimmedEnd(from, end);
    if (load<u8>(from) == 0x3c && load<u8>(to - 1) == 0x3e) {
      from++;
      to--;
    }
    // A list of keys may have been tried on this row.
    clearRow(row);
    putHead(row, KIND_MESSAGE_ID, start, end, queueIdStart, queueIdEnd);
    put(row, COLUMN.messageId, <i32>from);
    put(row, COLUMN.messageId + 1, <i32>max(from, to));
    contexts++;
    return true;
  }
  return false;
}

// What readList found out: the line gives a row, or none, or is something else.
const PASS = 0, TAKEN = 1, DROPPED = 2;

/** Decides what a list of keys that was read into the row is. */
function readList(row: usize, start: usize, end: usize, queueIdStart: usize, queueIdEnd: usize, marks: i32): i32 {
  const hasRecipient = at(row, COLUMN.recipient + 1) != 0;
  if (!hasStatus) {
    //  4jXCQh6CYCzJTVP: from=<news@sender.example>, size=355, nrcpt=1 (queue active)
    //                   ^                                     ^
    if (isOpening() && queueIdEnd != 0 && (marks & OPENED) != 0) {
      putHead(row, KIND_OPENED, start, end, queueIdStart, queueIdEnd);
      contexts++;
      return TAKEN;
    }
    if ((marks & STATUS) != 0 && hasRecipient) return suspect(row, NO_STATUS, start, end) ? TAKEN : DROPPED;
    return PASS;
  }
  const statusStart = at(row, COLUMN.status), statusEnd = at(row, COLUMN.status + 1);
  const outcome = outcomeOf(statusStart, statusEnd);
  if (!hasRecipient) {
    if (!hasFrom) return outcome < 0 ? PASS : suspect(row, NO_RECIPIENT, start, end) ? TAKEN : DROPPED;
    return readReturn(row, start, end, queueIdStart, queueIdEnd) ? TAKEN : DROPPED;
  }
  if (outcome < 0) return suspect(row, UNKNOWN_STATUS, start, end) ? TAKEN : DROPPED;

  putHead(row, KIND_OUTCOME, start, end, queueIdStart, queueIdEnd);
  const event = outcome == DELIVERED && (programIs & DISCARDS) != 0 ? DISCARDED : outcome;
  put(row, COLUMN.event, event);
  put(row, COLUMN.size, 0);

  const recipientStart = at(row, COLUMN.recipient), recipientEnd = at(row, COLUMN.recipient + 1);
  putKey(row, COLUMN.recipientKey, addressKey(recipientStart, recipientEnd));
  putDomain(row, recipientStart, recipientEnd);
  putRelay(row);
  put(row, COLUMN.delayMs, milliseconds(at(row, COLUMN.delay), at(row, COLUMN.delay + 1)));
  if (outcome == DELIVERED) {
    //  250 2.0.0 Ok: queued as 4jXCQh6Ds3zJT8B
    //                          ^
    const responseEnd = at(row, COLUMN.response + 1);
    const id = queuedAs(at(row, COLUMN.response), responseEnd);
    if (id != 0) putKey(row, COLUMN.queuedAsKey, keyOf(id, endOfWord(id, responseEnd), hostKey));
  }
  events++;
  return TAKEN;
}

/** Numbers the answer and writes what it means, where it is known whose server says it. */
function judge(row: usize): void {
  const relay = load<i32>(row + COLUMN.relay * 4);
  if (relay < 0) return;
  const flags = relay == 0 ? DESCRIBED : entryAt(changetype<Dictionary>(names), <u32>relay).flags;
  if ((flags & DESCRIBED) != 0) numberAnswer(row, flags >> PROVIDER);
}

/** Whether somebody else has yet to say what the row means. */
function isUnjudged(row: usize): bool {
  const kind = load<i32>(row + COLUMN.kind * 4);
  if (kind != KIND_OUTCOME && kind != KIND_WARNING && kind != KIND_REJECT) return false;
  return load<i32>(row + COLUMN.verdict * 4) == 0 || load<i32>(row + COLUMN.doubt * 4) != 0;
}

/** The client that a message came from, as a relay. */
function putClient(row: usize, start: usize, end: usize): void {
  const clientEnd = find(COMMA, start, end);
  if (clientEnd <= start) return;
  put(row, COLUMN.relayStart, <i32>start);
  put(row, COLUMN.relayEnd, <i32>clientEnd);
  put(row, COLUMN.relay, numberOf(names, start, clientEnd, RELAY, false));
}

/** Whether the list that was read last opens a queue id (src/qmgr/qmgr_active.c). */
function isOpening(): bool {
  return hasRecipientCount && hasFrom && !hasStatus;
}

/**
 * The key of the queue id that the line opens; 0 where it opens none. For those who read lines one by one.
 * @param row room for a row
 */
export function openedKey(row: usize, start: usize, end: usize): f64 {
  if (!header.readHeader(start, end)) return 0;
  const queueIdEnd = endOfQueueId(header.message, end);
  if (queueIdEnd == 0) return 0;
  clearRow(row);
  if (!readFields(row, queueIdEnd + 2, end) || !isOpening()) return 0;
  return keyOf(header.message, queueIdEnd, keyOf(header.hostStart, header.hostEnd, HOST_SEED));
}

/**
 * Reads the header of one line, for those who look at a line's header only. Writes stamp kind and offset, what is known of it
 * (bits: 1 readable, 2 stamped, 4 of a mail program), host, program (a span each), message, and the stamp as a double to `out`.
 */
export function readOneHeader(start: usize, end: usize, out: usize): void {
  const readable = header.readHeader(start, end);
  store<i32>(out, header.stampKind);
  store<i32>(out, header.offset, 4);
  const isMail = readable && (propertiesOf(header.programStart, header.programEnd) & IS_MAIL) != 0;
  store<i32>(out, (readable ? 1 : 0) | (header.stamped ? 2 : 0) | (isMail ? 4 : 0), 8);
  store<u32>(out, <u32>header.hostStart, 12);
  store<u32>(out, <u32>header.hostEnd, 16);
  store<u32>(out, <u32>header.programStart, 20);
  store<u32>(out, <u32>header.programEnd, 24);
  store<u32>(out, <u32>header.message, 28);
  store<f64>(out, header.stamp, 32);
}

//  4jXCQj0SHmzJTWW: from=<news@sender.example>, status=expired, returned to sender
//                                                      ^
//  4jXCQj0SHmzJTWW: from=<>, status=deferred (bounce failed)       (src/qmgr, src/bounce)
/** False where the return says nothing of a recipient: one that failed. */
function readReturn(row: usize, start: usize, end: usize, queueIdStart: usize, queueIdEnd: usize): bool {
  //  4jXCQj0SHmzJTWW: from=<a>, status=expired, returned to sender@b.example>, size=355, nrcpt=1 (queue active)
  //                                                                                                           ^ an opening
  if (load<u8>(trimmedEnd(start, end) - 1) == 0x29) {
    contexts++;
    return false;
  }
  const statusStart = at(row, COLUMN.status), statusEnd = at(row, COLUMN.status + 1);
  const length = statusEnd - statusStart;
  if (
    queueIdEnd != 0 &&
    ((length == 7 && matches(statusStart, statusEnd, "expired")) ||
      (length == 13 && matches(statusStart, statusEnd, "force-expired")))
  ) {
    putHead(row, KIND_EXPIRED, start, end, queueIdStart, queueIdEnd);
    events++;
    return true;
  }
  contexts++;
  return false;
}

/** Leaves it to TypeScript to look whether the line bears the mark of a delivery record. */
function suspect(row: usize, reason: i32, start: usize, end: usize): bool {
  put(row, COLUMN.kind, KIND_SUSPECT);
  put(row, COLUMN.event, reason);
  put(row, COLUMN.lineStart, <i32>start);
  put(row, COLUMN.lineEnd, <i32>end);
  suspects++;
  return true;
}

/** Host, program, stamp, queue id. */
function putHead(row: usize, kind: i32, start: usize, end: usize, queueIdStart: usize, queueIdEnd: usize): void {
  readHost();
  put(row, COLUMN.kind, kind);
  put(row, COLUMN.lineStart, <i32>start);
  put(row, COLUMN.lineEnd, <i32>end);
  put(row, COLUMN.plain, isPlain(start, load<u8>(end - 1) == CR ? end - 1 : end) ? 1 : 0);
  put(row, COLUMN.host, header.hostEnd > header.hostStart ? host : 0);
  put(row, COLUMN.hostStart, <i32>header.hostStart);
  put(row, COLUMN.hostEnd, <i32>header.hostEnd);
  put(row, COLUMN.program, program);
  put(row, COLUMN.programStart, <i32>header.programStart);
  put(row, COLUMN.programEnd, <i32>header.programEnd);
  put(row, COLUMN.stampKind, header.stampKind);
  put(row, COLUMN.offset, header.offset);
  putKey(row, COLUMN.stamp, header.stamp);
  if (queueIdEnd != 0) {
    put(row, COLUMN.queueId, <i32>queueIdStart);
    put(row, COLUMN.queueId + 1, <i32>queueIdEnd);
    putKey(row, COLUMN.queueKey, keyOf(queueIdStart, queueIdEnd, hostKey));
  }
}

/** The host of the header: looked up once for all lines that follow each other with the same stamp and host. */
function readHost(): void {
  if (host != 0) return;
  host = numberOf(names, header.hostStart, header.hostEnd, HOST, false);
  hostKey = keyOf(header.hostStart, header.hostEnd, HOST_SEED);
}

/** The program of the header, and what it is. */
function readProgram(): void {
  const number = numberOf(names, header.programStart, header.programEnd, PROGRAM, false);
  if (number != program || number == COLUMN.UNNUMBERED) programIs = propertiesOf(header.programStart, header.programEnd);
  program = number;
}

/** Postfix logs as `syslog_name/daemon`, whatever syslog_name is set to. The agent discard(8) throws mail away on purpose. */
function propertiesOf(start: usize, end: usize): u8 {
  let is: u8 = 0;
  if (find(0x2f, start, end) < end) is = IS_MAIL;
  else for (let i = start; i < end; i++) if (matches(i, end, "postfix")) is = IS_MAIL;
  if (end - start >= 8 && matches(end - 8, end, "/discard")) is |= DISCARDS;
  return is;
}
