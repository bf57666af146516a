import type { EventShortcuts } from './event-shortcuts.ts';
import type { Action, BounceType, Category, Confidence, EventName, Evidence, Fault } from './vocabulary.ts';

/**
 * What one answer means: the part of an event that depends on the answer alone, not on who received it or when.
 * One object serves every event with the same kind of answer, so it is never changed after it was made.
 */
export interface Verdict {
  readonly category: Category;
  readonly bounce_type?: BounceType | undefined;
  readonly fault?: Fault | undefined;
  readonly action: Action;
  /** True for a 4xx and where no server answered at all. */
  readonly retryable: boolean;
  readonly confidence: Confidence;
  readonly evidence: Evidence;
  /** RFC 5321 section 4.2, 200-599. */
  readonly reply_code?: number | undefined;
  /** RFC 3463, `5.1.1`. */
  readonly enhanced_code?: string | undefined;
  /** The SMTP command that was answered: `RCPT TO`, `end of DATA`, … as Postfix names it. */
  readonly command?: string | undefined;
  /** On `expired`: what the last answer before it meant. */
  readonly root_cause?: Category | undefined;
  /** `delivery temporarily suspended`: repeats an earlier cause, no server was asked. */
  readonly suspended?: boolean | undefined;
  /** Whose it is cannot be told: the line was written by somebody who means harm (decision 0045). It lists and lifts nobody. */
  readonly recipient_doubtful?: boolean | undefined;
}

/**
 * One event as it leaves correlate: what happened to one recipient's message. The snake_case members are the NDJSON fields
 * (see EVENT_FIELDS for their order); the others serve the aggregates and are never written out.
 *
 * An event is a view on the block of log bytes it came from, and the next event is the same object: read what you need while you
 * are given it, keep strings, not events.
 * Its strings are their own (none is a view on a larger one), so a map key keeps nothing else alive.
 */
export interface DeliveryEvent extends EventShortcuts {
  /** Milliseconds since 1970 UTC; NaN where the line carries no readable time. */
  readonly time: number;
  /** True for the first record of a message (see the design: the deferral rate by message counts here and only here). */
  readonly first: boolean;
  /** The name of the input it came from, for evidence. */
  readonly input: string;
  readonly verdict: Verdict;
  /** The hash of the recipient, see addressKey; absent where it has to be made. */
  readonly recipientKey?: number;
  /** Of a refusal on the way in: what the client was at, `RCPT`; what was looked at, `header`. */
  readonly stage?: string | undefined;

  readonly format: string;
  readonly host?: string | undefined;
  readonly program?: string | undefined;
  readonly queue_id?: string | undefined;
  readonly event: EventName;
  readonly status?: string | undefined;
  readonly recipient?: string | undefined;
  readonly original_recipient?: string | undefined;
  readonly domain?: string | undefined;
  readonly relay?: string | undefined;
  readonly relay_host?: string | undefined;
  readonly relay_ip?: string | undefined;
  readonly relay_port?: number | undefined;
  readonly provider?: string | undefined;
  /** Seconds, as logged. */
  readonly delay?: number | undefined;
  /** Seconds: before the queue manager, in the queue, connection setup, transmission. */
  readonly delays?: readonly number[] | undefined;
  readonly tls?: string | undefined;
  readonly connection_use?: number | undefined;
  readonly dsn?: string | undefined;
  readonly response?: string | undefined;
  readonly reply_code?: number | undefined;
  readonly enhanced_code?: string | undefined;
  readonly reply_text?: string | undefined;
  readonly command?: string | undefined;
  readonly category?: Category | undefined;
  readonly root_cause?: Category | undefined;
  readonly bounce_type?: BounceType | undefined;
  readonly fault?: Fault | undefined;
  readonly action?: Action | undefined;
  readonly retryable?: boolean | undefined;
  readonly confidence?: Confidence | undefined;
  readonly evidence?: Evidence | undefined;
  /** RFC 3339 with the offset of the log's own zone. */
  readonly timestamp?: string | undefined;
  readonly sender?: string | undefined;
  readonly message_id?: string | undefined;
  /** Bytes, from qmgr's `size=`, where senders are read. */
  readonly size?: number | undefined;
  /**
   * The group of mail that the recipient left or joined. On `dropped`, the group of the message: it may have been dropped for an
   * unsubscription from it, or from everything.
   */
  readonly unsubscribe_group?: string | undefined;
  /**
   * On an `internal` event that takes back what an earlier event of the same message had added: all of a `delivered` one, of a
   * `deferred` one only that a message began with it.
   */
  readonly corrects?: EventName | undefined;
}

/** The NDJSON fields in their order. */
export const EVENT_FIELDS = [
  'format',
  'host',
  'program',
  'queue_id',
  'event',
  'status',
  'recipient',
  'original_recipient',
  'domain',
  'relay',
  'relay_host',
  'relay_ip',
  'relay_port',
  'provider',
  'delay',
  'delays',
  'tls',
  'connection_use',
  'dsn',
  'response',
  'reply_code',
  'enhanced_code',
  'reply_text',
  'command',
  'category',
  'root_cause',
  'bounce_type',
  'fault',
  'action',
  'retryable',
  'confidence',
  'evidence',
  'timestamp',
  'sender',
  'message_id',
  'size',
  'unsubscribe_group',
  'corrects',
] as const satisfies readonly (keyof DeliveryEvent)[];
