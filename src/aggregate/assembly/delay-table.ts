// Histograms of delays for the rows of a table: (row, bucket) → count, laid out as src/aggregate/delays.ts reads it.
import { allocate, allocateTouched } from "./memory";

// @ts-ignore: decorators are AssemblyScript's
@unmanaged
class DelayTable {
  /** row × BUCKETS + bucket + 1, or 0 for an empty place; then the count: doubles. */
  places: usize;
  /** Of places. */
  mask: u32;
  used: u32;
}

const SMALLEST: u32 = 512;
/** As in src/aggregate/delays.ts. */
const BUCKETS: u32 = 512;

export function createDelayTable(at: usize): void {
  const made = changetype<DelayTable>(at);
  made.places = allocate(<usize>SMALLEST * 16);
  made.mask = SMALLEST - 1;
}

export function addDelay(at: usize, row: u32, bucket: u32, count: f64): void {
  const known = changetype<DelayTable>(at);
  const key = row * BUCKETS + bucket + 1;
  const place = find(known.places, known.mask, <f64>key);
  if (load<f64>(place) == 0) {
    store<f64>(place, <f64>key);
    if (++known.used * 2 > known.mask) grow(known);
    else {
      store<f64>(place, count, 8);
      return;
    }
    store<f64>(find(known.places, known.mask, <f64>key), count, 8);
  } else store<f64>(place, load<f64>(place, 8) + count, 8);
}

/** What was told last: how many, then bucket and count of each; doubles. */
let told: usize = 0;

/** The delays of a row, lowest bucket first. @returns where they lie: how many, then bucket and count of each; doubles */
export function delaysOf(at: usize, row: u32): usize {
  const known = changetype<DelayTable>(at);
  if (told == 0) told = allocate((2 * BUCKETS + 1) * 8);
  let found: u32 = 0;
  for (let bucket: u32 = 0; bucket < BUCKETS; bucket++) {
    const count = load<f64>(find(known.places, known.mask, <f64>(row * BUCKETS + bucket + 1)), 8);
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
function find(places: usize, mask: u32, key: f64): usize {
  let at = ((<u32>key * 0x9e3779b1) >> 7) & mask;
  let place = places + <usize>at * 16;
  for (let found = load<f64>(place); found != 0 && found != key; found = load<f64>(place)) {
    at = (at + 1) & mask;
    place = places + <usize>at * 16;
  }
  return place;
}

function grow(known: DelayTable): void {
  const before = known.places, length = known.mask + 1;
  known.places = allocateTouched(<usize>length * 32);
  known.mask = 2 * length - 1;
  for (let i: u32 = 0; i < length; i++) {
    const from = before + <usize>i * 16;
    const key = load<f64>(from);
    if (key == 0) continue;
    const to = find(known.places, known.mask, key);
    store<f64>(to, key);
    store<f64>(to, load<f64>(from, 8), 8);
  }
}
