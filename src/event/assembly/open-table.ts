// Messages that are open: deferred, and nothing final heard of. Of each recipient its last row is kept: see src/correlate/open-messages.ts,
// which keeps the few that are not plain, and takes over those of here that it has to do with.
import * as COLUMN from "../row-layout";
import { addEntry, createKeyTable, dropEntry, entryOf, hasRoomFor, KeyEntry, KeyTable, placeOf } from "./key-table";
import { createKeptRows, keepRow, KeptRow, releaseRow } from "./kept-rows";

/** A recipient; its last row follows. Time and zone are those of the first deferral. Read by ../numbered-rows.ts, place by place. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
export class OpenRecipient extends KeptRow {
  /** Of the first deferral: whose numbers it has, its relay and verdict by them. */
  firstScope: u32;
  firstRelay: i32;
  firstUnreached: i32;
  firstVerdict: i32;
}

let open: KeyTable = changetype<KeyTable>(0);
export let openCount: u32 = 0;
let maxAge: f64 = 0;

/** @param age milliseconds after which a queue id that nothing more was heard of is forgotten */
export function createOpenTable(age: f64): void {
  maxAge = age;
  open = createKeyTable();
  createKeptRows();
}

/** Its entry; 0 where there is none, or one that is too old: when those are swept out must not show. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function openEntry(key: f64, now: f64): usize {
  const entry = placeOf(open, key);
  return entry.key == 0 || now - entry.time > maxAge ? 0 : changetype<usize>(entry);
}

/** Whether there is room for a queue id more. */
export function mayOpen(): bool {
  return hasRoomFor(open);
}

export function isOpen(key: f64): bool {
  return placeOf(open, key).key != 0;
}

/** Where the recipient of a queue id stands: the place that names it; 0 where it has none. */
export function openRecipient(entry: usize, recipientKey: f64): usize {
  if (entry == 0) return 0;
  let at = entry + offsetof<KeyEntry>("first");
  for (;;) {
    const recipient = load<usize>(at);
    if (recipient == 0 || changetype<OpenRecipient>(recipient).recipientKey == recipientKey) break;
    at = recipient + offsetof<OpenRecipient>("next");
  }
  return load<usize>(at) == 0 ? 0 : at;
}

/** A recipient is delivered or bounced: the place that names it. */
export function closeRecipient(key: f64, at: usize): void {
  const recipient = load<usize>(at);
  store<usize>(at, changetype<OpenRecipient>(recipient).next);
  releaseRow(recipient);
  const entry = placeOf(open, key);
  if (entry.first == 0) drop(entry);
}

/** Everything of a queue id is done. */
export function closeQueueId(key: f64): void {
  const entry = placeOf(open, key);
  if (entry.key == 0) return;
  for (let recipient = entry.first; recipient != 0; ) {
    const next = changetype<OpenRecipient>(recipient).next;
    releaseRow(recipient);
    recipient = next;
  }
  drop(entry);
}

function drop(entry: KeyEntry): void {
  openCount--;
  dropEntry(open, entry);
}

/**
 * A deferral: keeps its row.
 * @param at the place that names its recipient, 0 where it has none yet
 * @param offset the zone of `now`, minutes east of UTC
 */
export function defer(row: usize, key: f64, now: f64, offset: i32, at: usize, scope: u32): void {
  let entry = placeOf(open, key);
  if (entry.key != 0 && now - entry.time > maxAge) {
    closeQueueId(key);
    entry = placeOf(open, key);
  }
  if (entry.key == 0) {
    openCount++;
    entry = addEntry(open, key);
  }
  entry.time = now;
  const made = changetype<OpenRecipient>(keepRow(row, scope));
  if (at != 0) {
    const before = changetype<OpenRecipient>(load<usize>(at));
    made.next = before.next;
    made.time = before.time;
    made.offset = before.offset;
    made.firstScope = before.firstScope;
    made.firstRelay = before.firstRelay;
    made.firstUnreached = before.firstUnreached;
    made.firstVerdict = before.firstVerdict;
    releaseRow(changetype<usize>(before));
  } else {
    made.next = 0;
    made.time = now;
    made.offset = offset;
    made.firstScope = scope;
    made.firstRelay = load<i32>(row, COLUMN.relay * 4);
    made.firstUnreached = load<i32>(row, COLUMN.unreached * 4);
    made.firstVerdict = load<i32>(row, COLUMN.verdict * 4);
    // Recipients stay in the order in which they came.
    at = changetype<usize>(entry) + offsetof<KeyEntry>("first");
    while (load<usize>(at) != 0) at = load<usize>(at) + offsetof<OpenRecipient>("next");
  }
  store<usize>(at, changetype<usize>(made));
}

/** Closes all queue ids of which nothing was heard since long before `now`. */
export function sweepOpen(now: f64): void {
  for (let slot: u32 = 0; slot <= open.mask; ) {
    const entry = entryOf(open, slot);
    // Another may move into the place.
    if (entry.key != 0 && now - entry.time > maxAge) closeQueueId(entry.key);
    else slot++;
  }
}

/** A queue id that is open, from a place on; 0 where there is none. For those who look at all. */
export function nextOpen(slot: u32): f64 {
  for (; slot <= open.mask; slot++) {
    const key = entryOf(open, slot).key;
    if (key != 0) return key;
  }
  return 0;
}

/** The first recipient of a queue id, 0 where there is none; and when it was last heard of. */
export function firstRecipient(key: f64): usize {
  const entry = placeOf(open, key);
  return entry.key == 0 ? 0 : entry.first;
}

export function lastHeard(key: f64): f64 {
  return placeOf(open, key).time;
}
