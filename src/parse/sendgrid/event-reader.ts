/** Reads SendGrid's events into rows: see ./row-layout.ts, and ../assembly/sendgrid-events.ts, which does it. */
import type { LogRows } from '../../event/index.ts';
import { instantiate, type JsonObjects, writeWords } from '../json-object.ts';
import type { LineReader } from '../scan/log-lines.ts';
import { KINDS, MEMBERS } from './event-rows.ts';
import { WIDTH } from './row-layout.ts';

export class EventReader {
  readonly #wasm: JsonObjects;
  readonly #counts: Int32Array;

  /** @param lines reads lines in the memory that the blocks lie in */
  constructor(lines: LineReader) {
    this.#wasm = instantiate(lines, MEMBERS);
    const counts = lines.claim(64);
    this.#counts = new Int32Array(lines.memory.buffer, counts, 5);
    this.#wasm.createEvents(lines.names.at, writeWords(lines, KINDS), lines.claim(64));
  }

  /**
   * Reads the objects from `at` on, up to the first that is not valid, or text that is none.
   * @param from the number of the first row that is written
   * @param longest objects longer than this are counted and passed over
   * @returns where it stopped
   */
  read(at: number, end: number, rows: LogRows, from: number, longest: number): number {
    return this.#wasm.readEvents(at, end, rows.address + from * WIDTH * 4, longest, this.#counts.byteOffset);
  }

  /** How many rows were written by the last `read`; the same goes for the others. */
  get found(): number {
    return this.#counts[0]!;
  }
  get objects(): number {
    return this.#counts[1]!;
  }
  /** Objects that were too long. */
  get tooLong(): number {
    return this.#counts[2]!;
  }
  /** Objects that name an event and a recipient. */
  get named(): number {
    return this.#counts[3]!;
  }
  /** Rows that leave something open, or are none: see EventRows.settle. */
  get toSettle(): number {
    return this.#counts[4]!;
  }
}
