/**
 * SendGrid's Event Webhook: one JSON object for each event (docs: "Event Webhook Reference"). Stored as NDJSON, or as the
 * arrays it is posted in.
 *
 *   {"email":"a@example.com","timestamp":1461095250,"smtp-id":"<…>","sg_event_id":"…","sg_message_id":"Lli-03H….filter0077….0",
 *    "event":"bounce","type":"bounce","status":"5.1.1","reason":"550 5.1.1 The email account …"}
 */
import {
  type EventName,
  emptyAccounting,
  keyOfString,
  type MalformedSample,
  STAMP_ABSOLUTE,
  STAMP_NONE,
  type StampKind,
  type WebhookAnswer,
  WebhookBatch,
  WebhookRecord,
} from '../../event/index.ts';
import { domainOf } from '../addresses.ts';
import { type Block, type BlockParser, type Format, LONGEST_OBJECT } from '../format.ts';
import { visitObjects } from '../json-objects.ts';

/** What each event is to us; the events that are not listed (open, click) say nothing of a delivery. */
const EVENTS: ReadonlyMap<string, EventName> = new Map([
  ['processed', 'processed'],
  ['deferred', 'deferred'],
  ['delivered', 'delivered'],
  ['bounce', 'bounced'],
  ['blocked', 'bounced'],
  ['dropped', 'dropped'],
  ['spamreport', 'complained'],
  ['unsubscribe', 'unsubscribed'],
  ['group_unsubscribe', 'unsubscribed'],
  ['group_resubscribe', 'resubscribed'],
]);

