/**
 * The events of a block of SendGrid's webhooks: rows of numbers (./row-layout.ts), written in WebAssembly where the block lies, read
 * as records. What a row leaves open is settled here; a text is cut from the block when it is asked for.
 */
import {
  addressKeyOfText,
  type EventName,
  keyOfText,
  type LogRows,
  type Names,
  STAMP_ABSOLUTE,
  STAMP_NONE,
  type StampKind,
  type Verdict,
  type WebhookAnswer,
  WebhookRecord,
  type WebhookRecords,
} from '../../event/index.ts';
import { domainOf } from '../addresses.ts';
import { valueAt } from '../json-object.ts';
import { BLOCKED, CLASSES, DROPS, EVENTS, startingWith } from './meanings.ts';
import * as ROW from './row-layout.ts';

/** The members that are read: their places in this list are their numbers in ./row-layout.ts. */
export const MEMBERS = [
  'event',
  'email',
  'timestamp',
  'sg_event_id',
  'sg_message_id',
  'smtp-id',
  'response',
  'reason',
  'status',
  'type',
  'bounce_classification',
  'asm_group_id',
] as const;

/** The names of events; kind n of a row is the n-th, from 1. */
export const KINDS: readonly string[] = [...EVENTS.keys()];
export const EVENTS_OF_KINDS: readonly EventName[] = [...EVENTS.values()].map(([event]) => event);
const ANSWERS_OF_KINDS: readonly (WebhookAnswer | undefined)[] = [...EVENTS.values()].map(([, answer]) => answer);

/** An unsubscription from a group that it does not name: it is not from everything. */
const NO_GROUP = '(unknown)';

/** Later than any time a Date can hold. */
const NO_TIME = 8.64e15;

const DOUBLES = ROW.WIDTH / 2;
const QUOTE = 0x22;

/** What the numbers of rows stand for. */
export interface EventScope {
  readonly domains: Names;
  /** What the verdict column counts, from 1; grows. */
  readonly verdicts: Verdict[];
  /** The numbers of these verdicts: of who gives them. */
  readonly numbers: Map<Verdict, number>;
}

/** So many verdicts are numbered; beyond that, the next block begins anew. */
const MOST_VERDICTS = 8192;

/** The scope for the next block. */
export function scopeAfter(scope: EventScope): EventScope {
  return scope.verdicts.length < MOST_VERDICTS ? scope : newScope(scope.domains);
}

export function newScope(domains: Names): EventScope {
  return { domains, verdicts: [], numbers: new Map() };
}

/** What the parser that read the rows knows of their answers. */
export interface EventAnswers {
  /** Among rows of the same, answers of equal numbers are equal. */
  readonly among: object;
  textOf(row: number): string;
}

export class EventRows implements WebhookRecords {
  length = 0;
  readonly scope: EventScope;
  readonly #record: SendgridRecord;
  readonly #answers: EventAnswers | undefined;

  /**
   * @param bytes the memory that the block lies in
   * @param rows where its rows lie
   * @param answers for enrichment; absent where that is over
   */
  constructor(
    bytes: Buffer,
    { numbers, doubles }: LogRows,
    scope: EventScope,
    replyText: (response: string) => string | undefined,
    answers?: EventAnswers,
  ) {
    this.#answers = answers;
    this.scope = scope;
    this.#record = new SendgridRecord(bytes, numbers, doubles, scope, replyText);
  }

  get answers(): object | undefined {
    return this.#answers?.among;
  }

  answerText(index: number): string {
    return this.#answers!.textOf(index);
  }

  /** One object, moved from row to row. */
  at(index: number): WebhookRecord {
    return this.#record.moveTo(index);
  }

  /**
   * Settles what the last `count` rows leave open, and drops those that are no event.
   * @param unnamed told of events without a recipient: where the object stands
   * @returns how many are left
   */
  settle(count: number, unnamed: (start: number, end: number) => void): number {
    const record = this.#record;
    let kept = 0;
    for (let row = this.length; row < this.length + count; row++) {
      record.moveTo(row);
      record.settle();
      if (!record.isKnown) continue;
      if (record.hasRecipient) record.copyTo(this.length + kept++);
      else unnamed(record.start, record.end);
    }
    return kept;
  }
}

class SendgridRecord extends WebhookRecord {
  private readonly bytes: Buffer;
  private readonly numbers: Int32Array;
  private readonly doubles: Float64Array;
  private readonly events: EventScope;
  private readonly replyText: (response: string) => string | undefined;
  private row = 0;
  private doublesAt = 0;

