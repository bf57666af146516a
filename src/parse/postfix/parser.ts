/**
 * A block of a Postfix log → rows. The scanner names the lines that bear a mark; each is read from its start, and what it
 * is decides what stands where it must, not what stands somewhere in it: a server writes its answer, a user an address, and
 * both end up in the line.
 */
import {
  addressKey,
  ByteDictionary,
  COLUMN,
  type Dictionaries,
  decode,
  emptyAccounting,
  type HeaderSample,
  KIND,
  keyOf,
  LogRowBatch,
  LogRows,
  type MalformedSample,
  OUTCOMES,
  type Outcome,
  Relay,
  type SeenQueueId,
  WIDE,
  WIDE_WIDTH,
} from '../../event/index.ts';
import { domainOf } from '../addresses.ts';
import { type Block, type BlockParser, LONGEST_LINE, type Needs, type ParserTools } from '../format.ts';
import {
  type LineScanner,
  MARK_MESSAGE_ID,
  MARK_OPENED,
  MARK_REJECT,
  MARK_REMOVED,
  MARK_STATUS,
  MARK_WARNING,
  MARKED_LINE_FIELDS,
} from '../scan/marked-lines.ts';
import { SyslogHeader } from '../syslog-header.ts';
import { DeliveryFields } from './fields.ts';
import { readReject, type Span } from './inbound.ts';
import { readOpenings } from './openings.ts';
import { endOfQueueId, HOST_SEED } from './queue-id.ts';

/**
 * Whose headers are looked at to judge whether an input is a log at all: those of the lines that begin in the first so many
 * bytes (some 200), then of each line that holds a multiple of SAMPLE_STEP (one in a thousand). By place and not by number,
 * so that the same lines are looked at however the input comes in blocks.
 */
const SAMPLE_ALL = 32_768;
const SAMPLE_STEP = 131_072;

/** What the statuses of src/global/log_adhoc.c and of verify(8) mean. */
const STATUS_OUTCOMES: readonly (readonly [status: string, outcome: Outcome])[] = [
  ['sent', 'delivered'],
  ['deferred', 'deferred'],
  ['bounced', 'bounced'],
  // soft_bounce=yes: a bounce that is tried again, so no bounce (postconf(5))
  ['SOFTBOUNCE', 'deferred'],
  // sendmail -bv and address verification: nothing was to be delivered (verify(8))
  ['deliverable', 'probe'],
  ['undeliverable', 'probe'],
  ['undeliverable-but-not-cached', 'probe'],
];

/** What a line turned out to be. */
const IGNORED = 0;
const EVENT = 1;
const CONTEXT = 2;
const MALFORMED = 3;
type Reading = 0 | 1 | 2 | 3;

interface Host {
  readonly name: string;
  /** Seed for the keys of this host's queue ids. */
  readonly key: number;
}

interface Program {
  readonly name: string;
  /** Whether this is the agent that throws mail away on purpose (discard(8)). */
  readonly discards: boolean;
  /** Whether it is a mail server's: Postfix logs as `syslog_name/daemon`, whatever syslog_name is set to. */
  readonly mail: boolean;
}

export class PostfixParser implements BlockParser {
  readonly #scanner: LineScanner;
  readonly #wanted: number;
  readonly #needs: Needs;
  readonly #replyText: (response: string) => string | undefined;
  readonly dictionaries: Dictionaries;

  readonly #hosts: ByteDictionary<Host>;
  readonly #programs: ByteDictionary<Program>;
  readonly #domains: ByteDictionary<string>;
  /** Their place in the dictionary of relays: those logged, and those an answer names. */
  readonly #relays: ByteDictionary<number>;
  readonly #unreached: ByteDictionary<number>;
  readonly #statuses: ByteDictionary<Outcome | undefined>;

  readonly #header = new SyslogHeader();
  readonly #fields = new DeliveryFields();

  // Of the block being read.
  #bytes: Buffer = Buffer.alloc(0);
  #rows = new LogRows(0);
  #malformed: MalformedSample[] = [];
  #reason = '';
  // Where host and program of the last line stand: the next line's are mostly the same bytes.
  #host = 0;
  #program = 0;
  /** Whether #host is of the header that was read last before this one. */
  #hostKnown = false;

