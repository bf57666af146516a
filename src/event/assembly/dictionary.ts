// Gives each distinct run of bytes a small number: the same host, domain or relay stands in a log a hundred thousand times, and
// is cut into a string once. Open addressing; the bytes themselves are compared, so two runs never share a number by accident.
// It has room for so much and no more: a run that finds none gets UNNUMBERED, and whoever wants its text cuts it.
//
// Threads may share one. A new run's entry and bytes are written first, its slot is then taken by one atomic step: whoever loses
// the race for a slot looks at what is there now. Nothing is ever moved or changed.
import { UNNUMBERED } from "../row-layout";
import { foldedLong, same } from "./bytes";

/** What is known of a run. Its number is its place, from 1. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
export class Entry {
  hash: u64;
  /** Where its bytes lie. */
  at: u32;
  length: u32;
  /**
   * Of a relay that is described: the number of the name it is grouped by, 0 where it has none; of a provider's host, that of its id; of an
   * answer, the number of the verdict on it, or 0.
   */
  group: u32;
  /** PLAIN, ELSEWHERE, DESCRIBED, HOST_AND_ADDRESS; from PROVIDER on, the provider's number. */
  flags: u32;
}
/** Bytes of an entry: a cache line, so that a name that is no longer than what is left of it costs one. */
const ENTRY: usize = 64;
const INLINE: u32 = <u32>ENTRY - 24;

/** All bytes are printable ASCII, and the last is no dot. */
export const PLAIN: u32 = 1;
/** Of a relay: a host on another network. */
export const ELSEWHERE: u32 = 2;
/** Of a relay: what is said of it here is known. */
export const DESCRIBED: u32 = 4;
/** Of a relay: it is written `host[address]`, as smtp(8) does, with anything behind it. */
export const HOST_AND_ADDRESS: u32 = 8;
/** Where in the flags the number of a provider stands: bits; 0 for none. */
export const PROVIDER: u32 = 8;

/** The places of a dictionary: its head lies at its start, then slots, entries and the bytes. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
export class Dictionary {
  /** How many runs it holds, and may hold at most; 0 once one found no room. */
  count: u32;
  most: u32;
  /** Slot → number, or 0; as many as this, and one more. */
  mask: u32;
  slots: usize;
  entries: usize;
  /** Where the next run's bytes go, and where the room for them ends. */
  free: usize;
  end: usize;
  bytes: usize;
}

/** Makes an empty dictionary in [at, at + length), memory that is all zero, or joins the one there is. `most` is a power of two. */
export function createDictionary(at: usize, length: usize, most: u32): usize {
  const made = changetype<Dictionary>(at);
  if (made.slots != 0) return at;
  made.count = 0;
  made.most = most;
  made.mask = 2 * most - 1;
  made.slots = at + ((offsetof<Dictionary>() + 15) & ~15);
  made.entries = (made.slots + <usize>(2 * most) * 4 + ENTRY - 1) & ~(ENTRY - 1);
  made.bytes = made.entries + <usize>most * ENTRY;
  made.free = made.bytes;
  made.end = at + length - 16;
  return at;
}

