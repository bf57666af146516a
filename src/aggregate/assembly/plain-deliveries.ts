// Settles and counts plain deliveries, deferrals and bounces, nearly all events, by the numbers of their rows: what correlate and
// src/aggregate/report-fold.ts do with their events, without an event being made. Compiled by scripts/build-wasm.mjs into
// ../plain-deliveries.wasm.ts; ../plain-deliveries.ts says what is plain, and what it promises.
//
// A row that is not plain, or that names something whose place is not known here, ends a run. Whoever called handles that one row
// by its event, and goes on behind it: so the order of all rows stays what it was.

import { Dictionary, ELSEWHERE, entryAt, numberOf } from "../../event/assembly/dictionary";
import { follows, isRecent, isWaitedFor, mayReturn, rememberHop, showsUp } from "../../event/assembly/hops";
import { LONGEST } from "../../event/assembly/kept-rows";
import { addKey, createKeySet, hasKey } from "../../event/assembly/key-set";
import { allocate, allocateFrom, isNearlyFull } from "../../event/assembly/memory";
import { closeQueueId, closeRecipient, createOpenTable, defer, isOpen, mayOpen, openCount, openEntry, openRecipient } from "../../event/assembly/open-table";
import {
  beginRun,
  BOUNCED,
  createPlainRows,
  DEFERRED,
  DELIVERED,
  isWatched,
  KIND_OUTCOME,
  KIND_REMOVED,
  noteSettled,
  passWarning,
  ROW_BYTES,
} from "../../event/assembly/plain-rows";
import { offset, settleStamp, time } from "../../event/assembly/row-time";
import * as COLUMN from "../../event/row-layout";
import { addToCell, createCells } from "./cell-table";
import { countIn, createRows } from "./counted-rows";
import { addDelay } from "./delay-table";
import { keepFailure } from "./failures";
import { createTables, delaysAt, findRows, foundRow, foundSums, numbersOf, tableCount } from "./keyed-tables";
import { addRefusal, createRefusals, refusalOf } from "./refusals";

export { cellCount, cellsAt, clearCells } from "./cell-table";
export * from "../../event/assembly/hops";
export { enterFailuresOf, failureAt, failureOf, failurePlaces, forgetFailure, keepFailures } from "./failures";
export { moreOf } from "./counted-rows";
export { delaysOf } from "./delay-table";
export { addTable } from "./keyed-tables";
export { closeQueueId, firstRecipient, isOpen, lastHeard, nextOpen, sweepOpen } from "../../event/assembly/open-table";
export { forgetQueueId, takePassed, untold, watchQueueId } from "../../event/assembly/plain-rows";
export { forgetPartners, gatherPartners, gatherRefusals, gatherRow, indexRefusals, isEarlier } from "./refusals";
export { askAbout, compareBy, countOfEither, foremost, reaching, sumOf } from "./table-rows";

/** Of a verdict: it says all that is kept of a bounce. See `verdicts`. */
const SAYS_ALL: u32 = 0x80;

/** Columns of counters, see src/aggregate/counters.ts, that are counted in here. */
const MESSAGES: usize = 0, MESSAGES_DEFERRED: usize = 1, ATTEMPTS: usize = 2, DELIVERIES: usize = 3, DEFERRALS: usize = 4, BOUNCES: usize = 6;

/** What is counted besides. Read by ../plain-deliveries.ts, place by place. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
class Whole {
  first: f64;
  last: f64;
  events: f64;
  /** The quarter hour that is being counted: [from, until). */
  quarterFrom: f64;
  quarterUntil: f64;
  /** Where its counters lie, and those of everything: doubles, all there are. */
  quarter: usize;
  totals: usize;
  /** Counts by bucket. */
  delays: usize;
  /** Name of a host → where its events are counted, or 0. */
  hosts: usize;
}

let names: usize = 0;
let whole: usize = 0;
/** Recipients whose deliveries are not plain: those that have failed. */
let recipients: usize = 0;
/** Bucket of each delay below SMALL ms; the lowest delays of all buckets, doubles. */
let small: usize = 0;
let lowest: usize = 0;
let buckets: i32 = 0;
const SMALL: i32 = 16384;
/** Whether deferrals and bounces are counted as well: where every table is by domain, provider or verdict. */
let refuses: bool = false;
/** Whether deliveries are counted in cells, for a store, and in nothing else. */
let inCells: bool = false;
let domainTable: i32 = 0;
let providerTable: i32 = 0;
/**
 * Of the batch at hand: who its verdicts are of, and verdict → its number among those of deferrals and that among those of bounces,
 * each times 256 and with the counter of its own, and SAYS_ALL; or 0.
 */
let scope: u32 = 0;
let verdicts: usize = 0;
let verdictsLength: u32 = 0;
/** Whether a run ended with a bounce, which is counted, and whose event is wanted. */
let failed: bool = false;

/**
 * @param free from where on the memory is free, and zero
 * @returns where the whole lies, then where the tables will, then where delays are described: SMALL bytes, then so many doubles
 */
