/**
 * The memory that blocks are read into: slots of one shared memory, each used again when its batch has been consumed. The
 * number of slots bounds how far reading runs ahead, so a slow consumer slows the reading and memory stays flat.
 */
import { LogRows, type SharedWasmMemory } from '../event/index.ts';
import { type Block, LARGEST_BLOCK } from '../parse/format.ts';
import {
  createScanMemory,
  FIRST_FREE,
  LARGE_DICTIONARIES,
  SCAN_MARGIN,
  scratchBytes,
} from '../parse/scan/log-lines.ts';
import { HEAD_WRITER_BYTES } from './heads.ts';

/** Bytes of text in a slot. */
export const SLOT_BYTES = LARGEST_BLOCK;
const ROW_CAPACITY = LogRows.capacityFor(SLOT_BYTES);
const SLOT_STRIDE = align(SLOT_BYTES + 2 * SCAN_MARGIN);
const ROWS_STRIDE = align(LogRows.bytesFor(ROW_CAPACITY));
/** Room for the beginnings of NDJSON lines: a block has about its own length of them. */
const HEADS_STRIDE = SLOT_BYTES;
/** Room for a list of marked lines, where the thread that reads a block is not the one that searches it: for as many as logs have. */
const MARKED_STRIDE = 256 * 1024;
const SLOT_AND_ALL = SLOT_STRIDE + ROWS_STRIDE + HEADS_STRIDE + MARKED_STRIDE;
const NAMES_BYTES = align(LARGE_DICTIONARIES.namesBytes);
const SCRATCH_STRIDE = align(scratchBytes(SLOT_BYTES, LARGE_DICTIONARIES, true));
const HEAD_WRITER_STRIDE = align(HEAD_WRITER_BYTES);
const READER_STRIDE = SCRATCH_STRIDE + HEAD_WRITER_STRIDE;

export interface Slot {
  readonly index: number;
  /** Where its text may start, an offset in the memory. */
  readonly start: number;
  readonly rows: LogRows;
  /** Room for the beginnings of its events' NDJSON lines, offsets in the memory. */
  readonly heads: { readonly start: number; readonly end: number };
  /** Room for its marked lines, likewise: see LineReader.searchInto. */
  readonly marked: { readonly start: number; readonly end: number };
}

/** A block that lies in a slot of the pool. */
export interface PooledBlock extends Block {
  readonly slot: Slot;
}

export class BlockPool {
  readonly memory: SharedWasmMemory;
  readonly bytes: Buffer;
  readonly slots: number;
  readonly #free: Slot[] = [];
  readonly #waiting: ((slot: Slot) => void)[] = [];
  readonly #releases: (() => void)[] = [];

  /**
   * @param slots how many blocks may be under way
   * @param readers how many threads read blocks; the first one's reader has to be made before another thread's
   */
  constructor(slots: number, readers: number) {
    this.slots = slots;
    this.memory = createScanMemory(FIRST_FREE + slots * SLOT_AND_ALL + NAMES_BYTES + readers * READER_STRIDE);
    this.bytes = Buffer.from(this.memory.buffer);
    for (let i = slots - 1; i >= 0; i--) this.#free.push(slotAt(this.memory, slots, i));
  }

  /** Where the names lie that all readers share. */
  get names(): number {
    return FIRST_FREE + this.slots * SLOT_AND_ALL;
  }

  /** Where the things of the n-th reader lie; see LineReader. */
  scratch(reader: number): number {
    return this.names + NAMES_BYTES + reader * READER_STRIDE;
  }

  /** Where the n-th reader has its things for writing heads. */
  headWriter(reader: number): number {
    return this.scratch(reader) + SCRATCH_STRIDE;
  }

  take(): Promise<Slot> {
    const slot = this.#free.pop();
    return slot !== undefined ? Promise.resolve(slot) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** How many slots are in use. */
  get inUse(): number {
    return this.slots - this.#free.length;
  }

  /** Fulfilled when the next slot is given back. */
  released(): Promise<void> {
    return new Promise((resolve) => this.#releases.push(resolve));
  }

  give(slot: Slot): void {
    for (const resolve of this.#releases.splice(0)) resolve();
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#free.push(slot);
    else waiting(slot);
  }
}

/** The n-th of so many slots: the same place for every thread that shares the memory. */
export function slotAt(memory: SharedWasmMemory, slots: number, index: number): Slot {
  const rows = new LogRows(ROW_CAPACITY, memory.buffer, FIRST_FREE + slots * SLOT_STRIDE + index * ROWS_STRIDE);
  const heads = FIRST_FREE + slots * (SLOT_STRIDE + ROWS_STRIDE) + index * HEADS_STRIDE;
  const marked = FIRST_FREE + slots * (SLOT_STRIDE + ROWS_STRIDE + HEADS_STRIDE) + index * MARKED_STRIDE;
  return {
    index,
    start: FIRST_FREE + index * SLOT_STRIDE + SCAN_MARGIN,
    rows,
    heads: { start: heads, end: heads + HEADS_STRIDE },
    marked: { start: marked, end: marked + MARKED_STRIDE },
  };
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
