// Histograms of delays for the rows of a table: the first few of a row in itself (../counted-row.ts), further ones as (row, bucket) → count,
// by open addressing. Read by ../counted-table.ts, place by place.
import { allocate, allocatePlaces, releasePlaces } from "../../event/assembly/memory";
import { COUNTED_ROW, DELAY_COUNT, DELAYS } from "../counted-row";

/** A place: row × BUCKETS + bucket + 1, or 0 where it is free; then the count. */
const PLACE: usize = 8;

// @ts-ignore: decorators are AssemblyScript's
@unmanaged
class DelayTable {
  places: usize;
  /** Of places. */
  mask: u32;
  used: u32;
}

const SMALLEST: u32 = 1024;
/** As in src/aggregate/delays.ts. */
const BUCKETS: u32 = 512;
/** A count that takes no more: what comes then has another place behind it. */
const FULL: u32 = 0xffffffff;

export function createDelayTable(at: usize): void {
  const made = changetype<DelayTable>(at);
  made.places = allocate(<usize>SMALLEST * PLACE);
  made.mask = SMALLEST - 1;
}

/** In the places of a row: a delay more, and from where on there is no room for another. */
const ONE: u32 = 1 << DELAY_COUNT;
const MOST: u32 = 0xffffffff << DELAY_COUNT;

/** @param counters where the row lies */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function addDelay(at: usize, row: u32, counters: usize, bucket: u32): void {
  for (let place = counters + DELAYS * 4; place < counters + COUNTED_ROW * 4; place += 4) {
    const known = load<u32>(place);
    if (known == 0 || ((known & (ONE - 1)) == bucket && known < MOST)) {
      store<u32>(place, (known == 0 ? bucket : known) + ONE);
      return;
    }
  }
  addFurther(at, row, bucket);
}

function addFurther(at: usize, row: u32, bucket: u32): void {
  const known = changetype<DelayTable>(at);
  const key = row * BUCKETS + bucket + 1;
  let place = find(known, key);
  if (load<u32>(place) == 0) {
    if (++known.used * 2 > known.mask) {
      grow(known);
      place = find(known, key);
    }
    store<u32>(place, key);
  }
  store<u32>(place, load<u32>(place, 4) + 1, 4);
}

/** What was told last: how many, then bucket and count of each; doubles. */
let told: usize = 0;

/**
 * The delays of a row, lowest bucket first.
 * @param counters where the row lies
 * @returns where they lie: how many, then bucket and count of each; doubles
 */
export function delaysOf(at: usize, row: u32, counters: usize): usize {
  const known = changetype<DelayTable>(at);
  if (told == 0) told = allocate((2 * BUCKETS + 1) * 8);
  let found: u32 = 0;
  for (let bucket: u32 = 0; bucket < BUCKETS; bucket++) {
    const key = row * BUCKETS + bucket + 1;
    let count: f64 = 0;
    for (let place = counters + DELAYS * 4; place < counters + COUNTED_ROW * 4; place += 4) {
      const kept = load<u32>(place);
      if ((kept & (ONE - 1)) == bucket) count += <f64>(kept >> DELAY_COUNT);
    }
    for (let slot = home(known, key); load<u32>(placeAt(known, slot)) != 0; slot = (slot + 1) & known.mask)
      if (load<u32>(placeAt(known, slot)) == key) count += <f64>load<u32>(placeAt(known, slot), 4);
    if (count == 0) continue;
    const place = told + 8 + <usize>(found++) * 16;
    store<f64>(place, <f64>bucket);
    store<f64>(place, count, 8);
  }
  store<f64>(told, <f64>found);
  return told;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function home(known: DelayTable, key: u32): u32 {
  return ((key * 0x9e3779b1) >> 7) & known.mask;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function placeAt(known: DelayTable, slot: u32): usize {
  return known.places + <usize>slot * PLACE;
}

/** Where one more of a key is to be counted: its place, or a free one. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function find(known: DelayTable, key: u32): usize {
  let slot = home(known, key);
  let place = placeAt(known, slot);
  for (let found = load<u32>(place); found != 0 && (found != key || load<u32>(place, 4) == FULL); found = load<u32>(place)) {
    slot = (slot + 1) & known.mask;
    place = placeAt(known, slot);
  }
  return place;
}

function grow(known: DelayTable): void {
  const before = known.places, length = known.mask + 1;
  known.places = allocatePlaces(<usize>(2 * length) * PLACE);
  known.mask = 2 * length - 1;
  for (let i: u32 = 0; i < length; i++) {
    const from = before + <usize>i * PLACE;
    const key = load<u32>(from);
    if (key == 0) continue;
    let slot = home(known, key);
    while (load<u32>(placeAt(known, slot)) != 0) slot = (slot + 1) & known.mask;
    store<u64>(placeAt(known, slot), load<u64>(from));
  }
  releasePlaces(before, <usize>length * PLACE);
}
