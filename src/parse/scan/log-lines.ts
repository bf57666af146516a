/**
 * Reads the lines worth reading: the fast code, all in one place.
 *
 * Nine lines of ten in a maillog say nothing about a delivery; cutting each into a string to find that out is what makes log
 * readers slow. So a block of bytes is searched as a whole, thirty-two bytes a step, for the few marks that a wanted line must
 * bear. A mark is a hint, never a proof: it is known by three bytes only. Each marked line is then read from its
 * start, where its syntax decides, into a row of numbers: where each field stands, the numbers of its host, program, domain,
 * relay and answer in a dictionary, the hashes of its queue id and recipient. Nothing is cut into a string before somebody
 * asks for it.
 *
 * Both steps are WebAssembly, written in AssemblyScript (../assembly), and work on a WebAssembly.Memory that threads may share:
 * text, rows and dictionaries lie in it, so that what one thread has read, another reads without a copy.
 */
import {
  COLUMN,
  decode,
  type LogRows,
  Names,
  type NameTools,
  ROW_COLUMNS,
  type SharedWasmMemory,
} from '../../event/index.ts';
import { LOG_LINES_WASM } from './log-lines.wasm.ts';

/** The marks, as bits. */
export const MARK_STATUS = 1; //     to=<…>, …, status=sent (…)
export const MARK_REMOVED = 2; //    QID: removed
export const MARK_WARNING = 4; //    warning: …  fatal: …  panic: …  certificate verification failed for …
export const MARK_OPENED = 8; //     QID: from=<…>, size=…, nrcpt=1 (queue active)
export const MARK_MESSAGE_ID = 16; // QID: message-id=<…>
export const MARK_INBOUND = 32; //   NOQUEUE: reject: …  QID: client=…  QID: uid=…
export const MARK_CONNECT = 64; //   connect to …: with MARK_WARNING, as one of those

/**
 * Room the readers need around the text: so many bytes before it and after it may be read. What is behind it does not matter;
 * what is before it can add a mark to the first line, which is a hint too many and no more.
 */
export const SCAN_MARGIN = 32;

/** The first page of a memory holds the module's own constants. */
export const FIRST_FREE = 65_536;

// The part of WebAssembly's own types that is used here: the core knows neither the DOM's nor Node's.
interface Exports {
  markedLines(start: number, end: number, out: number, most: number, wanted: number): number;
  createDictionaries(
    namesAt: number,
    namesBytes: number,
    mostNames: number,
    answersAt: number,
    answersBytes: number,
    mostAnswers: number,
    answerAt: number,
  ): void;
  forgetAnswers(): void;
  numberAnswer(row: number, provider: number): void;
  judgeAnswer(answer: number, verdict: number): void;
  answerOfRow(row: number): number;
  relayOf(start: number, end: number): number;
  domainOf(start: number, end: number): number;
  addProviderHost(start: number, end: number, provider: number, idStart: number, idEnd: number): void;
  describeRelay(relay: number, start: number, end: number, elsewhere: boolean, provider: number): void;
  readLines(marked: number, found: number, rows: number, longest: number, counts: number): number;
  forgetHeader(): void;
  readOneHeader(start: number, end: number, out: number): void;
  openedKey(row: number, start: number, end: number): number;
  keyOf(start: number, end: number, seed: number): number;
  addressKey(start: number, end: number): number;
}
interface WasmApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: Exports };
  Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => SharedWasmMemory;
}
const wasm = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
/** Compiled once a thread. */
let module: object | undefined;

const PAGE = 65_536;
/** As declared by the module: 2 GiB, reserved, not used; all offsets are positive as 32-bit numbers. */
const MAXIMUM_PAGES = 32_768;

/** A memory that lines can be read in. @param bytes its size, the module's own page included, rounded up to 64 KiB */
export function createScanMemory(bytes: number): SharedWasmMemory {
  return new wasm.Memory({ initial: Math.ceil(bytes / PAGE), maximum: MAXIMUM_PAGES, shared: true });
}

/** Three numbers for each marked line: where it starts, where its line feed stands, its marks. */
export const MARKED_LINE_FIELDS = 3;

