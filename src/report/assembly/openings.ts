// What lines of a queue id's opening said, until it is removed: as it stands in the tails of NDJSON lines, between quotation marks. See
// ../plain-lines.ts.
import { addEntry, createKeyTable, dropEntry, hasRoomFor, KeyTable, placeOf } from "../../event/assembly/key-table";
import { addKey, createKeySet, deleteKey, hasKey, sizeOfSet } from "../../event/assembly/key-set";
import { createKeptRows, hasReleased, keepHead, KeptRow, LONGEST, releaseRow } from "../../event/assembly/kept-rows";
import { allocatePlaces, isNearlyFull, releasePlaces } from "../../event/assembly/memory";

/** Sender and message id follow, in the order in which they came. Read by ../plain-lines.ts, place by place. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
export class Opening extends KeptRow {
  key: f64;
  /** Those that came before and after it, or 0. */
  older: usize;
  newer: usize;
  /** Which of the three it has: see HAS_SENDER. */
  has: u32;
  /** Bytes. */
  messageSize: i32;
  sender: usize;
  senderLength: u32;
  messageId: usize;
  messageIdLength: u32;
  /** Where the next text goes. */
  free: usize;
}
export const HAS_SENDER: u32 = 1, HAS_MESSAGE_ID: u32 = 2, HAS_SIZE: u32 = 4;
const TEXT: usize = offsetof<Opening>();
/** A message id comes before its sender: room for most of those. */
const ROOM: usize = 48;

let known: KeyTable = changetype<KeyTable>(0);
let oldest: usize = 0;
let newest: usize = 0;
let most: u32 = 0;
/** Queue ids whose openings found no room here: whoever calls remembers them. */
let elsewhere: usize = 0;

/** @param mostOpenings so many at most; the oldest go first */
export function createOpenings(mostOpenings: u32): void {
  createKeptRows();
  known = createKeyTable();
  elsewhere = createKeySet();
  most = mostOpenings;
}

/** From now on, whoever calls remembers what is said of a queue id. */
export function keepElsewhere(key: f64): void {
  closeOpening(key);
  addKey(elsewhere, key);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
export function isElsewhere(key: f64): bool {
  return sizeOfSet(elsewhere) != 0 && hasKey(elsewhere, key);
}

/** Where the opening of a queue id lies; 0 where there is none. */
export function openingOf(key: f64): usize {
  return placeOf(known, key).first;
}

export function oldestOpening(): usize {
  return oldest;
}

/** False where there is no room for it. */
export function noteMessageId(key: f64, start: usize, end: usize): bool {
  const opening = made(key, end - start);
  if (changetype<usize>(opening) == 0) return false;
  opening.has |= HAS_MESSAGE_ID;
  opening.messageId = put(opening, start, end);
  opening.messageIdLength = <u32>(end - start);
  return true;
}

/** False where there is no room for it. @param size bytes */
export function noteOpened(key: f64, start: usize, end: usize, size: i32): bool {
  const opening = made(key, end - start);
  if (changetype<usize>(opening) == 0) return false;
  opening.has |= HAS_SENDER | HAS_SIZE;
  opening.sender = put(opening, start, end);
  opening.senderLength = <u32>(end - start);
  opening.messageSize = size;
  return true;
}

export function closeOpening(key: f64): void {
  if (isElsewhere(key)) deleteKey(elsewhere, key);
  if (known.size == 0) return;
  const entry = placeOf(known, key);
  if (entry.key == 0) return;
  const opening = changetype<Opening>(entry.first);
  dropEntry(known, entry);
  if (opening.older == 0) oldest = opening.newer;
  else changetype<Opening>(opening.older).newer = opening.newer;
  if (opening.newer == 0) newest = opening.older;
  else changetype<Opening>(opening.newer).older = opening.older;
  release(opening);
}

/** A copy, memory of keepHead; 0 where it is too large for that. */
export function copyOpening(opening: Opening): usize {
  const size = <usize>opening.size;
  if (size > LONGEST) return 0;
  const made = changetype<Opening>(keepHead(size));
  const at = changetype<usize>(made), from = changetype<usize>(opening);
  memory.copy(at, from, size);
  made.sender = at + (opening.sender - from);
  made.messageId = at + (opening.messageId - from);
  return at;
}

function put(opening: Opening, start: usize, end: usize): usize {
  const at = opening.free;
  memory.copy(at, start, end - start);
  opening.free = at + (end - start);
  return at;
}

/** The opening of a queue id, with room for a text more; 0 where the memory is full: it stays what it was. */
function made(key: f64, bytes: usize): Opening {
  const before = placeOf(known, key).first;
  if (before != 0) {
    const opening = changetype<Opening>(before);
    if (opening.free + bytes <= before + opening.size) return opening;
    const texts = <usize>(opening.senderLength + opening.messageIdLength);
    const moved = taken(TEXT + texts + bytes);
    if (changetype<usize>(moved) == 0) return moved;
    const size = moved.size;
    memory.copy(changetype<usize>(moved), before, TEXT);
    moved.size = size;
    moved.free = changetype<usize>(moved) + TEXT;
    moved.sender = put(moved, opening.sender, opening.sender + opening.senderLength);
    moved.messageId = put(moved, opening.messageId, opening.messageId + opening.messageIdLength);
    placeOf(known, key).first = changetype<usize>(moved);
    link(moved);
    release(opening);
    return moved;
  }
  if (known.size >= most) closeOpening(changetype<Opening>(oldest).key);
  const opening = hasRoomFor(known) ? taken(TEXT + bytes + ROOM) : changetype<Opening>(0);
  if (changetype<usize>(opening) == 0) return opening;
  const size = opening.size;
  memory.fill(changetype<usize>(opening), 0, TEXT);
  opening.size = size;
  opening.key = key;
  opening.free = changetype<usize>(opening) + TEXT;
  opening.older = newest;
  addEntry(known, key).first = changetype<usize>(opening);
  link(opening);
  return opening;
}

/** Has those before and after it know where it lies. */
function link(opening: Opening): void {
  const at = changetype<usize>(opening);
  if (opening.older == 0) oldest = at;
  else changetype<Opening>(opening.older).newer = at;
  if (opening.newer == 0) newest = at;
  else changetype<Opening>(opening.newer).older = at;
}

/** Memory for an opening; 0 where there is none left. */
function taken(bytes: usize): Opening {
  if (isNearlyFull() && !(bytes <= LONGEST && hasReleased(bytes))) return changetype<Opening>(0);
  if (bytes <= LONGEST) return changetype<Opening>(keepHead(bytes));
  const length = <usize>1 << (32 - clz<u32>(<u32>bytes - 1));
  const opening = changetype<Opening>(allocatePlaces(length));
  opening.size = <u32>length;
  return opening;
}

function release(opening: Opening): void {
  const length = <usize>opening.size;
  if (length > LONGEST) releasePlaces(changetype<usize>(opening), length);
  else releaseRow(changetype<usize>(opening));
}
