/**
 * Finds the lines worth reading. Nine lines of ten in a maillog say nothing about a delivery; cutting each into a string to
 * find that out is what makes log readers slow. So a block of bytes is searched as a whole, sixteen bytes a step, for the
 * few marks that a wanted line must bear, and only the lines that bear one come back. A mark is a hint, never a proof: it is
 * known by its last three bytes only, and the parser reads the line from its start and decides.
 *
 * The search is WebAssembly (AssemblyScript, `assembly/marked-lines.ts`) and works on a WebAssembly.Memory, which may be
 * shared between threads; the text has to lie in it already.
 */
import { MARKED_LINES_WASM } from './marked-lines.wasm.ts';

/** The marks, as bits. */
export const MARK_STATUS = 1; //     to=<…>, …, status=sent (…)
export const MARK_REMOVED = 2; //    QID: removed
export const MARK_WARNING = 4; //    warning: …  fatal: …  panic: …  certificate verification failed for …
export const MARK_OPENED = 8; //     QID: from=<…>, size=…, nrcpt=1 (queue active)
export const MARK_MESSAGE_ID = 16; // QID: message-id=<…>
export const MARK_REJECT = 32; //    NOQUEUE: reject: …

/**
 * Room the search needs around the text: two bytes before it and sixteen after it are read. What is behind it does not matter;
 * what is before it can add a mark to the first line, which is a hint too many and no more.
 */
export const SCAN_MARGIN = 16;

// The part of WebAssembly's own types that is used here: the core knows neither the DOM's nor Node's.
interface WasmInstance {
  readonly exports: { markedLines(start: number, end: number, out: number, wanted: number): number };
}
interface WasmApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => WasmInstance;
  Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => SharedWasmMemory;
}
/** A WebAssembly.Memory that threads can share. */
export interface SharedWasmMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}
const wasm = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;

const PAGE = 65_536;
/** As declared by the module: 1 GiB, reserved, not used. */
const MAXIMUM_PAGES = 16_384;

/** A memory the scanner can search. @param bytes its size, rounded up to 64 KiB */
export function createScanMemory(bytes: number): SharedWasmMemory {
  return new wasm.Memory({ initial: Math.ceil(bytes / PAGE), maximum: MAXIMUM_PAGES, shared: true });
}

/** Three numbers for each marked line: where it starts, where its line feed stands, its marks. */
export const MARKED_LINE_FIELDS = 3;

export class LineScanner {
  /** The marked lines of the last search, MARKED_LINE_FIELDS numbers each. */
  marked: Int32Array;
  /** How many lines the last search saw, marked or not. */
  lines = 0;
  readonly #search: WasmInstance['exports']['markedLines'];
  readonly #out: number;
  readonly #count: Int32Array;

  /**
   * @param memory the memory the text lies in
   * @param scratch where in it the results may be written: `scratchBytes(n)` bytes for blocks of n bytes
   */
  constructor(memory: SharedWasmMemory, scratch: number) {
    const module = new wasm.Module(Buffer.from(MARKED_LINES_WASM, 'base64'));
    this.#search = new wasm.Instance(module, { env: { memory } }).exports.markedLines;
    this.#out = scratch + 8;
    this.#count = new Int32Array(memory.buffer, this.#out - 4, 1);
    this.marked = new Int32Array(memory.buffer, this.#out);
  }

  /** The most a search of `length` bytes can write: a marked line has at least three bytes (`ed`, line feed). */
  static scratchBytes(length: number): number {
    return 8 + (Math.ceil(length / 3) + 1) * MARKED_LINE_FIELDS * 4;
  }

  /**
   * Searches [start, end), which ends with a line feed.
   * @param wanted MARK_… bits
   * @returns the number of marked lines
   */
  search(start: number, end: number, wanted: number): number {
    const found = this.#search(start, end, this.#out, wanted);
    this.lines = this.#count[0]!;
    return found;
  }
}
