/**
 * A block of a Postfix log → rows. The lines are read in WebAssembly (../scan/log-lines.ts); here is what is done once a block,
 * and what is rare: refusals on the way in, lines that look like delivery records and cannot be read.
 */
import {
  COLUMN,
  decode,
  emptyAccounting,
  type HeaderSample,
  KIND,
  LogRowBatch,
  type LogRows,
  type MalformedSample,
  OUTCOMES,
  type RowScope,
  type SeenQueueId,
} from '../../event/index.ts';
import { type Block, type BlockParser, LONGEST_LINE, type Needs, type ParserTools } from '../format.ts';
import {
  emptyHeader,
  type LineReader,
  MARK_CONNECT,
  MARK_INBOUND,
  MARK_MESSAGE_ID,
  MARK_OPENED,
  MARK_REMOVED,
  MARK_STATUS,
  MARK_WARNING,
  MARKED_LINE_FIELDS,
} from '../scan/log-lines.ts';
import { readReject, type Span } from './inbound.ts';

/**
 * Whose headers are looked at to judge whether an input is a log at all: those of the lines that begin in the first so many
 * bytes (some 200), then of some 64 lines each time that the input has doubled, in the end of each line that holds a multiple of
 * SAMPLE_STEP (one in a thousand). So what is no log shows in any part of an input of any length. By place and not by number, so
 * that the same lines are looked at however the input comes in blocks.
 */
const SAMPLE_ALL = 32_768;
const SAMPLE_STEP = 131_072;
const SAMPLES_A_DOUBLING = 64;

/** At a place behind SAMPLE_ALL, the next one (or this very one) whose line is looked at. */
function nextSample(place: number): number {
  const step = Math.min(SAMPLE_STEP, 2 ** Math.floor(Math.log2(place)) / SAMPLES_A_DOUBLING);
  // A power of two is a multiple of the steps on both of its sides.
  return Math.ceil(place / step) * step;
}

/** Kinds of rows that are settled here; see ../assembly/log-lines.ts. */
const KIND_REFUSAL = 8;
const KIND_SUSPECT = 9;

/** Why a line is suspected, as ../assembly/log-lines.ts numbers it; the last two are certain. */
const SUSPICIONS: readonly string[] = [
  '',
  'a delivery record behind a header that is none (expected a time stamp, a host and a program)',
  'a delivery record whose queue id cannot be read',
  'a delivery record whose keys break off before status=',
  'a delivery record without to= or from=',
  'a delivery record with a status that is not known',
];
const CERTAIN_FROM = 4;

/** The marks of the lines that say what is needed: what a block is searched for. */
export function wantedMarks(needs: Needs): number {
  return (
    MARK_STATUS |
    MARK_REMOVED |
    (needs.senders ? MARK_OPENED | MARK_MESSAGE_ID : 0) |
    (needs.warnings ? MARK_WARNING : 0) |
    (needs.warnings && needs.notices === true ? MARK_CONNECT : 0) |
    (needs.inbound ? MARK_INBOUND : 0) |
    // Mail is received when the queue manager takes it up.
    (needs.received === true ? MARK_INBOUND | MARK_OPENED : 0)
  );
}

export class PostfixParser implements BlockParser {
  readonly reader: LineReader;
  readonly #wanted: number;
  /** Openings are among its records. */
  readonly #tellsOpenings: boolean;
  readonly #replyText: (response: string) => string | undefined;
  readonly #scope: RowScope;
  readonly #header = emptyHeader();

  constructor({ needs, reader, verdicts, replyText }: ParserTools) {
    this.reader = reader;
    this.#tellsOpenings = needs.senders || needs.received === true;
    this.#replyText = replyText;
    this.#scope = { names: reader.names, verdicts };
    this.#wanted = wantedMarks(needs);
  }

