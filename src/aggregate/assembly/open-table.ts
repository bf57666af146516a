// Messages that are open: deferred, and nothing final heard of. Of each recipient its last row is kept, with the text of its line, so
// that whoever wants an event of it can read it as any other row: see src/correlate/open-messages.ts, which keeps the few that are not
// plain, and takes over those of here that it has to do with.
import * as COLUMN from "../../event/row-layout";
import { allocate } from "./memory";

const ROW_BYTES: usize = COLUMN.WIDTH * 4;

/** A recipient; behind it its row, then the text of its line. Read by ../plain-deliveries.ts, place by place. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
export class OpenRecipient {
  /** The next recipient of the queue id, or 0; of one that is free, the next that is. */
  next: usize;
  /** Bytes, this head included. */
  size: u32;
  /** Whose numbers the row has: counted by ../plain-deliveries.ts. */
  scope: u32;
  /** Of the first deferral: its zone, minutes east of UTC; its moment; whose numbers it has, its relay and verdict by them. */
  firstOffset: i32;
  recipientKey: f64;
  firstTime: f64;
  firstScope: u32;
  firstRelay: i32;
  firstUnreached: i32;
  firstVerdict: i32;
}

/** Where a recipient's row lies, and its text. */
const ROW: usize = 48, TEXT: usize = ROW + ROW_BYTES;
/** Lines longer than that are left to their events. */
export const LONGEST: usize = 4096;

/** What is known of a queue id. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
class OpenQueueId {
  key: f64;
  /** When last heard of, ms since 1970 UTC. */
  last: f64;
  first: usize;
  pad: u32;
}
const ENTRY: usize = 24;

let slots: usize = 0;
let mask: u32 = 0;
export let openCount: u32 = 0;
/** Free memory by size, in units of UNIT bytes. */
let free: usize = 0;
const UNIT: usize = 64;
let maxAge: f64 = 0;