/** The lines of a text that bear a mark, as a search has listed them; as long as the list is not written over. */
export interface MarkedLines {
  /** Where the list lies: MARKED_LINE_FIELDS numbers for each. */
  readonly at: number;
  /** How many there are. */
  readonly found: number;
  /** How many lines the text has, marked or not. */
  readonly lines: number;
}

/** How much a reader's dictionaries hold. Memory that is not used yet costs nothing. */
export interface DictionarySize {
  /** A power of two. */
  readonly names: number;
  /** Of these, half is for the texts. */
  readonly namesBytes: number;
  /** A power of two. Answers are forgotten when there are more. */
  readonly answers: number;
  readonly answersBytes: number;
}

/** For a thread that reads logs: hosts, programs, domains and relays by the hundred thousand. */
export const LARGE_DICTIONARIES: DictionarySize = {
  names: 1 << 18,
  namesBytes: 24 << 20,
  answers: 1 << 15,
  answersBytes: 12 << 20,
};
/** For who looks at a few lines. */
export const SMALL_DICTIONARIES: DictionarySize = {
  names: 1 << 8,
  namesBytes: 1 << 16,
  answers: 1 << 6,
  answersBytes: 1 << 15,
};

/** What a line's header says; see LogRecord for stamps. Spans are offsets in the memory. */
export interface LineHeader {
  readable: boolean;
  /** The line begins with a time stamp: a line of a log, even where it is not readable. */
  stamped: boolean;
  /** A mail server's program wrote it. */
  isMail: boolean;
  stampKind: 0 | 1 | 2 | 3;
  stamp: number;
  offset: number;
  hostStart: number;
  hostEnd: number;
  programStart: number;
  programEnd: number;
  message: number;
}

const HEADER_BYTES = 40;
const ROW_BYTES = ROW_COLUMNS * 4;
/** No line that is read is longer than 64 KiB; an answer is written in not much more than its line. */
const LONGEST_ANSWER = 65_536 + 512;

/** Where in a reader's scratch memory what lies. */
interface Places {
  readonly marked: number;
  readonly counts: number;
  readonly header: number;
  readonly row: number;
  readonly names: number;
  readonly answers: number;
  readonly answer: number;
  readonly claims: number;
  readonly end: number;
}

/** The number of lines goes before the first marked line. */
const LIST_HEAD = 8;

/** Room for what readers of other formats keep in the memory: see LineReader.claim. */
const CLAIMS_BYTES = 32_768;

