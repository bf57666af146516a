/** Deliveries that may come back, followed in WebAssembly (./assembly/hops.ts) by the numbers of their rows. */
import type { RowScope } from './log-rows.ts';
import type { View } from './memory-view.ts';
import type { Opening } from './openings.ts';
import { type GivenBack, type HopLimits, PlainHop, type PlainHops } from './plain-hops.ts';
import { recordAt } from './row-record.ts';

/** The part of the module that is about hops; booleans are 0 or 1. */
export interface HopExports {
  followHops(
    names: number,
    most: number,
    mostOfOne: number,
    mostStrangers: number,
    mostWithoutReturn: number,
    recent: number,
  ): void;
  enterInput(number: number): void;
  stopFollowing(): void;
  isFollowing(): number;
  isRecent(key: number): number;
  isWaitedFor(key: number): number;
  showsUp(key: number): void;
  mayReturn(relay: number): number;
  addStranger(): void;
  rememberToken(key: number, token: number): void;
  waitedCount(): number;
  waitedKey(index: number): number;
  firstHop(key: number): number;
  strangersOf(): number;
  strangerAt(index: number): number;
  withoutReturn(relay: number): number;
  recentPlaces(isOld: boolean): number;
  recentAt(isOld: boolean, place: number): number;
}

/** What it needs of who counts. */
export interface HopRows {
  view(): View;
  readonly format: string;
  relayOf(number: number): string;
  scopeOf(number: number): RowScope;
  /** See LogRecord.reply_text. */
  replyText(response: string): string | undefined;
  /** What is kept beside a delivery: what was known of its queue id. */
  openingAt(at: number): Opening | undefined;
}

/** Where in a hop things lie, 32-bit places; and its row, bytes. See assembly/kept-rows.ts and assembly/hops.ts. */
const SCOPE = 2;
const OFFSET = 3;
const TIME = 3; // a double
const INPUT = 8;
const TOKEN = 9;
const BESIDE = 10;
const ROW = 48;

export class NumberedHops implements PlainHops {
  readonly #wasm: HopExports;
  readonly #rows: HopRows;
  readonly #inputs: string[] = [];
  /** What was settled as events, by token, from 1. */
  readonly #remembered: object[] = [];

  /** @param names how many numbers relays have at most */
  constructor(wasm: HopExports, rows: HopRows, names: number, limits: HopLimits) {
    this.#wasm = wasm;
    this.#rows = rows;
    const { most, mostOfOne, mostStrangers, mostWithoutReturn, recent } = limits;
    wasm.followHops(names, most, mostOfOne, mostStrangers, mostWithoutReturn, recent);
  }

  get follows(): boolean {
    return this.#wasm.isFollowing() !== 0;
  }

  /** The rows that follow are of this input. */
  enter(input: string): void {
    if (this.#inputs.at(-1) === input) return;
    this.#wasm.enterInput(this.#inputs.push(input) - 1);
  }

  isRecent(queueKey: number): boolean {
    return this.#wasm.isRecent(queueKey) !== 0;
  }

  shows(queueKey: number): boolean {
    this.#wasm.showsUp(queueKey);
    return this.#wasm.isWaitedFor(queueKey) !== 0;
  }

  mayReturn(relay: number): boolean {
    return this.#wasm.mayReturn(relay) !== 0;
  }

  addStranger(): void {
    this.#wasm.addStranger();
  }

  remember(queuedAs: number, hop: object): void {
    this.#wasm.rememberToken(queuedAs, this.#remembered.push(hop));
  }

  giveBack(): GivenBack {
    const strangers = Array.from({ length: this.#wasm.strangersOf() }, (_, index): [string, number] => {
      const relay = this.#wasm.strangerAt(index);
      return [this.#rows.relayOf(relay), this.#wasm.withoutReturn(relay)];
    });
    const recent = { old: this.#recent(true), young: this.#recent(false) };
    const keys = Array.from({ length: this.#wasm.waitedCount() }, (_, index) => this.#wasm.waitedKey(index));
    this.#wasm.stopFollowing();
    return { recent, strangers, hops: this.#hopsOf(keys) };
  }

  #recent(isOld: boolean): number[] {
    const keys: number[] = [];
    for (let place = this.#wasm.recentPlaces(isOld) - 1; place >= 0; place--) {
      const key = this.#wasm.recentAt(isOld, place);
      if (key !== 0) keys.push(key);
    }
    return keys;
  }

  *#hopsOf(keys: readonly number[]): IterableIterator<[number, Iterable<object | PlainHop>]> {
    for (const key of keys) yield [key, this.#listOf(key)];
  }

  *#listOf(key: number): IterableIterator<object | PlainHop> {
    for (let at = this.#wasm.firstHop(key); at !== 0; at = this.#rows.view().numbers[at >> 2]!) {
      const { numbers, doubles, bytes } = this.#rows.view();
      const place = at >> 2;
      const token = numbers[place + TOKEN]!;
      if (token !== 0) yield this.#remembered[token - 1]!;
      else {
        const scope = this.#rows.scopeOf(numbers[place + SCOPE]!);
        const record = recordAt(bytes, at + ROW, this.#rows.format, scope, (text) => this.#rows.replyText(text));
        const input = this.#inputs[numbers[place + INPUT]!]!;
        const beside = numbers[place + BESIDE]!;
        const opening = beside === 0 ? undefined : this.#rows.openingAt(beside);
        yield new PlainHop(record, input, doubles[(at >> 3) + TIME]!, numbers[place + OFFSET]!, opening);
      }
    }
  }
}
