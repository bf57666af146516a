/** Reads SendGrid's events into rows: see ./row-layout.ts, and ../assembly/sendgrid-events.ts, which does it. */
import { decode, type EventName, type LogRows } from '../../event/index.ts';
import { instantiate, type JsonObjects, writeWords } from '../json-object.ts';
import type { LineReader } from '../scan/log-lines.ts';
import { EVENTS_OF_KINDS, KINDS, MEMBERS } from './event-rows.ts';
import { WIDTH } from './row-layout.ts';

export class EventReader {
  readonly #wasm: JsonObjects;
  readonly #counts: Int32Array;
  readonly #lines: LineReader;
  #generation = 0;
  #answers = {};

  /** @param lines reads lines in the memory that the blocks lie in */
  constructor(lines: LineReader) {
    this.#wasm = instantiate(lines, MEMBERS);
    const counts = lines.claim(64);
    this.#counts = new Int32Array(lines.memory.buffer, counts, 7);
    this.#lines = lines;
    const { dictionary, text } = lines.answerPlaces;
    this.#wasm.createEvents(lines.names.at, writeWords(lines, KINDS), lines.claim(64), dictionary, text);
    const delivered = kindsOf('delivered');
    const failed = kindsOf('bounced', 'dropped');
    this.#wasm.describeKinds(delivered, failed, delivered | failed | kindsOf('deferred'));
  }

  /** Begins a block. @returns what the numbers of its answers are numbers among */
  begin(): object {
    this.#lines.renewAnswers();
    if (this.#generation !== this.#lines.generation) this.#answers = {};
    this.#generation = this.#lines.generation;
    return this.#answers;
  }

  /** What the answer of a row with a number comes down to. @param row its number */
  answerText(rows: LogRows, row: number): string {
    const end = this.#wasm.answerText(rows.address + row * WIDTH * 4, this.#counts.byteOffset + 24);
    return decode(this.#lines.bytes, this.#counts[6]!, end);
  }

  /**
   * Reads the objects from `at` on, up to the first that is not valid, or text that is none.
   * @param from the number of the first row that is written
   * @param longest objects longer than this are counted and passed over
   * @returns where it stopped
   */
  read(at: number, end: number, rows: LogRows, from: number, longest: number): number {
    const stopped = this.#wasm.readEvents(at, end, rows.address + from * WIDTH * 4, longest, this.#counts.byteOffset);
    if (this.#counts[5]! > 0) this.#lines.answersAreFull();
    return stopped;
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

/** A bit for each kind that is one of these events. */
function kindsOf(...events: readonly EventName[]): number {
  return EVENTS_OF_KINDS.reduce((bits, event, n) => (events.includes(event) ? bits | (1 << (n + 1)) : bits), 0);
}
