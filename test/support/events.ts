/** Events for tests of what comes after correlate: made by hand, or by the thousand from a seed. */
import fc from 'fast-check';
import {
  CATEGORIES,
  type DeliveryEvent,
  EVENT_FIELDS,
  type EventName,
  LAYERS,
  type Verdict,
} from '../../src/event/index.ts';

const VERDICT: Verdict = {
  category: 'accepted',
  action: 'none',
  retryable: false,
  confidence: 'high',
  evidence: { layer: 'reply', rule: 'reply-250', matched: '250' },
};

/** What is to differ; undefined takes a member away. */
export type EventChange = Omit<Partial<DeliveryEvent>, 'verdict'> & {
  readonly verdict?: { readonly [K in keyof Verdict]?: Verdict[K] | undefined };
};

/** A delivery, changed as wanted; the verdict's members may be given beside the event's. */
export function event(change: EventChange = {}): DeliveryEvent {
  const verdict = { ...VERDICT, ...change.verdict } as Verdict;
  return {
    time: Date.UTC(2026, 10, 22, 2, 17, 49),
    first: true,
    input: 'maillog',
    format: 'postfix',
    host: 'mx01',
    queue_id: '4jXCQj0FqPzJTWD',
    event: 'delivered',
    recipient: 'someone@example.com',
    domain: 'example.com',
    category: verdict.category,
    bounce_type: verdict.bounce_type,
    fault: verdict.fault,
    action: verdict.action,
    retryable: verdict.retryable,
    confidence: verdict.confidence,
    evidence: verdict.evidence,
    reply_code: verdict.reply_code,
    enhanced_code: verdict.enhanced_code,
    command: verdict.command,
    ...change,
    verdict,
  };
}

/** A bounce for a mailbox that does not exist. */
export function noSuchUser(change: EventChange = {}): DeliveryEvent {
  return event({
    event: 'bounced',
    status: 'bounced',
    response: 'host mx.example.com[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command)',
    ...change,
    verdict: {
      category: 'invalid_recipient',
      bounce_type: 'hard',
      fault: 'recipient',
      action: 'suppress',
      reply_code: 550,
      enhanced_code: '5.1.1',
      command: 'RCPT TO',
      evidence: { layer: 'phrase', rule: 'user-unknown', matched: 'user unknown' },
      ...change.verdict,
    },
  });
}

const WEIGHTED_NAMES: readonly EventName[] = [
  'delivered',
  'delivered',
  'deferred',
  'deferred',
  'bounced',
  'bounced',
  'expired',
  'dropped',
  'complained',
  'unsubscribed',
  'resubscribed',
  'internal',
  'warning',
  'processed',
  'rejected',
  'probe',
  'discarded',
];

/** Few domains, addresses and hours, so that keys meet. */
export const arbitraryEvent: fc.Arbitrary<DeliveryEvent> = fc
  .record({
    name: fc.constantFrom(...WEIGHTED_NAMES),
    time: fc.integer({ min: 0, max: 40 * 86_400 }),
    noTime: fc.integer({ min: 0, max: 40 }),
    first: fc.boolean(),
    domain: fc.constantFrom('a.example', 'b.example', 'c.example', undefined),
    local: fc.constantFrom('ann', 'Bob', 'bob', 'carl'),
    provider: fc.constantFrom('google', 'microsoft', undefined),
    relay_host: fc.constantFrom('mx1.example', undefined),
    host: fc.constantFrom('mx01', 'mx02', undefined),
    sender: fc.constantFrom('', 'news@s.example', undefined),
    delay: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
    size: fc.option(fc.nat(100_000), { nil: undefined }),
    category: fc.constantFrom(...CATEGORIES),
    layer: fc.constantFrom(...LAYERS),
    fault: fc.constantFrom('recipient', 'sender', undefined),
    bounce_type: fc.constantFrom('hard', 'soft', 'block', undefined),
    reply_code: fc.constantFrom(450, 550, 554, undefined),
    enhanced_code: fc.constantFrom('5.1.1', '4.2.2', undefined),
    command: fc.constantFrom('RCPT TO', 'end of DATA', undefined),
    response: fc.constantFrom('550 no', '554', 'mailbox is full, sorry', undefined),
    suspended: fc.boolean(),
    group: fc.constantFrom('7', '9', undefined, undefined),
    queue_id: fc.constantFrom('A1', 'B2', 'C3'),
  })
  .map((r) =>
    event({
      event: r.name,
      time: r.noTime === 0 ? Number.NaN : r.time * 1000,
      first: r.first,
      domain: r.domain,
      recipient: r.domain === undefined ? undefined : `${r.local}@${r.domain}`,
      provider: r.provider,
      relay_host: r.relay_host,
      host: r.host,
      sender: r.sender,
      delay: r.delay,
      size: r.size,
      response: r.response,
      queue_id: r.queue_id,
      unsubscribe_group: r.group,
      corrects: r.name !== 'internal' ? undefined : r.first ? 'delivered' : r.suspended ? 'deferred' : undefined,
      verdict: {
        category: r.category,
        fault: r.fault as 'recipient' | 'sender' | undefined,
        bounce_type: r.bounce_type as 'hard' | 'soft' | 'block' | undefined,
        reply_code: r.reply_code,
        enhanced_code: r.enhanced_code,
        command: r.command,
        suspended: r.suspended,
        evidence: { layer: r.layer, rule: `${r.layer}-${r.category}`, matched: 'x' },
      },
    }),
  );

/** What JSON.stringify is to be given: the NDJSON fields alone, in their order. */
export function fieldsOf(from: DeliveryEvent): Record<string, unknown> {
  return Object.fromEntries(EVENT_FIELDS.map((field) => [field, from[field]]));
}
