import { KeySet } from '../event/index.ts';

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

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  add(key: number): void {
    if (this.#young.size >= this.#capacity) this.rotate();
    this.#young.add(key);
  }

  /** Adds a key that is not there. @returns whether it was not */
  addNew(key: number): boolean {
    if (this.#old.size > 0 && this.#old.has(key)) return false;
    if (this.#young.size >= this.#capacity) {
      if (this.#young.has(key)) return false;
      this.rotate();
    }
    return this.#young.add(key);
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