/** @param age milliseconds after which a queue id that nothing more was heard of is forgotten */
export function createOpenTable(age: f64): void {
  maxAge = age;
  mask = 1023;
  slots = allocate(<usize>(mask + 1) * ENTRY);
  free = allocate(((LONGEST + TEXT) / UNIT + 2) * 4);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function home(key: f64): u32 {
  const whole = <u64>key;
  return (<u32>whole ^ <u32>(whole >> 32)) & mask;
}

/** Where a queue id's entry stands; where it has none, the free place for it. */
function place(key: f64): OpenQueueId {
  let slot = home(key);
  let entry = changetype<OpenQueueId>(slots + <usize>slot * ENTRY);
  while (entry.key != 0 && entry.key != key) {
    slot = (slot + 1) & mask;
    entry = changetype<OpenQueueId>(slots + <usize>slot * ENTRY);
  }
  return entry;
}

/** Its entry; 0 where there is none, or one that is too old: when those are swept out must not show. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function openEntry(key: f64, now: f64): usize {
  const entry = place(key);
  return entry.key == 0 || now - entry.last > maxAge ? 0 : changetype<usize>(entry);
}

export function isOpen(key: f64): bool {
  return place(key).key != 0;
}

/** Where the recipient of a queue id stands: the place that names it; 0 where it has none. */
export function openRecipient(entry: usize, recipientKey: f64): usize {
  if (entry == 0) return 0;
  let at = entry + offsetof<OpenQueueId>("first");
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
  release(recipient);
  if (place(key).first == 0) dropEntry(key);
}

/** Everything of a queue id is done. */
export function closeQueueId(key: f64): void {
  const entry = place(key);
  if (entry.key == 0) return;
  for (let recipient = entry.first; recipient != 0; ) {
    const next = changetype<OpenRecipient>(recipient).next;
    release(recipient);
    recipient = next;
  }
  dropEntry(key);
}

/**
 * A deferral: keeps its row.
 * @param at the place that names its recipient, 0 where it has none yet
 * @param offset the zone of `now`, minutes east of UTC
 */
export function defer(row: usize, key: f64, now: f64, offset: i32, at: usize, scope: u32): void {
  let entry = place(key);
  if (entry.key != 0 && now - entry.last > maxAge) {
    closeQueueId(key);
    entry = place(key);
  }
  if (entry.key == 0) {
    if (openCount * 2 > mask) {
      grow();
      entry = place(key);
    }
    openCount++;
    entry.key = key;
    entry.first = 0;
  }
  entry.last = now;
  let next: usize = 0;
  let firstTime = now, firstOffset = offset, firstScope = scope;
  let firstRelay = load<i32>(row, COLUMN.relay * 4), firstUnreached = load<i32>(row, COLUMN.unreached * 4);
  let firstVerdict = load<i32>(row, COLUMN.verdict * 4);
  if (at != 0) {
    const before = changetype<OpenRecipient>(load<usize>(at));
    next = before.next;
    firstTime = before.firstTime;
    firstOffset = before.firstOffset;
    firstScope = before.firstScope;
    firstRelay = before.firstRelay;
    firstUnreached = before.firstUnreached;
    firstVerdict = before.firstVerdict;
    release(changetype<usize>(before));
  } else {
    // Recipients stay in the order in which they came.
    at = changetype<usize>(entry) + offsetof<OpenQueueId>("first");
    while (load<usize>(at) != 0) at = load<usize>(at) + offsetof<OpenRecipient>("next");
  }
  const made = changetype<OpenRecipient>(keep(row, scope));
  made.next = next;
  made.firstTime = firstTime;
  made.firstOffset = firstOffset;
  made.firstScope = firstScope;
  made.firstRelay = firstRelay;
  made.firstUnreached = firstUnreached;
  made.firstVerdict = firstVerdict;
  store<usize>(at, changetype<usize>(made));
}

/** A copy of a row with its text. */
function keep(row: usize, scope: u32): usize {
  const start = <usize>load<u32>(row, COLUMN.lineStart * 4), end = <usize>load<u32>(row, COLUMN.lineEnd * 4);
  const units = (TEXT + (end - start) + UNIT - 1) / UNIT;
  let made = load<usize>(free + units * 4);
  if (made != 0) store<usize>(free + units * 4, changetype<OpenRecipient>(made).next);
  else made = allocate(units * UNIT);
  const recipient = changetype<OpenRecipient>(made);
  recipient.size = <u32>(units * UNIT);
  recipient.scope = scope;
  recipient.recipientKey = load<f64>(row, COLUMN.recipientKey * 4);
  const kept = made + ROW;
  memory.copy(kept, row, ROW_BYTES);
  memory.copy(made + TEXT, start, end - start);
  const moved = <i32>(made + TEXT) - <i32>start;
  move(kept, COLUMN.lineStart, moved);
  move(kept, COLUMN.hostStart, moved);
  move(kept, COLUMN.programStart, moved);
  move(kept, COLUMN.queueId, moved);
  move(kept, COLUMN.recipient, moved);
  move(kept, COLUMN.originalRecipient, moved);
  move(kept, COLUMN.relayStart, moved);
  move(kept, COLUMN.status, moved);
  move(kept, COLUMN.delay, moved);
  move(kept, COLUMN.delays, moved);
  move(kept, COLUMN.tls, moved);
  move(kept, COLUMN.dsn, moved);
  move(kept, COLUMN.response, moved);
  store<u64>(kept + COLUMN.head * 4, 0);
  return made;
}

/** A span that lies elsewhere now. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function move(row: usize, column: i32, by: i32): void {
  const at = row + column * 4;
  if (load<i32>(at, 4) == 0) return;
  store<i32>(at, load<i32>(at) + by);
  store<i32>(at, load<i32>(at, 4) + by, 4);
}

function release(recipient: usize): void {
  const list = free + <usize>(changetype<OpenRecipient>(recipient).size / <u32>UNIT) * 4;
  changetype<OpenRecipient>(recipient).next = load<usize>(list);
  store<usize>(list, recipient);
}

/** Takes an entry out, and closes the gap: what was pushed past it moves back. */
function dropEntry(key: f64): void {
  let slot = <u32>((changetype<usize>(place(key)) - slots) / ENTRY);
  openCount--;
  for (let next = (slot + 1) & mask; ; next = (next + 1) & mask) {
    const moved = slots + <usize>next * ENTRY;
    const movedKey = load<f64>(moved);
    if (movedKey == 0) break;
    if (((next - home(movedKey)) & mask) >= ((next - slot) & mask)) {
      memory.copy(slots + <usize>slot * ENTRY, moved, ENTRY);
      slot = next;
    }
  }
  memory.fill(slots + <usize>slot * ENTRY, 0, ENTRY);
}

function grow(): void {
  const before = slots, length = mask + 1;
  mask = 2 * length - 1;
  slots = allocate(<usize>(mask + 1) * ENTRY);
  for (let i: u32 = 0; i < length; i++) {
    const from = before + <usize>i * ENTRY;
    if (load<f64>(from) != 0) memory.copy(changetype<usize>(place(load<f64>(from))), from, ENTRY);
  }
}

/** Closes all queue ids of which nothing was heard since long before `now`. */
export function sweepOpen(now: f64): void {
  for (let slot: u32 = 0; slot <= mask; ) {
    const entry = changetype<OpenQueueId>(slots + <usize>slot * ENTRY);
    // Another may move into the place.
    if (entry.key != 0 && now - entry.last > maxAge) closeQueueId(entry.key);
    else slot++;
  }
}

/** A queue id that is open, from a place on; 0 where there is none. For those who look at all. */
export function nextOpen(slot: u32): f64 {
  for (; slot <= mask; slot++) {
    const key = load<f64>(slots + <usize>slot * ENTRY);
    if (key != 0) return key;
  }
  return 0;
}

/** The first recipient of a queue id, 0 where there is none; and when it was last heard of. */
export function firstRecipient(key: f64): usize {
  const entry = place(key);
  return entry.key == 0 ? 0 : entry.first;
}

export function lastHeard(key: f64): f64 {
  return place(key).last;
}
