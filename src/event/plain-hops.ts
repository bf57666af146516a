import type { LogRecord } from './log-record.ts';
import type { Opening } from './openings.ts';

/** How much is remembered of deliveries that may come back; see src/correlate/following.ts. */
export interface HopLimits {
  /** Deliveries in all, and of those that wait for the same queue id. */
  readonly most: number;
  readonly mostOfOne: number;
  /** So many deliveries of a relay on another network are followed, if none of them comes back; of so many such relays. */
  readonly mostWithoutReturn: number;
  readonly mostStrangers: number;
  /** Queue ids that showed up: at least so many, at most twice as many. */
  readonly recent: number;
}

/** Follows deliveries that may come back from a content filter by the numbers of their rows, until one has. Asked for all others as well. */
export interface PlainHops {
  /** Whether deliveries are still followed: not once there were so many relays of which nothing came back. */
  readonly follows: boolean;
  isRecent(queueKey: number): boolean;
  /** A queue id shows up. Whether deliveries wait for it. */
  shows(queueKey: number): boolean;
  /** Whether what a relay on another network took may come back: counts the delivery. @param relay its number, from 1 */
  mayReturn(relay: number): boolean;
  /** A relay on another network that has no number. */
  addStranger(): void;
  /** Remembers a delivery that was settled as an event: given back as it is. */
  remember(queuedAs: number, hop: object): void;
  /** Ends it: all that is known. */
  giveBack(): GivenBack;
}

export interface GivenBack {
  readonly recent: { readonly old: readonly number[]; readonly young: readonly number[] };
  /** Relays on other networks, and how many of their deliveries in a row did not come back. */
  readonly strangers: readonly (readonly [relay: string, withoutReturn: number])[];
  /** By the queue id that they wait for, in the order in which those came. */
  readonly hops: Iterable<readonly [queuedAs: number, hops: Iterable<object | PlainHop>]>;
}

/** A delivery that was counted by numbers. Its record is over when the next is asked for. */
export class PlainHop {
  readonly record: LogRecord;
  /** The name of its input. */
  readonly input: string;
  /** Milliseconds since 1970 UTC; minutes east of UTC. */
  readonly time: number;
  readonly offset: number;
  /** What was known of its queue id, where that is kept. */
  readonly opening: Opening | undefined;

  constructor(record: LogRecord, input: string, time: number, offset: number, opening: Opening | undefined) {
    this.record = record;
    this.input = input;
    this.time = time;
    this.offset = offset;
    this.opening = opening;
  }
}