  /** @param kept a copy of the block's bytes, where the batch has to outlive them */
  parse(block: Block, kept?: Buffer): LogRowBatch {
    const { bytes, start, end, rows } = block;
    const reader = this.reader;
    const accounting = emptyAccounting();
    const malformed: MalformedSample[] = [];
    const marked = block.marked ?? reader.search(start, end, this.#wanted);
    reader.read(marked, rows, LONGEST_LINE);
    accounting.lines = marked.lines + block.truncated;
    accounting.event = reader.events;
    accounting.context = reader.contexts;
    if (reader.suspects > 0) this.#settle(bytes, rows, accounting, malformed);
    accounting.truncated = block.truncated + countLongLines(bytes, start, end);
    accounting.ignored =
      accounting.lines - accounting.event - accounting.context - accounting.malformed - accounting.truncated;
    return new LogRowBatch({
      format: 'postfix',
      input: block.input,
      bytes: kept ?? bytes,
      rows,
      scope: this.#scope,
      accounting,
      malformed,
      sample: this.#sampleHeaders(block),
      replyText: this.#replyText,
      openings: this.#tellsOpenings ? () => [] : this.#openingsOf(block, kept !== undefined),
      release: () => block.release(),
    });
  }

  /** @param passing whether the block's memory is written over before anybody can ask */
  #openingsOf({ start, end }: Block, passing: boolean): () => readonly SeenQueueId[] {
    if (!passing) return () => readOpenings(start, end, this.reader);
    const seen = readOpenings(start, end, this.reader);
    return () => seen;
  }

  #sampleHeaders({ bytes, start, end, offset, rows }: Block): HeaderSample {
    let lines = 0;
    let readable = 0;
    let own = 0;
    const header = this.#header;
    this.reader.forgetHeader();
    for (let at = start; at < end; ) {
      const place = offset + at - start;
      if (place >= SAMPLE_ALL) {
        const next = start + nextSample(place) - offset;
        if (next >= end) break;
        // Not beyond the start: there it may be a megabyte to the next line feed, if there is one.
        at = Math.max(at, start + bytes.subarray(start, next).lastIndexOf(LF) + 1);
      }
      let lineEnd = bytes.indexOf(LF, at);
      if (lineEnd < 0 || lineEnd >= end) lineEnd = end - 1;
      if (lineEnd > at) {
        lines++;
        this.reader.readHeader(at, lineEnd, header);
        if (header.readable || header.stamped) readable++;
        if (header.isMail) own++;
      }
      at = lineEnd + 1;
    }
    return { lines, readable, own, hasRecord: hasRecord(rows) };
  }

  /** Turns the rows of rare lines into records, or drops them. */
  #settle(
    bytes: Buffer,
    rows: LogRows,
    accounting: { event: number; malformed: number },
    malformed: MalformedSample[],
  ): void {
    const { numbers } = rows;
    rows.keepWhere((index) => {
      const row = index * COLUMN.WIDTH;
      const kind = numbers[row + COLUMN.kind]!;
      if (kind < KIND_REFUSAL) return true;
      if (kind === KIND_REFUSAL && this.#readRefusal(bytes, rows, row)) {
        accounting.event++;
        return true;
      }
      const suspicion = numbers[row + COLUMN.event]!;
      const start = numbers[row + COLUMN.lineStart]!;
      const end = numbers[row + COLUMN.lineEnd]!;
      if (
        (kind === KIND_SUSPECT && suspicion >= CERTAIN_FROM) ||
        (suspicion > 0 && bearsDeliveryMark(bytes, start, end))
      ) {
        accounting.malformed++;
        const reason = SUSPICIONS[suspicion]!;
        if (malformed.filter((sample) => sample.reason === reason).length < 3)
          malformed.push({ reason, text: decode(bytes, start, Math.min(end, start + 300)) });
      }
      return false;
    });
  }

  //  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@b>: Recipient address rejected: …; from=<c@d> to=<a@b> proto=ESMTP …
  //           ^       ^         ^                   ^
  /** Reads a refusal into its row; false where it is none. */
  #readRefusal(bytes: Buffer, rows: LogRows, row: number): boolean {
    const { numbers } = rows;
    const end = numbers[row + COLUMN.lineEnd]!;
    const at = numbers[row + COLUMN.message]!;
    const noQueue = bytes.toString('latin1', at, at + NOQUEUE.length) === NOQUEUE;
    const reject = readReject(bytes, noQueue ? at + NOQUEUE.length : at, end);
    if (reject === undefined) return false;
    numbers[row + COLUMN.kind] = KIND.rejected;
    const action = bytes.toString('latin1', ...reject.action);
    // warn_if_reject, and checks whose result is WARN: nothing was rejected.
    numbers[row + COLUMN.event] = OUTCOMES.indexOf(action.endsWith('warning') ? 'reject_warning' : 'rejected');
    const put = (column: number, span: Span | undefined): void => {
      if (span === undefined) return;
      numbers[row + column] = span[0];
      numbers[row + column + 1] = span[1];
    };
    put(COLUMN.status, reject.action);
    put(COLUMN.stage, reject.stage);
    put(COLUMN.response, reject.answer);
    put(COLUMN.recipient, reject.to);
    put(COLUMN.sender, reject.from);
    put(COLUMN.relayStart, reject.client);
    if (reject.client !== undefined) numbers[row + COLUMN.relay] = this.reader.relayOf(...reject.client);
    if (reject.to !== undefined) {
      const [start, stop] = reject.to;
      const domain = bytes.lastIndexOf(AT, stop - 1) + 1;
      if (domain > start && domain < stop) numbers[row + COLUMN.domain] = this.reader.domainOf(domain, stop);
    }
    return true;
  }
}

