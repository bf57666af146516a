// Memory for what grows: taken from the end of the shared memory, which grows with it. What a hash table has outgrown is used again:
// a page that was never written costs up to 11 µs on some virtual machines (docs/decisions/0061).

let free: usize = 0;
/** Released memory by the logarithm of its length, whose first place names the next of its length. */
let released: usize = 0;
const CLASSES: i32 = 32;
/** What small pieces are cut from: so much is left of it. */
let rest: usize = 0;
let restEnd: usize = 0;
const REST: usize = 65536;

/** Says from where on the memory is free, and zero. */
export function allocateFrom(at: usize): void {
  free = (at + 63) & ~63;
  released = allocate(CLASSES * 4);
}

/** From here on only what is small is still taken: of the 2 GiB that there are at most (scripts/build-wasm.mjs). */
const NEARLY_ALL: usize = 0x70000000;

/** Whether what can be left to events should be. */
export function isNearlyFull(): bool {
  return free > NEARLY_ALL;
}

/** Whether it would be nearly full with so many bytes more. */
export function wouldFill(bytes: usize): bool {
  return free > NEARLY_ALL || bytes > NEARLY_ALL - free;
}

/** Zeroed memory, on a whole cache line. */
export function allocate(bytes: usize): usize {
  const at = free;
  free += (bytes + 63) & ~63;
  const pages = <i32>((free + 0xffff) >> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) unreachable();
  return at;
}

const PAGE: usize = 4096;

/**
 * Has memory that was allocated and perhaps not written yet come to be there. Of a page that is read first the kernel shows its page of
 * zeros, and takes that away from all processors when it is written: that costs ten times as much as a page that is written at once
 * (docs/decisions/0058). So what is read before it is written, as places of hashes are, is touched before. Changes nothing.
 */
export function touch(at: usize, bytes: usize): void {
  for (let page = at; page < at + bytes; page += PAGE) atomic.add<u32>(page & ~3, 0);
}

/** Zeroed memory for the places of a hash table: so many bytes, a power of two. */
export function allocatePlaces(bytes: usize): usize {
  const list = released + <usize>ctz(bytes) * 4;
  const known = load<usize>(list);
  if (known != 0) {
    store<usize>(list, load<usize>(known));
    memory.fill(known, 0, bytes);
    return known;
  }
  const at = allocate(bytes);
  touch(at, bytes);
  return at;
}

/** The places of a hash table that has grown out of them: nobody looks there any more. */
export function releasePlaces(at: usize, bytes: usize): void {
  const list = released + <usize>ctz(bytes) * 4;
  store<usize>(at, load<usize>(list));
  store<usize>(list, at);
}

/** A small piece, on a whole cache line, with anything in it. */
export function allocateSmall(bytes: usize): usize {
  bytes = (bytes + 63) & ~63;
  if (restEnd - rest < bytes) {
    if (bytes > REST) return allocate(bytes);
    rest = 0;
    for (let length = CLASSES - 1; length >= 16 && rest == 0; length--) {
      const list = released + <usize>length * 4;
      rest = load<usize>(list);
      if (rest == 0) continue;
      store<usize>(list, load<usize>(rest));
      restEnd = rest + (<usize>1 << length);
    }
    if (rest == 0) {
      rest = allocate(REST);
      restEnd = rest + REST;
    }
  }
  const at = rest;
  rest += bytes;
  return at;
}
