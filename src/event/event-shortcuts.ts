/**
 * What spares those who handle a million events from looking at their values. Records have it from their parser, events from their
 * record; whoever makes an event by hand leaves it out.
 */
export interface EventShortcuts {
  /**
   * Numbers for what many events share: among events of one scope, equal numbers mean equal values (0: none). Where the scope is
   * undefined, or a number is undefined or negative, the values themselves have to be looked at.
   */
  readonly scope?: object | undefined;
  readonly hostNumber?: number | undefined;
  readonly domainNumber?: number | undefined;
  /** Of relay, relay_host, relay_ip, provider. */
  readonly relayNumber?: number | undefined;
  readonly verdictNumber?: number | undefined;
  /** Where the row lies that the event was read from, in the memory that its scope's names lie in; absent or 0 where there is none. */
  readonly rowAddress?: number | undefined;
  /** The delay as a whole number of ms; negative or undefined where `delay` has to be looked at. */
  readonly delayMs?: number | undefined;
  /** What the event's own line gave (no verdict, no sender, no domain) can stand in JSON as it is. */
  readonly plain?: boolean;
  /** Delay and delays as they are logged, where they are. */
  readonly delayText?: string | undefined;
  readonly delaysText?: string | undefined;
  /** How long the beginning of the event's NDJSON line is, where a thread has written it already; 0 or undefined where not. */
  readonly headLength?: number;
  /** Where that lies in the memory that rows lie in. */
  readonly headAt?: number | undefined;
}
