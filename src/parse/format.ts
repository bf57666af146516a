/**
 * The contract of a log format. A format is one file in `formats/`, listed in `formats/index.ts`; it says how it is
 * recognised, how its text is divided, and makes parsers. A parser is stateless in the log's sense: what it says of a block
 * depends on that block alone, so any thread may parse any block; it only keeps dictionaries of what it has seen, for speed.
 */
import type { InputInfo, LogRows, RecordBatch, StampKind, Verdict } from '../event/index.ts';
import type { LineReader, MarkedLines } from './scan/log-lines.ts';

/** Some whole units of an input, in memory. */
export interface Block {
  readonly input: InputInfo;
  /** The memory; the block lies in [start, end). Sixteen bytes around it may be read. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Room for what it says, for formats that give rows. */
  readonly rows: LogRows;
  /** So many bytes of the input lie before it. */
  readonly offset: number;
  /** Units that were too long to be framed, and left out. */
  readonly truncated: number;
  /** Of a log: its marked lines, where another thread has searched for them. */
  readonly marked?: MarkedLines | undefined;
  release(): void;
}

/** What a pipeline wants to know. A format reads no more than that, and counts the rest as ignored. */
export interface Needs {
  /** Sender, size and message id of each queue id. */
  readonly senders: boolean;
  /** What was refused on the way in. */
  readonly inbound: boolean;
  /** Warnings that name a cause a postmaster can mend. */
  readonly warnings: boolean;
  /** Also what was received: from whom, and how large. Only with `inbound`. */
  readonly received?: boolean;
  /** Also warnings that name nothing to mend, and servers that could not be connected to. */
  readonly notices?: boolean;
  /** The beginning of each event's NDJSON line, written where the line is read. */
  readonly heads?: boolean;
}

/** What a parser is made with. */
export interface ParserTools {
  readonly needs: Needs;
  /** Reads lines in the memory that the blocks lie in. */
  readonly reader: LineReader;
  /** What rows' verdicts will stand for; see LogRowBatch. */
  readonly verdicts: readonly Verdict[];
  /** The server's own words in a response, without codes; see smtp-reply.ts. */
  readonly replyText: (response: string) => string | undefined;
}

/** See LogRecord.stamp. */
export interface Stamp {
  readonly stampKind: StampKind;
  readonly stamp: number;
  readonly offset: number;
}

export interface BlockParser {
  /** The reader whose numbers for names and answers its rows bear; absent for formats that give no rows. */
  readonly reader?: LineReader;
  parse(block: Block): RecordBatch;
}

export interface Format {
  readonly name: string;
  /** What it reads, for the help and the table of formats. */
  readonly describe: string;
  /**
   * How the text is divided: `line` at line feeds, `json` at the ends of top-level objects, `csv` at line feeds outside quotes.
   */
  readonly framing: 'line' | 'json' | 'csv';
  /** Units longer than this many bytes are counted as truncated and not read. */
  readonly longest: number;
  /**
   * How sure the format is that an input is its own: 0 not at all, 1 certain.
   * @param head its first bytes
   * @param name of the file, without folders: decides only between formats that look the same
   */
  recognise(head: Buffer, name: string): number;
  /** Said of an input that was taken for this format by its looks alone, where another format looks the same. */
  readonly doubt?: string;
  /** The first time stamp in an input's first bytes, to put inputs in time order. */
  firstStamp(head: Buffer): Stamp | undefined;
  createParser(tools: ParserTools): BlockParser;
}

/** A line is at most this long; Postfix itself cuts an answer at 2,000 bytes (src/util/msg_logger.c). */
export const LONGEST_LINE = 65_536;
/** A JSON object is at most this long. */
export const LONGEST_OBJECT = 1_048_576;
/** No block is larger: room for the longest object, and for what was read behind it. */
export const LARGEST_BLOCK = 2 * LONGEST_OBJECT;
