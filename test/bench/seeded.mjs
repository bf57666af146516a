// What the generators share: random numbers from a seed, so that the same arguments give the same bytes, and a queue of what is
// to happen later.

/** Seeded random numbers in [0, 1) (mulberry32, public domain), and what is drawn with them. */
export function seeded(seed) {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];
  function hex(n) {
    let text = '';
    while (text.length < n)
      text += Math.floor(random() * 0x100000000)
        .toString(16)
        .padStart(8, '0');
    return text.slice(0, n);
  }
  return { random, below, pick, hex };
}

/** Things with a time `at`, the earliest first: a binary heap. */
export class Agenda {
  #heap = [];

  get next() {
    return this.#heap[0];
  }

  push(item) {
    const heap = this.#heap;
    heap.push(item);
    for (let i = heap.length - 1; i > 0; ) {
      const up = (i - 1) >> 1;
      if (heap[up].at <= heap[i].at) break;
      [heap[up], heap[i]] = [heap[i], heap[up]];
      i = up;
    }
  }

  pop() {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length > 0) {
      heap[0] = last;
      for (let i = 0; ; ) {
        let down = 2 * i + 1;
        if (down >= heap.length) break;
        if (down + 1 < heap.length && heap[down + 1].at < heap[down].at) down++;
        if (heap[i].at <= heap[down].at) break;
        [heap[i], heap[down]] = [heap[down], heap[i]];
        i = down;
      }
    }
    return top;
  }
}