export function create(dictionary: usize, bucketCount: i32, counterColumns: i32, free: usize): usize {
  createRows(counterColumns);
  allocateFrom(free);
  names = dictionary;
  const out = allocate(4 * 4);
  const tables = createTables(dictionary);
  whole = allocate(offsetof<Whole>());
  small = allocate(SMALL);
  lowest = allocate(<usize>bucketCount * 8);
  buckets = bucketCount;
  createPlainRows();
  recipients = createKeySet();
  const all = changetype<Whole>(whole);
  all.first = Infinity;
  all.last = -Infinity;
  all.quarterFrom = NaN;
  all.totals = allocate(<usize>counterColumns * 8);
  all.delays = allocate(<usize>bucketCount * 8);
  all.hosts = allocate(<usize>numbersOf(dictionary) * 4);
  store<u32>(out, <u32>whole);
  store<u32>(out, <u32>tables, 4);
  store<u32>(out, <u32>small, 8);
  store<u32>(out, <u32>lowest, 12);
  return out;
}

/** The number of the name in [start, end), 0 where it has none and gets none. @param add whether it gets one */
export function findName(start: usize, end: usize, seed: u32, fold: bool, add: bool): i32 {
  return numberOf(names, start, end, seed, fold, add);
}

/**
 * From now on, deferrals and bounces are counted as well.
 * @param age milliseconds after which an open message that nothing more was heard of is forgotten
 */
export function countRefusals(byDomain: i32, byProvider: i32, age: f64): void {
  createOpenTable(age);
  createRefusals(names);
  domainTable = byDomain;
  providerTable = byProvider;
  refuses = true;
}

/** From now on, deliveries are counted in cells, for a store: not in tables, of which there are none then, nor with refusals. */
export function countInCells(): void {
  createCells();
  inCells = true;
}

/** The rows that follow are of another reader. */
export function enterScope(number: u32, verdictsAt: usize, length: u32): void {
  scope = number;
  verdicts = verdictsAt;
  verdictsLength = length;
}

/** Zeroed memory for whoever keeps something beside. */
export function room(bytes: usize): usize {
  return allocate(bytes);
}

export function watchRecipient(key: f64): void {
  addKey(recipients, key);
}

/**
 * Counts the rows in [row, end) up to the first that is not plain, or, `hasFailed` says so, that is counted and whose failure is to
 * be noted.
 * @returns where that one lies, or `end`
 */
export function run(row: usize, end: usize): usize {
  beginRun();
  failed = false;
  for (; row < end; row += ROW_BYTES) {
    const kind = load<i32>(row, COLUMN.kind * 4);
    const queueKey = load<f64>(row, COLUMN.queueKey * 4);
    if (kind == KIND_REMOVED) {
      if (isWatched(queueKey)) break;
      if (openCount != 0) closeQueueId(queueKey);
      continue;
    }
    if (passWarning(row, kind)) continue;
    if (kind != KIND_OUTCOME || queueKey == 0 || isWatched(queueKey)) break;
    const event = load<i32>(row, COLUMN.event * 4);
    if (event == DELIVERED) {
      if (!deliver(row, queueKey)) break;
    } else if (!refuses || (event != DEFERRED && event != BOUNCED) || !refuse(row, queueKey, event == BOUNCED)) break;
    noteSettled(row);
    if (failed) break;
  }
  return row;
}

/** Counts a delivery; false where it is not plain. */
function deliver(row: usize, queueKey: f64): bool {
  const relay = load<i32>(row, COLUMN.relay * 4), delay = load<i32>(row, COLUMN.delayMs * 4);
  if (relay <= 0 || delay < 0) return false;
  const relayEntry = entryAt(changetype<Dictionary>(names), relay);
  if ((relayEntry.flags & ELSEWHERE) == 0) return false;
  const queuedAs = load<f64>(row, COLUMN.queuedAsKey * 4);
  if (queuedAs != 0 && (isWatched(queuedAs) || isRecent(queuedAs) || (openCount != 0 && isOpen(queuedAs)))) return false;
  if (follows && (isWaitedFor(queueKey) || (queuedAs != 0 && (isTooLong(row) || isNearlyFull())))) return false;
  const recipientKey = load<f64>(row, COLUMN.recipientKey * 4);
  if (hasKey(recipients, recipientKey)) return false;
  if (inCells) {
    settleStamp(row);
    return addToCell(row, time, bucketOf(delay), scope);
  }
  const all = changetype<Whole>(whole);
  const hostEvents = settleRow(row, all);
  if (hostEvents == 0 || !findRows(row, relayEntry)) return false;

  let isFirst = true;
  if (openCount != 0) {
    const open = openRecipient(openEntry(queueKey, time), recipientKey);
    if (open != 0) {
      // What was put off and may come back: its event says what is then to be taken back.
      if (follows && queuedAs != 0) return false;
      isFirst = false;
      closeRecipient(queueKey, open);
    }
  }
  countWhole(all, hostEvents);
  countDelivery<f64>(all.totals, isFirst);
  countDelivery<f64>(all.quarter, isFirst);
  const bucket = bucketOf(delay);
  add<f64>(all.delays, <usize>bucket);
  for (let i = 0; i < tableCount; i++) {
    const counters = foundSums(i);
    countDelivery<u32>(counters, isFirst);
    addDelay(delaysAt(i), foundRow(i), counters, bucket);
  }
  if (follows) {
    showsUp(queueKey);
    if (queuedAs != 0 && mayReturn(relay)) rememberHop(queuedAs, row, scope, time, offset);
  }
  return true;
}