/** Why SendGrid drops a message before it sends it: what `reason` starts with, lower case; the first that fits. */
const DROPS: readonly (readonly [reason: string, answer: WebhookAnswer])[] = [
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
const CLASSES: readonly (readonly [name: string, answer: WebhookAnswer])[] = (
  [
    ['invalid address', 'invalid_recipient'],
    ['mailbox unavailable', 'mailbox_disabled'],
    ['technical', 'system_error'],
    ['content', 'spam_content'],
    ['reputation', 'reputation'],
    ['frequency', 'rate_limited'],
  ] as const
).map(([name, otherwise]) => [name, { otherwise, rule: 'sendgrid-bounce-classification' }]);

const BLOCKED: WebhookAnswer = { blocked: true };

/** What the other events say by themselves. */
const ANSWERS: ReadonlyMap<string, WebhookAnswer> = new Map<string, WebhookAnswer>([
  ['processed', { category: 'accepted', rule: 'sendgrid-processed' }],
  ['blocked', BLOCKED],
  ['spamreport', { category: 'complaint', rule: 'sendgrid-spamreport' }],
  ['unsubscribe', { category: 'unsubscribe', rule: 'sendgrid-unsubscribe' }],
  ['group_unsubscribe', { category: 'unsubscribe', rule: 'sendgrid-group_unsubscribe' }],
  ['group_resubscribe', { category: 'accepted', rule: 'sendgrid-group_resubscribe', action: 'none' }],
]);

/** Later than any time a Date can hold. */
const NO_TIME = 8.64e15;

export const sendgrid: Format = {
  name: 'sendgrid',
  describe: 'SendGrid Event Webhook, NDJSON or JSON arrays',
  framing: 'json',
  longest: LONGEST_OBJECT,
  recognise(head) {
    const text = head.toString('utf8');
    if (!/^[\s\ufeff]*[[{]/.test(text)) return 0;
    if (/"sg_(?:event|message)_id"\s*:/.test(text)) return 1;
    return /"event"\s*:\s*"/.test(text) && /"email"\s*:\s*"/.test(text) ? 0.8 : 0.1;
  },
  firstStamp(head) {
    const seconds = /"timestamp"\s*:\s*"?(\d{9,10})\b/.exec(head.toString('latin1'))?.[1];
    return seconds === undefined ? undefined : { stampKind: STAMP_ABSOLUTE, stamp: Number(seconds) * 1000, offset: 0 };
  },
  createParser: (tools) => new SendgridParser(tools.replyText),
};

class SendgridParser implements BlockParser {
  readonly #replyText: (response: string) => string | undefined;
  readonly #domains = new Map<string, string>();

  constructor(replyText: (response: string) => string | undefined) {
    this.#replyText = replyText;
  }

  parse(block: Block): WebhookBatch {
    const accounting = emptyAccounting();
    const malformed: MalformedSample[] = [];
    const records: WebhookRecord[] = [];
    let named = 0;
    const broken = (reason: string, text: () => string): void => {
      accounting.lines++;
      accounting.malformed++;
      if (malformed.filter((sample) => sample.reason === reason).length < 3) malformed.push({ reason, text: text() });
    };
    visitObjects(block.bytes, block.start, block.end, LONGEST_OBJECT, {
      object: (value) => {
        const name = value.event;
        if (typeof name === 'string' && typeof value.email === 'string') named++;
        const event = typeof name === 'string' ? EVENTS.get(name.toLowerCase()) : undefined;
        if (typeof name !== 'string' || event === undefined) {
          accounting.lines++;
          accounting.ignored++;
          return;
        }
        if (typeof value.email !== 'string') {
          broken('an event without "email"', () => JSON.stringify(value).slice(0, 300));
          return;
        }
        accounting.lines++;
        accounting.event++;
        const { email } = value;
        records.push(new SendgridRecord(event, name, email, this.#domainOf(email), value, this.#replyText));
      },
      broken: (reason, start, end) =>
        broken(reason, () => block.bytes.toString('utf8', start, Math.min(end, start + 300))),
      tooLong() {
        accounting.lines++;
        accounting.truncated++;
      },
    });
    accounting.lines += block.truncated;
    accounting.truncated += block.truncated;
    const sample = { lines: accounting.lines, readable: named, own: named };
    return new WebhookBatch(block.input, records, accounting, malformed, sample, () => block.release());
  }

  #domainOf(email: string): string | undefined {
    const at = email.lastIndexOf('@');
    if (at < 0) return undefined;
    const raw = email.slice(at + 1);
    let domain = this.#domains.get(raw);
    if (domain === undefined) {
      // Copied: a part of the address may be a view that keeps the whole alive.
      domain = Buffer.from(domainOf(raw.trim())).toString();
      if (this.#domains.size > 200_000) this.#domains.clear();
      this.#domains.set(raw, domain);
    }
    return domain;
  }
}

class SendgridRecord extends WebhookRecord {
  readonly event: EventName;
  readonly status: string;
  readonly recipient: string;
  readonly domain: string | undefined;
  readonly stamp: number;
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #replyText: (response: string) => string | undefined;

  constructor(
    event: EventName,
    name: string,
    email: string,
    domain: string | undefined,
    value: Readonly<Record<string, unknown>>,
    replyText: (response: string) => string | undefined,
  ) {
    super();
    this.event = event;
    this.status = name;
    this.recipient = email;
    this.domain = domain;
    const stamp = Number(value.timestamp);
    // Seconds, as documented; some stores keep milliseconds.
    this.stamp = stamp > 0 && stamp < NO_TIME ? Math.floor(stamp > 1e11 ? stamp : stamp * 1000) : Number.NaN;
    this.#value = value;
    this.#replyText = replyText;
  }

  get format(): string {
    return sendgrid.name;
  }
  get stampKind(): StampKind {
    return Number.isNaN(this.stamp) ? STAMP_NONE : STAMP_ABSOLUTE;
  }
  get eventId(): string | undefined {
    return text(this.#value.sg_event_id);
  }
  get message_id(): string | undefined {
    return withoutAngles(text(this.#value['smtp-id']));
  }
  get messageKey(): number {
    //  Lli-03HcQ5-JLybO9fXsJg.filter0077p1las1.21536.5717FC482.0
    //                        ^   what follows names SendGrid's own machines, and differs between events of one message
    const message = text(this.#value.sg_message_id)?.split('.', 1)[0] ?? this.message_id;
    return message === undefined ? 0 : keyOfString(`${message}\n${this.recipient.toLowerCase()}`);
  }
  get dsn(): string | undefined {
    return enhancedCode(this.#value.status);
  }
  /** A server's answer is `response` of a delivery or a deferral, `reason` of a bounce; the other may be a unique argument. */
  get response(): string | undefined {
    const { response, reason } = this.#value;
    return this.event === 'bounced' || this.event === 'dropped' ? text(reason) : (text(response) ?? text(reason));
  }
  get reply_text(): string | undefined {
    const { response } = this;
    return response === undefined ? undefined : this.#replyText(response);
  }
  get unsubscribe_group(): string | undefined {
    const group = this.#value.asm_group_id;
    if (!/^group_/i.test(this.status)) return undefined;
    return typeof group === 'number' || typeof group === 'string' ? String(group) : undefined;
  }
  /** What the event itself says, beyond the answer it may carry. */
  get answer(): WebhookAnswer | undefined {
    const { reason, type, bounce_classification } = this.#value;
    const name = this.status.toLowerCase();
    switch (name) {
      case 'dropped':
        return startingWith(DROPS, text(reason));
      case 'bounce':
        if (text(type)?.trim().toLowerCase() === 'blocked') return BLOCKED;
        return startingWith(CLASSES, text(bounce_classification));
      default:
        return ANSWERS.get(name);
    }
  }
}

/** A string that says something; anything else (a custom argument may take the name of a field) is no value of ours. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What stands beside the first beginning that fits. */
function startingWith(
  list: readonly (readonly [start: string, answer: WebhookAnswer])[],
  said: string | undefined,
): WebhookAnswer | undefined {
  const words = said?.trim().toLowerCase() ?? '';
  return list.find(([start]) => words.startsWith(start))?.[1];
}

/** `status` of a bounce is an enhanced status code; anything else under that name is a unique argument. */
function enhancedCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^[245]\.\d{1,3}\.\d{1,3}$/.test(value) ? value : undefined;
}

function withoutAngles(id: string | undefined): string | undefined {
  return id?.startsWith('<') && id.endsWith('>') ? id.slice(1, -1) : id;
}
