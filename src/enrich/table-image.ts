/**
 * A compiled table as an image, which a file can hold and threads can share: the numbers of the automaton, and records of JSON that
 * are read one by one, when an answer asks for them. A log asks for a hundred of three thousand rows; so what has been compiled once, by
 * the build, is there in a millisecond, and the rows that nobody asks for, more than half of it, stay in the file.
 *
 *     int32  MAGIC, numbers of the automaton, bytes of each, number of records
 *     int32 or uint16, filled up to 4 bytes: the automaton
 *     int32  where in the text each record starts, and where the last one ends
 *     UTF-8  the records, a comma behind each
 */
import { Automaton, type Numbers } from './automaton.ts';

/** Its bytes in another order say that the image was made on a machine that counts from the other end. */
const MAGIC = 0x54_45_4d_03;
const HEADER = 4;

/** An image: its numbers, in memory that threads can share; its text there, too, or in a file. */
export interface PackedTable {
  readonly numbers: Uint8Array;
  readonly text: Uint8Array | TextInFile;
}

/** A text that lies in an open file of this process, from a place on. */
export interface TextInFile {
  readonly file: number;
  readonly at: number;
  /** When the file was last written, ms since 1970 UTC: a text that was written over is another one. */
  readonly modified: number;
}

/** Reads so many bytes of a text from a place of it on. */
export type ReadText = (text: TextInFile, from: number, length: number) => Buffer;

/** What the first bytes of an image, and then its numbers, say of its length; undefined where it is none that can be used here. */
export const IMAGE_LENGTHS = {
  headBytes: HEADER * 4,
  /** For how many bytes the numbers go on, the head included. */
  ofNumbers(head: Uint8Array): number | undefined {
    const [magic, length = -1, width = 0, records = -1] = new Int32Array(head.buffer, head.byteOffset, HEADER);
    const isOne = magic === MAGIC && length >= 0 && (width === 2 || width === 4) && records >= 0;
    return isOne ? (HEADER + wordsOf(length, width) + records + 1) * 4 : undefined;
  },
  /** How many bytes the text has. */
  ofText(numbers: Uint8Array): number {
    return new Int32Array(numbers.buffer, numbers.byteOffset, numbers.byteLength / 4).at(-1)!;
  },
};

export class TableImage {
  readonly packed: PackedTable;
  readonly automaton: Automaton;
  readonly #starts: Int32Array;
  readonly #readText: ReadText;

  /** @param readText for a text that lies in a file */
  constructor(packed: PackedTable, readText: ReadText) {
    const { buffer, byteOffset, byteLength } = packed.numbers;
    const [magic, length = 0, width = 4] = new Int32Array(buffer, byteOffset, HEADER);
    if (magic !== MAGIC) throw new Error('not an image of a table that this version made on this kind of machine');
    const at = byteOffset + HEADER * 4;
    const starts = at + wordsOf(length, width) * 4;
    this.packed = packed;
    this.automaton = new Automaton(
      width === 2 ? new Uint16Array(buffer, at, length) : new Int32Array(buffer, at, length),
    );
    this.#starts = new Int32Array(buffer, starts, (byteOffset + byteLength - starts) / 4);
    this.#readText = readText;
  }

  /** How many records. */
  get length(): number {
    return this.#starts.length - 1;
  }

  /** One record, made anew at each call. */
  record(index: number): unknown {
    return JSON.parse(this.#slice(index, index + 1));
  }

  /** The records from `from` on, up to `to` (exclusive). */
  range(from: number, to: number): unknown[] {
    return from === to ? [] : JSON.parse(`[${this.#slice(from, to)}]`);
  }

  #slice(from: number, to: number): string {
    const start = this.#starts[from]!;
    const length = this.#starts[to]! - 1 - start;
    const { text } = this.packed;
    if (!(text instanceof Uint8Array)) return this.#readText(text, start, length).toString('utf8');
    return Buffer.from(text.buffer, text.byteOffset + start, length).toString('utf8');
  }
}

/** How many numbers of 32 bits so many of so many bytes take. */
function wordsOf(length: number, width: number): number {
  return Math.ceil((length * width) / 4);
}

/** In memory that threads can share. */
export function packImage(automaton: Automaton, records: readonly unknown[]): PackedTable {
  const numbers: Numbers = automaton.numbers;
  const width = numbers.BYTES_PER_ELEMENT;
  const texts = records.map((record) => JSON.stringify(record));
  const bytes = Buffer.from(`${texts.join(',')},`);
  const text = new Uint8Array(new SharedArrayBuffer(bytes.length));
  text.set(bytes);
  const at = HEADER + wordsOf(numbers.length, width);
  const words = new Int32Array(new SharedArrayBuffer((at + texts.length + 1) * 4));
  words.set([MAGIC, numbers.length, width, texts.length]);
  new Uint8Array(words.buffer).set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), HEADER * 4);
  const starts = words.subarray(at);
  texts.forEach((record, index) => {
    starts[index + 1] = (starts[index] as number) + Buffer.byteLength(record) + 1;
  });
  return { numbers: new Uint8Array(words.buffer), text };
}
