/**
 * SendGrid's Event Webhook: one JSON object for each event (docs: "Event Webhook Reference"). Stored as NDJSON, or as the
 * arrays it is posted in.
 *
 *   {"email":"a@example.com","timestamp":1461095250,"smtp-id":"<…>","sg_event_id":"…","sg_message_id":"Lli-03H….filter0077….0",
 *    "event":"bounce","type":"bounce","status":"5.1.1","reason":"550 5.1.1 The email account …"}
 */
import {
  addressKey,
  ByteDictionary,
  type EventName,
  emptyAccounting,
  keyOf,
  keyOfText,
  type MalformedSample,
  STAMP_ABSOLUTE,
  STAMP_NONE,
  type StampKind,
  type Verdict,
  type WebhookAnswer,
  WebhookBatch,
  WebhookRecord,
  type WebhookRecords,
} from '../../event/index.ts';
import { domainOf } from '../addresses.ts';
import { type Block, type BlockParser, type Format, LONGEST_OBJECT } from '../format.ts';
import { MemberTable, ObjectReader, valueAt } from '../json-object.ts';
import { visitObjects } from '../json-objects.ts';
import { BLOCKED, CLASSES, DROPS, EVENTS, startingWith } from '../sendgrid/meanings.ts';

/** An unsubscription from a group that it does not name: it is not from everything. */
const NO_GROUP = '(unknown)';

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

