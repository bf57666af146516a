/**
 * Addresses that have failed once, counted by the numbers of their rows: see assembly/failures.ts. Of ten thousand bounces a report
 * shows twenty: of the others it is enough to know by what they failed, and when.
 */

import type { View } from '../event/index.ts';
import { COLUMN, type LogRecord, type RowScope, recordAt, type Verdict } from '../event/index.ts';
import { MOST_VERDICTS } from './counted-table.ts';
import { type Failing, type FailureKind, kindOfVerdict } from './failure.ts';
import { type FailedOnce, failedOnce, type LedgerAddress } from './suppression.ts';

/** The part of the module that is about failures. */
export interface FailureExports {
  keepFailures(): void;
  enterFailuresOf(input: number): void;
  failureOf(key: number): number;
  forgetFailure(key: number): void;
  failurePlaces(): number;
  failureAt(place: number): number;
}

/** What it needs of who counts. */
export interface FailureRows {
  view(): View;
  readonly format: string;
  scopeOf(number: number): RowScope;
  /** See LogRecord.reply_text. */
  replyText(response: string): string | undefined;
}

/** Where in a failure things lie, 32-bit places; and its row, bytes. See assembly/kept-rows.ts and assembly/failures.ts. */
const SCOPE = 2;
const TIME = 3; // a double
const INPUT = 8;
const ROW = 48;

export class CountedFailures implements FailedOnce {
  readonly #wasm: FailureExports;
  readonly #rows: FailureRows;
  readonly #inputs: string[] = [];
  /** Scope and number of a verdict → the kind of its failures. */
  readonly #kinds = new Map<number, FailureKind>();

  constructor(wasm: FailureExports, rows: FailureRows) {
    this.#wasm = wasm;
    this.#rows = rows;
    wasm.keepFailures();
  }

  /** The rows that follow are of this input. */
  enter(input: string): void {
    if (this.#inputs.at(-1) !== input) this.#wasm.enterFailuresOf(this.#inputs.push(input) - 1);
  }

  /** Hands the failure that is kept of an address to whoever keeps it from now on. @param key the hash of the address */
  take(key: number, to: (failure: Failing) => void): void {
    const at = this.#wasm.failureOf(key);
    if (at === 0) return;
    to(this.#failureAt(at));
    this.#wasm.forgetFailure(key);
  }

  each(visit: (kind: FailureKind, time: number, place: number) => void): void {
    const places = this.#wasm.failurePlaces();
    const { numbers, doubles } = this.#rows.view();
    for (let place = 0; place < places; place++) {
      const at = this.#wasm.failureAt(place);
      if (at === 0) continue;
      const key = numbers[(at >> 2) + SCOPE]! * MOST_VERDICTS + numbers[(at + ROW) / 4 + COLUMN.verdict]!;
      let kind = this.#kinds.get(key);
      if (kind === undefined) {
        kind = kindOfVerdict(this.#verdictAt(at));
        this.#kinds.set(key, kind);
      }
      visit(kind, doubles[(at >> 3) + TIME]!, place);
    }
  }

  addressAt(place: number): LedgerAddress {
    return failedOnce(this.#failureAt(this.#wasm.failureAt(place)));
  }

  #scopeAt(at: number): RowScope {
    return this.#rows.scopeOf(this.#rows.view().numbers[(at >> 2) + SCOPE]!);
  }

  #verdictAt(at: number): Verdict {
    return this.#scopeAt(at).verdicts[this.#rows.view().numbers[(at + ROW) / 4 + COLUMN.verdict]! - 1]!;
  }

  #failureAt(at: number): Failing {
    const { numbers, doubles, bytes } = this.#rows.view();
    const reply = (response: string): string | undefined => this.#rows.replyText(response);
    const record = recordAt(bytes, at + ROW, this.#rows.format, this.#scopeAt(at), reply);
    const time = doubles[(at >> 3) + TIME]!;
    return failing(record, time, this.#inputs[numbers[(at >> 2) + INPUT]!]!);
  }
}

/** What is kept of a bounce, of its record. */
function failing(record: LogRecord, time: number, input: string): Failing {
  const { verdict, recipient, domain, response, reply_text, host, queue_id, format } = record;
  return {
    event: 'bounced',
    unsubscribe_group: undefined,
    ...{ time, input, verdict, recipient, domain, response, reply_text, host, queue_id, format },
  };
}
