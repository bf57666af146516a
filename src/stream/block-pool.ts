/**
 * The memory that blocks are read into: slots of one shared memory, each used again when its batch has been consumed. The
 * number of slots bounds how far reading runs ahead, so a slow consumer slows the reading and memory stays flat.
 */
import { LARGEST_BLOCK } from '../parse/format.ts';
import { createScanMemory, LineScanner, SCAN_MARGIN, type SharedWasmMemory } from '../parse/scan/marked-lines.ts';

/** Bytes of text in a slot. */
export const SLOT_BYTES = LARGEST_BLOCK;
const SLOT_STRIDE = SLOT_BYTES + 2 * SCAN_MARGIN;
const SCRATCH_STRIDE = LineScanner.scratchBytes(SLOT_BYTES);

export interface Slot {
  readonly start: number;
}

export class BlockPool {
  readonly memory: SharedWasmMemory;
  readonly bytes: Buffer;
  readonly #slots: number;
  readonly #free: Slot[] = [];
  readonly #waiting: ((slot: Slot) => void)[] = [];

  /**
   * @param slots how many blocks may be under way
   * @param scanners how many threads search blocks
   */
  constructor(slots: number, scanners: number) {
    this.#slots = slots;
    this.memory = createScanMemory(slots * SLOT_STRIDE + scanners * SCRATCH_STRIDE);
    this.bytes = Buffer.from(this.memory.buffer);
    for (let i = slots - 1; i >= 0; i--) this.#free.push({ start: i * SLOT_STRIDE + SCAN_MARGIN });
  }

  /** Where the n-th scanner may write. */
  scratch(scanner: number): number {
    return this.#slots * SLOT_STRIDE + scanner * SCRATCH_STRIDE;
  }

  take(): Promise<Slot> {
    const slot = this.#free.pop();
    return slot !== undefined ? Promise.resolve(slot) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(slot: Slot): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#free.push(slot);
    else waiting(slot);
  }
}
