/** What is counted by numbers besides the tables: everything, quarter hours, hosts, delays. See assembly/plain-deliveries.ts. */
import type { DeliveryEvent } from '../event/index.ts';
import type { CountedMemory } from './counted-memory.ts';
import { COUNTER_COLUMNS } from './counters.ts';
import { LOWEST_DELAYS } from './delays.ts';

/** Doubles first, then where the quarter's counters, everything's, the delays and the hosts lie. */
const FIRST = 0;
const LAST = 1;
const EVENTS = 2;
const QUARTER_FROM = 3;
const QUARTER_UNTIL = 4;
const QUARTER = 10;
const TOTALS = 11;
const ALL_DELAYS = 12;
const HOSTS = 13;

export class CountedWhole {
  readonly #owner: CountedMemory;
  readonly #at: number;
  /** Where the events of a host are counted. */
  readonly #hosts = new Map<string, number>();

  /** @param at where it lies */
  constructor(owner: CountedMemory, at: number) {
    this.#owner = owner;
    this.#at = at;
  }

  /** The counters of everything that was counted here. */
  get totals(): Float64Array {
    return this.#counters(this.#owner.view.numbers[(this.#at >> 2) + TOTALS]!);
  }

  /** Room for the counters of a quarter hour. */
  newCounters(): Float64Array {
    return this.#counters(this.#owner.room(COUNTER_COLUMNS * 8));
  }

  /** @param counters from newCounters: in these, deliveries in [from, until) are counted from now on */
  enterQuarter(from: number, until: number, counters: Float64Array): void {
    const { numbers, doubles } = this.#owner.view;
    doubles[(this.#at >> 3) + QUARTER_FROM] = from;
    doubles[(this.#at >> 3) + QUARTER_UNTIL] = until;
    numbers[(this.#at >> 2) + QUARTER] = counters.byteOffset;
  }

  /** From now on, the events of this host are counted. */
  enterHost({ scope, hostNumber, host }: DeliveryEvent): void {
    if (hostNumber === undefined || hostNumber <= 0 || host === undefined) return;
    if (!this.#owner.counts(scope)) return;
    const { numbers } = this.#owner.view;
    const place = (numbers[(this.#at >> 2) + HOSTS]! >> 2) + hostNumber;
    if (numbers[place] !== 0) return;
    const at = this.#hosts.get(host) ?? this.#owner.room(8);
    this.#hosts.set(host, at);
    this.#owner.view.numbers[place] = at;
  }

  /** What was counted besides counters, since it was last asked: told once. */
  take(): {
    events: number;
    first: number;
    last: number;
    delays: [bucket: number, count: number][];
    hosts: [host: string, events: number][];
  } {
    const { numbers, doubles } = this.#owner.view;
    const whole = this.#at >> 3;
    const delaysAt = numbers[(this.#at >> 2) + ALL_DELAYS]! >> 3;
    const delays: [number, number][] = [];
    for (let bucket = 0; bucket < LOWEST_DELAYS.length; bucket++)
      if (doubles[delaysAt + bucket] !== 0) delays.push([bucket, doubles[delaysAt + bucket]!]);
    const hosts = [...this.#hosts].map(([host, at]): [string, number] => [host, doubles[at >> 3]!]);
    const taken = { events: doubles[whole + EVENTS]!, first: doubles[whole + FIRST]!, last: doubles[whole + LAST]! };
    doubles[whole + EVENTS] = 0;
    doubles.fill(0, delaysAt, delaysAt + LOWEST_DELAYS.length);
    for (const at of this.#hosts.values()) doubles[at >> 3] = 0;
    return { ...taken, delays, hosts };
  }

  #counters(at: number): Float64Array {
    return this.#owner.view.doubles.subarray(at >> 3, (at >> 3) + COUNTER_COLUMNS);
  }
}