/** Counts a deferral, which is kept open, or a bounce, whose failure is kept or has to be noted; false where it is not plain. */
function refuse(row: usize, queueKey: f64, bounced: bool): bool {
  const relay = load<i32>(row, COLUMN.relay * 4), verdict = load<i32>(row, COLUMN.verdict * 4);
  if (relay <= 0 || verdict <= 0 || <u32>verdict >= verdictsLength) return false;
  if (isTooLong(row)) return false;
  // A queue of millions: what more is put off is remembered by correlate.
  if (isNearlyFull() || !mayOpen() || (follows && isWaitedFor(queueKey))) return false;
  const known = load<u32>(verdicts + <usize>(verdict * 2 + (bounced ? 1 : 0)) * 4);
  if (known == 0) return false;
  const all = changetype<Whole>(whole);
  const hostEvents = settleRow(row, all);
  if (hostEvents == 0 || !findRows(row, entryAt(changetype<Dictionary>(names), relay))) return false;
  const refusal = refusalOf(foundRow(domainTable), foundRow(providerTable), known >> 8);
  if (refusal == 0) return false;

  const open = openRecipient(openEntry(queueKey, time), load<f64>(row, COLUMN.recipientKey * 4));
  const isFirst = open == 0;
  if (!bounced) defer(row, queueKey, time, offset, open, scope);
  else if (open != 0) closeRecipient(queueKey, open);
  if (follows) showsUp(queueKey);
  addRefusal(refusal, row, time, isFirst);
  countWhole(all, hostEvents);
  const kind = <usize>(known & (SAYS_ALL - 1));
  countRefusal<f64>(all.totals, bounced, isFirst, kind);
  countRefusal<f64>(all.quarter, bounced, isFirst, kind);
  for (let i = 0; i < tableCount; i++) {
    countRefusal<u32>(foundSums(i), bounced, isFirst, kind);
  }
  if (bounced) failed = !((known & SAYS_ALL) != 0 && fail(row));
  return true;
}

/** Keeps the failure of a row, where its address has none yet. From then on nothing of it is plain. */
function fail(row: usize): bool {
  const recipientKey = load<f64>(row, COLUMN.recipientKey * 4);
  if (hasKey(recipients, recipientKey) || !keepFailure(row, time, scope)) return false;
  addKey(recipients, recipientKey);
  return true;
}

/** Too long to be kept. */
function isTooLong(row: usize): bool {
  return load<u32>(row, COLUMN.lineEnd * 4) - load<u32>(row, COLUMN.lineStart * 4) > <u32>LONGEST;
}

/** Settles the time of a row. Returns where its host's events are counted; 0 where only its event can say where it is to be counted. */
function settleRow(row: usize, all: Whole): usize {
  const host = load<i32>(row, COLUMN.host * 4);
  if (host <= 0) return 0;
  settleStamp(row);
  if (!(time >= all.quarterFrom && time < all.quarterUntil)) return 0;
  return <usize>load<u32>(all.hosts + <usize>host * 4);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function countWhole(all: Whole, hostEvents: usize): void {
  all.events++;
  if (time < all.first) all.first = time;
  if (time > all.last) all.last = time;
  add<f64>(hostEvents, 0);
}

export function hasFailed(): bool {
  return failed;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function add<Counter>(row: usize, column: usize): void {
  if (isFloat<Counter>()) store<f64>(row + column * 8, load<f64>(row + column * 8) + 1);
  else countIn(row, column);
}

// What events count in, see src/aggregate/counters.ts: a row of doubles, or one of a table, see counted-rows.ts.
function countDelivery<Counter>(row: usize, isFirst: bool): void {
  if (isFirst) add<Counter>(row, MESSAGES);
  add<Counter>(row, ATTEMPTS);
  add<Counter>(row, DELIVERIES);
}

/** @param kind the counter of its own: of bounces, by their type; of deferrals, `suspended`, or 0 */
function countRefusal<Counter>(row: usize, bounced: bool, isFirst: bool, kind: usize): void {
  if (isFirst) {
    add<Counter>(row, MESSAGES);
    if (!bounced) add<Counter>(row, MESSAGES_DEFERRED);
  }
  add<Counter>(row, ATTEMPTS);
  add<Counter>(row, bounced ? BOUNCES : DEFERRALS);
  if (kind != 0) add<Counter>(row, kind);
}

/** See delayBucket in src/aggregate/delays.ts. */
function bucketOf(ms: i32): u32 {
  if (ms < SMALL) return load<u8>(small + <usize>ms);
  let low = 0, high = buckets - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (load<f64>(lowest + <usize>middle * 8) <= <f64>ms) low = middle;
    else high = middle - 1;
  }
  return <u32>low;
}