  constructor({ needs, scanner, dictionaries, replyText }: ParserTools) {
    this.#scanner = scanner;
    this.#needs = needs;
    this.#replyText = replyText;
    this.dictionaries = dictionaries;
    this.#wanted =
      MARK_STATUS |
      MARK_REMOVED |
      (needs.senders ? MARK_OPENED | MARK_MESSAGE_ID : 0) |
      (needs.warnings ? MARK_WARNING : 0) |
      (needs.inbound ? MARK_REJECT : 0);

    const { hosts, programs, domains, relays } = dictionaries;
    this.#hosts = new ByteDictionary((bytes, start, end) => {
      const name = decode(bytes, start, end);
      hosts.push(name);
      return { name, key: keyOf(bytes, start, end, HOST_SEED) };
    });
    this.#programs = new ByteDictionary((bytes, start, end) => {
      const name = decode(bytes, start, end);
      programs.push(name);
      return { name, discards: name.endsWith('/discard'), mail: name.includes('/') || name.includes('postfix') };
    });
    this.#domains = new ByteDictionary((bytes, start, end) => {
      const domain = domainOf(decode(bytes, start, end));
      domains.push(domain);
      return domain;
    }, true);
    this.#relays = new ByteDictionary((bytes, start, end) => relays.push(new Relay(decode(bytes, start, end))));
    this.#unreached = new ByteDictionary((bytes, start, end) =>
      relays.push(new Relay('none', decode(bytes, start, end))),
    );
    this.#statuses = new ByteDictionary((bytes, start, end) => {
      const status = decode(bytes, start, end);
      return STATUS_OUTCOMES.find(([name]) => name === status)?.[1];
    });
  }

  /** @param kept a copy of the block's bytes, where the batch has to outlive them */
  parse(block: Block, kept?: Buffer): LogRowBatch {
    const { bytes, start, end } = block;
    this.#bytes = bytes;
    this.#malformed = [];
    const accounting = emptyAccounting();
    const found = this.#scanner.search(start, end, this.#wanted);
    const { rows } = block;
    rows.length = 0;
    this.#rows = rows;
    this.#header.forget();

    const marked = this.#scanner.marked;
    for (let i = 0, last = found * MARKED_LINE_FIELDS; i < last; i += MARKED_LINE_FIELDS) {
      const lineStart = marked[i]!;
      const lineEnd = marked[i + 1]!;
      if (lineEnd - lineStart > LONGEST_LINE) continue; // counted below
      switch (this.#readLine(lineStart, lineEnd, marked[i + 2]!)) {
        case EVENT:
          accounting.event++;
          break;
        case CONTEXT:
          accounting.context++;
          break;
        case MALFORMED:
          accounting.malformed++;
          this.#sample(lineStart, lineEnd);
          break;
      }
    }
    accounting.lines = this.#scanner.lines + block.truncated;
    accounting.truncated = block.truncated + countLongLines(bytes, start, end);
    accounting.ignored =
      accounting.lines - accounting.event - accounting.context - accounting.malformed - accounting.truncated;
    return new LogRowBatch({
      format: 'postfix',
      input: block.input,
      bytes: kept ?? bytes,
      rows,
      dictionaries: this.dictionaries,
      accounting,
      malformed: this.#malformed,
      sample: this.#sampleHeaders(block),
      replyText: this.#replyText,
      openings: this.#needs.senders ? () => [] : this.#openingsOf(block, kept !== undefined),
      release: () => block.release(),
    });
  }

  /** @param passing whether the block's memory is written over before anybody can ask */
  #openingsOf({ bytes, start, end }: Block, passing: boolean): () => readonly SeenQueueId[] {
    if (!passing) return () => readOpenings(bytes, start, end, this.#scanner);
    const seen = readOpenings(bytes, start, end, this.#scanner);
    return () => seen;
  }

  #sampleHeaders({ bytes, start, end, offset }: Block): HeaderSample {
    let lines = 0;
    let readable = 0;
    let own = 0;
    for (let at = start; at < end; ) {
      const place = offset + at - start;
      if (place >= SAMPLE_ALL) {
        const next = start + Math.ceil(place / SAMPLE_STEP) * SAMPLE_STEP - offset;
        if (next >= end) break;
        at = Math.max(at, next === start ? start : bytes.lastIndexOf(LF, next - 1) + 1);
      }
      let lineEnd = bytes.indexOf(LF, at);
      if (lineEnd < 0 || lineEnd >= end) lineEnd = end - 1;
      if (lineEnd > at) {
        lines++;
        if (this.#header.read(bytes, at, lineEnd)) {
          readable++;
          const program = this.#programs.idOf(bytes, this.#header.programStart, this.#header.programEnd);
          if (this.#programs.values[program]!.mail) own++;
        } else if (this.#header.stamped) readable++;
      }
      at = lineEnd + 1;
    }
    return { lines, readable, own };
  }

  #sample(start: number, end: number): void {
    if (this.#malformed.filter((sample) => sample.reason === this.#reason).length >= 3) return;
    this.#malformed.push({ reason: this.#reason, text: decode(this.#bytes, start, Math.min(end, start + 300)) });
  }

  #readLine(start: number, end: number, marks: number): Reading {
    const bytes = this.#bytes;
    const header = this.#header;
    const readable = header.read(bytes, start, end);
    if (!header.repeated) this.#hostKnown = false;
    if (!readable) {
      if ((marks & MARK_STATUS) !== 0 && bearsDeliveryMark(bytes, start, end)) {
        this.#reason = 'a delivery record behind a header that is none (expected a time stamp, a host and a program)';
        return MALFORMED;
      }
      return IGNORED;
    }
    this.#program = this.#programs.idOf(bytes, header.programStart, header.programEnd);
    if (!this.#programs.values[this.#program]!.mail) return IGNORED;
    //  4jXCQh6CYCzJTVP: to=<user@example.org>, …
    //  ^
    let at = header.message;
    const queueIdStart = at;
    let queueIdEnd = endOfQueueId(bytes, at, end);
    if (queueIdEnd > 0) at = queueIdEnd + 2;
    else queueIdEnd = 0;

    const letter = bytes[at];
    //  warning: SASL authentication failure: …      certificate verification failed for smtp.sendgrid.net[…]:587: …
    //  ^                                            ^
    if ((marks & MARK_WARNING) !== 0 && isWarning(bytes, at, end, letter)) {
      const row = this.#addRow(KIND.warning, start, end, queueIdStart, queueIdEnd);
      this.#rows.numbers[row + COLUMN.event] = OUTCOME_NUMBERS.warning;
      this.#setResponse(row, at, end);
      return EVENT;
    }
    if ((marks & MARK_REJECT) !== 0) {
      const reading = this.#readReject(start, end, at, queueIdStart, queueIdEnd);
      if (reading !== IGNORED) return reading;
    }
    if ((marks & (MARK_STATUS | MARK_OPENED)) !== 0) {
      // `to=`, `from=`, `orig_to=`, and keys of releases to come
      const reading = this.#readFields(start, end, at, queueIdStart, queueIdEnd, marks);
      if (reading >= 0) return reading as Reading;
      //  xyz: to=<user@example.org>, …, status=bounced (…)      what stands where the queue id should be is none
      //  ^
      if (queueIdEnd === 0 && isListBehindWord(bytes, at, end) && bearsDeliveryMark(bytes, start, end)) {
        this.#reason = 'a delivery record whose queue id cannot be read';
        return MALFORMED;
      }
    }
    if (queueIdEnd > 0) {
      //  4jXCQh6CYCzJTVP: removed
      //                   ^
      if ((marks & MARK_REMOVED) !== 0 && letter === 0x72 && isRemoved(bytes, at, end)) {
        this.#addRemoved(queueIdStart, queueIdEnd);
        return CONTEXT;
      }
      //  4jXCQh6CYCzJTVP: message-id=<4jXCQh6CYCzJTVP@mx01.example.net>
      //                   ^
      if ((marks & MARK_MESSAGE_ID) !== 0 && letter === 0x6d && matches(bytes, at, end, MESSAGE_ID)) {
        let from = at + MESSAGE_ID.length;
        let to = end;
        while (to > from && (bytes[to - 1] === 0x0d || bytes[to - 1] === 0x20)) to--;
        if (bytes[from] === 0x3c && bytes[to - 1] === 0x3e) {
          from++;
          to--;
        }
        const row = this.#addRow(KIND.message_id, start, end, queueIdStart, queueIdEnd);
        const numbers = this.#rows.numbers;
        numbers[row + COLUMN.messageId] = from;
        numbers[row + COLUMN.messageId + 1] = Math.max(from, to);
        return CONTEXT;
      }
    }
    return IGNORED;
  }

  /** Reads `key=value, …`; -1 where the line is no such list. */
  #readFields(start: number, end: number, at: number, queueIdStart: number, queueIdEnd: number, marks: number): number {
    const bytes = this.#bytes;
    const fields = this.#fields;
    if (!fields.read(bytes, at, end)) return -1;
    if (fields.statusEnd === 0) {
      //  4jXCQh6CYCzJTVP: from=<news@sender.example>, size=355, nrcpt=1 (queue active)
      //                   ^                                     ^
      if (fields.nrcptStart > 0 && fields.fromEnd > 0 && queueIdEnd > 0 && (marks & MARK_OPENED) !== 0) {
        const row = this.#addRow(KIND.opened, start, end, queueIdStart, queueIdEnd);
        const numbers = this.#rows.numbers;
        numbers[row + COLUMN.sender] = fields.fromStart;
        numbers[row + COLUMN.sender + 1] = fields.fromEnd;
        numbers[row + COLUMN.size] = readInteger(bytes, fields.sizeStart, fields.sizeEnd);
        return CONTEXT;
      }
      if ((marks & MARK_STATUS) !== 0 && fields.toEnd > 0 && bearsDeliveryMark(bytes, start, end)) {
        this.#reason = 'a delivery record whose keys break off before status=';
        return MALFORMED;
      }
      return -1;
    }
    if (fields.toEnd === 0) {
      if (fields.fromEnd === 0) {
        if (this.#statusOf(fields) === undefined) return -1;
        this.#reason = 'a delivery record without to= or from=';
        return MALFORMED;
      }
      return this.#readReturn(start, end, queueIdStart, queueIdEnd);
    }
    const outcome = this.#statusOf(fields);
    if (outcome === undefined) {
      this.#reason = 'a delivery record with a status that is not known';
      return MALFORMED;
    }
    const rows = this.#rows;
    const row = rows.add();
    const { numbers } = rows;
    const wide = (rows.length - 1) * WIDE_WIDTH;
    this.#setHead(row, KIND.outcome, start, end, queueIdStart, queueIdEnd);
    const discarded = outcome === 'delivered' && this.#programs.values[this.#program]!.discards;
    numbers[row + COLUMN.event] = OUTCOME_NUMBERS[discarded ? 'discarded' : outcome];

    numbers[row + COLUMN.recipient] = fields.toStart;
    numbers[row + COLUMN.recipient + 1] = fields.toEnd;
    numbers[row + COLUMN.originalRecipient] = fields.origToStart;
    numbers[row + COLUMN.originalRecipient + 1] = fields.origToEnd;
    numbers[row + COLUMN.domain] = this.#domainOf(fields.toStart, fields.toEnd);
    numbers[row + COLUMN.relay] = this.#relayOf(fields);
    numbers[row + COLUMN.status] = fields.statusStart;
    numbers[row + COLUMN.status + 1] = fields.statusEnd;
    numbers[row + COLUMN.delay] = fields.delayStart;
    numbers[row + COLUMN.delay + 1] = fields.delayEnd;
    numbers[row + COLUMN.delays] = fields.delaysStart;
    numbers[row + COLUMN.delays + 1] = fields.delaysEnd;
    numbers[row + COLUMN.tls] = fields.tlsStart;
    numbers[row + COLUMN.tls + 1] = fields.tlsEnd;
    numbers[row + COLUMN.connectionUse] = readInteger(bytes, fields.connUseStart, fields.connUseEnd);
    numbers[row + COLUMN.dsn] = fields.dsnStart;
    numbers[row + COLUMN.dsn + 1] = fields.dsnEnd;
    numbers[row + COLUMN.response] = fields.responseStart;
    numbers[row + COLUMN.response + 1] = fields.responseEnd;
    numbers[row + COLUMN.verdict] = 0;
    numbers[row + COLUMN.sender + 1] = 0;
    numbers[row + COLUMN.messageId + 1] = 0;
    rows.wide[wide + WIDE.recipientKey] = addressKey(bytes, fields.toStart, fields.toEnd);
    rows.wide[wide + WIDE.queuedAsKey] = 0;
    if (outcome === 'delivered') {
      const id = queuedAs(bytes, fields.responseStart, fields.responseEnd);
      if (id > 0) {
        rows.wide[wide + WIDE.queuedAsKey] = keyOf(
          bytes,
          id,
          endOfWord(bytes, id, fields.responseEnd),
          this.#hosts.values[this.#host]!.key,
        );
      }
    }
    return EVENT;
  }

  #statusOf({ statusStart, statusEnd }: DeliveryFields): Outcome | undefined {
    return this.#statuses.values[this.#statuses.idOf(this.#bytes, statusStart, statusEnd)];
  }

  //  4jXCQj0SHmzJTWW: from=<news@sender.example>, status=expired, returned to sender
  //                                                      ^
  //  4jXCQj0SHmzJTWW: from=<>, status=deferred (bounce failed)       (src/qmgr, src/bounce)
  #readReturn(start: number, end: number, queueIdStart: number, queueIdEnd: number): number {
    const bytes = this.#bytes;
    const fields = this.#fields;
    const length = fields.statusEnd - fields.statusStart;
    const expired = length === 7 ? EXPIRED : FORCE_EXPIRED;
    if (queueIdEnd > 0 && matches(bytes, fields.statusStart, fields.statusEnd, expired) && length === expired.length) {
      const row = this.#addRow(KIND.expired, start, end, queueIdStart, queueIdEnd);
      const numbers = this.#rows.numbers;
      numbers[row + COLUMN.sender] = fields.fromStart;
      numbers[row + COLUMN.sender + 1] = fields.fromEnd;
      numbers[row + COLUMN.status] = fields.statusStart;
      numbers[row + COLUMN.status + 1] = fields.statusEnd;
      return EVENT;
    }
    // A return to the sender that failed says nothing of a recipient.
    return CONTEXT;
  }

  //  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@b>: Recipient address rejected: …; from=<c@d> to=<a@b> proto=ESMTP …
  //           ^       ^         ^                   ^
  #readReject(start: number, end: number, at: number, queueIdStart: number, queueIdEnd: number): Reading {
    const bytes = this.#bytes;
    const from = matches(bytes, at, end, NOQUEUE) ? at + NOQUEUE.length : at;
    const reject = readReject(bytes, from, end);
    if (reject === undefined) return IGNORED;
    const row = this.#addRow(KIND.rejected, start, end, queueIdStart, queueIdEnd);
    const numbers = this.#rows.numbers;
    numbers[row + COLUMN.event] = OUTCOME_NUMBERS.rejected;
    this.#setField(row + COLUMN.status, reject.action);
    this.#setField(row + COLUMN.response, reject.answer);
    this.#setField(row + COLUMN.recipient, reject.to);
    this.#setField(row + COLUMN.sender, reject.from);
    if (reject.client !== undefined) {
      numbers[row + COLUMN.relay] = this.#relays.values[this.#relays.idOf(bytes, reject.client[0], reject.client[1])]!;
    }
    if (reject.to !== undefined) numbers[row + COLUMN.domain] = this.#domainOf(reject.to[0], reject.to[1]);
    return EVENT;
  }

  #setField(column: number, field: Span | undefined): void {
    if (field === undefined) return;
    this.#rows.numbers[column] = field[0];
    this.#rows.numbers[column + 1] = field[1];
  }

  #setResponse(row: number, start: number, end: number): void {
    while (end > start && (this.#bytes[end - 1] === 0x0d || this.#bytes[end - 1] === 0x20)) end--;
    this.#setField(row + COLUMN.response, [start, end]);
  }

  //  relay=none, …, status=deferred (connect to mx.example.org[192.0.2.1]:25: Connection timed out)
  //        ^                                    ^
  /** The number + 1 of the relay; where none was reached, of the one that the answer names. */
  #relayOf({ relayStart, relayEnd, responseStart, responseEnd }: DeliveryFields): number {
    if (relayEnd === 0) return 0;
    const bytes = this.#bytes;
    if (relayEnd - relayStart === 4 && matches(bytes, relayStart, relayEnd, NONE)) {
      if (matches(bytes, responseStart, responseEnd, CONNECT_TO)) {
        const start = responseStart + CONNECT_TO.length;
        let end = start;
        while (end < responseEnd && bytes[end] !== 0x5d && bytes[end] !== 0x20) end++;
        if (bytes[end] === 0x5d && end < responseEnd) {
          end++;
          if (bytes[end] === 0x3a) end++;
          while (end < responseEnd && bytes[end]! >= 0x30 && bytes[end]! <= 0x39) end++;
          return this.#unreached.values[this.#unreached.idOf(bytes, start, end)]!;
        }
      }
    }
    return this.#relays.values[this.#relays.idOf(bytes, relayStart, relayEnd)]!;
  }

  /** The number + 1 of the domain behind the last `@`; 0 where there is none. */
  #domainOf(start: number, end: number): number {
    const bytes = this.#bytes;
    let at = end;
    while (at > start && bytes[at - 1] !== 0x40) at--;
    return at > start && at < end ? this.#domains.idOf(bytes, at, end) + 1 : 0;
  }

  /** A cleared row with what every line has. */
  #addRow(kind: number, start: number, end: number, queueIdStart: number, queueIdEnd: number): number {
    const row = this.#rows.addCleared();
    this.#setHead(row, kind, start, end, queueIdStart, queueIdEnd);
    return row;
  }

  /** Of a removed queue id only its key is ever asked for. */
  #addRemoved(queueIdStart: number, queueIdEnd: number): void {
    this.#setHost();
    const rows = this.#rows;
    rows.numbers[rows.add() + COLUMN.kind] = KIND.removed;
    rows.wide[(rows.length - 1) * WIDE_WIDTH + WIDE.queueKey] = keyOf(
      this.#bytes,
      queueIdStart,
      queueIdEnd,
      this.#hosts.values[this.#host]!.key,
    );
  }

  #setHost(): void {
    const { repeated, hostStart, hostEnd } = this.#header;
    if (!repeated || !this.#hostKnown) {
      this.#host = this.#hosts.idOf(this.#bytes, hostStart, hostEnd);
      this.#hostKnown = true;
    }
  }

  /** Stamp, host, program, queue id. */
  #setHead(row: number, kind: number, start: number, end: number, queueIdStart: number, queueIdEnd: number): void {
    const bytes = this.#bytes;
    const header = this.#header;
    this.#setHost();
    const { numbers, wide, length } = this.#rows;
    numbers[row + COLUMN.kind] = kind;
    numbers[row + COLUMN.lineStart] = start;
    numbers[row + COLUMN.lineEnd] = end;
    numbers[row + COLUMN.host] = header.hostEnd > header.hostStart ? this.#host + 1 : 0;
    numbers[row + COLUMN.program] = this.#program + 1;
    numbers[row + COLUMN.stampKind] = header.stampKind;
    numbers[row + COLUMN.offset] = header.offset;
    numbers[row + COLUMN.queueId] = queueIdStart;
    numbers[row + COLUMN.queueId + 1] = queueIdEnd;
    const wideAt = (length - 1) * WIDE_WIDTH;
    wide[wideAt + WIDE.stamp] = header.stamp;
    wide[wideAt + WIDE.queueKey] =
      queueIdEnd > 0 ? keyOf(bytes, queueIdStart, queueIdEnd, this.#hosts.values[this.#host]!.key) : 0;
  }
}

