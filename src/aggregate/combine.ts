import type { DeliveryEvent } from '../event/index.ts';
import type { Tally } from './counters.ts';

/**
 * How events add up. Accumulators hold plain integers (and strings as keys), so they can be merged, saved and resumed;
 * `merge` is associative and commutative, and folding events in parts and merging gives what folding them at once gives.
 */
export interface CombineFn<Acc, Out> {
  create(): Acc;
  /** Adds one event in place. Must copy what it keeps: the event is a view that ends with the call. */
  add(acc: Acc, event: DeliveryEvent): void;
  /** Adds `b` to `a` in place and returns `a`. */
  merge(a: Acc, b: Acc): Acc;
  /** What a report reads: rates, sorted rows. Leaves the accumulator as it is. */
  extract(acc: Acc): Out;
}

/** A fold of counters. Many of them count the same event: what it adds is then worked out once and handed to each. */
export interface TallyFold<Acc, Out> extends CombineFn<Acc, Out> {
  /** @param tally what the event adds to any sum; an event of its own where absent */
  add(acc: Acc, event: DeliveryEvent, tally?: Tally): void;
}
