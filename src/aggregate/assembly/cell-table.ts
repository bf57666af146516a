// Deliveries, added up by quarter hour, by who took them for whom, with which verdict, and by bucket of delay: what a store keeps of
// them (src/store/rollup.ts). Read by ../counted-cells.ts, place by place, which takes them out now and then.
import * as COLUMN from "../../event/row-layout";
import { allocate, allocatePlaces, releasePlaces } from "../../event/assembly/memory";

// @ts-ignore: decorators are AssemblyScript's
@unmanaged
class Cell {
  /** The earliest and the latest of them, ms since 1970 UTC. */
  first: f64;
  last: f64;
  events: u32;
  /** Since 1970 UTC. */
  quarter: i32;
  bucket: u32;
  /** Whose verdict it is, counted by ../plain-deliveries.ts; the verdict. */
  scope: u32;
  verdict: i32;
  /** Names. */
  host: i32;
  domain: i32;
  relay: i32;
}
const SIZE: usize = 48;
const QUARTER_MS: f64 = 900_000;

/** So many are kept apart; what comes then is left to its event. */
const MOST: u32 = 1 << 19;

let cells: usize = 0;
let slots: usize = 0;
let mask: u32 = 0;
let count: u32 = 0;

export function createCells(): void {
  mask = 16383;
  slots = allocatePlaces(<usize>(mask + 1) * 4);
  cells = allocate(<usize>MOST * SIZE);
}

export function cellsAt(): usize {
  return cells;
}

export function cellCount(): u32 {
  return count;
}

/** Forgets all cells: their owner has taken them. */
export function clearCells(): void {
  memory.fill(slots, 0, <usize>(mask + 1) * 4);
  memory.fill(cells, 0, <usize>count * SIZE);
  count = 0;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function hashOf(quarter: i32, bucket: u32, scope: u32, verdict: i32, host: i32, domain: i32, relay: i32): u32 {
  let hash = <u32>domain * 0x9e3779b1 ^ rotl(<u32>relay * 0x85ebca6b, 13) ^ rotl(<u32>quarter * 0xc2b2ae35, 7);
  hash ^= rotl((bucket << 16 ^ <u32>verdict << 3 ^ scope) * 0x27d4eb2f, 19) ^ <u32>host * 0x165667b1;
  hash ^= hash >> 15;
  return (hash * 0x2c1b3c6d) >> 5;
}

/** Adds a delivery at a moment; false where one of its names has no number, or there is no room. */
export function addToCell(row: usize, time: f64, bucket: u32, scope: u32): bool {
  const host = load<i32>(row, COLUMN.host * 4), domain = load<i32>(row, COLUMN.domain * 4);
  const relay = load<i32>(row, COLUMN.relay * 4), verdict = load<i32>(row, COLUMN.verdict * 4);
  // What has no moment has no quarter hour; beyond 32 bits there is none that a stamp can name.
  if (host <= 0 || domain <= 0 || relay <= 0 || verdict <= 0 || !(abs(time) < 1e14)) return false;
  const quarter = <i32>Math.floor(time / QUARTER_MS);
  let slot = hashOf(quarter, bucket, scope, verdict, host, domain, relay) & mask;
  for (;;) {
    const number = load<u32>(slots + <usize>slot * 4);
    if (number == 0) break;
    const known = changetype<Cell>(cells + <usize>(number - 1) * SIZE);
    if (
      known.domain == domain && known.relay == relay && known.quarter == quarter && known.bucket == bucket &&
      known.verdict == verdict && known.scope == scope && known.host == host
    ) {
      known.events++;
      if (time < known.first) known.first = time;
      if (time > known.last) known.last = time;
      return true;
    }
    slot = (slot + 1) & mask;
  }
  if (count == MOST) return false;
  const made = changetype<Cell>(cells + <usize>count * SIZE);
  made.first = time;
  made.last = time;
  made.events = 1;
  made.quarter = quarter;
  made.bucket = bucket;
  made.scope = scope;
  made.verdict = verdict;
  made.host = host;
  made.domain = domain;
  made.relay = relay;
  store<u32>(slots + <usize>slot * 4, ++count);
  if (count * 2 > mask) grow();
  return true;
}

function grow(): void {
  releasePlaces(slots, <usize>(mask + 1) * 4);
  mask = 2 * mask + 1;
  slots = allocatePlaces(<usize>(mask + 1) * 4);
  for (let number: u32 = 1; number <= count; number++) {
    const known = changetype<Cell>(cells + <usize>(number - 1) * SIZE);
    let slot = hashOf(known.quarter, known.bucket, known.scope, known.verdict, known.host, known.domain, known.relay) & mask;
    while (load<u32>(slots + <usize>slot * 4) != 0) slot = (slot + 1) & mask;
    store<u32>(slots + <usize>slot * 4, number);
  }
}