const LF = 0x0a;
const OUTCOME_NUMBERS = Object.fromEntries(OUTCOMES.map((name, number) => [name, number])) as Record<Outcome, number>;
const MESSAGE_ID = Buffer.from('message-id=');
const EXPIRED = Buffer.from('expired');
const FORCE_EXPIRED = Buffer.from('force-expired');
const QUEUED_AS = Buffer.from('queued as ');
const REMOVED = Buffer.from('removed');
const NONE = Buffer.from('none');
const CONNECT_TO = Buffer.from('connect to ');
const COLON_TO = Buffer.from(': to=');
const NOQUEUE = Buffer.from('NOQUEUE: ');
const WARNING = Buffer.from('warning: ');
const FATAL = Buffer.from('fatal: ');
const PANIC = Buffer.from('panic: ');
const CERTIFICATE = Buffer.from('certificate verification failed for ');

function isWarning(bytes: Buffer, at: number, end: number, letter: number | undefined): boolean {
  switch (letter) {
    case 0x77:
      return matches(bytes, at, end, WARNING);
    case 0x66:
      return matches(bytes, at, end, FATAL);
    case 0x70:
      return matches(bytes, at, end, PANIC);
    case 0x63:
      return matches(bytes, at, end, CERTIFICATE);
    default:
      return false;
  }
}

