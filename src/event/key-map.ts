/**
 * A map from hashes (positive integers below 2^53, see LogRecord.queueKey) to values, and a set of them. Open addressing over a
 * typed array: several times faster than Map, whose keys beyond 31 bits are objects, and a miss, the common case, touches one
 * cache line. 0 stands for an empty slot.
 */

/** Where in a table a key is looked for first. The keys are hashes already; both halves take part. */
function slotOf(key: number, mask: number): number {
  return ((key | 0) ^ ((key / 0x100000000) | 0)) & mask;
}

/** How much a table grows: small ones at once to what they will need if they go on so, large ones not beyond what they do need. */
function growthOf(length: number): 2 | 4 {
  return length < 1 << 18 ? 4 : 2;
}

export class KeyMap<T> {
  size = 0;
  #keys = new Float64Array(64);
  #values: (T | undefined)[] = new Array(64);

  get(key: number): T | undefined {
    const keys = this.#keys;
    const mask = keys.length - 1;
    for (let slot = slotOf(key, mask); ; slot = (slot + 1) & mask) {
      const found = keys[slot]!;
      if (found === key) return this.#values[slot];
      if (found === 0) return undefined;
    }
  }

  has(key: number): boolean {
    return this.get(key) !== undefined;
  }

  set(key: number, value: T): void {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let slot = slotOf(key, mask);
    for (; keys[slot] !== 0; slot = (slot + 1) & mask) {
      if (keys[slot] === key) {
        this.#values[slot] = value;
        return;
      }
    }
    keys[slot] = key;
    this.#values[slot] = value;
    if (++this.size * 2 > keys.length) this.#grow();
  }

  delete(key: number): void {
    const keys = this.#keys;
    const values = this.#values;
    const mask = keys.length - 1;
    let slot = slotOf(key, mask);
    for (; keys[slot] !== key; slot = (slot + 1) & mask) if (keys[slot] === 0) return;
    this.size--;
    // Close the gap: what was pushed past it moves back.
    for (let next = (slot + 1) & mask; keys[next] !== 0; next = (next + 1) & mask) {
      const home = slotOf(keys[next]!, mask);
      if (((next - home) & mask) >= ((next - slot) & mask)) {
        keys[slot] = keys[next]!;
        values[slot] = values[next];
        slot = next;
      }
    }
    keys[slot] = 0;
    values[slot] = undefined;
  }

  *[Symbol.iterator](): IterableIterator<[key: number, value: T]> {
    const keys = this.#keys;
    for (let slot = 0; slot < keys.length; slot++) if (keys[slot] !== 0) yield [keys[slot]!, this.#values[slot]!];
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    const length = keys.length * growthOf(keys.length);
    this.#keys = new Float64Array(length);
    this.#values = new Array(length);
    this.size = 0;
    for (let slot = 0; slot < keys.length; slot++) if (keys[slot] !== 0) this.set(keys[slot]!, values[slot]!);
  }
}

export class KeySet {
  size = 0;
  #slots = new Float64Array(256);

  has(key: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = slotOf(key, mask); ; slot = (slot + 1) & mask) {
      const found = slots[slot]!;
      if (found === key) return true;
      if (found === 0) return false;
    }
  }

  /** @returns whether it was not there before */
  add(key: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = slotOf(key, mask);
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) if (slots[slot] === key) return false;
    slots[slot] = key;
    if (++this.size * 2 > slots.length) this.#grow();
    return true;
  }

  keys(): number[] {
    return Array.from(this.#slots).filter((key) => key !== 0);
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Float64Array(old.length * growthOf(old.length));
    const mask = slots.length - 1;
    for (let from = 0; from < old.length; from++) {
      const key = old[from]!;
      if (key === 0) continue;
      let slot = slotOf(key, mask);
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = key;
    }
    this.#slots = slots;
  }
}
