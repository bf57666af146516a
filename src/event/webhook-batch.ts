/**
 * What formats whose units are JSON objects have in common: records that hold their fields, and batches of them. Parsing fills
 * everything but the verdict, enrichment adds that.
 */
import type { Accounting, MalformedSample } from './accounting.ts';
import type { Verdict } from './delivery-event.ts';
import { addressKeyOfText } from './keys.ts';
import {
  type HeaderSample,
  type InputInfo,
  type LogRecord,
  type RecordBatch,
  type SeenQueueId,
  STAMP_NONE,
  type StampKind,
} from './log-record.ts';
import type { Action, Category, EventName } from './vocabulary.ts';

/** What an event says without, or beyond, a server's answer; enrichment turns it into a verdict. */
export interface WebhookAnswer {
  /** Set where the event alone decides. */
  readonly category?: Category;
  readonly rule?: string;
  /** Where it differs from the category's. */
  readonly action?: Action;
  /** What the provider calls it, where the server's answer is missing or says nothing that is known. */
  readonly otherwise?: Category;
  /** The provider says that a policy refused the message: whatever the text reads like, the mailbox is not at fault. */
  readonly blocked?: boolean;
}

export class WebhookRecord implements LogRecord {
  readonly kind = 'outcome' as const;
  readonly format: string;
  readonly event: EventName;
  verdict!: Verdict;
  answer: WebhookAnswer | undefined = undefined;

  stampKind: StampKind = STAMP_NONE;
  stamp = Number.NaN;
  readonly offset = 0;
  readonly queueKey = 0;
  readonly queuedAsKey = 0;
  /** See LogRecord.messageKey. */
  messageKey = 0;
  eventId: string | undefined = undefined;

  host: string | undefined = undefined;
  readonly program = undefined;
  readonly queue_id = undefined;
  status: string | undefined = undefined;
  recipient: string | undefined = undefined;
  readonly original_recipient = undefined;
  domain: string | undefined = undefined;
  readonly nearby = false;
  relay: string | undefined = undefined;
  relay_host: string | undefined = undefined;
  relay_ip: string | undefined = undefined;
  readonly relay_port = undefined;
  provider: string | undefined = undefined;
  delay: number | undefined = undefined;
  readonly delays = undefined;
  readonly tls = undefined;
  readonly connection_use = undefined;
  dsn: string | undefined = undefined;
  response: string | undefined = undefined;
  sender: string | undefined = undefined;
  message_id: string | undefined = undefined;
  readonly size = undefined;
  unsubscribe_group: string | undefined = undefined;
  readonly #replyText: (response: string) => string | undefined;

  constructor(format: string, event: EventName, replyText: (response: string) => string | undefined) {
    this.format = format;
    this.event = event;
    this.#replyText = replyText;
  }

  get recipientKey(): number {
    return addressKeyOfText(this.recipient ?? '');
  }

  get reply_text(): string | undefined {
    return this.response === undefined ? undefined : this.#replyText(this.response);
  }
}

export class WebhookBatch implements RecordBatch {
  readonly ordered = false;
  readonly input: InputInfo;
  readonly records: readonly WebhookRecord[];
  readonly accounting: Accounting;
  readonly malformed: readonly MalformedSample[];
  readonly sample: HeaderSample;
  readonly #release: () => void;

  constructor(
    input: InputInfo,
    records: readonly WebhookRecord[],
    accounting: Accounting,
    malformed: readonly MalformedSample[],
    sample: HeaderSample,
    release: () => void,
  ) {
    this.input = input;
    this.records = records;
    this.accounting = accounting;
    this.malformed = malformed;
    this.sample = sample;
    this.#release = release;
  }

  get length(): number {
    return this.records.length;
  }

  kindOf(): 'outcome' {
    return 'outcome';
  }

  queueKeyOf(): number {
    return 0;
  }

  lineStartOf(): number {
    return 0;
  }

  openings(): readonly SeenQueueId[] {
    return [];
  }

  record(index: number): LogRecord {
    return this.records[index]!;
  }

  release(): void {
    this.#release();
  }
}

/** A 53-bit hash of a string, never 0: the keys of LogRecord for formats that have strings at hand. */
export function keyOfString(text: string): number {
  let a = 0x811c9dc5 | 0;
  let b = 0x9e3779b9 | 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b + unit, 0x85ebca6b) ^ (b >>> 13);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b);
  b = Math.imul(b ^ (b >>> 15), 0xc2b2ae35);
  b ^= b >>> 16;
  return (b & 0x1fffff) * 0x100000000 + (a >>> 0) || 1;
}
