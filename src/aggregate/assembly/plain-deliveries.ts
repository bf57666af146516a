// Settles and counts plain deliveries, deferrals and bounces, nearly all events, by the numbers of their rows: what correlate and
// src/aggregate/report-fold.ts do with their events, without an event being made. Compiled by scripts/build-wasm.mjs into
// ../plain-deliveries.wasm.ts; ../plain-deliveries.ts says what is plain, and what it promises.
//
// A row that is not plain, or that names something whose place is not known here, ends a run. Whoever called handles that one row
// by its event, and goes on behind it: so the order of all rows stays what it was.

import { Dictionary, ELSEWHERE, Entry, entryAt, numberOf, PLAIN } from "../../event/assembly/dictionary";
import * as COLUMN from "../../event/row-layout";
import { addToCell, createCells } from "./cell-table";
import { addDelay, createDelayTable } from "./delay-table";
import { keepFailure } from "./failures";
import { follows, isRecent, isWaitedFor, mayReturn, rememberHop, showsUp } from "./hops";
import { LONGEST } from "./kept-rows";
import { addKey, createKeySet, deleteKey, hasKey } from "./key-set";
import { allocate, allocateFrom, isNearlyFull, touch } from "./memory";
import { closeQueueId, closeRecipient, createOpenTable, defer, isOpen, mayOpen, openCount, openEntry, openRecipient } from "./open-table";
import { addRefusal, createRefusals, refusalOf } from "./refusals";
import { beginTimes, isClockBehind, offset, settleStamp, time } from "./row-time";

export { cellCount, cellsAt, clearCells } from "./cell-table";
export * from "./hops";
export { enterFailuresOf, failureAt, failureOf, failurePlaces, forgetFailure, keepFailures } from "./failures";
export { delaysOf } from "./delay-table";
export { closeQueueId, firstRecipient, isOpen, lastHeard, nextOpen, sweepOpen } from "./open-table";
export { forgetPartners, gatherPartners, gatherRefusals, gatherRow, indexRefusals, isEarlier } from "./refusals";
export { askAbout, compareBy, countOfEither, foremost, reaching, sumOf } from "./table-rows";

const ROW_BYTES: usize = COLUMN.WIDTH * 4;
// See src/event/log-rows.ts.
const KIND_OUTCOME = 1, KIND_REMOVED = 3, KIND_WARNING = 6, DELIVERED = 0, DEFERRED = 1, BOUNCED = 2;
/** Of a verdict: it says all that is kept of a bounce. See `verdicts`. */
const SAYS_ALL: u32 = 0x80;

/** How a table knows its keys: by the name in a column, by the group of the relay, by a number that only its owner can place. */
const BY_NAME = 0, BY_GROUP = 1;

/** Bytes of a row of counters: doubles, see src/aggregate/counters.ts. These are counted in here. */
let rowCounters: usize = 0;
const MESSAGES: usize = 0, MESSAGES_DEFERRED: usize = 8, ATTEMPTS: usize = 2 * 8, DELIVERIES: usize = 3 * 8;
const DEFERRALS: usize = 4 * 8, BOUNCES: usize = 6 * 8;
/** Tables at most. */
const MOST_TABLES = 8;

/** A table by key. Read by ../plain-deliveries.ts, place by place. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
class Table {
  by: i32;
  /** Where in a row its number stands, bytes. */
  column: u32;
  /** Number → row + 1, or 0; for numbers below so many, which grow: see reaches. */
  map: usize;
  mapLength: u32;
  /** Rows there are, and rows that are made here at most. */
  rows: u32;
  most: u32;
  sums: usize;
  /** Row → the number of its name, or 0. */
  names: usize;
  /** A DelayTable: places, mask, used. */
  delays: usize;
  delaysMask: u32;
  delaysUsed: u32;
}

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
  /** Where its counters lie, and those of everything. */
  quarter: usize;
  totals: usize;
  /** Counts by bucket. */
  delays: usize;
  /** Name of a host → where its events are counted, or 0. */
  hosts: usize;
}

let names: usize = 0;
let tables: usize = 0;
let tableCount: i32 = 0;
let whole: usize = 0;
/** Queue ids whose lines are not plain: those that are open, and those that may come back. */
let queueIds: usize = 0;
/** Recipients whose deliveries are not plain: those that have failed. */
let recipients: usize = 0;
/** Bucket of each delay below SMALL ms; the lowest delays of all buckets, doubles. */
let small: usize = 0;
let lowest: usize = 0;
let buckets: i32 = 0;
const SMALL: i32 = 16384;
/** Rows of the tables of the delivery at hand. */
let found: usize = 0;
/** Whether deferrals and bounces are counted as well: where every table is by domain, provider or verdict. */
let refuses: bool = false;
/** Whether deliveries are counted in cells, for a store, and in nothing else. */
let inCells: bool = false;
let domainTable: usize = 0;
let providerTable: usize = 0;
/**
 * Of the batch at hand: who its verdicts are of, and verdict → its number among those of deferrals and that among those of bounces,
 * each times 256 and with the counter of its own, and SAYS_ALL; or 0.
 */
