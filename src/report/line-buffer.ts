/** Where lines of output are written, as bytes. */

const LEAST_ROOM = 65_536;
/** So many that have been given back are kept at most: one is written to while others are on their way. */
const MOST_SPARE = 2;

/** Bytes that are written one behind the other and taken together. Memory that nobody has written yet is dear (docs/decisions/0061). */
export class LineBuffer {
  readonly #spare: Buffer[] = [];
  bytes: Buffer = Buffer.allocUnsafe(LEAST_ROOM);
  /** How many have been written. */
  length = 0;

  /** Makes room for so many more. */
  makeRoom(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** What was written since the last call; undefined where that is nothing. */
  take(): Buffer | undefined {
    if (this.length === 0) return undefined;
    const taken = this.bytes.subarray(0, this.length);
    // Whoever gets them may keep them: what follows is written elsewhere. The next block is mostly like the last one: a little more than that took.
    this.bytes = this.#spare.pop() ?? Buffer.allocUnsafe(LEAST_ROOM + Math.ceil(this.length * 1.1));
    this.length = 0;
    return taken;
  }

  /** Nobody needs it any longer: what `take` gave. Need not be called. */
  giveBack({ buffer }: Buffer): void {
    if (this.#spare.length < MOST_SPARE) this.#spare.push(Buffer.from(buffer as ArrayBuffer));
  }
}

/**
 * The same in a memory that WebAssembly writes to as well. What does not fit is kept beside it.
 */
export class SharedLineBuffer extends LineBuffer {
  readonly #free: Buffer[];
  /** The pages that are written to, a part of the memory. */
  #pages: Buffer;
  /** What was written before, and did not fit. */
  readonly #before: Buffer[] = [];

  /** @param parts of the memory, of equal length: one is written to while others are on their way */
  constructor(parts: readonly Buffer[]) {
    super();
    this.#free = parts.slice(1);
    this.#pages = parts[0]!;
    this.bytes = this.#pages;
  }

  /** Where in the memory the next byte goes, and where the room there ends: what is written elsewhere is put aside. */
  place(): { readonly at: number; readonly end: number } {
    if (this.bytes !== this.#pages) this.putAside();
    const { byteOffset, length } = this.#pages;
    return { at: byteOffset + this.length, end: byteOffset + length };
  }

  /** Has all of the memory's part free for what follows. */
  putAside(): void {
    if (this.length > 0) this.#before.push(Buffer.from(this.bytes.subarray(0, this.length)));
    this.bytes = this.#pages;
    this.length = 0;
  }

  override makeRoom(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    this.putAside();
    // One line may be larger than all of it: whoever writes it gets it from Node.
    if (more > this.bytes.length) this.bytes = Buffer.allocUnsafe(more);
  }

  override take(): Buffer | undefined {
    if (this.#before.length > 0 || this.bytes !== this.#pages) {
      this.putAside();
      return Buffer.concat(this.#before.splice(0));
    }
    if (this.length === 0) return undefined;
    const taken = this.bytes.subarray(0, this.length);
    this.length = 0;
    const next = this.#free.pop();
    if (next === undefined) return Buffer.from(taken);
    this.#pages = next;
    this.bytes = next;
    return taken;
  }

  override giveBack({ buffer, byteOffset }: Buffer): void {
    const { buffer: memory, length } = this.#pages;
    if (buffer === memory) this.#free.push(Buffer.from(memory as ArrayBuffer, byteOffset, length));
  }
}
