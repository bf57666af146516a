import {
  type Accounting,
  addAccounting,
  emptyAccounting,
  type InputReport,
  type MalformedSample,
  type RecordBatch,
} from '../event/index.ts';
import type { OpenInput } from './inputs.ts';

/** Over so large a part of the looked-at lines that are no log lines, an input is held for something else. */
const MOST_UNREADABLE = 0.01;
const STRAY_LINES = 3;
/** Where so large a part of the delivery records cannot be read, the parser has gone blind, whatever --strict allows. */
const MOST_MALFORMED = 0.1;
/** So many lines of Postfix without one delivery record mean that the reader is blind, not that no mail was sent. */
const SILENT_LINES = 100_000;

/** Follows one input and says at the end how it was understood. */
export class InputWatch {
  readonly #input: OpenInput;
  readonly #accounting: Accounting = emptyAccounting();
  readonly #malformed: MalformedSample[] = [];
  #sampled = 0;
  #readable = 0;
  #own = 0;
  #hasRecord = false;
  bytes = 0;

  constructor(input: OpenInput) {
    this.#input = input;
  }

  /** After correlate, which may have corrected the batch's accounting. */
  add(batch: RecordBatch): void {
    addAccounting(this.#accounting, batch.accounting);
    this.#sampled += batch.sample.lines;
    this.#readable += batch.sample.readable;
    this.#own += batch.sample.own;
    this.#hasRecord ||= batch.sample.hasRecord;
    for (const sample of batch.malformed) {
      if (this.#malformed.filter(({ reason }) => reason === sample.reason).length < 3) this.#malformed.push(sample);
    }
  }

  report(): InputReport {
    return {
      name: this.#input.info.name,
      format: this.#input.info.format,
      bytes: this.bytes,
      accounting: this.#accounting,
      malformed: this.#malformed,
      not_understood: this.#notUnderstood(),
      lost: this.#input.reader.lost,
    };
  }

  #notUnderstood(): string | undefined {
    const { event, malformed, lines } = this.#accounting;
    if (lines === 0) return undefined;
    const unreadable = this.#sampled - this.#readable;
    const json = this.#input.format.framing !== 'line';
    // A few stray lines (a boot message, a gap of zeros) make no other kind of file of a log.
    const few = unreadable <= STRAY_LINES && unreadable <= this.#readable;
    const many = unreadable > this.#sampled * MOST_UNREADABLE && !few;
    if (many && (!json || event === 0)) {
      return json
        ? `none of ${lines} ${this.#input.format.framing === 'csv' ? 'rows' : 'JSON objects'} is an event of ${this.#input.info.format}`
        : `${unreadable} of ${this.#sampled} lines looked at are no log lines`;
    }
    if (malformed > (event + malformed) * MOST_MALFORMED && (malformed >= STRAY_LINES || event === 0)) {
      return `${malformed} of ${event + malformed} delivery records cannot be read`;
    }
    if (!this.#hasRecord && this.#own > 0 && lines >= SILENT_LINES) {
      return `${lines} lines of Postfix hold no delivery record that can be read`;
    }
    return undefined;
  }
}
