/** A text in UTF-16 units, in memory that is used again for the next one: reading units from it costs half of `charCodeAt`. */
const SMALLEST = 4096;
const LARGEST_KEPT = 65_536;

export class UnitBuffer {
  /** Two units behind the text may be read, and are 0. */
  units = new Uint16Array(SMALLEST);
  length = 0;
  #bytes = Buffer.from(this.units.buffer);
  #pairs = new Int32Array(this.units.buffer);

  /** Makes room for a text of so many units. The memory of a text of 1 MB is not kept when a shorter one follows. */
  room(length: number): void {
    const size = this.units.length;
    if (length + 2 <= size && (size <= LARGEST_KEPT || length > LARGEST_KEPT)) return;
    this.units = new Uint16Array(Math.max(SMALLEST, (length + 3) & ~1));
    this.#bytes = Buffer.from(this.units.buffer);
    this.#pairs = new Int32Array(this.units.buffer);
  }

  set(text: string): void {
    this.room(text.length);
    this.#bytes.write(text, 'utf16le');
    this.end(text.length);
  }

  /** Says where the text ends that was written to `units`. */
  end(length: number): void {
    this.length = length;
    this.units[length] = 0;
    this.units[length + 1] = 0;
  }

  /** 32 bits. Equal texts have equal hashes; the reverse is for `equals` to tell. */
  hash(): number {
    const pairs = this.#pairs;
    const end = (this.length + 1) >> 1;
    let h = this.length;
    for (let i = 0; i < end; i++) h = Math.imul(((h << 5) | (h >>> 27)) ^ (pairs[i] as number), 0x9e3779b1);
    return h ^ (h >>> 15);
  }

  /** What `equals` compares with. */
  copy(): Int32Array {
    return this.#pairs.slice(0, (this.length + 1) >> 1);
  }

  equals(copy: Int32Array): boolean {
    const pairs = this.#pairs;
    const end = (this.length + 1) >> 1;
    if (copy.length !== end) return false;
    for (let i = 0; i < end; i++) if (copy[i] !== pairs[i]) return false;
    return true;
  }

  toString(): string {
    return this.#bytes.toString('utf16le', 0, this.length * 2);
  }
}
