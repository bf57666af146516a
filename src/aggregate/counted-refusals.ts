/** Deferrals and bounces that are added up by numbers, with those of which an event was made: see assembly/refusals.ts. */
import type { DeliveryEvent, RowScope } from '../event/index.ts';
import type { CountedMemory } from './counted-memory.ts';
import { MOST_VERDICTS } from './counted-table.ts';
import { COUNTER_NAMES } from './counters.ts';
import { isKindOfVerdict } from './failure.ts';
import { type RefusalQuestions, Refusals, type Refused } from './refusal-rows.ts';

/** The part of the module that is about refusals. */
export interface RefusalExports extends RefusalQuestions {
  /** 0 or 1. */
  gatherRow(row: number, time: number, isFirst: boolean, verdict: number, domain: number, provider: number): number;
}

interface VerdictMemory extends CountedMemory {
  /** Where the verdicts of a scope stand: two places for each, see assembly/plain-deliveries.ts. */
  verdictsOf(scope: RowScope): number;
}

/** As in assembly/plain-deliveries.ts. */
const SAYS_ALL = 0x80;

export class CountedRefusals {
  readonly #owner: VerdictMemory;
  readonly #wasm: RefusalExports;
  /** The text of a name; undefined where refusals are not counted here. */
  #nameOf: ((number: number) => string) | undefined;
  /** The verdicts of deferrals and bounces, by their numbers, from 1. */
  readonly #refused: Refused[] = [];
  /** What each of them is, as text → its number: every thread has verdicts of its own, and they are counted as one. */
  readonly #refusedNumbers = new Map<string, number>();

  constructor(owner: VerdictMemory, wasm: RefusalExports) {
    this.#owner = owner;
    this.#wasm = wasm;
  }

  /** From now on they are counted. */
  begin(nameOf: (number: number) => string): void {
    this.#nameOf = nameOf;
  }

  /**
   * The number of the verdict of a deferral or bounce that may be added up here, from 1; 0 of every other event. From now on, those with
   * this verdict are counted.
   */
  enter({ event, scope, verdictNumber, verdict }: DeliveryEvent): number {
    if (event !== 'deferred' && event !== 'bounced') return 0;
    if (verdictNumber === undefined || verdictNumber <= 0 || !this.#owner.counts(scope)) return 0;
    const bounced = event === 'bounced';
    if (verdictNumber >= MOST_VERDICTS)
      return this.#numberOfRefused({ verdict, kind: bounced ? 'bounced' : 'deferrals' });
    const place = (this.#owner.verdictsOf(scope) >> 2) + 2 * verdictNumber + (bounced ? 1 : 0);
    const known = this.#owner.view.numbers[place]!;
    if (known !== 0) return known >> 8;
    const number = this.#numberOfRefused({ verdict, kind: bounced ? 'bounced' : 'deferrals' });
    const own = bounced ? (verdict.bounce_type ?? 'undetermined') : verdict.suspended ? 'suspended' : undefined;
    const saysAll = bounced && isKindOfVerdict(verdict) ? SAYS_ALL : 0;
    this.#owner.view.numbers[place] = 256 * number + saysAll + (own === undefined ? 0 : COUNTER_NAMES.indexOf(own));
    return number;
  }

  #numberOfRefused(refused: Refused): number {
    const text = JSON.stringify(refused);
    let number = this.#refusedNumbers.get(text);
    if (number === undefined) {
      number = this.#refused.push(refused);
      this.#refusedNumbers.set(text, number);
    }
    return number;
  }

  /**
   * Adds the deferral or bounce of an event to those that are counted, so that all are told of together. Its other sums are the event's.
   * @param refused its verdict's number, see enter
   * @param domain, provider its rows in the tables by them
   * @returns false where it cannot be: its reasons and causes are the event's own then
   */
  add({ time, first, rowAddress = 0 }: DeliveryEvent, refused: number, domain: number, provider: number): boolean {
    if (this.#nameOf === undefined || refused === 0 || rowAddress === 0 || Number.isNaN(time)) return false;
    return this.#wasm.gatherRow(rowAddress, time, first, refused, domain, provider) !== 0;
  }

  /** Whether deferrals and bounces are added up here. */
  get gathers(): boolean {
    return this.#nameOf !== undefined;
  }

  /**
   * What was added up of deferrals and bounces, once all is counted; undefined where they are not counted here.
   * @param domains, providers rows of the tables by them
   */
  sum(domains: number, providers: number): Refusals | undefined {
    if (this.#nameOf === undefined) return undefined;
    const at = this.#wasm.indexRefusals(domains, providers, this.#refused.length);
    return new Refusals(this.#wasm, this.#owner.view, at, this.#refused, this.#nameOf);
  }
}
