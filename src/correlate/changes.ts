/**
 * What has changed in a map since it was last stored, so that a commit writes what a minute of log has touched and not the whole
 * queue. Entries are plain data that is changed in place, so whoever changes one says so.
 */
export interface MapChanges<T> {
  /** In the order in which they came, where they are new. */
  readonly put: readonly (readonly [key: number, value: T])[];
  /** To be removed before anything is put. */
  readonly removed: readonly number[];
}

export class Changes {
  readonly #stored: Set<number>;
  #changed = new Set<number>();
  #removed = new Set<number>();

  /** @param stored the keys that are stored already */
  constructor(stored: Iterable<number>) {
    this.#stored = new Set(stored);
  }

  put(key: number): void {
    this.#changed.add(key);
  }

  remove(key: number): void {
    // What comes and goes between two commits is never stored. What comes again is new, and goes to the end.
    this.#changed.delete(key);
    if (this.#stored.has(key)) this.#removed.add(key);
  }

  /** Hands the changes over; from now on they count as stored. */
  take<T>(get: (key: number) => T | undefined): MapChanges<T> {
    const put: (readonly [number, T])[] = [];
    for (const key of this.#changed) {
      const value = get(key);
      if (value !== undefined) put.push([key, value]);
    }
    const removed = [...this.#removed];
    for (const key of removed) this.#stored.delete(key);
    for (const [key] of put) this.#stored.add(key);
    this.#changed = new Set();
    this.#removed = new Set();
    return { put, removed };
  }
}