function hasRecord({ numbers, length }: LogRows): boolean {
  for (let row = 0; row < length * COLUMN.WIDTH; row += COLUMN.WIDTH)
    if (numbers[row + COLUMN.kind] === KIND.outcome) return true;
  return false;
}

const LF = 0x0a;
const AT = 0x40;
const NOQUEUE = 'NOQUEUE: ';

/** What Postfix writes behind `status=`, see src/global/log_adhoc.c and verify(8). */
const STATUSES: readonly string[] = [
  'sent',
  'deferred',
  'bounced',
  'SOFTBOUNCE',
  'deliverable',
  'undeliverable',
  'undeliverable-but-not-cached',
];

/** Whether an unreadable line looks like a delivery record nonetheless: `to=` before, and a status that Postfix writes. */
function bearsDeliveryMark(bytes: Buffer, start: number, end: number): boolean {
  const line = bytes.toString('latin1', start, end);
  const status = line.indexOf(', status=');
  if (status < 0 || !line.slice(0, status).includes('to=')) return false;
  return STATUSES.some((name) => line.startsWith(`${name} (`, status + 9));
}

/**
 * The queue ids opened in [start, end), in the order of their lines, read only where a content filter is in use: they say early
 * that a queue id is this host's own. A pipeline that reads senders gets them as records anyway; for all others nine blocks
 * of ten are never searched for them.
 */
export function readOpenings(start: number, end: number, reader: LineReader): SeenQueueId[] {
  const marked = reader.listed(reader.search(start, end, MARK_OPENED));
  const seen: SeenQueueId[] = [];
  reader.forgetHeader();
  for (let i = 0; i < marked.length; i += MARKED_LINE_FIELDS) {
    const lineStart = marked[i]!;
    const queueKey = reader.openedKey(lineStart, marked[i + 1]!);
    if (queueKey !== 0) seen.push({ lineStart, queueKey });
  }
  return seen;
}

/** Lines over the limit; the scanner does not tell, because there are hardly ever any: jumps a limit's length at a time. */
function countLongLines(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  let at = start;
  while (end - at > LONGEST_LINE) {
    // The last line feed within one limit's length: all lines up to it are short enough.
    const feed = bytes.lastIndexOf(LF, at + LONGEST_LINE);
    if (feed >= at) at = feed + 1;
    else {
      count++;
      const next = bytes.indexOf(LF, at);
      if (next < 0 || next >= end) break;
      at = next + 1;
    }
  }
  return count;
}
