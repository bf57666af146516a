/**
 * What the suppression lists that ESPs export have in common: rows with an address, a time, perhaps the answer that put it there.
 * A format says what its columns are called and what a row means; here the rows are found, in CSV or in JSON.
 */
import { parse } from 'csv-parse/sync';
import {
  type EventName,
  emptyAccounting,
  keyOfText,
  type MalformedSample,
  STAMP_ABSOLUTE,
  STAMP_NONE,
  type StampKind,
  type Verdict,
  type WebhookAnswer,
  WebhookBatch,
  WebhookRecord,
} from '../event/index.ts';
import { domainOf } from './addresses.ts';
import { type Block, type BlockParser, type Format, LONGEST_OBJECT, type Stamp } from './format.ts';
import { ObjectReader, valueAt } from './json-object.ts';
import { visitObjects } from './json-objects.ts';

/** What a row says. */
export interface ExportRow {
  readonly address: string;
  readonly event: EventName;
  readonly answer?: WebhookAnswer | undefined;
  readonly status?: string | undefined;
  readonly dsn?: string | undefined;
  readonly response?: string | undefined;
  /** As written: seconds since 1970, RFC 3339, RFC 2822; without a zone it is UTC. */
  readonly time?: string | undefined;
  readonly unsubscribe_group?: string | undefined;
}

/** The value of a column or member; '' where the row has none. */
export type Field = (name: string) => string;

export interface CsvExport {
  readonly name: string;
  readonly describe: string;
  /** The columns as documented, lower case, in their order: for files without a heading, and to know one by its heading. */
  readonly columns: readonly string[];
  /** False where the file never has a heading. */
  readonly heading?: boolean;
  /** Where the heading alone does not tell: how a row must look. */
  readonly row?: RegExp;
  /** Where another format has the same columns: whether it is this one, by the name of the file and its first rows. */
  readonly preferred?: (name: string, rows: readonly string[]) => boolean;
  readonly doubt?: string;
  /** Undefined for a row that holds no address. */
  read(field: Field): ExportRow | undefined;
}

/** A format of CSV files. */
export function csvExport(spec: CsvExport): Format {
  return {
    name: spec.name,
    describe: spec.describe,
    framing: 'csv',
    longest: LONGEST_OBJECT,
    ...(spec.doubt === undefined ? {} : { doubt: spec.doubt }),
    recognise(head, name) {
      const [line = '', ...rows] = head.toString('utf8').split(/\r?\n/);
      if (spec.heading === false) return spec.row?.test(line) === true ? 0.95 : 0;
      const heading = headingOf(line);
      if (!spec.columns.every((column) => heading.includes(column))) return 0;
      // Of two formats that fit, the one with more of the columns; of two with the same, the one that is preferred.
      const fit = spec.columns.length / Math.max(heading.length, spec.columns.length);
      return (spec.preferred?.(name, rows) === true ? 0.995 : 0.99) * fit;
    },
    firstStamp: () => BEFORE_ALL,
    createParser: (tools) => new CsvParser(spec, tools.replyText),
  };
}

/**
 * A list is of no one time. It is read before any log: a delivery found there may be later than what the list says, and lift it.
 */
const BEFORE_ALL: Stamp = { stampKind: STAMP_ABSOLUTE, stamp: 0, offset: 0 };

function headingOf(line: string): string[] {
  return line
    .replace(/^\ufeff/, '')
    .split(',')
    .map((name) => name.trim().replace(/^"|"$/g, '').toLowerCase());
}

class CsvParser implements BlockParser {
  readonly #spec: CsvExport;
  readonly #replyText: (response: string) => string | undefined;

  constructor(spec: CsvExport, replyText: (response: string) => string | undefined) {
    this.#spec = spec;
    this.#replyText = replyText;
  }

  /** The columns of an input, by its first line where that names them; else as documented. */
  #columnsOf(heading: string | undefined): readonly string[] | undefined {
    const { columns, heading: may } = this.#spec;
    const named = may === false || heading === undefined ? [] : headingOf(heading);
    return columns.some((column) => named.includes(column)) ? named : undefined;
  }

  parse(block: Block): WebhookBatch {
    const batch = new Rows(this.#spec.name, this.#replyText);
    const text = block.bytes.toString('utf8', block.start, block.end).replace(/^\ufeff/, '');
    let records: string[][];
    try {
      records = parse(text, { relax_column_count: true, relax_quotes: true, skip_empty_lines: true, trim: true });
    } catch (error) {
      batch.broken(`not readable as CSV: ${(error as Error).message.slice(0, 80)}`, text.slice(0, 300));
      records = [];
    }
    const named = this.#columnsOf(block.input.heading);
    if (named !== undefined && block.offset === 0 && records.length > 0) {
      batch.context();
      records.shift();
    }
    const columns = named ?? this.#spec.columns;
    for (const record of records) {
      const row = this.#spec.read((name) => record[columns.indexOf(name)] ?? '');
      batch.add(row, record.join(','));
    }
    return batch.finish(block);
  }
}

export interface JsonExport {
  readonly name: string;
  readonly describe: string;
  /** Marks that the first bytes must hold, all of them. */
  readonly marks: readonly RegExp[];
  /** The member that holds the list, where one object holds them all. */
  readonly list?: string;
  read(field: Field): ExportRow | undefined;
}

