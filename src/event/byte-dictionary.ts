/**
 * Gives each distinct run of bytes a small number, and keeps one value for it: the same host, domain or relay stands in a
 * log a hundred thousand times, and is decoded into a string once. Open addressing over typed arrays, so that a look-up of
 * known bytes allocates nothing; the bytes themselves are compared, so two runs never share a number by accident.
 */
export class ByteDictionary<T> {
  /** The value of each number. */
  readonly values: T[] = [];
  readonly #make: (bytes: Buffer, start: number, end: number) => T;
  readonly #fold: boolean;
  /** Slot → number + 1, or 0. */
  #slots = new Int32Array(1 << 10);
  /** Number → hash, and where its bytes lie in the arena. */
  #hashes = new Int32Array(1 << 9);
  #ends = new Int32Array((1 << 9) + 1);
  #arena = new Uint8Array(1 << 14);

  /**
   * @param make the value of a run that is new
   * @param fold whether ASCII letters compare without case (host names, domains)
   */
  constructor(make: (bytes: Buffer, start: number, end: number) => T, fold = false) {
    this.#make = make;
    this.#fold = fold;
  }

  get size(): number {
    return this.values.length;
  }

  /** The number of the bytes in [start, end), 0 for the first ever seen. */
  idOf(bytes: Buffer, start: number, end: number): number {
    const fold = this.#fold;
    let hash = 0x811c9dc5 | 0;
    for (let i = start; i < end; i++) {
      let byte = bytes[i]!;
      if (fold && byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    hash ^= hash >>> 15;

    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = slots[slot]! - 1;
      if (id < 0) return this.#insert(slot, hash, bytes, start, end);
      if (this.#hashes[id] === hash && this.#equals(id, bytes, start, end)) return id;
    }
  }

  #equals(id: number, bytes: Buffer, start: number, end: number): boolean {
    const from = this.#ends[id]!;
    if (this.#ends[id + 1]! - from !== end - start) return false;
    const arena = this.#arena;
    for (let i = start, j = from; i < end; i++, j++) {
      let byte = bytes[i]!;
      if (this.#fold && byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
      if (arena[j] !== byte) return false;
    }
    return true;
  }

  #insert(slot: number, hash: number, bytes: Buffer, start: number, end: number): number {
    const id = this.values.length;
    this.values.push(this.#make(bytes, start, end));
    if (id + 2 > this.#ends.length) {
      this.#hashes = grown(this.#hashes, id * 2);
      this.#ends = grown(this.#ends, id * 2 + 1);
    }
    const from = this.#ends[id]!;
    const to = from + (end - start);
    if (to > this.#arena.length) {
      const arena = new Uint8Array(Math.max(to, this.#arena.length * 2));
      arena.set(this.#arena);
      this.#arena = arena;
    }
    for (let i = start, j = from; i < end; i++, j++) {
      const byte = bytes[i]!;
      this.#arena[j] = this.#fold && byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    }
    this.#hashes[id] = hash;
    this.#ends[id + 1] = to;
    this.#slots[slot] = id + 1;
    if ((id + 1) * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 0; id < this.values.length; id++) {
      let slot = this.#hashes[id]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    this.#slots = slots;
  }
}

function grown(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(length);
  copy.set(array);
  return copy;
}
