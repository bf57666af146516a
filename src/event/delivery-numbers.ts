import type { Names } from './names.ts';
import type { StampKind } from './stamp-kind.ts';

/**
 * A delivery told by numbers alone. Nine events of ten in a log are deliveries of messages that were never put off: all that sums
 * need of them are the numbers below, so they are settled and counted without an event being made. Whoever cannot count
 * one so says so, and is given the event instead. One object, filled anew for each.
 */
export class DeliveryNumbers {
  /** What the numbers of names stand for; also the scope, see EventShortcuts for this and what follows. */
  scope: Names | undefined = undefined;
  hostNumber = 0;
  domainNumber = 0;
  relayNumber = 0;
  verdictNumber = 0;
  delayMs = 0;
  recipientKey = 0;
  /** See LogRecord for these. */
  queueKey = 0;
  queuedAsKey = 0;
  stampKind: StampKind = 0;
  stamp = 0;
  offset = 0;
  /** Milliseconds since 1970 UTC, once settled. */
  time = Number.NaN;
}

/** Counts a message's delivery that is its first record; false where that takes the event. Nothing has been counted then. */
export type CountDelivery = (delivery: DeliveryNumbers) => boolean;
