/** The keys seen lately: at least the last `capacity`, at most twice as many. Typed arrays, so that a million cost 16 MB. */
export class RecentKeys {
  readonly #capacity: number;
  #young: KeySet;
  #old: KeySet;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#young = new KeySet();
    this.#old = new KeySet();
  }

  has(key: number): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  add(key: number): void {
    if (this.#young.size >= this.#capacity) this.rotate();
    this.#young.add(key);
  }

  /** What was young becomes old, what was old is forgotten. */
  rotate(): void {
    this.#old = this.#young;
    this.#young = new KeySet();
  }

  /** The keys, oldest generation first: plain data, to be saved. */
  save(): { old: number[]; young: number[] } {
    return { old: this.#old.keys(), young: this.#young.keys() };
  }

  restore(saved: { old: readonly number[]; young: readonly number[] }): void {
    for (const key of saved.old) this.#old.add(key);
    for (const key of saved.young) this.#young.add(key);
  }
}

/** A set of positive integers below 2^53: open addressing, 0 stands for an empty slot. */
export class KeySet {
  size = 0;
  #slots = new Float64Array(256);

  has(key: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = (key ^ (key / 0x100000000)) & mask; ; slot = (slot + 1) & mask) {
      const found = slots[slot]!;
      if (found === key) return true;
      if (found === 0) return false;
    }
  }

  add(key: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (key ^ (key / 0x100000000)) & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) if (slots[slot] === key) return;
    slots[slot] = key;
    if (++this.size * 2 > slots.length) this.#grow();
  }

  keys(): number[] {
    return Array.from(this.#slots).filter((key) => key !== 0);
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Float64Array(old.length * 2);
    this.size = 0;
    for (const key of old) if (key !== 0) this.add(key);
  }
}
