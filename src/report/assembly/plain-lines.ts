// Settles rows by their numbers and writes the NDJSON lines of their events, as ../plain-lines.ts says: the head, which has been written
// where the line was read, then when it was and what the opening of its queue id said. Compiled by scripts/build-wasm.mjs into
// ../plain-lines.wasm.ts.
//
// A row that is not plain ends a run. Whoever called handles that one row by its event, and goes on behind it.
import { Dictionary, ELSEWHERE, entryAt } from "../../event/assembly/dictionary";
import { follows, isRecent, isWaitedFor, mayReturn, rememberHop, showsUp } from "../../event/assembly/hops";
import { LONGEST } from "../../event/assembly/kept-rows";
import { allocate, allocateFrom, isNearlyFull } from "../../event/assembly/memory";
import { closeQueueId, closeRecipient, createOpenTable, defer, isOpen, mayOpen, openCount, openEntry, openRecipient } from "../../event/assembly/open-table";
import {
  beginRun,
  BOUNCED,
  createPlainRows,
  DEFERRED,
  DELIVERED,
  isWatched,
  KIND_MESSAGE_ID,
  KIND_OPENED,
  KIND_OUTCOME,
  KIND_REMOVED,
  noteSettled,
  passWarning,
  ROW_BYTES,
} from "../../event/assembly/plain-rows";
import { offset, settleStamp, time } from "../../event/assembly/row-time";
import * as COLUMN from "../../event/row-layout";
import { copy } from "./copy";
import { closeOpening, copyOpening, createOpenings, HAS_MESSAGE_ID, HAS_SENDER, HAS_SIZE, isElsewhere, keepElsewhere, noteMessageId, noteOpened, Opening, openingOf } from "./openings";
import { goTo, KEY_BYTES, putByte, putInteger, putKey, putQuoted, putSpan, to, useKeys } from "./output";

export * from "../../event/assembly/hops";
export { closeQueueId, firstRecipient, isOpen, lastHeard, nextOpen, sweepOpen } from "../../event/assembly/open-table";
export { forgetQueueId, takePassed, untold, watchQueueId } from "../../event/assembly/plain-rows";
export { closeOpening, keepElsewhere, noteMessageId, noteOpened, oldestOpening, openingOf } from "./openings";
export { copy };

/** Writes an hour's text to `hourText`, see HOUR_BYTES. @returns its first moment, ms since 1970 UTC */
// @ts-ignore: decorators are AssemblyScript's
@external("env", "nameHour")
declare function nameHour(time: f64, offset: i32): f64;

let names: usize = 0;
/** Whose numbers the rows have. */
let scope: u32 = 0;
/** Events outside [since, until) are settled, and not written. */
let since: f64 = -Infinity;
let until: f64 = Infinity;
/** The hour that is named: its first moment and its zone; `2026-11-22T02:` and what stands behind the seconds, `+01:00`. */
let hour: f64 = NaN;
let hourOffset: i32 = 0;
let hourText: usize = 0;
const HOUR_MS: f64 = 3_600_000;
/** Of the text: 32 bytes, the last how many there are; then the zone, six. */
const HOUR_BYTES: usize = 32, ZONE_BYTES: usize = 6;
/** A run ended because there was no more room for lines. */
let isFull: bool = false;

// What stands before values, in the order of KEYS of ../plain-lines.ts.
const TIMESTAMP = 0, SENDER = 1, MESSAGE_ID = 2, SIZE = 3;
/** All of a tail but sender and message id is shorter than that, with what copies run over. */
const LONGEST_TAIL: usize = 4 * KEY_BYTES + HOUR_BYTES + 64;

/** @returns where the keys go */
export function create(dictionary: usize, mostOpenings: u32, free: usize): usize {
  allocateFrom(free);
  names = dictionary;
  const keys = allocate(4 * KEY_BYTES);
  useKeys(keys);
  hourText = allocate(HOUR_BYTES + 16);
  createPlainRows();
  createOpenings(mostOpenings);
  return keys;
}

