/**
 * Finds all phrases at once: Aho and Corasick, "Efficient string matching" (1975). The trie's edges are a hash table in typed arrays, so
 * tens of thousands of phrases in any script cost a few megabytes and the scan costs the same for ten phrases as for ten thousand.
 * All of it is one array of numbers, which can be written to a file and shared between threads as it is: of 16 bits where that is enough,
 * as it is for the table that is built in. Half the memory is touched when a command starts.
 */

/** Numbers of an automaton, each as wide as the largest of them needs. */
export type Numbers = Uint16Array | Int32Array;

/** How many numbers stand in front: the binary logarithm of the slots of the hash table. */
const HEADER = 1;
/** The numbers of a state: the state before it and the UTF-16 unit that leads from there to here … */
const PARENT = 0;
const UNIT = 1;
/** … the phrase that ends here, plus one … */
const ENDS = 2;
/** … the state of the longest end of this text that begins a phrase too, and the next one on that way in which a phrase ends. */
const FAIL = 3;
const NEXT = 4;
const FIELDS = 5;

export class Automaton {
  /** The header, the hash table, the states. */
  readonly numbers: Numbers;
  /** Edge (state, unit) → state, open addressing. State 0 is the root and no edge leads to it, so 0 marks a free slot. */
  readonly #edges: Numbers;
  readonly #states: Numbers;

  constructor(numbers: Numbers) {
    const slots = 2 ** numbers[0]!;
    this.numbers = numbers;
    this.#edges = numbers.subarray(HEADER, HEADER + slots);
    this.#states = numbers.subarray(HEADER + slots);
  }

  /** Calls `found` for each occurrence: the phrase's number, and where it ends (exclusive). Linear in the text and the matches. */
  scan(text: string, found: (phrase: number, end: number) => void): void {
    const edges = this.#edges;
    const states = this.#states;
    let state = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      for (;;) {
        const to = edges[slotOf(edges, states, state, unit)] as number;
        if (to !== 0) {
          state = to;
          break;
        }
        if (state === 0) break;
        state = states[state * FIELDS + FAIL] as number;
      }
      let s = states[state * FIELDS + ENDS] !== 0 ? state : (states[state * FIELDS + NEXT] as number);
      while (s !== 0) {
        found((states[s * FIELDS + ENDS] as number) - 1, i + 1);
        s = states[s * FIELDS + NEXT] as number;
      }
    }
  }
}

/** Where the edge is, or the free slot in which it would be. */
function slotOf(edges: Numbers, states: Numbers, state: number, unit: number): number {
  const mask = edges.length - 1;
  let h = Math.imul(state, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b);
  h = (h ^ (h >>> 15)) & mask;
  for (;;) {
    const to = edges[h] as number;
    if (to === 0 || (states[to * FIELDS + PARENT] === state && states[to * FIELDS + UNIT] === unit)) return h;
    h = (h + 1) & mask;
  }
}

export function buildAutomaton(phrases: readonly string[]): Automaton {
  let most = 1;
  for (const p of phrases) most += p.length;
  const states = new Int32Array(most * FIELDS);
  const depth = new Int32Array(most);
  const { count, deepest } = buildTrie(phrases, states, depth, new Int32Array(slotsFor(most)));
  // Phrases share their beginnings: there are fewer states than there might have been.
  const slots = slotsFor(count);
  const length = HEADER + slots + count * FIELDS;
  // States and units fit in 16 bits, and phrases with one added to each.
  const isSmall = count <= MOST_16_BITS && phrases.length < MOST_16_BITS;
  const numbers = isSmall ? new Uint16Array(length) : new Int32Array(length);
  numbers[0] = Math.log2(slots);
  numbers.set(states.subarray(0, count * FIELDS), HEADER + slots);
  const edges = numbers.subarray(HEADER, HEADER + slots);
  const kept = numbers.subarray(HEADER + slots);
  for (let s = 1; s < count; s++)
    edges[slotOf(edges, kept, kept[s * FIELDS + PARENT] as number, kept[s * FIELDS + UNIT] as number)] = s;
  linkFailures(edges, kept, breadthFirst(depth.subarray(0, count), deepest));
  return new Automaton(numbers);
}

const MOST_16_BITS = 2 ** 16;

/** A power of two, at most two thirds full. */
function slotsFor(states: number): number {
  let slots = 16;
  while (slots * 2 < states * 3) slots *= 2;
  return slots;
}

function buildTrie(
  phrases: readonly string[],
  states: Int32Array,
  depth: Int32Array,
  edges: Int32Array,
): { count: number; deepest: number } {
  let count = 1;
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
      const h = slotOf(edges, states, state, unit);
      if (edges[h] === 0) {
        edges[h] = count;
        states[count * FIELDS + PARENT] = state;
        states[count * FIELDS + UNIT] = unit;
        depth[count] = i + 1;
        if (i + 1 > deepest) deepest = i + 1;
        count++;
      }
      state = edges[h] as number;
      path[i + 1] = state;
    }
    states[state * FIELDS + ENDS] = number + 1;
  }
  return { count, deepest };
}

/** All states but the root by their depth: a counting sort. */
function breadthFirst(depth: Int32Array, deepest: number): Int32Array {
  const first = new Int32Array(deepest + 2);
  for (let s = 1; s < depth.length; s++) {
    const d = (depth[s] as number) + 1;
    first[d] = (first[d] as number) + 1;
  }
  for (let d = 1; d <= deepest + 1; d++) first[d] = (first[d] as number) + (first[d - 1] as number);
  const order = new Int32Array(depth.length - 1);
  for (let s = 1; s < depth.length; s++) {
    const d = depth[s] as number;
    order[first[d] as number] = s;
    first[d] = (first[d] as number) + 1;
  }
  return order;
}

function linkFailures(edges: Numbers, states: Numbers, order: Int32Array): void {
  for (const s of order) {
    const parent = states[s * FIELDS + PARENT] as number;
    let f = 0;
    if (parent !== 0) {
      const unit = states[s * FIELDS + UNIT] as number;
      for (let at = states[parent * FIELDS + FAIL] as number; ; at = states[at * FIELDS + FAIL] as number) {
        f = edges[slotOf(edges, states, at, unit)] as number;
        if (f !== 0 || at === 0) break;
      }
    }
    states[s * FIELDS + FAIL] = f;
    states[s * FIELDS + NEXT] = states[f * FIELDS + ENDS] !== 0 ? f : (states[f * FIELDS + NEXT] as number);
  }
}
