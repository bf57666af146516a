/**
 * The words of the field: what can happen to a message, what an answer means, whose fault it is, what to do.
 * Every other module speaks these; what each category implies is data, in `tables/categories.csv`.
 */

/**
 * What happened to one recipient's message. For `warning`, what a mail server said about itself; for `reject_warning`, what it would
 * have rejected and did not (warn_if_reject).
 */
export const EVENT_NAMES = [
  'processed',
  'delivered',
  'deferred',
  'bounced',
  'expired',
  'dropped',
  'complained',
  'unsubscribed',
  'resubscribed',
  'probe',
  'discarded',
  'rejected',
  'reject_warning',
  'internal',
  'warning',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

/** What an answer means. The rows of `tables/categories.csv` give each its bounce type, fault and action. */
export const CATEGORIES = [
  'accepted',
  'invalid_recipient',
  'mailbox_moved',
  'invalid_domain',
  'null_mx',
  'mailbox_disabled',
  'mailbox_full',
  'dns_failure',
  'connection_failure',
  'greylisted',
  'rate_limited',
  'reputation',
  'auth_failure',
  'missing_ptr',
  'invalid_sender',
  'relay_denied',
  'spam_content',
  'malicious_content',
  'message_too_large',
  'message_format',
  'policy',
  'protocol_error',
  'tls_failure',
  'routing_loop',
  'system_error',
  'expired',
  'complaint',
  'unsubscribe',
  'esp_suppressed',
  'unknown',
] as const;
export type Category = (typeof CATEGORIES)[number];

export const BOUNCE_TYPES = ['hard', 'soft', 'block', 'undetermined'] as const;
export type BounceType = (typeof BOUNCE_TYPES)[number];

export const FAULTS = ['recipient', 'sender', 'content', 'receiver', 'network', 'local'] as const;
export type Fault = (typeof FAULTS)[number];

/** What this one answer asks for. The suppression list is what the policy says over time. */
export const ACTIONS = [
  'none',
  'retry',
  'throttle',
  'watch',
  'suppress',
  'fix_auth',
  'fix_content',
  'fix_reputation',
  'fix_config',
  'review',
] as const;
export type Action = (typeof ACTIONS)[number];

export const CONFIDENCES = ['high', 'medium', 'low'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** The SMTP commands that a server answers, as Postfix names them; CONNECT stands for the greeting. */
export const COMMANDS = [
  'MAIL FROM',
  'RCPT TO',
  'DATA',
  'end of DATA',
  'EHLO',
  'HELO',
  'LHLO',
  'RSET',
  'QUIT',
  'STARTTLS',
  'CONNECT',
] as const;

/** The layers of the code table, strongest first. `event` stands for what an ESP's event says without any answer (a complaint, say). */
export const LAYERS = ['user', 'provider', 'phrase', 'enhanced', 'reply', 'event'] as const;
export type Layer = (typeof LAYERS)[number];

/** Which part of the code table decided, which row of it, and the words or code that it matched. */
export interface Evidence {
  readonly layer: Layer;
  readonly rule: string;
  readonly matched: string;
}
