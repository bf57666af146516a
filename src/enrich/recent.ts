const KEPT = 8192;

/**
 * Keeps what was used of late: two generations, the older one dropped whole when the younger is full. Keys are kept as they come:
 * answers are decoded from bytes one by one, so none is a slice that holds a block of log.
 */
export class Recent<V> {
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  get(key: string): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const kept = this.#old.get(key);
    if (kept !== undefined) this.set(key, kept);
    return kept;
  }

  set(key: string, value: V): void {
    if (this.#young.size >= KEPT) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