export function hourTextAt(): usize {
  return hourText;
}

/** Before the first run. @param age milliseconds after which an open message that nothing more was heard of is forgotten @param from @param end the period, ms since 1970 UTC */
export function begin(age: f64, from: f64, end: f64): void {
  createOpenTable(age);
  since = from;
  until = end;
}

export function enterScope(number: u32): void {
  scope = number;
}

/** Zeroed memory for whoever keeps something beside. */
export function room(bytes: usize): usize {
  return allocate(bytes);
}

/** Where the bytes end that were written. */
export function written(): usize {
  return to;
}

export function ranFull(): bool {
  return isFull;
}

/**
 * Takes the rows in [row, end) up to the first that is not plain, or for whose line there is no room; their lines go to `from` and on, up
 * to `limit`.
 * @returns where that one lies, or `end`
 */
export function run(row: usize, end: usize, from: usize, limit: usize): usize {
  beginRun();
  goTo(from);
  isFull = false;
  for (; row < end; row += ROW_BYTES) {
    const kind = load<i32>(row, COLUMN.kind * 4);
    const queueKey = load<f64>(row, COLUMN.queueKey * 4);
    if (kind == KIND_MESSAGE_ID || kind == KIND_OPENED) {
      if (!noteRow(row)) break;
      continue;
    }
    if (kind == KIND_REMOVED) {
      if (isWatched(queueKey) || isElsewhere(queueKey)) break;
      closeOpening(queueKey);
      if (openCount != 0) closeQueueId(queueKey);
      continue;
    }
    if (passWarning(row, kind)) continue;
    if (kind != KIND_OUTCOME || queueKey == 0 || isWatched(queueKey) || isElsewhere(queueKey) || !writeLine(row, queueKey, limit)) break;
    noteSettled(row);
  }
  return row;
}

/** Takes what a row says of the opening of its queue id; false where it cannot stand in JSON as it is, or has no room. */
export function noteRow(row: usize): bool {
  if (load<i32>(row, COLUMN.plain * 4) != 1) return false;
  const key = load<f64>(row, COLUMN.queueKey * 4);
  if (isElsewhere(key)) return false;
  if (load<i32>(row, COLUMN.kind * 4) == KIND_MESSAGE_ID)
    return noteMessageId(key, load<u32>(row, COLUMN.messageId * 4), load<u32>(row, COLUMN.messageId * 4 + 4));
  const end = <usize>load<u32>(row, COLUMN.sender * 4 + 4);
  if (end == 0) return false;
  return noteOpened(key, load<u32>(row, COLUMN.sender * 4), end, load<i32>(row, COLUMN.size * 4));
}