function placesAt(scratch: number, longest: number, size: DictionarySize, sharedNames: number | undefined): Places {
  const counts = align(scratch);
  const header = counts + 16;
  const row = align(header + HEADER_BYTES);
  const ownNames = align(row + ROW_BYTES);
  const names = sharedNames ?? ownNames;
  const answers = align(ownNames + (sharedNames === undefined ? size.namesBytes : 0));
  const answer = align(answers + size.answersBytes);
  const claims = align(answer + LONGEST_ANSWER);
  const marked = claims + CLAIMS_BYTES;
  // A marked line has at least three bytes (`ed`, line feed).
  const end = marked + LIST_HEAD + (Math.ceil(longest / 3) + 1) * MARKED_LINE_FIELDS * 4;
  return { marked, counts, header, row, names, answers, answer, claims, end };
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/**
 * Bytes a reader needs for its own.
 * @param longest the longest text it searches
 * @param sharesNames whether its names lie elsewhere
 */
export function scratchBytes(longest: number, size: DictionarySize, sharesNames = false): number {
  return placesAt(0, longest, size, sharesNames ? 0 : undefined).end + 64;
}

export class LineReader {
  /** Of the last lines that were read: those that hold an outcome, those that hold something else, those to be looked at. */
  events = 0;
  contexts = 0;
  suspects = 0;
  /** Which of them have no verdict yet, in order, as long as the list of marked lines is not written over; undefined where all have to be looked at. */
  unjudged: Int32Array | undefined;
  /** What the numbers of names stand for. */
  readonly names: Names;
  /** Changes when answers are numbered anew. */
  generation = 0;
  readonly memory: SharedWasmMemory;
  /** The whole memory. */
  readonly bytes: Buffer;
  readonly #wasm: Exports;
  readonly #at: Places;
  readonly #numbers: Int32Array;
  readonly #doubles: Float64Array;
  #answersFull = false;
  #claimed = 0;

  /**
   * @param memory the memory that the text lies in, and rows are written to
   * @param scratch where in it this reader's own things may lie: `scratchBytes`, all zero
   * @param longest the longest text it searches
   * @param sharedNames where names lie that readers share, all zero before the first of them; a reader has its own where absent
   */
  constructor(
    memory: SharedWasmMemory,
    scratch: number,
    longest: number,
    tools: NameTools,
    size: DictionarySize = LARGE_DICTIONARIES,
    sharedNames?: number,
  ) {
    module ??= new wasm.Module(Buffer.from(LOG_LINES_WASM, 'base64'));
    this.#wasm = new wasm.Instance(module, { env: { memory } }).exports;
    this.#at = placesAt(scratch, longest, size, sharedNames);
    this.memory = memory;
    this.bytes = Buffer.from(memory.buffer);
    this.#numbers = new Int32Array(memory.buffer, this.#at.counts, 16);
    this.#doubles = new Float64Array(memory.buffer, this.#at.header, 5);
    const { names, answers, answer } = this.#at;
    this.#wasm.createDictionaries(names, size.namesBytes, size.names, answers, size.answersBytes, size.answers, answer);
    this.names = new Names(this.bytes, names, tools);
    for (const [index, { id, hosts }] of tools.providers.entries()) this.#addProvider(index + 1, id, hosts);
  }

  /**
   * Searches [start, end), which ends with a line feed; until the next search.
   * @param wanted MARK_… bits
   */
  search(start: number, end: number, wanted: number): MarkedLines {
    return this.searchInto({ start: this.#at.marked, end: this.#at.end }, start, end, wanted)!;
  }

  /** The same, listed elsewhere in the memory; undefined where the list has no room for all of them. */
  searchInto(
    list: { readonly start: number; readonly end: number },
    start: number,
    end: number,
    wanted: number,
  ): MarkedLines | undefined {
    this.unjudged = undefined;
    const at = list.start + LIST_HEAD;
    const most = Math.floor((list.end - at) / (MARKED_LINE_FIELDS * 4));
    const found = this.#wasm.markedLines(start, end, at, most, wanted);
    if (found < 0) return undefined;
    return { at, found, lines: new Int32Array(this.memory.buffer, at - 4, 1)[0]! };
  }

  /** What a search has listed. */
  listed({ at, found }: MarkedLines): Int32Array {
    return new Int32Array(this.memory.buffer, at, found * MARKED_LINE_FIELDS);
  }

  /**
   * Reads marked lines into rows, which lie in the same memory. Their list is written over.
   * @param longest lines longer than this are passed over
   */
  read({ at, found }: MarkedLines, rows: LogRows, longest: number): void {
    this.renewAnswers();
    rows.length = this.#wasm.readLines(at, found, rows.address, longest, this.#at.counts);
    this.events = this.#numbers[0]!;
    this.contexts = this.#numbers[1]!;
    this.suspects = this.#numbers[2]!;
    // Rows that are looked at may be dropped, and those behind them move up.
    this.unjudged = this.suspects > 0 ? undefined : new Int32Array(this.memory.buffer, at, this.#numbers[3]);
  }

  /** Says that an answer found no room: all are forgotten before the next block. */
  answersAreFull(): void {
    this.#answersFull = true;
  }

  /** Before a block: forgets all answers, once there were too many. */
  renewAnswers(): void {
    if (!this.#answersFull) return;
    this.#answersFull = false;
    this.generation++;
    this.#wasm.forgetAnswers();
  }

  /** The dictionary of answers, and where one is written to be looked up. */
  get answerPlaces(): { readonly dictionary: number; readonly text: number } {
    return { dictionary: this.#at.answers, text: this.#at.answer };
  }

  /**
   * Numbers the answer of a row, by its number, and writes to it the verdict on that answer, 0 where there is none yet.
   * @param provider that of the relay, counted from 1, 0 for none: the same words may mean something else from somebody else
   */
  numberAnswer(rows: LogRows, row: number, provider: number): void {
    this.#wasm.numberAnswer(rows.address + row * ROW_BYTES, provider);
  }
  /** Says what all answers of a number mean, until they are numbered anew. @param verdict its number, from 1 */
  judgeAnswer(answer: number, verdict: number): void {
    this.#wasm.judgeAnswer(answer, verdict);
  }
  /**
   * What a record's answer comes down to: the text without what is new each time, so that all answers of one number have one text.
   */
  answerText(rows: LogRows, row: number): string {
    const { answer } = this.#at;
    const length = this.#wasm.answerOfRow(rows.address + row * ROW_BYTES);
    return decode(this.bytes, answer + rows.numbers[row * ROW_COLUMNS + COLUMN.answerText]!, answer + length);
  }
  /** The number of a relay, a domain, for lines that are read elsewhere. */
  relayOf(start: number, end: number): number {
    return this.#wasm.relayOf(start, end);
  }
  domainOf(start: number, end: number): number {
    return this.#wasm.domainOf(start, end);
  }

  /**
   * Says of a relay by which name its deliveries are grouped, '' for none, whether it is a host on another network, and the number of
   * its provider, 0 for none.
   */
  describeRelay(relay: number, group: string, elsewhere: boolean, provider: number): void {
    const { answer } = this.#at;
    const end = answer + this.bytes.write(group, answer, LONGEST_ANSWER);
    this.#wasm.describeRelay(relay, answer, end, elsewhere, provider);
  }

  #addProvider(number: number, id: string, hosts: readonly string[]): void {
    const { answer } = this.#at;
    const idEnd = answer + this.bytes.write(id, answer, LONGEST_ANSWER);
    for (const host of hosts) {
      const end = idEnd + this.bytes.write(host, idEnd, LONGEST_ANSWER - (idEnd - answer));
      this.#wasm.addProviderHost(idEnd, end, number, answer, idEnd);
    }
  }

  /** Forgets the header read before: the memory it lies in may have been written over. */
  forgetHeader(): void {
    this.#wasm.forgetHeader();
  }

  /** Reads the header of the line in [start, end) into `into`. */
  readHeader(start: number, end: number, into: LineHeader): void {
    this.#wasm.readOneHeader(start, end, this.#at.header);
    const numbers = this.#numbers;
    const known = numbers[6]!;
    into.stampKind = numbers[4] as LineHeader['stampKind'];
    into.offset = numbers[5]!;
    into.readable = (known & 1) !== 0;
    into.stamped = (known & 2) !== 0;
    into.isMail = (known & 4) !== 0;
    into.hostStart = numbers[7]!;
    into.hostEnd = numbers[8]!;
    into.programStart = numbers[9]!;
    into.programEnd = numbers[10]!;
    into.message = numbers[11]!;
    into.stamp = this.#doubles[4]!;
  }

  /** The key of the queue id that the line in [start, end) opens; 0 where it opens none. */
  openedKey(start: number, end: number): number {
    return this.#wasm.openedKey(this.#at.row, start, end);
  }

  /** Takes room in the memory, all zero, for a reader of another format; for good. @returns where, a multiple of 64 */
  claim(bytes: number): number {
    const at = this.#at.claims + this.#claimed;
    this.#claimed += align(bytes);
    if (this.#claimed > CLAIMS_BYTES) throw new RangeError('no room for another reader');
    return at;
  }

  /** Room for a byte for each byte of the longest text, which the next search writes over. */
  get spare(): number {
    return this.#at.marked;
  }

  /** The hashes of src/event/keys.ts, for the test that compares the two. */
  keyOf(start: number, end: number, seed: number): number {
    return this.#wasm.keyOf(start, end, seed);
  }
  addressKey(start: number, end: number): number {
    return this.#wasm.addressKey(start, end);
  }
}

export function emptyHeader(): LineHeader {
  return {
    readable: false,
    stamped: false,
    isMail: false,
    stampKind: 0,
    stamp: 0,
    offset: 0,
    hostStart: 0,
    hostEnd: 0,
    programStart: 0,
    programEnd: 0,
    message: 0,
  };
}
