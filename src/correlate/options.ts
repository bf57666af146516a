import type { DeliveryEvent } from '../event/index.ts';
import type { ZoneOffset } from './clock.ts';

/** How records become events. */
export interface CorrelateOptions {
  /** Remember sender and message id of each queue id until it is removed. */
  readonly senders: boolean;
  /** Tell of messages received: where clients that open queue ids are among the records. */
  readonly received?: boolean;
  /** The zone of stamps that name none. */
  readonly zone: ZoneOffset;
  /** Milliseconds after which a deferred message of which nothing more was heard is forgotten. */
  readonly maxAge: number;
  /**
   * Relays that are content filters for sure: a delivery to one is internal whatever its answer says, for filters that give no
   * queue id back (a pipe, say). A relay as logged, or its host, address or socket, with or without the port.
   */
  readonly filterRelays?: readonly string[];
}

/** Takes one event; it is a view that ends when the batch does. */
export type Emit = (event: DeliveryEvent) => void;
