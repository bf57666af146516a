import type { DeliveryEvent, Verdict } from './delivery-event.ts';
import type { LogRecord } from './log-record.ts';
import type { LogRowBatch } from './log-row-batch.ts';
import type { Openings } from './openings.ts';
import type { HopLimits, PlainHops } from './plain-hops.ts';
import type { Relay } from './relay.ts';

/**
 * Settles deliveries, deferrals and bounces by the numbers of their rows, and counts them or writes their lines: nearly all events of a log
 * are of these, to hosts on other networks. What it leaves open it remembers; whoever settles the rows that are not plain (correlate) takes such a message over
 * when it has to do with it, and says which queue ids it has itself.
 */
export interface PlainRows {
  /** Whether the rows of a batch can be taken at all. */
  takes(batch: LogRowBatch): boolean;
  /** Called once, before the first run. @param maxAge milliseconds after which an open message that nothing was heard of is forgotten */
  begin(maxAge: number): void;
  /** Who remembers openings, where rows that open a queue id are plain as well. */
  readonly openings?: Openings;
  /**
   * Takes the rows of a batch from `from` on.
   * @param clock settles their time, in the order of the rows
   * @returns the number of the first row that was not taken, or, where `failed` says so, of one that was and whose failure is to be
   * noted; the batch's length where all were taken
   */
  run(batch: LogRowBatch, from: number, clock: PlainClock): number;
  readonly failed: boolean;
  /** Takes the event of a bounce that was counted. */
  noteFailure(event: DeliveryEvent): void;
  /** From now on, deliveries that may come back are followed here; once. */
  followHops(limits: HopLimits): PlainHops;
  /** From now on, a row of this queue id is not plain, nor is one that says `queued as` it; until it is forgotten. */
  watchQueueId(key: number): void;
  forgetQueueId(key: number): void;
  /** Whether a message of this queue id is open here. */
  isOpen(key: number): boolean;
  /** Hands over what is open of a queue id: the last record of each recipient, valid for the call; undefined where there is nothing. */
  takeOpen(key: number): OpenRecords | undefined;
  /** A queue id that is open here; undefined where there is none. */
  anyOpen(): number | undefined;
  /** Forgets what is too old at a moment, ms since 1970 UTC. */
  sweep(now: number): void;
}

/** What is open of a queue id. */
export interface OpenRecords {
  /** When last heard of, ms since 1970 UTC. */
  readonly last: number;
  /** In the order in which they came; each is over when the next is asked for. */
  readonly records: Iterable<OpenRecord>;
}

/** A recipient that was left deferred. */
export interface OpenRecord {
  /** The last deferral. */
  readonly record: LogRecord;
  /** Of the first: ms since 1970 UTC, minutes east of UTC, who answered, what it meant. */
  readonly firstTime: number;
  readonly firstOffset: number;
  readonly firstRelay: Relay;
  readonly firstVerdict: Verdict;
}

/** What settles the time of rows: see correlate's clock. */
export interface PlainClock {
  /** Milliseconds since 1970 UTC; NaN where no line had a stamp yet. */
  readonly time: number;
  /** Minutes east of UTC. */
  readonly offset: number;
  settle(stamp: { readonly stampKind: 0 | 1 | 2 | 3; readonly stamp: number; readonly offset: number }): void;
}