let scope: u32 = 0;
let verdicts: usize = 0;
let verdictsLength: u32 = 0;
/** Where the last row lies whose time was settled; 0 before the first of a run. */
let settled: usize = 0;
/** Whether a run ended with a bounce, which is counted, and whose event is wanted. */
let failed: bool = false;
/** Warnings that were passed over. */
let passed: i32 = 0;

/**
 * @param free from where on the memory is free, and zero
 * @returns where the whole lies, then where the tables will, then where delays are described: SMALL bytes, then so many doubles
 */
export function create(dictionary: usize, bucketCount: i32, counterColumns: i32, free: usize): usize {
  rowCounters = <usize>counterColumns * 8;
  allocateFrom(free);
  names = dictionary;
  const out = allocate(3 * 4);
  whole = allocate(offsetof<Whole>());
  tables = allocate(MOST_TABLES * offsetof<Table>());
  small = allocate(SMALL);
  lowest = allocate(<usize>bucketCount * 8);
  buckets = bucketCount;
  found = allocate(MOST_TABLES * 4);
  queueIds = createKeySet();
  recipients = createKeySet();
  const all = changetype<Whole>(whole);
  all.first = Infinity;
  all.last = -Infinity;
  all.quarterFrom = NaN;
  all.totals = allocate(rowCounters);
  all.delays = allocate(<usize>bucketCount * 8);
  all.hosts = allocate(<usize>numbersOf() * 4);
  store<u32>(out, <u32>whole);
  store<u32>(out, <u32>tables, 4);
  store<u32>(out, <u32>small, 8);
  store<u32>(out, <u32>lowest, 12);
  return out;
}

/** A table more. @param most rows that are made here; one more is made by its owner */
export function addTable(by: i32, column: i32, most: u32): void {
  const table = changetype<Table>(tables + <usize>tableCount * offsetof<Table>());
  tableCount++;
  table.by = by;
  table.column = <u32>column * 4;
  table.most = most;
  table.sums = allocate(<usize>(most + 1) * rowCounters);
  table.names = allocate(<usize>(most + 1) * 4);
  if (by == BY_NAME || by == BY_GROUP) table.map = allocate(<usize>numbersOf() * 4);
  createDelayTable(changetype<usize>(table) + offsetof<Table>("delays"));
}

/** Numbers of names are below so many. */
function numbersOf(): u32 {
  return (changetype<Dictionary>(names).mask + 1) / 2 + 1;
}

/** So many numbers at once come to be in a map. */
const STEP: u32 = 16384;

/** Whether a table's map has a number in it, or has now. */
function reaches(table: Table, number: u32): bool {
  if (table.by > BY_GROUP) return false;
  const length = min((number | (STEP - 1)) + 1, numbersOf());
  touch(table.map + <usize>table.mapLength * 4, <usize>(length - table.mapLength) * 4);
  table.mapLength = length;
  return number < length;
}

/** The number of the name in [start, end), 0 where it has none and gets none. @param add whether it gets one */
export function findName(start: usize, end: usize, seed: u32, fold: bool, add: bool): i32 {
  return numberOf(names, start, end, seed, fold, add);
}

/**
 * From now on, deferrals and bounces are counted as well.
 * @param age milliseconds after which an open message that nothing more was heard of is forgotten
 */
