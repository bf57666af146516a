/**
 * A compiled table as one piece of memory, which a file can hold and threads can share: the numbers of the automaton, and records of
 * JSON that are read one by one, when an answer asks for them. A log asks for a hundred of three thousand rows; so what has been
 * compiled once, by the build, is there in a millisecond.
 *
 *     int32  MAGIC, length of the automaton, number of records
 *     int32  the automaton
 *     int32  where in the text each record starts, and where the last one ends
 *     UTF-8  the records, a comma behind each
 */
import { Automaton } from './automaton.ts';

/** Its bytes in another order say that the image was made on a machine that counts from the other end. */
const MAGIC = 0x54_45_4d_02;
const HEADER = 3;

export class TableImage {
  readonly bytes: Uint8Array;
  readonly automaton: Automaton;
  readonly #starts: Int32Array;
  readonly #text: Buffer;

  constructor(bytes: Uint8Array) {
    const { buffer, byteOffset, byteLength } = bytes;
    const [magic, length = 0, records = 0] = new Int32Array(buffer, byteOffset, HEADER);
    if (magic !== MAGIC) throw new Error('not an image of a table that this version made on this kind of machine');
    const numbers = new Int32Array(buffer, byteOffset, HEADER + length + records + 1);
    this.bytes = bytes;
    this.automaton = new Automaton(numbers.subarray(HEADER, HEADER + length));
    this.#starts = numbers.subarray(HEADER + length);
    this.#text = Buffer.from(buffer, byteOffset + numbers.byteLength, byteLength - numbers.byteLength);
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
    return this.#text.toString('utf8', this.#starts[from], (this.#starts[to] as number) - 1);
  }
}

/** In memory that threads can share. */
export function packImage(automaton: Automaton, records: readonly unknown[]): Uint8Array {
  const { numbers } = automaton;
  const texts = records.map((record) => JSON.stringify(record));
  const text = Buffer.from(`${texts.join(',')},`);
  const head = HEADER + numbers.length + texts.length + 1;
  const bytes = new Uint8Array(new SharedArrayBuffer(head * 4 + text.length));
  bytes.set(text, head * 4);
  const words = new Int32Array(bytes.buffer, 0, head);
  words.set([MAGIC, numbers.length, texts.length]);
  words.set(numbers, HEADER);
  const starts = words.subarray(HEADER + numbers.length);
  texts.forEach((record, index) => {
    starts[index + 1] = (starts[index] as number) + Buffer.byteLength(record) + 1;
  });
  return bytes;
}
