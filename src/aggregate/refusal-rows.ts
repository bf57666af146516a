import type { View } from '../event/index.ts';
import { decode, type Verdict } from '../event/index.ts';

/** What a verdict's number stands for among refusals, and what they are counted as. */
export interface Refused {
  readonly verdict: Verdict;
  readonly kind: 'deferrals' | 'bounced';
}

/** Which refusals a question is about: those of one domain, or of one provider, or all. */
export const OF_DOMAIN = 0;
export const OF_PROVIDER = 1;
export const OF_ALL = 2;
export type RefusalsOf = typeof OF_DOMAIN | typeof OF_PROVIDER | typeof OF_ALL;

/** The questions that assembly/refusals.ts answers. */
export interface RefusalQuestions {
  indexRefusals(domains: number, providers: number, verdicts: number): number;
  gatherRefusals(by: number, row: number): number;
  /** 0 or 1. */
  isEarlier(mine: number, theirs: number): number;
  gatherPartners(by: number, row: number, most: number): number;
  forgetPartners(found: number): void;
}

/** Refusals of one verdict, added up. */
export interface RefusedTimes extends Refused {
  /** From 1. */
  readonly number: number;
  readonly times: number;
  /** Those that were their message's first record. */
  readonly first: number;
  /** Where the one with the earliest answer lies. */
  readonly earliest: number;
}

// Where in a refusal what stands, 32-bit places: see assembly/refusals.ts.
const TIME = 0;
const HOST = 7;
const TEXT = 8;
const ANSWER_LENGTH = 9;
const QUEUE_ID_LENGTH = 10;
const HOST_LENGTH = 11;

/**
 * Deferrals and bounces by domain, provider and verdict: see assembly/refusals.ts. They are added up there, for a report asks of
 * thousands and shows some twenty.
 */
export class Refusals {
  readonly #questions: RefusalQuestions;
  readonly #view: View;
  readonly #refused: readonly Refused[];
  readonly #hostOf: (number: number) => string;
  readonly #sums: number;
  readonly #gathered: number;
  readonly #wanted: number;
  readonly #times: number;
  readonly #partners: number;

  /**
   * @param view of the memory as it is now
   * @param at what `indexRefusals` returned
   * @param refused by verdict's number, from 1
   */
  constructor(
    questions: RefusalQuestions,
    view: View,
    at: number,
    refused: readonly Refused[],
    hostOf: (number: number) => string,
  ) {
    this.#questions = questions;
    this.#view = view;
    this.#refused = refused;
    this.#hostOf = hostOf;
    const place = (index: number): number => view.numbers[(at >> 2) + index]!;
    this.#sums = place(0) >> 2;
    this.#gathered = place(1) >> 2;
    this.#wanted = place(2);
    this.#times = place(3) >> 2;
    this.#partners = place(4) >> 2;
  }

  /** By verdict, in the order in which they came. @param row of the table by domain or provider */
  gather(by: RefusalsOf, row: number): RefusedTimes[] {
    const found = this.#questions.gatherRefusals(by, row);
    const { numbers } = this.#view;
    const all: RefusedTimes[] = [];
    for (let i = 0; i < found; i++) {
      const number = numbers[this.#gathered + i]!;
      const { verdict, kind } = this.#refused[number - 1]!;
      const sum = this.#sums + 3 * number;
      all.push({ number, verdict, kind, times: numbers[sum]!, first: numbers[sum + 1]!, earliest: numbers[sum + 2]! });
    }
    return all;
  }

  /**
   * Who else had to do with those of some verdicts: the domains of a provider's, else the providers.
   * @param most so many are told apart, the first to come
   * @param tell told of each its row and how often; of all others together −1 and how often
   */
  partners(
    by: RefusalsOf,
    row: number,
    verdicts: readonly number[],
    most: number,
    tell: (row: number, times: number) => void,
  ): void {
    const { bytes, numbers } = this.#view;
    for (const number of verdicts) bytes[this.#wanted + number] = 1;
    const found = this.#questions.gatherPartners(by, row, most);
    for (const number of verdicts) bytes[this.#wanted + number] = 0;
    for (let i = 0; i < found; i++) {
      const partner = numbers[this.#partners + i]!;
      tell(partner, numbers[this.#times + partner]!);
    }
    const others = numbers[this.#partners + found]!;
    this.#questions.forgetPartners(found);
    if (others > 0) tell(-1, others);
  }

  /** Whether the answer of one, by where it lies, came before another's. */
  isEarlier(mine: number, theirs: number): boolean {
    return this.#questions.isEarlier(mine, theirs) !== 0;
  }

  /** When it was answered, ms since 1970 UTC. */
  time(at: number): number {
    return this.#view.doubles[(at >> 3) + TIME]!;
  }
  host(at: number): string {
    const number = this.#number(at, HOST);
    return number > 0
      ? this.#hostOf(number)
      : this.#text(at, this.#number(at, ANSWER_LENGTH) + this.#number(at, QUEUE_ID_LENGTH), HOST_LENGTH);
  }
  answer(at: number): string {
    return this.#text(at, 0, ANSWER_LENGTH);
  }
  queueId(at: number): string {
    return this.#text(at, this.#number(at, ANSWER_LENGTH), QUEUE_ID_LENGTH);
  }

  #number(at: number, place: number): number {
    return this.#view.numbers[(at >> 2) + place]!;
  }

  #text(at: number, from: number, lengthPlace: number): string {
    const start = this.#number(at, TEXT) + from;
    return decode(this.#view.bytes, start, start + this.#number(at, lengthPlace));
  }
}