/** Settles an event and writes its line; false where it is not plain, or has no room. */
function writeLine(row: usize, queueKey: f64, limit: usize): bool {
  const head = <usize>load<u32>(row, COLUMN.head * 4), headEnd = <usize>load<u32>(row, COLUMN.head * 4 + 4);
  if (head == headEnd) return false;
  const event = load<i32>(row, COLUMN.event * 4);
  const defers = event == DEFERRED;
  if (follows && isWaitedFor(queueKey)) return false;
  const relay = load<i32>(row, COLUMN.relay * 4);
  const opening = changetype<Opening>(openingOf(queueKey));
  let queuedAs: f64 = 0;
  if (event == DELIVERED) {
    // One to this machine or a network of its own may be to a content filter.
    if (relay <= 0 || (entryAt(changetype<Dictionary>(names), relay).flags & ELSEWHERE) == 0) return false;
    queuedAs = load<f64>(row, COLUMN.queuedAsKey * 4);
    if (queuedAs != 0 && (isWatched(queuedAs) || isRecent(queuedAs) || (openCount != 0 && isOpen(queuedAs)))) return false;
    if (follows && queuedAs != 0 && !mayFollow(row, opening)) return false;
  } else if (defers && !mayDefer(row)) return false;
  let bytes = headEnd - head + LONGEST_TAIL;
  if (changetype<usize>(opening) != 0) bytes += <usize>(opening.senderLength + opening.messageIdLength);
  if (to + bytes > limit) {
    isFull = true;
    return false;
  }
  settleStamp(row);
  // Moments before 1970, and parts of milliseconds, are told by the event.
  if (!(time >= 0) || Math.floor(time) != time) return false;

  // What else there is, probes and what was thrown away, leaves nothing open and closes nothing.
  if (event == DELIVERED || event == BOUNCED || defers) {
    const open: usize = openCount == 0 ? 0 : openRecipient(openEntry(queueKey, time), load<f64>(row, COLUMN.recipientKey * 4));
    // What was put off and may come back: its event says what is then to be taken back.
    if (follows && open != 0 && queuedAs != 0) return false;
    if (defers) defer(row, queueKey, time, offset, open, scope);
    else if (open != 0) closeRecipient(queueKey, open);
  }
  if (follows) {
    showsUp(queueKey);
    if (queuedAs != 0 && mayReturn(relay)) {
      const beside: usize = changetype<usize>(opening) == 0 ? 0 : copyOpening(opening);
      rememberHop(queuedAs, row, scope, time, offset, beside);
    }
  }
  if (time < since || time >= until) return true;
  putSpan(head, headEnd);
  writeTail(opening);
  return true;
}

/** Whether a deferral can be kept open here. */
function mayDefer(row: usize): bool {
  if (load<i32>(row, COLUMN.relay * 4) <= 0 || load<i32>(row, COLUMN.verdict * 4) <= 0) return false;
  return mayKeep(row) && mayOpen();
}

/** Whether a delivery can be kept until it comes back, and with it what is known of its queue id. */
function mayFollow(row: usize, opening: Opening): bool {
  return mayKeep(row) && (changetype<usize>(opening) == 0 || <usize>opening.size <= LONGEST);
}

function mayKeep(row: usize): bool {
  return load<u32>(row, COLUMN.lineEnd * 4) - load<u32>(row, COLUMN.lineStart * 4) <= <u32>LONGEST && !isNearlyFull();
}

/** What renderTail of ../event-ndjson.ts writes, and the end of the line. */
function writeTail(opening: Opening): void {
  if (!(time >= hour && time < hour + HOUR_MS) || offset != hourOffset) {
    hour = nameHour(time, offset);
    hourOffset = offset;
  }
  putKey(TIMESTAMP);
  v128.store(to, v128.load(hourText));
  v128.store(to + 16, v128.load(hourText + 16));
  goTo(to + load<u8>(hourText + HOUR_BYTES - 1));
  const ms = <u32>(time - hour);
  const seconds = ms / 1000, rest = ms % 1000;
  putTwo(seconds / 60);
  putByte(0x3a);
  putTwo(seconds % 60);
  if (rest != 0) {
    putByte(0x2e);
    putByte(<u8>(0x30 + rest / 100));
    putTwo(rest % 100);
  }
  store<u64>(to, load<u64>(hourText + HOUR_BYTES));
  goTo(to + ZONE_BYTES);
  putByte(0x22);
  if (changetype<usize>(opening) != 0) {
    const has = opening.has;
    if ((has & HAS_SENDER) != 0) putQuoted(SENDER, opening.sender, opening.sender + opening.senderLength);
    if ((has & HAS_MESSAGE_ID) != 0) putQuoted(MESSAGE_ID, opening.messageId, opening.messageId + opening.messageIdLength);
    if ((has & HAS_SIZE) != 0) {
      putKey(SIZE);
      putInteger(opening.messageSize);
    }
  }
  putByte(0x7d);
  putByte(0x0a);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function putTwo(number: u32): void {
  putByte(<u8>(0x30 + number / 10));
  putByte(<u8>(0x30 + number % 10));
}