function matches(bytes: Buffer, at: number, end: number, literal: Buffer): boolean {
  if (at + literal.length > end) return false;
  for (let i = 0; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return false;
  return true;
}

/** `removed` and nothing else (postsuper(1) and qmgr(8) both write it so). */
function isRemoved(bytes: Buffer, at: number, end: number): boolean {
  if (bytes[end - 1] === 0x0d) end--;
  return at + REMOVED.length === end && matches(bytes, at, end, REMOVED);
}

//  250 2.0.0 Ok: queued as 4jXCQh6Ds3zJT8B
//                          ^
/** Where the id in `queued as ID` starts, or -1. Looks at the end of the answer, where Postfix writes it. */
function queuedAs(bytes: Buffer, start: number, end: number): number {
  if (end - start < 16) return -1;
  const from = Math.max(start, end - 48);
  for (let at = end - QUEUED_AS.length - 5; at >= from; at--) {
    if (bytes[at] === 0x71 && matches(bytes, at, end, QUEUED_AS)) return at + QUEUED_AS.length;
  }
  return -1;
}

function endOfWord(bytes: Buffer, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at]!;
    if (byte === 0x20 || byte === 0x29 || byte === 0x2c || byte === 0x3b) break;
    at++;
  }
  return at;
}

/** A small non-negative integer, 0 where none stands there. */
function readInteger(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end && i < start + 9; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

/** Whether a word of at most 40 bytes, a colon and `to=` stand at `at`. */
function isListBehindWord(bytes: Buffer, at: number, end: number): boolean {
  const limit = Math.min(end, at + 40);
  while (at < limit && bytes[at] !== 0x3a && bytes[at] !== 0x20) at++;
  return matches(bytes, at, end, COLON_TO);
}

/** Whether an unreadable line looks like a delivery record nonetheless: `to=` before, and a status that Postfix writes. */
function bearsDeliveryMark(bytes: Buffer, start: number, end: number): boolean {
  const line = bytes.toString('latin1', start, end);
  const status = line.indexOf(', status=');
  if (status < 0 || !line.slice(0, status).includes('to=')) return false;
  return STATUS_OUTCOMES.some(([name]) => line.startsWith(`${name} (`, status + 9));
}

/** Lines over the limit; the scanner does not tell, because there are hardly ever any: jumps a limit's length at a time. */
function countLongLines(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  let at = start;
  while (end - at > LONGEST_LINE) {
    // The last line feed within one limit's length: all lines up to it are short enough.
    const feed = bytes.lastIndexOf(0x0a, at + LONGEST_LINE);
    if (feed >= at) at = feed + 1;
    else {
      count++;
      const next = bytes.indexOf(0x0a, at);
      if (next < 0 || next >= end) break;
      at = next + 1;
    }
  }
  return count;
}
