const WAYS = 4;
const SETS_LOG2 = 11;

/**
 * Keeps what was used of late, by the hash of its key. A hash leads to a set of four places; a fifth key takes the place of one of
 * them. So the size is fixed, nothing is ever moved, and texts made to collide cost their own place and nobody's time.
 */
export class Recent<K, V> {
  readonly #hashes = new Int32Array(WAYS << SETS_LOG2);
  readonly #keys: (K | undefined)[] = new Array(WAYS << SETS_LOG2);
  readonly #values: (V | undefined)[] = new Array(WAYS << SETS_LOG2);
  readonly #is: (key: K) => boolean;
  #next = 0;

  /** `is` says whether a key is the one that is asked for: two may have the same hash. */
  constructor(is: (key: K) => boolean) {
    this.#is = is;
  }

  /** The place of a key, for `at` and `put`; -1 where it is not kept. */
  find(hash: number): number {
    const first = (hash >>> (32 - SETS_LOG2)) * WAYS;
    for (let place = first; place < first + WAYS; place++) {
      if (this.#hashes[place] !== hash) continue;
      const key = this.#keys[place];
      if (key !== undefined && this.#is(key)) return place;
    }
    return -1;
  }

  at(place: number): V | undefined {
    return place === -1 ? undefined : this.#values[place];
  }

  /** Puts a value in the place that `find` gave; -1 finds one. */
  put(place: number, hash: number, key: () => K, value: V): void {
    if (place === -1) {
      this.#next = (this.#next + 1) % WAYS;
      place = (hash >>> (32 - SETS_LOG2)) * WAYS + this.#next;
      this.#hashes[place] = hash;
      this.#keys[place] = key();
    }
    this.#values[place] = value;
  }
}
