// Memory for what grows: taken from the end of the shared memory, which grows with it. What is outgrown is not given back: it is at
// most as much as what took its place.

let free: usize = 0;

/** Says from where on the memory is free, and zero. */
export function allocateFrom(at: usize): void {
  free = (at + 63) & ~63;
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
 * The same for what is read before it is written, as places of hashes are. Of a page that is read first the kernel shows its page of
 * zeros, and takes that away from all processors when it is written: that costs ten times as much as a page that is written at once (docs/decisions/0058).
 */
export function allocateTouched(bytes: usize): usize {
  const at = allocate(bytes);
  for (let page = at; page < at + bytes; page += PAGE) store<u8>(page, 0);
  return at;
}
