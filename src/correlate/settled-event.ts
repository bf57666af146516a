import type {
  Action,
  BounceType,
  Category,
  Confidence,
  DeliveryEvent,
  EventName,
  Evidence,
  Fault,
  LogRecord,
  Opening,
  Verdict,
} from '../event/index.ts';
import { formatTimestamp } from './clock.ts';

/** A record whose order is settled: the event as everyone after correlate sees it. Reads the record when asked. */
export class SettledEvent implements DeliveryEvent {
  time = Number.NaN;
  first = false;
  event: EventName;
  verdict: Verdict;
  corrects: EventName | undefined;
  input: string;
  private record: LogRecord;
  private offset = 0;
  private opening: Opening | undefined;

  constructor(
    record: LogRecord,
    event: EventName,
    verdict: Verdict,
    time: number,
    offset: number,
    first: boolean,
    input: string,
    opening: Opening | undefined,
    corrects: EventName | undefined = undefined,
  ) {
    this.record = record;
    this.event = event;
    this.verdict = verdict;
    this.time = time;
    this.offset = offset;
    this.first = first;
    this.input = input;
    this.opening = opening;
    this.corrects = corrects;
  }

  /** Makes it the next event: a log has a million, and each is over when the next one comes. */
  become(
    record: LogRecord,
    event: EventName,
    time: number,
    offset: number,
    first: boolean,
    input: string,
    opening: Opening | undefined,
  ): this {
    this.record = record;
    this.event = event;
    this.verdict = record.verdict;
    this.time = time;
    this.offset = offset;
    this.first = first;
    this.input = input;
    this.opening = opening;
    return this;
  }

  get scope(): object | undefined {
    return this.record.scope;
  }
  get hostNumber(): number | undefined {
    return this.record.hostNumber;
  }
  get domainNumber(): number | undefined {
    return this.record.domainNumber;
  }
  get relayNumber(): number | undefined {
    return this.record.relayNumber;
  }
  get verdictNumber(): number | undefined {
    return this.record.verdictNumber;
  }
  get rowAddress(): number | undefined {
    return this.record.rowAddress;
  }
  get delayMs(): number | undefined {
    return this.record.delayMs;
  }
  get plain(): boolean {
    return this.record.plain === true;
  }
  get delayText(): string | undefined {
    return this.record.delayText;
  }
  get delaysText(): string | undefined {
    return this.record.delaysText;
  }
  /** What was written of it holds as long as it is what its record said. */
  get headLength(): number {
    return this.event === this.record.event ? (this.record.headLength ?? 0) : 0;
  }
  get headAt(): number | undefined {
    return this.record.headAt;
  }
  get recipientKey(): number {
    return this.record.recipientKey;
  }
  get format(): string {
    return this.record.format;
  }
  get host(): string | undefined {
    return this.record.host;
  }
  get program(): string | undefined {
    return this.record.program;
  }
  get queue_id(): string | undefined {
    return this.record.queue_id;
  }
  get status(): string | undefined {
    return this.record.status;
  }
  get recipient(): string | undefined {
    return this.record.recipient;
  }
  get original_recipient(): string | undefined {
    return this.record.original_recipient;
  }
  get domain(): string | undefined {
    return this.record.domain;
  }
  get relay(): string | undefined {
    return this.record.relay;
  }
  get relay_host(): string | undefined {
    return this.record.relay_host;
  }
  get relay_ip(): string | undefined {
    return this.record.relay_ip;
  }
  get relay_port(): number | undefined {
    return this.record.relay_port;
  }
  get provider(): string | undefined {
    return this.record.provider;
  }
  get delay(): number | undefined {
    return this.record.delay;
  }
  get delays(): readonly number[] | undefined {
    return this.record.delays;
  }
  get tls(): string | undefined {
    return this.record.tls;
  }
  get connection_use(): number | undefined {
    return this.record.connection_use;
  }
  get dsn(): string | undefined {
    return this.record.dsn;
  }
  get response(): string | undefined {
    return this.record.response;
  }
  get reply_text(): string | undefined {
    return this.record.reply_text;
  }
  get reply_code(): number | undefined {
    return this.verdict.reply_code;
  }
  get enhanced_code(): string | undefined {
    return this.verdict.enhanced_code;
  }
  get command(): string | undefined {
    return this.verdict.command;
  }
  get category(): Category {
    return this.verdict.category;
  }
  get root_cause(): Category | undefined {
    return this.verdict.root_cause;
  }
  get bounce_type(): BounceType | undefined {
    return this.verdict.bounce_type;
  }
  get fault(): Fault | undefined {
    return this.verdict.fault;
  }
  get action(): Action {
    return this.verdict.action;
  }
  get retryable(): boolean {
    return this.verdict.retryable;
  }
  get confidence(): Confidence {
    return this.verdict.confidence;
  }
  get evidence(): Evidence {
    return this.verdict.evidence;
  }
  get timestamp(): string | undefined {
    return Number.isNaN(this.time) ? undefined : formatTimestamp(this.time, this.offset);
  }
  get stage(): string | undefined {
    return this.record.stage;
  }
  get sender(): string | undefined {
    return this.record.sender ?? this.opening?.sender;
  }
  get message_id(): string | undefined {
    return this.record.message_id ?? this.opening?.message_id;
  }
  get size(): number | undefined {
    return this.opening?.size;
  }
  get unsubscribe_group(): string | undefined {
    return this.record.unsubscribe_group;
  }
}
