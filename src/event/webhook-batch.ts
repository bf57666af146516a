/**
 * What formats whose units are JSON objects have in common: records, and batches of them. Parsing gives
 * everything but the verdict, enrichment adds that.
 */
import type { Accounting, MalformedSample } from './accounting.ts';
import type { Verdict } from './delivery-event.ts';
import { addressKeyOfText } from './keys.ts';
import type { HeaderSample, InputInfo, LogRecord, RecordBatch, SeenQueueId } from './log-record.ts';
import type { StampKind } from './stamp-kind.ts';
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

/**
 * One object. A format says what is always asked for in fields and the rest in getters that read the object when asked: most
 * events are only counted. What no webhook says is said here.
 */
export abstract class WebhookRecord implements LogRecord {
  /** Enrichment's. */
  abstract verdict: Verdict;
  abstract readonly format: string;
  abstract readonly event: EventName;
  abstract readonly answer: WebhookAnswer | undefined;
  abstract readonly stampKind: StampKind;
  abstract readonly stamp: number;
  abstract readonly messageKey: number;
  abstract readonly eventKey: number;
  abstract readonly status: string | undefined;
  abstract readonly recipient: string;
  abstract readonly domain: string | undefined;
  abstract readonly dsn: string | undefined;
  abstract readonly response: string | undefined;
  abstract readonly reply_text: string | undefined;
  abstract readonly message_id: string | undefined;
  abstract readonly unsubscribe_group: string | undefined;

  /** What its answer comes down to, by number: see WebhookRecords. 0 or less where the response itself has to be looked at. */
  get answerNumber(): number {
    return 0;
  }

  get recipientKey(): number {
    return addressKeyOfText(this.recipient);
  }

  get kind(): 'outcome' {
    return 'outcome';
  }
  get offset(): number {
    return 0;
  }
  get queueKey(): number {
    return 0;
  }
  get queuedAsKey(): number {
    return 0;
  }
  get nearby(): boolean {
    return false;
  }
  get host(): undefined {
    return undefined;
  }
  get program(): undefined {
    return undefined;
  }
  get queue_id(): undefined {
    return undefined;
  }
  get original_recipient(): undefined {
    return undefined;
  }
  get relay(): undefined {
    return undefined;
  }
  get relay_host(): undefined {
    return undefined;
  }
  get relay_ip(): undefined {
    return undefined;
  }
  get relay_port(): undefined {
    return undefined;
  }
  get provider(): undefined {
    return undefined;
  }
  get delay(): undefined {
    return undefined;
  }
  get delays(): undefined {
    return undefined;
  }
  get tls(): undefined {
    return undefined;
  }
  get connection_use(): undefined {
    return undefined;
  }
  get sender(): undefined {
    return undefined;
  }
  get size(): undefined {
    return undefined;
  }
}

/** The records of a batch: an array, or what makes each when it is asked for. */
export interface WebhookRecords {
  readonly length: number;
  at(index: number): WebhookRecord | undefined;
  /**
   * Where records number their answers: for as long as this is the same object, answers of one number say the same, but for what is
   * new each time.
   */
  readonly answers?: object | undefined;
  /** What the answer of a record with a number comes down to. */
  answerText?(index: number): string;
}

export class WebhookBatch implements RecordBatch {
  readonly ordered = false;
  readonly input: InputInfo;
  readonly records: WebhookRecords;
  readonly accounting: Accounting;
  readonly malformed: readonly MalformedSample[];
  readonly sample: HeaderSample;
  readonly #release: () => void;

  constructor(
    input: InputInfo,
    records: WebhookRecords,
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

  record(index: number): WebhookRecord {
    return this.records.at(index)!;
  }

  release(): void {
    this.#release();
  }
}