/** A format of JSON objects: one for each address, or one that holds a list of them. */
export function jsonExport(spec: JsonExport): Format {
  return {
    name: spec.name,
    describe: spec.describe,
    framing: 'json',
    longest: LONGEST_OBJECT,
    recognise(head) {
      const text = head.toString('utf8');
      return /^[\s\ufeff]*[[{]/.test(text) && spec.marks.every((mark) => mark.test(text)) ? 1 : 0;
    },
    firstStamp: () => BEFORE_ALL,
    createParser: ({ reader, replyText }) => {
      // Lists are short: an object is made of each whole.
      const objects = new ObjectReader([], reader);
      return {
        parse(block) {
          const batch = new Rows(spec.name, replyText);
          visitObjects(block.bytes, block.start, block.end, LONGEST_OBJECT, objects, {
            object(start, end) {
              const value = valueAt(block.bytes, start, end) as Record<string, unknown>;
              const list = spec.list === undefined ? undefined : value[spec.list];
              for (const item of Array.isArray(list) ? list : [value])
                batch.add(
                  typeof item === 'object' && item !== null
                    ? spec.read(fieldOf(item as Record<string, unknown>))
                    : undefined,
                  block.bytes.toString('utf8', start, Math.min(end, start + 300)),
                );
            },
            broken: (reason, start, end) =>
              batch.broken(reason, block.bytes.toString('utf8', start, Math.min(end, start + 300))),
            tooLong: () => batch.tooLong(),
          });
          return batch.finish(block);
        },
      };
    },
  };
}

function fieldOf(value: Record<string, unknown>): Field {
  return (name) => {
    const member = Object.hasOwn(value, name) ? value[name] : undefined;
    return typeof member === 'string' ? member : typeof member === 'number' ? String(member) : '';
  };
}

class ExportRecord extends WebhookRecord {
  verdict!: Verdict;
  readonly format: string;
  readonly recipient: string;
  readonly stamp: number;
  readonly #row: ExportRow;
  readonly #replyText: (response: string) => string | undefined;

  constructor(format: string, row: ExportRow, address: string, replyText: (response: string) => string | undefined) {
    super();
    this.format = format;
    this.recipient = address;
    this.stamp = momentOf(row.time ?? '') ?? Number.NaN;
    this.#row = row;
    this.#replyText = replyText;
  }

  get event(): EventName {
    return this.#row.event;
  }
  get answer(): WebhookAnswer | undefined {
    return this.#row.answer;
  }
  get stampKind(): StampKind {
    return Number.isNaN(this.stamp) ? STAMP_NONE : STAMP_ABSOLUTE;
  }
  /** A list names an address once: each row is a message of its own. */
  get messageKey(): number {
    return keyOfText(`${this.format}\n${this.recipient.toLowerCase()}\n${this.#row.time ?? ''}`, 0);
  }
  get eventKey(): number {
    return 0;
  }
  get status(): string | undefined {
    return this.#row.status;
  }
  get domain(): string {
    return domainOf(this.recipient.slice(this.recipient.lastIndexOf('@') + 1));
  }
  get dsn(): string | undefined {
    return this.#row.dsn;
  }
  get response(): string | undefined {
    return this.#row.response;
  }
  get reply_text(): string | undefined {
    const { response } = this.#row;
    return response === undefined ? undefined : this.#replyText(response);
  }
  get message_id(): undefined {
    return undefined;
  }
  get unsubscribe_group(): string | undefined {
    return this.#row.unsubscribe_group;
  }
}

/** Rows as they become records. */
class Rows {
  readonly #format: string;
  readonly #replyText: (response: string) => string | undefined;
  readonly #accounting = emptyAccounting();
  readonly #malformed: MalformedSample[] = [];
  readonly #records: WebhookRecord[] = [];

  constructor(format: string, replyText: (response: string) => string | undefined) {
    this.#format = format;
    this.#replyText = replyText;
  }

  add(row: ExportRow | undefined, text: string): void {
    const address = row?.address.trim().replace(/^<(.*)>$/, '$1') ?? '';
    if (row === undefined || address.lastIndexOf('@') < 1) {
      this.broken('a row without an address', text);
      return;
    }
    this.#accounting.lines++;
    this.#accounting.event++;
    this.#records.push(new ExportRecord(this.#format, row, address, this.#replyText));
  }

  context(): void {
    this.#accounting.lines++;
    this.#accounting.context++;
  }

  broken(reason: string, text: string): void {
    this.#accounting.lines++;
    this.#accounting.malformed++;
    if (this.#malformed.filter((sample) => sample.reason === reason).length < 3)
      this.#malformed.push({ reason, text: text.slice(0, 300) });
  }

  tooLong(): void {
    this.#accounting.lines++;
    this.#accounting.truncated++;
  }

  finish(block: Block): WebhookBatch {
    this.#accounting.lines += block.truncated;
    this.#accounting.truncated += block.truncated;
    const { lines } = this.#accounting;
    const sample = { lines, readable: lines - this.#accounting.malformed, own: 0, hasRecord: this.#records.length > 0 };
    return new WebhookBatch(block.input, this.#records, this.#accounting, this.#malformed, sample, () =>
      block.release(),
    );
  }
}

/** Milliseconds since 1970 UTC. */
function momentOf(text: string): number | undefined {
  const word = text.trim();
  if (/^\d{9,10}(?:\.\d+)?$/.test(word)) return Number(word) * 1000;
  if (/^\d{12,13}$/.test(word)) return Number(word);
  const time = Date.parse(
    /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/.test(word) ? `${word.replace(' ', 'T')}Z` : word,
  );
  return Number.isNaN(time) ? undefined : time;
}
