// A set of hashes: doubles, as src/event/keys.ts makes them, never 0. Open addressing; a miss, the common case, touches one cache line.
import { allocate, allocatePlaces, releasePlaces } from "./memory";

// @ts-ignore: decorators are AssemblyScript's
@unmanaged
class KeySet {
  slots: usize;
  mask: u32;
  size: u32;
}

const SMALLEST: u32 = 1024;

export function createKeySet(): usize {
  const at = allocate(offsetof<KeySet>());
  const made = changetype<KeySet>(at);
  made.slots = allocate(<usize>SMALLEST * 8);
  made.mask = SMALLEST - 1;
  return at;
}

/** The keys are whole numbers below 2^53; both halves of one take part. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function home(key: f64, mask: u32): u32 {
  const whole = <u64>key;
  return (<u32>whole ^ <u32>(whole >> 32)) & mask;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
export function hasKey(set: usize, key: f64): bool {
  const known = changetype<KeySet>(set);
  const mask = known.mask;
  let slot = home(key, mask);
  let found = load<f64>(known.slots + <usize>slot * 8);
  while (found != 0 && found != key) {
    slot = (slot + 1) & mask;
    found = load<f64>(known.slots + <usize>slot * 8);
  }
  return found == key;
}

export function addKey(set: usize, key: f64): void {
  const known = changetype<KeySet>(set);
  const mask = known.mask;
  let slot = home(key, mask);
  for (;;) {
    const found = load<f64>(known.slots + <usize>slot * 8);
    if (found == key) return;
    if (found == 0) break;
    slot = (slot + 1) & mask;
  }
  store<f64>(known.slots + <usize>slot * 8, key);
  if (++known.size * 2 > mask) grow(known);
}

export function deleteKey(set: usize, key: f64): void {
  const known = changetype<KeySet>(set);
  const mask = known.mask, slots = known.slots;
  let slot = home(key, mask);
  for (;;) {
    const found = load<f64>(slots + <usize>slot * 8);
    if (found == key) break;
    if (found == 0) return;
    slot = (slot + 1) & mask;
  }
  known.size--;
  // Close the gap: what was pushed past it moves back.
  for (let next = (slot + 1) & mask; ; next = (next + 1) & mask) {
    const moved = load<f64>(slots + <usize>next * 8);
    if (moved == 0) break;
    if (((next - home(moved, mask)) & mask) >= ((next - slot) & mask)) {
      store<f64>(slots + <usize>slot * 8, moved);
      slot = next;
    }
  }
  store<f64>(slots + <usize>slot * 8, 0);
}

function grow(known: KeySet): void {
  const before = known.slots, length = known.mask + 1;
  known.slots = allocatePlaces(<usize>length * 16);
  known.mask = 2 * length - 1;
  for (let i: u32 = 0; i < length; i++) {
    const key = load<f64>(before + <usize>i * 8);
    if (key == 0) continue;
    let slot = home(key, known.mask);
    while (load<f64>(known.slots + <usize>slot * 8) != 0) slot = (slot + 1) & known.mask;
    store<f64>(known.slots + <usize>slot * 8, key);
  }
  releasePlaces(before, <usize>length * 8);
}

export function sizeOfSet(set: usize): u32 {
  return changetype<KeySet>(set).size;
}

export function clearSet(set: usize): void {
  const known = changetype<KeySet>(set);
  memory.fill(known.slots, 0, <usize>(known.mask + 1) * 8);
  known.size = 0;
}

/** The key at a place, 0 where there is none: for those who look at all of `placesOfSet`. */
export function keyAt(set: usize, slot: u32): f64 {
  return load<f64>(changetype<KeySet>(set).slots + <usize>slot * 8);
}

export function placesOfSet(set: usize): u32 {
  return changetype<KeySet>(set).mask + 1;
}
