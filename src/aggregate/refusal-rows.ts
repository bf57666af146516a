import { decode, type Verdict } from '../event/index.ts';
import type { View } from './counted-memory.ts';

/** See assembly/refusals.ts. */
const REFUSAL_BYTES = 48;

/** What a verdict's number stands for among refusals, and what they are counted as. */
export interface Refused {
  readonly verdict: Verdict;
  readonly kind: 'deferrals' | 'bounced';
}

/** Deferrals and bounces by domain, provider and verdict, by their number from 0: see assembly/refusals.ts. */
export class Refusals {
  readonly length: number;
  readonly #numbers: Int32Array;
  readonly #doubles: Float64Array;
  readonly #bytes: Buffer;
  readonly #at: number;
  readonly #refused: readonly Refused[];

  constructor({ numbers, doubles, bytes }: View, at: number, length: number, refused: readonly Refused[]) {
    this.#numbers = numbers;
    this.#doubles = doubles;
    this.#bytes = bytes;
    this.#at = at;
    this.length = length;
    this.#refused = refused;
  }

  #number(refusal: number, place: number): number {
    return this.#numbers[(this.#at >> 2) + refusal * (REFUSAL_BYTES / 4) + place]!;
  }

  /** Its row in the table by domain. */
  domain(refusal: number): number {
    return this.#number(refusal, 2);
  }
  /** Its row in the table by provider. */
  provider(refusal: number): number {
    return this.#number(refusal, 3);
  }
  verdict(refusal: number): Verdict {
    return this.#refused[this.#number(refusal, 4) - 1]!.verdict;
  }
  kind(refusal: number): Refused['kind'] {
    return this.#refused[this.#number(refusal, 4) - 1]!.kind;
  }
  times(refusal: number): number {
    return this.#number(refusal, 5);
  }
  /** Those that were their message's first record. */
  first(refusal: number): number {
    return this.#number(refusal, 6);
  }
  /** Of the earliest: its moment, ms since 1970 UTC; the number of its host; its answer and queue id. */
  time(refusal: number): number {
    return this.#doubles[(this.#at + refusal * REFUSAL_BYTES) >> 3]!;
  }
  host(refusal: number): number {
    return this.#number(refusal, 7);
  }
  answer(refusal: number): string {
    const text = this.#number(refusal, 8);
    return decode(this.#bytes, text, text + this.#number(refusal, 9));
  }
  queueId(refusal: number): string {
    const text = this.#number(refusal, 8) + this.#number(refusal, 9);
    return decode(this.#bytes, text, text + this.#number(refusal, 10));
  }
}