export function countRefusals(byDomain: u32, byProvider: u32, age: f64): void {
  createOpenTable(age);
  createRefusals(names);
  domainTable = <usize>byDomain;
  providerTable = <usize>byProvider;
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

export function watchQueueId(key: f64): void {
  addKey(queueIds, key);
}

export function forgetQueueId(key: f64): void {
  deleteKey(queueIds, key);
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
  settled = 0;
  beginTimes();
  failed = false;
  for (; row < end; row += ROW_BYTES) {
    const kind = load<i32>(row, COLUMN.kind * 4);
    const queueKey = load<f64>(row, COLUMN.queueKey * 4);
    if (kind == KIND_REMOVED) {
      if (hasKey(queueIds, queueKey)) break;
      if (openCount != 0) closeQueueId(queueKey);
      continue;
    }
    if (kind == KIND_WARNING && load<i32>(row, COLUMN.verdict * 4) == 0) {
      // A warning nobody can act on is a line like any other.
      settleStamp(row);
      settled = row;
      passed++;
      continue;
    }
    if (kind != KIND_OUTCOME || queueKey == 0 || hasKey(queueIds, queueKey)) break;
    const event = load<i32>(row, COLUMN.event * 4);
    if (event == DELIVERED) {
      if (!deliver(row, queueKey)) break;
    } else if (!refuses || (event != DEFERRED && event != BOUNCED) || !refuse(row, queueKey, event == BOUNCED)) break;
    settled = row;
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
  if (queuedAs != 0 && (hasKey(queueIds, queuedAs) || isRecent(queuedAs) || (openCount != 0 && isOpen(queuedAs)))) return false;
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
  countDelivery(all.totals, isFirst);
  countDelivery(all.quarter, isFirst);
  const bucket = bucketOf(delay);
  add(all.delays + <usize>bucket * 8);
  for (let i = 0; i < tableCount; i++) {
    const table = tables + <usize>i * offsetof<Table>();
    const tableRow = load<u32>(found + <usize>i * 4);
    countDelivery(changetype<Table>(table).sums + <usize>tableRow * rowCounters, isFirst);
    addDelay(table + offsetof<Table>("delays"), tableRow, bucket);
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
  const refusal = refusalOf(load<u32>(found + domainTable * 4), load<u32>(found + providerTable * 4), known >> 8);
  if (refusal == 0) return false;

  const open = openRecipient(openEntry(queueKey, time), load<f64>(row, COLUMN.recipientKey * 4));
  const isFirst = open == 0;
  if (!bounced) defer(row, queueKey, time, offset, open, scope);
  else if (open != 0) closeRecipient(queueKey, open);
  if (follows) showsUp(queueKey);
  addRefusal(refusal, row, time, isFirst);
  countWhole(all, hostEvents);
  const kind = <usize>(known & (SAYS_ALL - 1));
  countRefusal(all.totals, bounced, isFirst, kind);
  countRefusal(all.quarter, bounced, isFirst, kind);
  for (let i = 0; i < tableCount; i++) {
    const table = tables + <usize>i * offsetof<Table>();
    countRefusal(changetype<Table>(table).sums + <usize>load<u32>(found + <usize>i * 4) * rowCounters, bounced, isFirst, kind);
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
  add(hostEvents);
}

/** The row that the clock has yet to be told of: the last whose time the last run settled; 0 where it knows. */
export function untold(): usize {
  return isClockBehind ? settled : 0;
}

export function hasFailed(): bool {
  return failed;
}

/** How many warnings were passed over since this was last asked. */
export function takePassed(): i32 {
  const before = passed;
  passed = 0;
  return before;
}

/** Finds the row of each table, or makes it, where its name is its key as it stands; false where only the owner can. */
function findRows(row: usize, relay: Entry): bool {
  const known = changetype<Dictionary>(names);
  for (let i = 0; i < tableCount; i++) {
    const table = changetype<Table>(tables + <usize>i * offsetof<Table>());
    const number = table.by == BY_GROUP ? <i32>relay.group : load<i32>(row + table.column);
    if (number <= 0 || (<u32>number >= table.mapLength && !reaches(table, <u32>number))) return false;
    const place = table.map + <usize>number * 4;
    let tableRow = load<u32>(place);
    if (tableRow == 0) {
      if (table.by > BY_GROUP || table.rows >= table.most) return false;
      // Once the dictionary is full, a key may have been placed by its text.
      if (known.most == 0 || (entryAt(known, number).flags & PLAIN) == 0) return false;
      store<u32>(table.names + <usize>table.rows * 4, number);
      // Written before they are read: see touch.
      memory.fill(table.sums + <usize>table.rows * rowCounters, 0, rowCounters);
      tableRow = ++table.rows;
      store<u32>(place, tableRow);
    }
    store<u32>(found + <usize>i * 4, tableRow - 1);
  }
  return true;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function add(at: usize): void {
  store<f64>(at, load<f64>(at) + 1);
}

// What events count in, see src/aggregate/counters.ts.
function countDelivery(sums: usize, isFirst: bool): void {
  if (isFirst) add(sums + MESSAGES);
  add(sums + ATTEMPTS);
  add(sums + DELIVERIES);
}

/** @param kind the counter of its own: of bounces, by their type; of deferrals, `suspended`, or 0 */
function countRefusal(sums: usize, bounced: bool, isFirst: bool, kind: usize): void {
  if (isFirst) {
    add(sums + MESSAGES);
    if (!bounced) add(sums + MESSAGES_DEFERRED);
  }
  add(sums + ATTEMPTS);
  add(sums + (bounced ? BOUNCES : DEFERRALS));
  if (kind != 0) add(sums + kind * 8);
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
