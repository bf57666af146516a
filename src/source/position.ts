/** Where in an input reading stands, and by what bytes the place is known again. */

/** So many bytes before a position tell whether a file is still the one that was read. */
export const TAIL_BYTES = 256;

export interface Position {
  /** Bytes of the input (of a compressed one: unpacked) that lie behind. */
  readonly offset: number;
  /** The last of them, at most TAIL_BYTES. */
  readonly tail: Buffer;
}

export const BEGINNING: Position = { offset: 0, tail: Buffer.alloc(0) };

/** Follows reading through an input. */
export class Progress {
  #offset: number;
  #tail: Buffer;

  constructor(start: Position = BEGINNING) {
    this.#offset = start.offset;
    this.#tail = start.tail;
  }

  /** The bytes in [start, end) are done with. */
  pass(bytes: Buffer, start: number, end: number): void {
    const count = end - start;
    if (count === 0) return;
    this.#offset += count;
    // Always a buffer of its own: positions handed out before keep theirs.
    this.#tail =
      count >= TAIL_BYTES
        ? Buffer.from(bytes.subarray(end - TAIL_BYTES, end))
        : Buffer.concat([
            this.#tail.subarray(Math.max(0, this.#tail.length + count - TAIL_BYTES)),
            bytes.subarray(start, end),
          ]);
  }

  get position(): Position {
    return { offset: this.#offset, tail: this.#tail };
  }
}
