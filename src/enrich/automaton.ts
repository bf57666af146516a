/**
 * Finds all phrases at once: Aho and Corasick, "Efficient string matching" (1975). The trie's edges are a hash table in typed arrays, so
 * tens of thousands of phrases in any script cost a few megabytes and the scan costs the same for ten phrases as for ten thousand.
 */

export interface Automaton {
  /** Calls `found` for each occurrence: the phrase's number, and where it ends (exclusive). Linear in the text and the matches. */
  scan(text: string, found: (phrase: number, end: number) => void): void;
}

export function buildAutomaton(phrases: readonly string[]): Automaton {
  let total = 1;
  for (const p of phrases) total += p.length;
  let size = 16;
  while (size < total * 2) size *= 2;
  const mask = size - 1;
  // Edge (state, unit) → state, open addressing. State 0 is the root and no edge leads to it, so 0 marks a free slot.
  const edgeState = new Int32Array(size);
  const edgeUnit = new Uint16Array(size);
  const edgeTo = new Int32Array(size);
  const parent = new Int32Array(total);
  const unitOf = new Uint16Array(total);
  /** The phrase that ends in a state, plus one. */
  const ends = new Int32Array(total);
  const fail = new Int32Array(total);
  /** The next state on the way of failure links in which a phrase ends. */
  const next = new Int32Array(total);
  let states = 1;

  const slot = (state: number, unit: number): number => {
    let h = Math.imul(state, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b);
    h = (h ^ (h >>> 15)) & mask;
    while (edgeTo[h] !== 0 && (edgeState[h] !== state || edgeUnit[h] !== unit)) h = (h + 1) & mask;
    return h;
  };

  const depth = new Int32Array(total);
  let deepest = 0;
  // Neighbours in a table often begin alike: a phrase starts where it parts from the one before.
  let before = '';
  const path: number[] = [0];
  for (let number = 0; number < phrases.length; number++) {
    const phrase = phrases[number] as string;
    let same = 0;
    while (same < phrase.length && same < before.length && phrase.charCodeAt(same) === before.charCodeAt(same)) same++;
    before = phrase;
    let state = path[same] as number;
    for (let i = same; i < phrase.length; i++) {
      const unit = phrase.charCodeAt(i);
      const h = slot(state, unit);
      if (edgeTo[h] === 0) {
        edgeState[h] = state;
        edgeUnit[h] = unit;
        edgeTo[h] = states;
        parent[states] = state;
        unitOf[states] = unit;
        depth[states] = i + 1;
        if (i + 1 > deepest) deepest = i + 1;
        states++;
      }
      state = edgeTo[h] as number;
      path[i + 1] = state;
    }
    ends[state] = number + 1;
  }

  // Breadth first: by depth, a counting sort.
  const first = new Int32Array(deepest + 2);
  for (let s = 1; s < states; s++) first[(depth[s] as number) + 1] = (first[(depth[s] as number) + 1] as number) + 1;
  for (let d = 1; d <= deepest + 1; d++) first[d] = (first[d] as number) + (first[d - 1] as number);
  const order = new Int32Array(states);
  for (let s = 1; s < states; s++) {
    const d = depth[s] as number;
    order[first[d] as number] = s;
    first[d] = (first[d] as number) + 1;
  }
  for (let o = 0; o < states - 1; o++) {
    const s = order[o] as number;
    const p = parent[s] as number;
    if (p !== 0) {
      const unit = unitOf[s] as number;
      let f = fail[p] as number;
      for (;;) {
        const to = edgeTo[slot(f, unit)] as number;
        if (to !== 0) {
          fail[s] = to;
          break;
        }
        if (f === 0) break;
        f = fail[f] as number;
      }
    }
    const f = fail[s] as number;
    next[s] = ends[f] !== 0 ? f : (next[f] as number);
  }

  return {
    scan(text, found) {
      let state = 0;
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i);
        for (;;) {
          const to = edgeTo[slot(state, unit)] as number;
          if (to !== 0) {
            state = to;
            break;
          }
          if (state === 0) break;
          state = fail[state] as number;
        }
        let s = ends[state] !== 0 ? state : (next[state] as number);
        while (s !== 0) {
          found((ends[s] as number) - 1, i + 1);
          s = next[s] as number;
        }
      }
    },
  };
}