/** The members that are read; their places in this list are their numbers. */
const KEYS = [
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
const MEMBER = Object.fromEntries(KEYS.map((key, number) => [key, number])) as Record<(typeof KEYS)[number], number>;

/** An event's name as it was written, and what EVENTS says of it. */
interface Kind {
  readonly name: string;
  readonly event: EventName | undefined;
  readonly answer: WebhookAnswer | undefined;
}

interface KnownKind extends Kind {
  readonly event: EventName;
}

/** So many different names or domains are remembered; beyond that, remembering starts anew. */
const MOST_NAMES = 1000;
const MOST_DOMAINS = 200_000;

const AT = 0x40;
const DOT = 0x2e;

class SendgridParser implements BlockParser {
  readonly #replyText: (response: string) => string | undefined;
  readonly #reader = new ObjectReader(KEYS);
  /** Of batches that have been consumed. */
  readonly #unused: Events[] = [];
  #kinds = kindsByName();
  #domains = domainsByName();

  constructor(replyText: (response: string) => string | undefined) {
    this.#replyText = replyText;
  }

  parse(block: Block): WebhookBatch {
    const { bytes } = block;
    const accounting = emptyAccounting();
    const malformed: MalformedSample[] = [];
    const events = this.#unused.pop() ?? new Events(this.#reader, this.#replyText);
    const { members } = events;
    members.clear(bytes);
    let named = 0;
    const broken = (reason: string, start: number, end: number): void => {
      accounting.lines++;
      accounting.malformed++;
      if (malformed.filter((sample) => sample.reason === reason).length < 3)
        malformed.push({ reason, text: bytes.toString('utf8', start, Math.min(end, start + 300)) });
    };
    visitObjects(bytes, block.start, block.end, LONGEST_OBJECT, this.#reader, {
      object: (start, end) => {
        const object = members.put(this.#reader);
        const kind = this.#kindOf(members, object);
        const hasEmail = members.isString(object, MEMBER.email);
        if (kind !== undefined && hasEmail) named++;
        if (kind?.event === undefined) {
          accounting.lines++;
          accounting.ignored++;
        } else if (!hasEmail) broken('an event without "email"', start, end);
        else {
          accounting.lines++;
          accounting.event++;
          events.keep(kind as KnownKind, this.#domainOf(members, object), object);
        }
      },
      broken,
      tooLong() {
        accounting.lines++;
        accounting.truncated++;
      },
    });
    accounting.lines += block.truncated;
    accounting.truncated += block.truncated;
    const sample = { lines: accounting.lines, readable: named, own: 0, hasRecord: accounting.event > 0 };
    return new WebhookBatch(block.input, events, accounting, malformed, sample, () => {
      events.clear();
      this.#unused.push(events);
      block.release();
    });
  }

  #kindOf(members: MemberTable, object: number): Kind | undefined {
    if (!members.isString(object, MEMBER.event)) return undefined;
    if (this.#kinds.size > MOST_NAMES) this.#kinds = kindsByName();
    return this.#kinds.values[
      this.#kinds.idOf(members.bytes, members.start(object, MEMBER.event), members.end(object, MEMBER.event))
    ];
  }

  /** What follows the last @. */
  #domainOf(members: MemberTable, object: number): string | undefined {
    const { bytes } = members;
    const start = members.start(object, MEMBER.email);
    const end = members.end(object, MEMBER.email) - 1;
    if (members.isEscaped(object, MEMBER.email)) {
      const email = members.string(object, MEMBER.email)!;
      return email.includes('@') ? domainOf(email.slice(email.lastIndexOf('@') + 1).trim()) : undefined;
    }
    let at = end - 1;
    while (at > start && bytes[at] !== AT) at--;
    if (at === start) return undefined;
    if (this.#domains.size > MOST_DOMAINS) this.#domains = domainsByName();
    return this.#domains.values[this.#domains.idOf(bytes, at + 1, end)];
  }
}

/** By the bytes of a JSON string. */
function kindsByName(): ByteDictionary<Kind> {
  return new ByteDictionary((bytes, start, end) => {
    const name = valueAt(bytes, start, end) as string;
    const [event, answer] = EVENTS.get(name.toLowerCase()) ?? [];
    return { name, event, answer };
  });
}

function domainsByName(): ByteDictionary<string> {
  return new ByteDictionary((bytes, start, end) => domainOf(bytes.toString('utf8', start, end).trim()));
}

/**
 * The events of a block, by columns: a record is made when one is asked for and forgotten at once, so that few objects live as
 * long as their batch.
 */
class Events implements WebhookRecords {
  readonly members: MemberTable;
  readonly kinds: KnownKind[] = [];
  readonly domains: (string | undefined)[] = [];
  readonly stamps: number[] = [];
  readonly verdicts: Verdict[] = [];
  readonly replyText: (response: string) => string | undefined;

  constructor(reader: ObjectReader, replyText: (response: string) => string | undefined) {
    this.members = new MemberTable(NO_BYTES, reader);
    this.replyText = replyText;
  }

  get length(): number {
    return this.kinds.length;
  }

  /** Keeps the object that was put last into the table of members. */
  keep(kind: KnownKind, domain: string | undefined, object: number): void {
    this.members.keep();
    this.kinds.push(kind);
    this.domains.push(domain);
    this.stamps.push(stampOf(this.members, object));
  }

  at(index: number): WebhookRecord {
    return new SendgridRecord(this, index);
  }

  clear(): void {
    this.members.clear(NO_BYTES);
    for (const column of [this.kinds, this.domains, this.stamps, this.verdicts]) column.length = 0;
  }
}

const NO_BYTES = Buffer.alloc(0);

class SendgridRecord extends WebhookRecord {
  readonly #events: Events;
  readonly #members: MemberTable;
  readonly #index: number;
  #recipientKey = 0;

  constructor(events: Events, index: number) {
    super();
    this.#events = events;
    this.#members = events.members;
    this.#index = index;
  }

  get verdict(): Verdict {
    return this.#events.verdicts[this.#index]!;
  }
  set verdict(verdict: Verdict) {
    this.#events.verdicts[this.#index] = verdict;
  }
  get event(): EventName {
    return this.#kind.event;
  }
  get domain(): string | undefined {
    return this.#events.domains[this.#index];
  }
  get stamp(): number {
    return this.#events.stamps[this.#index]!;
  }
  get #kind(): KnownKind {
    return this.#events.kinds[this.#index]!;
  }
  get format(): string {
    return sendgrid.name;
  }
  get stampKind(): StampKind {
    return Number.isNaN(this.stamp) ? STAMP_NONE : STAMP_ABSOLUTE;
  }
  get status(): string {
    return this.#kind.name;
  }
  get recipient(): string {
    return this.#members.string(this.#index, MEMBER.email)!;
  }
  override get recipientKey(): number {
    if (this.#recipientKey === 0) {
      const members = this.#members;
      const object = this.#index;
      this.#recipientKey = members.isPlain(object, MEMBER.email)
        ? addressKey(members.bytes, members.start(object, MEMBER.email) + 1, members.end(object, MEMBER.email) - 1)
        : super.recipientKey;
    }
    return this.#recipientKey;
  }
  get eventKey(): number {
    const members = this.#members;
    const object = this.#index;
    if (members.isPlain(object, MEMBER.sg_event_id))
      return keyOf(
        members.bytes,
        members.start(object, MEMBER.sg_event_id) + 1,
        members.end(object, MEMBER.sg_event_id) - 1,
        0,
      );
    const id = this.#text(MEMBER.sg_event_id);
    return id === undefined ? 0 : keyOfText(id, 0);
  }
  get message_id(): string | undefined {
    const id = this.#text(MEMBER['smtp-id']);
    return id?.startsWith('<') && id.endsWith('>') ? id.slice(1, -1) : id;
  }
  /**
   * Of `sg_message_id`, up to its first dot:
   *
   *     Lli-03HcQ5-JLybO9fXsJg.filter0077p1las1.21536.5717FC482.0
   *                           ^   what follows names SendGrid's own machines, and differs between events of one message
   */
  get messageKey(): number {
    const members = this.#members;
    if (members.isPlain(this.#index, MEMBER.sg_message_id)) {
      const start = members.start(this.#index, MEMBER.sg_message_id) + 1;
      const end = members.end(this.#index, MEMBER.sg_message_id) - 1;
      let dot = start;
      while (dot < end && members.bytes[dot] !== DOT) dot++;
      return keyOf(members.bytes, start, dot, this.recipientKey);
    }
    const message = this.#text(MEMBER.sg_message_id)?.split('.', 1)[0] ?? this.message_id;
    return message === undefined ? 0 : keyOfText(message, this.recipientKey);
  }
  /** `status` of a bounce is an enhanced status code; anything else under that name is a unique argument. */
  get dsn(): string | undefined {
    const status = this.#text(MEMBER.status);
    return status !== undefined && /^[245]\.\d{1,3}\.\d{1,3}$/.test(status) ? status : undefined;
  }
  /** A server's answer is `response` of a delivery or a deferral, `reason` of a bounce; the other may be a unique argument. */
  get response(): string | undefined {
    const isFailure = this.event === 'bounced' || this.event === 'dropped';
    return (isFailure ? undefined : this.#text(MEMBER.response)) ?? this.#text(MEMBER.reason);
  }
  get reply_text(): string | undefined {
    const { response } = this;
    return response === undefined ? undefined : this.#events.replyText(response);
  }
  get unsubscribe_group(): string | undefined {
    const isOfGroup = /^group_/i.test(this.status);
    // Every event of a message to a group names it; of a drop it may be why.
    if (!isOfGroup && !(this.event === 'dropped' && this.answer?.category === 'unsubscribe')) return undefined;
    const group = this.#members.value(this.#index, MEMBER.asm_group_id);
    if ((typeof group === 'number' || typeof group === 'string') && group !== '') return String(group);
    return isOfGroup ? NO_GROUP : undefined;
  }
  /** What the event itself says, beyond the answer it may carry. */
  get answer(): WebhookAnswer | undefined {
    if (this.#kind.answer !== undefined) return this.#kind.answer;
    if (this.event === 'dropped') return startingWith(DROPS, this.#text(MEMBER.reason));
    if (this.event !== 'bounced') return undefined;
    if (this.#text(MEMBER.type)?.trim().toLowerCase() === 'blocked') return BLOCKED;
    return startingWith(CLASSES, this.#text(MEMBER.bounce_classification));
  }

  /** A string that says something; anything else (a custom argument may take the name of a field) is no value of ours. */
  #text(member: number): string | undefined {
    return this.#members.string(this.#index, member) || undefined;
  }
}

/** Milliseconds since 1970 UTC, NaN where the member names no time. */
function stampOf(members: MemberTable, object: number): number {
  const stamp = members.wholeNumber(object, MEMBER.timestamp) ?? Number(members.value(object, MEMBER.timestamp));
  // Seconds, as documented; some stores keep milliseconds.
  return stamp > 0 && stamp < NO_TIME ? Math.floor(stamp > 1e11 ? stamp : stamp * 1000) : Number.NaN;
}
