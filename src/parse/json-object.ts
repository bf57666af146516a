/**
 * Reads one JSON object (RFC 8259) where it lies: whether it is valid, where it ends, and where the values of the wanted members
 * stand. A webhook's event has some seventeen members, and most events are counted by four of them; to make an object of all of
 * them costs several times what this walk does, in WebAssembly (./assembly/json-object.ts). A value that is asked for is read by
 * JSON.parse, so what a text means is never decided here.
 */
import { JSON_OBJECTS_WASM } from './scan/json-objects.wasm.ts';
import type { LineReader } from './scan/log-lines.ts';

/** @internal What the module of ./assembly/sendgrid-events.ts can do. */
export interface JsonObjects {
  createReader(keys: number, count: number, closers: number, name: number): void;
  readObject(at: number, end: number, out: number): number;
  createEvents(names: number, kinds: number, word: number, answers: number, answer: number): void;
  describeKinds(delivered: number, failed: number, answered: number): void;
  answerText(row: number, out: number): number;
  readEvents(at: number, end: number, rows: number, longest: number, counts: number): number;
}
// The part of WebAssembly's own types that is used here: the core knows neither the DOM's nor Node's.
interface WasmApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: JsonObjects };
}
const wasm = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
/** Compiled once a thread. */
let module: object | undefined;

const OPEN = 0x7b;
const OPEN_LIST = 0x5b;

// A table of words, as ./assembly/json-object.ts reads it.
const WORDS = 32;
const WORD_BYTES = 40;
const LONGEST_WORD = 31;

/** @internal Writes words, ASCII, into a reader's memory, so that a text is known as one of them. @returns where */
export function writeWords(lines: LineReader, words: readonly string[]): number {
  const at = lines.claim(WORDS + words.length * WORD_BYTES + 16);
  const { bytes } = lines;
  for (const [number, word] of words.entries()) {
    if (word.length > LONGEST_WORD) throw new RangeError(`${word} is longer than ${LONGEST_WORD} letters`);
    const entry = at + WORDS + number * WORD_BYTES;
    bytes.writeUInt32LE(bytes[at + word.length]!, entry);
    bytes.write(word, entry + 8, 'latin1');
    bytes[at + word.length] = number + 1;
  }
  return at;
}

/** @internal What reads objects in a memory. @param keys the members that are wanted */
export function instantiate(lines: LineReader, keys: readonly string[]): JsonObjects {
  module ??= new wasm.Module(Buffer.from(JSON_OBJECTS_WASM, 'base64'));
  const { exports } = new wasm.Instance(module, { env: { memory: lines.memory } });
  exports.createReader(writeWords(lines, keys), keys.length, lines.spare, lines.claim(64));
  return exports;
}

export class ObjectReader {
  /**
   * The wanted members of the object that was read last: of the n-th key, [2n] where its value starts, [2n + 1] where it ends; 0, 0
   * if absent. Behind them, bit n is set where the value of the n-th key holds an escape.
   */
  readonly places: Int32Array;
  readonly #keys: readonly string[];
  readonly #bytes: Buffer;
  readonly #wasm: JsonObjects;

  /**
   * @param keys at most 31, ASCII
   * @param lines reads lines in the memory that the objects lie in
   */
  constructor(keys: readonly string[], lines: LineReader) {
    this.#keys = keys;
    this.#bytes = lines.bytes;
    this.#wasm = instantiate(lines, keys);
    const length = keys.length * 2 + 1;
    this.places = new Int32Array(lines.memory.buffer, lines.claim(length * 4), length);
  }

  /**
   * Reads the object whose `{` is at `at`.
   * @returns where it ends, or 0 where it does not end, or is not valid. Of two members of one name the last counts.
   */
  read(at: number, end: number): number {
    return this.#wasm.readObject(at, end, this.places.byteOffset);
  }

  /** The wanted members of the object that was read last. */
  pick(): Record<string, unknown> {
    const picked: [key: string, value: unknown][] = [];
    for (const [number, key] of this.#keys.entries()) {
      const start = this.places[number * 2]!;
      if (start > 0) picked.push([key, valueAt(this.#bytes, start, this.places[number * 2 + 1]!)]);
    }
    // Not by assignment: a member may be called `__proto__`.
    return Object.fromEntries(picked);
  }
}

/** The value in [start, end), which is valid JSON. */
export function valueAt(bytes: Buffer, start: number, end: number): unknown {
  return JSON.parse(bytes.toString('utf8', start, end));
}

/**
 * Whether a line that begins with this byte begins a unit, whatever came before: nothing prints an inner object or array at the
 * start of a line. So such a place divides a text without anybody having read what is before it.
 */
export function startsUnit(byte: number): boolean {
  return byte === OPEN || byte === OPEN_LIST;
}