  constructor(
    bytes: Buffer,
    numbers: Int32Array,
    doubles: Float64Array,
    scope: EventScope,
    replyText: (response: string) => string | undefined,
  ) {
    super();
    this.bytes = bytes;
    this.numbers = numbers;
    this.doubles = doubles;
    this.events = scope;
    this.replyText = replyText;
  }

  moveTo(index: number): this {
    this.row = index * ROW.WIDTH;
    this.doublesAt = index * DOUBLES;
    return this;
  }

  /** Copies the row to an earlier place, or its own. */
  copyTo(index: number): void {
    if (index * ROW.WIDTH !== this.row) this.numbers.copyWithin(index * ROW.WIDTH, this.row, this.row + ROW.WIDTH);
  }

  get isKnown(): boolean {
    return this.number(ROW.kind) > 0;
  }
  get hasRecipient(): boolean {
    return this.isString(ROW.email);
  }
  get start(): number {
    return this.number(ROW.start);
  }
  get end(): number {
    return this.number(ROW.end);
  }

  /** What WebAssembly has left open: escapes, numbers that are not whole, messages known by another id. */
  settle(): void {
    if (this.number(ROW.odd) === 0) return;
    const { numbers, row, doubles, doublesAt } = this;
    if (this.isEscaped(ROW.event)) {
      numbers[row + ROW.kind] = KINDS.indexOf(this.string(ROW.event)!.toLowerCase()) + 1;
      numbers[row + ROW.exact] = 0;
    }
    if (!this.isKnown || !this.hasRecipient) return;
    const recipientKey = this.recipientKey || addressKeyOfText(this.recipient);
    doubles[doublesAt + ROW.recipientKey / 2] = recipientKey;
    if (this.eventKey === 0) {
      const id = this.text(ROW.sg_event_id);
      if (id !== undefined) doubles[doublesAt + ROW.eventKey / 2] = keyOfText(id, 0);
    }
    if (this.messageKey === 0) {
      const message = this.text(ROW.sg_message_id)?.split('.', 1)[0] ?? this.message_id;
      if (message !== undefined) doubles[doublesAt + ROW.messageKey / 2] = keyOfText(message, recipientKey);
    }
    if (Number.isNaN(this.stamp)) {
      const stamp = Number(this.value(ROW.timestamp));
      // Seconds, as documented; some stores keep milliseconds.
      if (stamp > 0 && stamp < NO_TIME)
        doubles[doublesAt + ROW.stamp / 2] = Math.floor(stamp > 1e11 ? stamp : stamp * 1000);
    }
  }

