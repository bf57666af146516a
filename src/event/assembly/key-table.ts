// What is known of queue ids, by their keys: hashes, doubles, as src/event/keys.ts makes them, never 0. Open addressing.
import { allocate, allocatePlaces, releasePlaces, wouldFill } from "./memory";

/** What is known of one. Nobody holds on to it while entries come or go. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
export class KeyEntry {
  /** 0 where the place is free. */
  key: f64;
  /** When last heard of, ms since 1970 UTC. */
  time: f64;
  /** Of the rows that are kept of it, the first, and the last where somebody asks. */
  first: usize;
  last: usize;
  /** How many they are, where somebody asks. */
  count: u32;
}
const ENTRY: usize = 32;
const SMALLEST: u32 = 1024;

// @ts-ignore: decorators are AssemblyScript's
@unmanaged
export class KeyTable {
  slots: usize;
  mask: u32;
  size: u32;
}

export function createKeyTable(): KeyTable {
  const made = changetype<KeyTable>(allocate(offsetof<KeyTable>()));
  made.mask = SMALLEST - 1;
  made.slots = allocate(<usize>SMALLEST * ENTRY);
  return made;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function home(key: f64, mask: u32): u32 {
  const whole = <u64>key;
  return (<u32>whole ^ <u32>(whole >> 32)) & mask;
}

/** The entry at a place, below `mask` + 1. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function entryOf(table: KeyTable, slot: u32): KeyEntry {
  return changetype<KeyEntry>(table.slots + <usize>slot * ENTRY);
}

/** A key's entry; where it has none, the free place for it: its key is 0. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function placeOf(table: KeyTable, key: f64): KeyEntry {
  const mask = table.mask;
  let slot = home(key, mask);
  let entry = entryOf(table, slot);
  while (entry.key != 0 && entry.key != key) {
    slot = (slot + 1) & mask;
    entry = entryOf(table, slot);
  }
  return entry;
}

/** Whether an entry more has room, without taking what is kept free for others. */
export function hasRoomFor(table: KeyTable): bool {
  return table.size * 2 <= table.mask || !wouldFill(<usize>(table.mask + 1) * 2 * ENTRY);
}

/** A new entry, of a key that has none. */
export function addEntry(table: KeyTable, key: f64): KeyEntry {
  if (table.size * 2 > table.mask) grow(table);
  table.size++;
  const entry = placeOf(table, key);
  memory.fill(changetype<usize>(entry), 0, ENTRY);
  entry.key = key;
  return entry;
}

/** Takes an entry out, and closes the gap: what was pushed past it moves back. */
export function dropEntry(table: KeyTable, entry: KeyEntry): void {
  const mask = table.mask;
  let slot = <u32>((changetype<usize>(entry) - table.slots) / ENTRY);
  table.size--;
  for (let next = (slot + 1) & mask; ; next = (next + 1) & mask) {
    const moved = entryOf(table, next);
    if (moved.key == 0) break;
    if (((next - home(moved.key, mask)) & mask) >= ((next - slot) & mask)) {
      memory.copy(changetype<usize>(entryOf(table, slot)), changetype<usize>(moved), ENTRY);
      slot = next;
    }
  }
  memory.fill(changetype<usize>(entryOf(table, slot)), 0, ENTRY);
}

function grow(table: KeyTable): void {
  const before = table.slots, length = table.mask + 1;
  table.mask = 2 * length - 1;
  table.slots = allocatePlaces(<usize>(2 * length) * ENTRY);
  for (let i: u32 = 0; i < length; i++) {
    const from = before + <usize>i * ENTRY;
    const key = load<f64>(from);
    if (key != 0) memory.copy(changetype<usize>(placeOf(table, key)), from, ENTRY);
  }
  releasePlaces(before, <usize>length * ENTRY);
}
