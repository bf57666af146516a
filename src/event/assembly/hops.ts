// Deliveries that may have gone to a content filter of this host, and the queue ids that showed up lately: the same as
// src/correlate/following.ts remembers, kept by numbers as long as nothing has come back.
import { createKeptRows, keepHead, keepRow, KeptRow, releaseRow } from "./kept-rows";
import { addEntry, createKeyTable, dropEntry, KeyTable, placeOf } from "./key-table";
import { addKey, clearSet, createKeySet, hasKey, keyAt, placesOfSet, sizeOfSet } from "./key-set";
import { allocate, touch } from "./memory";

/** A delivery; its row follows, where it has one. Time and zone are its own. Read by ../numbered-hops.ts, place by place. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
class Hop extends KeptRow {
  /** The input it is of, counted by ../numbered-hops.ts. */
  input: u32;
  /** 0 where a row follows; else what ../numbered-hops.ts knows it by. */
  token: u32;
  /** What is kept beside it, memory of keepHead; 0 where nothing is. */
  beside: usize;
}

/** Whether hops are remembered, and what shows up. What was, is known until it is given back. */
export let follows: bool = false;
export let hopCount: u32 = 0;
let most: u32 = 0;
let mostOfOne: u32 = 0;
/** Queue id that is waited for → its hops; and those queue ids in the order in which they came, a ring. */
let waited: KeyTable = changetype<KeyTable>(0);
let order: usize = 0;
let orderFirst: u32 = 0;
/** Of relays on other networks: how many deliveries did not come back, by the relay's number; and the relays. */
let strangers: usize = 0;
let strangerNumbers: usize = 0;
let numberedStrangers: u32 = 0;
let strangerCount: u32 = 0;
let mostStrangers: u32 = 0;
let mostWithoutReturn: u32 = 0;
/** Queue ids that showed up, in two generations. */
let young: usize = 0;
let old: usize = 0;
let generation: u32 = 0;
/** Input of the rows at hand. */
let input: u32 = 0;

/** @param names how many numbers relays have at most */
export function followHops(names: u32, hops: u32, ofOne: u32, relays: u32, withoutReturn: u32, recent: u32): void {
  createKeptRows();
  most = hops;
  mostOfOne = ofOne;
  mostStrangers = relays;
  mostWithoutReturn = withoutReturn;
  generation = recent;
  waited = createKeyTable();
  order = allocate(<usize>(hops + 1) * 8);
  strangers = allocate(<usize>(names + 1) * 2);
  touch(strangers, <usize>(names + 1) * 2);
  strangerNumbers = allocate(<usize>relays * 4);
  young = createKeySet();
  old = createKeySet();
  follows = true;
}

export function enterInput(number: u32): void {
  input = number;
}

/** Somebody else knows all of it from now on. */
export function stopFollowing(): void {
  follows = false;
  hopCount = 0;
  clearSet(young);
  clearSet(old);
}

export function isFollowing(): bool {
  return follows;
}

/** Whether a queue id showed up lately. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function isRecent(key: f64): bool {
  return young != 0 && (hasKey(young, key) || hasKey(old, key));
}

export function showsUp(key: f64): void {
  if (sizeOfSet(young) >= generation) {
    const before = old;
    old = young;
    young = before;
    clearSet(young);
  }
  addKey(young, key);
}

/** Whether deliveries wait for this queue id. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function isWaitedFor(key: f64): bool {
  return hopCount != 0 && placeOf(waited, key).key != 0;
}

/** Whether what a relay on another network took may come back; counts the delivery. */
export function mayReturn(relay: i32): bool {
  const at = strangers + <usize>relay * 2;
  const count = load<u16>(at);
  if (<u32>count >= mostWithoutReturn) return false;
  if (count == 0) {
    store<u32>(strangerNumbers + <usize>numberedStrangers * 4, relay);
    numberedStrangers++;
    addStranger();
  }
  store<u16>(at, count + 1);
  return true;
}

/** A relay on another network more: that of a row, or one that has no number. */
export function addStranger(): void {
  if (++strangerCount >= mostStrangers) follows = false;
}

/** Remembers the delivery of a row, queued as `key`. @param beside what is forgotten with it: memory of keepHead, or 0 */
export function rememberHop(key: f64, row: usize, scope: u32, time: f64, offset: i32, beside: usize = 0): void {
  const hop = changetype<Hop>(keepRow(row, scope));
  hop.time = time;
  hop.offset = offset;
  hop.token = 0;
  hop.beside = beside;
  remember(key, hop);
}

/** Remembers a delivery that whoever calls knows by a token, from 1. */
export function rememberToken(key: f64, token: u32): void {
  const hop = changetype<Hop>(keepHead(offsetof<Hop>()));
  hop.token = token;
  hop.beside = 0;
  remember(key, hop);
}

function remember(key: f64, hop: Hop): void {
  let entry = placeOf(waited, key);
  if (entry.key == 0) {
    entry = addEntry(waited, key);
    store<f64>(order + <usize>((orderFirst + waited.size - 1) % (most + 1)) * 8, key);
  } else if (entry.count >= mostOfOne) {
    release(changetype<usize>(hop));
    return;
  }
  hop.next = 0;
  hop.input = input;
  if (entry.first == 0) entry.first = changetype<usize>(hop);
  else changetype<Hop>(entry.last).next = changetype<usize>(hop);
  entry.last = changetype<usize>(hop);
  entry.count++;
  hopCount++;
  while (hopCount > most) forgetFirst();
}

function forgetFirst(): void {
  const entry = placeOf(waited, load<f64>(order + <usize>orderFirst * 8));
  orderFirst = (orderFirst + 1) % (most + 1);
  hopCount -= entry.count;
  for (let hop = entry.first; hop != 0; ) {
    const next = changetype<Hop>(hop).next;
    release(hop);
    hop = next;
  }
  dropEntry(waited, entry);
}

function release(hop: usize): void {
  const beside = changetype<Hop>(hop).beside;
  if (beside != 0) releaseRow(beside);
  releaseRow(hop);
}

// For those who take it back: queue ids that are waited for, in order, each with its first hop; relays; what showed up.
export function waitedCount(): u32 {
  return waited.size;
}
export function waitedKey(index: u32): f64 {
  return load<f64>(order + <usize>((orderFirst + index) % (most + 1)) * 8);
}
export function firstHop(key: f64): usize {
  return placeOf(waited, key).first;
}
export function strangersOf(): u32 {
  return numberedStrangers;
}
export function strangerAt(index: u32): u32 {
  return load<u32>(strangerNumbers + <usize>index * 4);
}
export function withoutReturn(relay: u32): u32 {
  return load<u16>(strangers + <usize>relay * 2);
}
export function recentPlaces(isOld: bool): u32 {
  return placesOfSet(isOld ? old : young);
}
export function recentAt(isOld: bool, place: u32): f64 {
  return keyAt(isOld ? old : young, place);
}