/** Forgets everything: numbers begin anew. Only for one that no other thread knows. */
export function clearDictionary(at: usize): void {
  const known = changetype<Dictionary>(at);
  memory.fill(known.slots, 0, <usize>(known.mask + 1) * 4);
  known.count = 0;
  known.most = (known.mask + 1) / 2;
  known.free = known.bytes;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function mixed(hash: u64, long: u64): u64 {
  hash = (hash ^ long) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

// What stands where is another name, whatever its bytes: seeds. DOMAIN compares without case.
export const HOST: u64 = 1, PROGRAM: u64 = 2, DOMAIN: u64 = 3, RELAY: u64 = 4, UNREACHED: u64 = 5, RELAY_GROUP: u64 = 6;
/** How the names of a provider's hosts end. */
export const PROVIDER_HOST: u64 = 7;

/** Above the seeds of names: that of an answer is whose server says it, from 1, shifted by so much. */
export const ANSWER_OF: u64 = 8;

/** Longer names have no number. */
const LONGEST_NAME: u32 = 1024;

/**
 * The number of the bytes in [at, end).
 * @param seed runs under different seeds are different; of those that are no names, 0 or a multiple of 1 << ANSWER_OF
 * @param fold whether ASCII letters compare without case; the bytes are then kept as small letters
 * @param add whether a run that has none gets one; 0 where not
 */
export function numberOf(dictionary: usize, at: usize, end: usize, seed: u64, fold: bool, add: bool = true): i32 {
  return numberOfHashed(dictionary, at, end, hashOf(at, end, seed, fold), seed, fold, add);
}

/** What the bytes in [at, end) are looked up by. */
export function hashOf(at: usize, end: usize, seed: u64, fold: bool): u64 {
  const length = <u32>(end - at);
  let hash = seed + <u64>length;
  let i = at;
  for (; i + 8 <= end; i += 8) {
    const long = load<u64>(i);
    hash = mixed(hash, fold ? foldedLong(long) : long);
  }
  if (i < end) {
    const long = load<u64>(i) & (((<u64>1) << (<u64>(end - i) * 8)) - 1);
    hash = mixed(hash, fold ? foldedLong(long) : long);
  }
  return hash ^ (hash >> 32);
}

/** The number that most likely is that of the bytes with this hash; 0 where they have none. For who is about to look up many of them. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function likelyNumber(dictionary: usize, hash: u64): u32 {
  const known = changetype<Dictionary>(dictionary);
  return load<u32>(known.slots + <usize>(<u32>hash & known.mask) * 4);
}

/** The same as `numberOf`. @param hash what `hashOf` says */
export function numberOfHashed(dictionary: usize, at: usize, end: usize, hash: u64, seed: u64, fold: bool, add: bool): i32 {
  const length = <u32>(end - at);
  const known = changetype<Dictionary>(dictionary);
  const mask = known.mask;
  let slot = <u32>hash & mask;
  for (;;) {
    const number = atomic.load<u32>(known.slots + <usize>slot * 4);
    if (number == 0) break;
    const entry = entryAt(known, number);
    if (entry.hash == hash && entry.length == length && (fold ? sameFolded(entry.at, at, length) : same(entry.at, at, length)))
      return number;
    slot = (slot + 1) & mask;
  }
  if (!add) return 0;
  // No host or domain is that long (RFC 1035 section 2.3.4): what is made up does not fill the room of those that are not.
  if ((seed & ((1 << ANSWER_OF) - 1)) != 0 && length > LONGEST_NAME) return UNNUMBERED;
  // Stored eight bytes a step, so each run has whole steps of room.
  const room: u32 = length <= INLINE ? 0 : (length + 7) & ~7;
  const counter = dictionary + offsetof<Dictionary>("count"), freed = dictionary + offsetof<Dictionary>("free");
  if (atomic.load<u32>(counter) >= atomic.load<u32>(dictionary + offsetof<Dictionary>("most"))) return UNNUMBERED;
  const number = atomic.add<u32>(counter, 1) + 1;
  let to = atomic.add<u32>(freed, room);
  if (number > known.most || to + room > <u32>known.end) {
    // Others may have taken the last room meanwhile. From now on nothing new has room: what has no number never gets one.
    atomic.store<u32>(dictionary + offsetof<Dictionary>("most"), 0);
    return UNNUMBERED;
  }
  const entry = entryAt(known, number);
  if (room == 0) to = <u32>changetype<usize>(entry) + offsetof<Entry>();
  entry.hash = hash;
  entry.at = to;
  entry.length = length;
  entry.group = 0;
  entry.flags = isPrintable(at, end) ? PLAIN : 0;
  for (let i: u32 = 0; i < length; i += 8) {
    const long = load<u64>(at + i);
    store<u64>(to + i, fold ? foldedLong(long) : long);
  }
  for (;;) {
    const other = atomic.cmpxchg<u32>(known.slots + <usize>slot * 4, 0, number);
    if (other == 0) break;
    const theirs = entryAt(known, other);
    if (theirs.hash == hash && theirs.length == length && (fold ? sameFolded(theirs.at, at, length) : same(theirs.at, at, length)))
      return other;
    slot = (slot + 1) & mask;
  }
  return number;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
export function entryAt(known: Dictionary, number: u32): Entry {
  return changetype<Entry>(known.entries + <usize>(number - 1) * ENTRY);
}

/** Printable ASCII without spaces, and no dot at the end. */
function isPrintable(at: usize, end: usize): bool {
  if (at == end || load<u8>(end - 1) == 0x2e) return false;
  for (; at < end; at++) if (<u8>(load<u8>(at) - 0x21) > 0x5d) return false;
  return true;
}

function sameFolded(stored: usize, at: usize, length: usize): bool {
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) if (load<u64>(stored + i) != foldedLong(load<u64>(at + i))) return false;
  const left = length - i;
  return left == 0 || ((load<u64>(stored + i) ^ foldedLong(load<u64>(at + i))) << (64 - left * 8)) == 0;
}
