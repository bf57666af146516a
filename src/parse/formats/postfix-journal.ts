/**
 * `journalctl -o json`: one JSON object for each journal entry (systemd.journal-fields(7)).
 *
 *   {"__REALTIME_TIMESTAMP":"1669083468123456","_HOSTNAME":"mx01","SYSLOG_IDENTIFIER":"postfix/smtp","SYSLOG_PID":"29598",
 *    "MESSAGE":"4jXCQh6CYCzJTVP: to=<ok@gmail.example>, …"}
 *
 * Each entry is written out as the log line that it would have been, and read as one.
 */
import { emptyAccounting, LogRows, type MalformedSample, type RecordBatch, STAMP_ABSOLUTE } from '../../event/index.ts';
import {
  type Block,
  type BlockParser,
  type Format,
  LARGEST_BLOCK,
  LONGEST_OBJECT,
  type ParserTools,
} from '../format.ts';
import { ObjectReader } from '../json-object.ts';
import { visitObjects } from '../json-objects.ts';
import { PostfixParser } from '../postfix/parser.ts';
import { isMailProgram } from '../postfix/program.ts';
import {
  createScanMemory,
  FIRST_FREE,
  LARGE_DICTIONARIES,
  LineReader,
  SCAN_MARGIN,
  scratchBytes,
} from '../scan/log-lines.ts';

export const postfixJournal: Format = {
  name: 'postfix-journal',
  describe: "Postfix's entries of the systemd journal, as journalctl -o json writes them",
  framing: 'json',
  longest: LONGEST_OBJECT,
  recognise(head) {
    const text = head.toString('utf8');
    return /^[\s\ufeff]*\{/.test(text) && text.includes('"MESSAGE"') && text.includes('"__REALTIME_TIMESTAMP"') ? 1 : 0;
  },
  firstStamp(head) {
    const microseconds = /"__REALTIME_TIMESTAMP"\s*:\s*"(\d{16})"/.exec(head.toString('latin1'))?.[1];
    return microseconds === undefined
      ? undefined
      : { stampKind: STAMP_ABSOLUTE, stamp: Number(microseconds) / 1000, offset: 0 };
  },
  createParser: (tools) => new JournalParser(tools),
};

/**
 * The most that the entries of a block can be as lines: a byte that is none of UTF-8 becomes the three of U+FFFD, and a short
 * entry may be a little longer as a line than as JSON.
 */
const MOST_TEXT = 4 * LARGEST_BLOCK;
/** An entry has more bytes than its line by far: as many rows as a block of lines can give are enough. */
const MOST_ROWS = LogRows.capacityFor(LARGEST_BLOCK);

// The log lines of a block, and their rows, lie in a memory of their own.
const TEXT_START = FIRST_FREE + SCAN_MARGIN;
const ROWS_START = TEXT_START + MOST_TEXT + 2 * SCAN_MARGIN - (TEXT_START % SCAN_MARGIN);
const SCRATCH_START = ROWS_START + LogRows.bytesFor(MOST_ROWS);

/** What is read of an entry. */
const FIELDS = [
  'SYSLOG_IDENTIFIER',
  '_COMM',
  'MESSAGE',
  '_HOSTNAME',
  'SYSLOG_PID',
  '_PID',
  '_SOURCE_REALTIME_TIMESTAMP',
  '__REALTIME_TIMESTAMP',
];

class JournalParser implements BlockParser {
  readonly reader: LineReader;
  readonly #rows: LogRows;
  readonly #parser: PostfixParser;
  readonly #objects: ObjectReader;

  constructor(tools: ParserTools) {
    const memory = createScanMemory(SCRATCH_START + scratchBytes(MOST_TEXT, LARGE_DICTIONARIES));
    this.reader = new LineReader(memory, SCRATCH_START, MOST_TEXT, tools.reader.names.tools);
    this.#objects = new ObjectReader(FIELDS, tools.reader);
    this.#rows = new LogRows(MOST_ROWS, memory.buffer, ROWS_START);
    this.#parser = new PostfixParser({ ...tools, reader: this.reader });
  }

  parse(block: Block): RecordBatch {
    const lines: string[] = [];
    const malformed: MalformedSample[] = [];
    const own = emptyAccounting();
    const broken = (reason: string, text: string): void => {
      own.lines++;
      own.malformed++;
      if (malformed.filter((sample) => sample.reason === reason).length < 3) {
        malformed.push({ reason, text: text.slice(0, 300) });
      }
    };
    visitObjects(block.bytes, block.start, block.end, LONGEST_OBJECT, this.#objects, {
      object: (start, end) => {
        const value = this.#objects.pick();
        const program = value.SYSLOG_IDENTIFIER ?? value._COMM;
        const message = messageOf(value.MESSAGE);
        if (typeof program === 'string' && message !== undefined) lines.push(logLine(value, program, message));
        else if (typeof program === 'string' && isMailProgram(program) && 'MESSAGE' in value) {
          broken(
            'a journal entry whose message was left out (journalctl --all keeps it)',
            block.bytes.toString('utf8', start, Math.min(end, start + 300)),
          );
        } else {
          own.lines++;
          own.ignored++;
        }
      },
      broken: (reason, start, end) => broken(reason, block.bytes.toString('utf8', start, Math.min(end, start + 300))),
      tooLong() {
        own.lines++;
        own.truncated++;
      },
    });
    const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
    const batch = this.#read(text, block);
    const { accounting } = batch;
    accounting.lines += own.lines;
    accounting.ignored += own.ignored;
    accounting.malformed += own.malformed;
    accounting.truncated += own.truncated;
    (batch.malformed as MalformedSample[]).push(...malformed);
    return batch;
  }

  #read(text: string, block: Block): RecordBatch {
    const { bytes } = this.reader;
    const end = TEXT_START + bytes.write(text, TEXT_START, MOST_TEXT, 'utf8');
    // A batch is a view on its bytes, and the next block is written over them: it gets a copy.
    const kept = Buffer.from(bytes.subarray(0, end));
    return this.#parser.parse({ ...block, bytes, start: TEXT_START, end, rows: this.#rows }, kept);
  }
}

/** A message is text, or, where it is not UTF-8, its bytes as numbers; journalctl leaves out what is long (null). */
function messageOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value) || !value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255))
    return undefined;
  return Buffer.from(value).toString('utf8');
}

/** The line syslog would have written. */
function logLine(entry: Record<string, unknown>, program: string, message: string): string {
  const host = typeof entry._HOSTNAME === 'string' ? entry._HOSTNAME : 'localhost';
  const pid = entry.SYSLOG_PID ?? entry._PID;
  const microseconds = Number(entry._SOURCE_REALTIME_TIMESTAMP ?? entry.__REALTIME_TIMESTAMP);
  const stamp =
    Number.isFinite(microseconds) && microseconds > 0 && microseconds < 8.64e18
      ? new Date(microseconds / 1000).toISOString()
      : '-';
  const flat = (text: string): string => text.replaceAll(/[\r\n]+/g, ' ');
  const tag = flat(program).replaceAll(/[\s[\]:]/g, '_');
  return `<22>1 ${stamp} ${flat(host).replaceAll(' ', '_')} ${tag} ${typeof pid === 'string' && /^\d+$/.test(pid) ? pid : '-'} - - ${flat(message)}`;
}
