/** Where in an input reading stands, and by what bytes the place is known again. */
/** So many bytes before a position tell whether a file is still the one that was read. */
export const TAIL_BYTES = 256;
/** Of so many bytes before it each line is known again. */
export const RECENT_BYTES = 32 * 1024;
const FIRST_MARK = 2048;

/** A content's hash: of so few bytes that 128 bits of it are plenty. Loads what it takes when it is first asked: a report has no use of it. */
export function fingerprint(bytes: Uint8Array): string {
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

export interface Position {
  /** Bytes of the input (of a compressed one: unpacked) that lie behind. */
  readonly offset: number;
  /** The last of them, at most TAIL_BYTES. */
  readonly tail: Buffer;
  /** The last of them, at most RECENT_BYTES. */
  readonly recent: Buffer;
  /** At 2 KiB, 4 KiB, 8 KiB, …: the hash of the TAIL_BYTES before. */
  readonly marks: readonly (readonly [offset: number, hash: string])[];
  /** So many of the last bytes are a line without its end, which was counted because nothing more could come; 0 mostly. */
  readonly part: number;
}

/** The position after `offset` bytes of which these are the last. */
export function positionAt(offset: number, recent: Buffer, marks: Position['marks'] = [], part = 0): Position {
  return { offset, tail: recent.subarray(Math.max(0, recent.length - TAIL_BYTES)), recent, marks, part };
}

export const BEGINNING: Position = positionAt(0, Buffer.alloc(0));

/** Follows reading through an input. */
export class Progress {
  #offset: number;
  #recent: Buffer;
  #marks: Position['marks'];
  #nextMark = FIRST_MARK;
  #part = 0;
  readonly #places: boolean;

  /** @param places whether anybody goes on from where it stands; where not, only the offset is followed */
  constructor(start: Position = BEGINNING, places = true) {
    this.#places = places;
    this.#offset = start.offset;
    this.#recent = start.recent;
    this.#marks = start.marks;
    while (this.#nextMark <= this.#offset) this.#nextMark *= 2;
  }

  /** The bytes in [start, end) are done with; the last `part` of them are a line without its end. */
  pass(bytes: Buffer, start: number, end: number, part = 0): void {
    const count = end - start;
    if (count === 0) return;
    this.#part = part;
    if (!this.#places) {
      this.#offset += count;
      return;
    }
    for (; this.#nextMark <= this.#offset + count; this.#nextMark *= 2) {
      const at = start + this.#nextMark - this.#offset;
      const before = this.#before(bytes, start, at, TAIL_BYTES);
      this.#marks = [...this.#marks, [this.#nextMark, fingerprint(before)]];
    }
    // Always a buffer of its own: positions handed out before keep theirs.
    this.#recent = Buffer.from(this.#before(bytes, start, end, RECENT_BYTES));
    this.#offset += count;
  }

  /** The last bytes before `end`, of which those before `start` are remembered. */
  #before(bytes: Buffer, start: number, end: number, most: number): Buffer {
    const count = end - start;
    if (count >= most) return bytes.subarray(end - most, end);
    const remembered = this.#recent.subarray(Math.max(0, this.#recent.length + count - most));
    return Buffer.concat([remembered, bytes.subarray(start, end)]);
  }

  get position(): Position {
    return positionAt(this.#offset, this.#recent, this.#marks, this.#part);
  }
}