  get verdict(): Verdict {
    return this.events.verdicts[this.number(ROW.verdict) - 1]!;
  }
  set verdict(verdict: Verdict) {
    const { verdicts, numbers } = this.events;
    let number = numbers.get(verdict);
    if (number === undefined) {
      number = verdicts.push(verdict);
      numbers.set(verdict, number);
    }
    this.numbers[this.row + ROW.verdict] = number;
  }
  get scope(): object {
    return this.events;
  }
  get hostNumber(): number {
    return 0;
  }
  get domainNumber(): number {
    return this.number(ROW.domain);
  }
  get relayNumber(): number {
    return 0;
  }
  get verdictNumber(): number {
    return this.number(ROW.verdict);
  }
  get event(): EventName {
    return EVENTS_OF_KINDS[this.number(ROW.kind) - 1]!;
  }
  /** What follows the last @. */
  get domain(): string | undefined {
    const number = this.number(ROW.domain);
    if (number >= 0) return number === 0 ? undefined : this.events.domains.domain(number);
    const email = this.recipient;
    return email.includes('@') ? oddDomain(email.slice(email.lastIndexOf('@') + 1)) : undefined;
  }
  get stamp(): number {
    return this.doubles[this.doublesAt + ROW.stamp / 2]!;
  }
  get format(): string {
    return 'sendgrid';
  }
  get stampKind(): StampKind {
    return Number.isNaN(this.stamp) ? STAMP_NONE : STAMP_ABSOLUTE;
  }
  get status(): string {
    return this.number(ROW.exact) === 1 ? KINDS[this.number(ROW.kind) - 1]! : this.string(ROW.event)!;
  }
  get recipient(): string {
    return this.string(ROW.email)!;
  }
  override get recipientKey(): number {
    return this.doubles[this.doublesAt + ROW.recipientKey / 2]!;
  }
  get eventKey(): number {
    return this.doubles[this.doublesAt + ROW.eventKey / 2]!;
  }
  get message_id(): string | undefined {
    const id = this.text(ROW.smtp_id);
    return id?.startsWith('<') && id.endsWith('>') ? id.slice(1, -1) : id;
  }
  /**
   * Of `sg_message_id`, up to its first dot; where there is none, of `smtp-id`:
   *
   *     Lli-03HcQ5-JLybO9fXsJg.filter0077p1las1.21536.5717FC482.0
   *                           ^   what follows names SendGrid's own machines, and differs between events of one message
   */
  get messageKey(): number {
    return this.doubles[this.doublesAt + ROW.messageKey / 2]!;
  }
  /** `status` of a bounce is an enhanced status code; anything else under that name is a unique argument. */
  get dsn(): string | undefined {
    const status = this.text(ROW.status);
    return status !== undefined && /^[245]\.\d{1,3}\.\d{1,3}$/.test(status) ? status : undefined;
  }
  /** A server's answer is `response` of a delivery or a deferral, `reason` of a bounce; the other may be a unique argument. */
  get response(): string | undefined {
    const { event } = this;
    const isFailure = event === 'bounced' || event === 'dropped';
    return (isFailure ? undefined : this.text(ROW.response)) ?? this.text(ROW.reason);
  }
  override get answerNumber(): number {
    return this.number(ROW.answer);
  }
  get reply_text(): string | undefined {
    const { response } = this;
    return response === undefined ? undefined : this.replyText(response);
  }
  get unsubscribe_group(): string | undefined {
    const isOfGroup = /^group_/i.test(this.status);
    // Every event of a message to a group names it; of a drop it may be why.
    if (!isOfGroup && !(this.event === 'dropped' && this.answer?.category === 'unsubscribe')) return undefined;
    const group = this.value(ROW.asm_group_id);
    if ((typeof group === 'number' || typeof group === 'string') && group !== '') return String(group);
    return isOfGroup ? NO_GROUP : undefined;
  }
  /** What the event itself says, beyond the answer it may carry. */
  get answer(): WebhookAnswer | undefined {
    const answer = ANSWERS_OF_KINDS[this.number(ROW.kind) - 1];
    if (answer !== undefined) return answer;
    const { event } = this;
    if (event === 'dropped') return startingWith(DROPS, this.text(ROW.reason));
    if (event !== 'bounced') return undefined;
    if (this.text(ROW.type)?.trim().toLowerCase() === 'blocked') return BLOCKED;
    return startingWith(CLASSES, this.text(ROW.bounce_classification));
  }

  private number(column: number): number {
    return this.numbers[this.row + column]!;
  }

  private isString(member: number): boolean {
    const start = this.number(ROW.members + 2 * member);
    return start > 0 && this.bytes[start] === QUOTE;
  }

  private isEscaped(member: number): boolean {
    return (this.number(ROW.escapes) & (1 << member)) !== 0;
  }

  private value(member: number): unknown {
    const start = this.number(ROW.members + 2 * member);
    return start === 0 ? undefined : valueAt(this.bytes, start, this.number(ROW.members + 2 * member + 1));
  }

  /** The member's value where it is a string. */
  private string(member: number): string | undefined {
    if (!this.isString(member)) return undefined;
    const start = this.number(ROW.members + 2 * member);
    const end = this.number(ROW.members + 2 * member + 1);
    return this.isEscaped(member)
      ? (valueAt(this.bytes, start, end) as string)
      : this.bytes.toString('utf8', start + 1, end - 1);
  }

  /** A string that says something; anything else (a custom argument may take the name of a field) is no value of ours. */
  private text(member: number): string | undefined {
    return this.string(member) || undefined;
  }
}

/** Domains that have no number, as they are counted: internationalised ones take long to be made. Forgotten when there are too many. */
const oddDomains = new Map<string, string>();
const MOST_ODD_DOMAINS = 20_000;

function oddDomain(text: string): string {
  let domain = oddDomains.get(text);
  if (domain === undefined) {
    domain = domainOf(text.trim());
    if (oddDomains.size >= MOST_ODD_DOMAINS) oddDomains.clear();
    oddDomains.set(text, domain);
  }
  return domain;
}
