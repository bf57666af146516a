/** What the events of SendGrid's webhook mean by themselves, and its reasons and classes: tables. */
import type { EventName, WebhookAnswer } from '../../event/index.ts';

export const BLOCKED: WebhookAnswer = { blocked: true };

/** What each event is to us, and what it says by itself; the events that are not listed (open, click) say nothing of a delivery. */
export const EVENTS = new Map<string, readonly [event: EventName, answer?: WebhookAnswer]>([
  ['processed', ['processed', { category: 'accepted', rule: 'sendgrid-processed' }]],
  ['deferred', ['deferred']],
  ['delivered', ['delivered']],
  ['bounce', ['bounced']],
  ['blocked', ['bounced', BLOCKED]],
  ['dropped', ['dropped']],
  ['spamreport', ['complained', { category: 'complaint', rule: 'sendgrid-spamreport' }]],
  ['unsubscribe', ['unsubscribed', { category: 'unsubscribe', rule: 'sendgrid-unsubscribe' }]],
  ['group_unsubscribe', ['unsubscribed', { category: 'unsubscribe', rule: 'sendgrid-group_unsubscribe' }]],
  ['group_resubscribe', ['resubscribed', { category: 'accepted', rule: 'sendgrid-group_resubscribe', action: 'none' }]],
]);

/** Why SendGrid drops a message before it sends it: what `reason` starts with, lower case; the first that fits. */
export const DROPS: readonly (readonly [reason: string, answer: WebhookAnswer])[] = [
  ['bounced address', { category: 'esp_suppressed', rule: 'sendgrid-dropped-bounced' }],
  ['spam reporting address', { category: 'complaint', rule: 'sendgrid-dropped-spam-report' }],
  ['unsubscribed address', { category: 'unsubscribe', rule: 'sendgrid-dropped-unsubscribed' }],
  ['invalid smtpapi header', { category: 'message_format', rule: 'sendgrid-dropped-smtpapi', action: 'fix_config' }],
  ['invalid x-smtpapi header', { category: 'message_format', rule: 'sendgrid-dropped-smtpapi', action: 'fix_config' }],
  // After the two that begin likewise: those are the sender's fault, not the address's.
  ['invalid', { category: 'esp_suppressed', rule: 'sendgrid-dropped-invalid' }],
  ['spam content', { category: 'spam_content', rule: 'sendgrid-dropped-spam-content' }],
  ['recipient list over package quota', { category: 'rate_limited', rule: 'sendgrid-dropped-quota' }],
];

/**
 * SendGrid's own classes of bounces (docs: "Bounce Classifications"), what `bounce_classification` starts with, lower case: all
 * that is known of a bounce without a reason.
 */
export const CLASSES: readonly (readonly [name: string, answer: WebhookAnswer])[] = (
  [
    ['invalid address', 'invalid_recipient'],
    ['mailbox unavailable', 'mailbox_disabled'],
    ['technical', 'system_error'],
    ['content', 'spam_content'],
    ['reputation', 'reputation'],
    ['frequency', 'rate_limited'],
  ] as const
).map(([name, otherwise]) => [name, { otherwise, rule: 'sendgrid-bounce-classification' }]);

/** What stands beside the first beginning that fits. */
export function startingWith(
  list: readonly (readonly [start: string, answer: WebhookAnswer])[],
  said: string | undefined,
): WebhookAnswer | undefined {
  const words = said?.trim().toLowerCase() ?? '';
  return list.find(([start]) => words.startsWith(start))?.[1];
}
