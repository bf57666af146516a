// Gives each distinct run of bytes a small number: the same host, domain or relay stands in a log a hundred thousand times, and
// is cut into a string once. Open addressing; the bytes themselves are compared, so two runs never share a number by accident.
// It has room for so much and no more: a run that finds none gets UNNUMBERED, and whoever wants its text cuts it.
import { UNNUMBERED } from "../../event/row-layout";
import { foldedLong, same } from "./bytes";

/** What is known of a run. Its number is its place, from 1. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
class Entry {
  hash: u64;
  /** Where its bytes lie. */
  at: u32;
  length: u32;
}

/** The places of a dictionary: its head lies at its start, then slots, entries and the bytes. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
export class Dictionary {
  /** How many runs it holds, and may hold at most. */
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

/** Makes an empty dictionary in [at, at + length), memory that is all zero: half of it for bytes. `most` is a power of two. */
export function createDictionary(at: usize, length: usize, most: u32): usize {
  const made = changetype<Dictionary>(at);
  made.count = 0;
  made.most = most;
  made.mask = 2 * most - 1;
  made.slots = at + ((offsetof<Dictionary>() + 15) & ~15);
  made.entries = made.slots + <usize>(2 * most) * 4;
  made.bytes = made.entries + <usize>most * offsetof<Entry>();
  made.free = made.bytes;
  made.end = at + length - 16;
  return at;
}

/** Forgets everything: numbers begin anew. */
export function clearDictionary(at: usize): void {
  const known = changetype<Dictionary>(at);
  memory.fill(known.slots, 0, <usize>(known.mask + 1) * 4);
  known.count = 0;
  known.free = known.bytes;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function mixed(hash: u64, long: u64): u64 {
  hash = (hash ^ long) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

/**
 * The number of the bytes in [at, end).
 * @param seed runs under different seeds are different
 * @param fold whether ASCII letters compare without case; the bytes are then kept as small letters
 */
export function numberOf(dictionary: usize, at: usize, end: usize, seed: u64, fold: bool): i32 {
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
  hash ^= hash >> 32;

  const known = changetype<Dictionary>(dictionary);
  const mask = known.mask;
  let slot = <u32>hash & mask;
  for (;;) {
    const number = load<u32>(known.slots + <usize>slot * 4);
    if (number == 0) break;
    const entry = changetype<Entry>(known.entries + <usize>(number - 1) * offsetof<Entry>());
    if (entry.hash == hash && entry.length == length && (fold ? sameFolded(entry.at, at, length) : same(entry.at, at, length)))
      return number;
    slot = (slot + 1) & mask;
  }
  // Stored eight bytes a step, so there has to be room for what a step writes too much.
  if (known.count == known.most || known.free + length + 8 > known.end) return UNNUMBERED;
  const number = ++known.count;
  const entry = changetype<Entry>(known.entries + <usize>(number - 1) * offsetof<Entry>());
  entry.hash = hash;
  entry.at = <u32>known.free;
  entry.length = length;
  for (let i: u32 = 0; i < length; i += 8) {
    const long = load<u64>(at + i);
    store<u64>(known.free + i, fold ? foldedLong(long) : long);
  }
  known.free += length;
  store<u32>(known.slots + <usize>slot * 4, number);
  return number;
}

function sameFolded(stored: usize, at: usize, length: usize): bool {
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) if (load<u64>(stored + i) != foldedLong(load<u64>(at + i))) return false;
  const left = length - i;
  return left == 0 || ((load<u64>(stored + i) ^ foldedLong(load<u64>(at + i))) << (64 - left * 8)) == 0;
}
