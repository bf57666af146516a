/**
 * Reads the code table from its CSV files and checks every cell. A fault in a table is an error that names file, row, column, what was
 * read and what was expected: a rule that is silently dropped is a rule someone relies on.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CsvError, parse } from 'csv-parse/sync';
import {
  ACTIONS,
  BOUNCE_TYPES,
  CATEGORIES,
  type Category,
  type CategoryRow,
  FAULTS,
  type Layer,
  type ProviderRow,
  SmtpEnrichError,
  type TableRow,
  type Tables,
} from '../event/index.ts';
import { loadWarnings } from './load-warnings.ts';

/** One thing wrong with one cell of a table. `row` is the line of the file on which the record starts, as an editor counts. */
export interface TableFault {
  readonly file: string;
  readonly row: number;
  readonly column: string;
  readonly read: string;
  readonly expected: string;
}

export const ROW_COLUMNS = [
  'id',
  'reply',
  'enhanced',
  'provider',
  'command',
  'phrase',
  'category',
  'action',
  'meaning',
  'reference',
  'example',
] as const;
/** A user's table must have these; the others may be missing. */
const REQUIRED_COLUMNS = ['id', 'category'] as const;

const CATEGORY_COLUMNS = [
  'category',
  'bounce_type',
  'bounce_type_5xx',
  'fault',
  'action_4xx',
  'action_5xx',
  'meaning',
  'advice',
] as const;
const PROVIDER_COLUMNS = ['id', 'name', 'hosts', 'marks', 'reference'] as const;

const REPLY = /^(?:[245][0-5][0-9]|[245]xx)$/;
const ENHANCED = /^[245X]\.(?:[0-7]\.(?:\d{1,3}|X)|X\.X)$/;
/** A phrase long enough for any sentence, short enough that 50,000 of them fit in memory. */
const LONGEST_PHRASE = 500;

export interface LoadOptions {
  /** A table of the user's own: its rows outrank all others. */
  readonly userTable?: string | undefined;
  /** The built-in tables, where the caller has them already. */
  readonly builtIn?: Tables | undefined;
}

/** The built-in tables, and the user's where one is given. */
export function loadTables({ userTable, builtIn = readBuiltInTables() }: LoadOptions = {}): Tables {
  if (userTable === undefined) return builtIn;
  const { categories, providers, rows, warnings } = builtIn;
  const known = new Set(providers.map((p) => p.id));
  const meaning = new Map(categories.map((c) => [c.category, c.meaning]));
  const user = readUserTable(userTable, { known, meaning });
  if (user.faults.length > 0) throw faultError(user.faults);
  return { categories, providers, rows: [...user.rows, ...rows], warnings };
}

/** The built-in tables from their CSV files, each cell checked. */
export function readBuiltInTables(): Tables {
  const faults: TableFault[] = [];
  const categories = readCategories(faults);
  const meaning = new Map(categories.map((c) => [c.category, c.meaning]));
  const providers = readProviders(faults);
  const known = new Set(providers.map((p) => p.id));
  const builtIn = (name: string, layer: (provider: string) => Layer) =>
    readRows(name, bundled(name), layer, known, meaning, faults);
  const phrases = builtIn('response-phrases.csv', (provider) => (provider === '' ? 'phrase' : 'provider'));
  const rows = [
    ...phrases.filter((r) => r.layer === 'provider'),
    ...phrases.filter((r) => r.layer === 'phrase'),
    ...builtIn('general-words.csv', () => 'enhanced'),
    ...builtIn('enhanced-status-codes.csv', () => 'enhanced'),
    ...builtIn('reply-codes.csv', () => 'reply'),
    ...builtIn('doubts.csv', () => 'reply'),
  ];
  if (faults.length > 0) throw faultError(faults);
  return { categories, providers, rows, warnings: loadWarnings() };
}

/** A user's table as read: its rows, the line of the file on which each starts, everything that is wrong with its cells. */
export interface UserTable {
  readonly rows: readonly TableRow[];
  readonly lines: readonly number[];
  readonly faults: readonly TableFault[];
}

/** Reads a user's table whatever is wrong with its cells; throws only where the file cannot be read as CSV at all. */
export function readUserTable(
  path: string,
  from?: { readonly known: ReadonlySet<string>; readonly meaning: ReadonlyMap<Category, string> },
): UserTable {
  const faults: TableFault[] = [];
  let { known, meaning } = from ?? {};
  if (known === undefined || meaning === undefined) {
    known = new Set(readProviders(faults).map((p) => p.id));
    meaning = new Map(readCategories(faults).map((c) => [c.category, c.meaning]));
  }
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new SmtpEnrichError('TABLE', `cannot read the table ${path}: ${reason(error)}`, '', { cause: error });
  }
  const lines: number[] = [];
  const rows = readRows(path, bytes, () => 'user', known, meaning, faults, lines);
  return { rows, lines, faults };
}

/** All faults in one message: the first five in full. */
function faultError(faults: readonly TableFault[]): SmtpEnrichError {
  const shown = faults.slice(0, 5).map(faultText);
  if (faults.length > shown.length) shown.push(`and ${faults.length - shown.length} more`);
  return new SmtpEnrichError('TABLE', shown.join('\n'), 'smtp-enrich check TABLE.csv lists every fault.');
}

/** `my.csv row 3, column category: read "spamm", expected one of …`. */
export function faultText(fault: TableFault): string {
  return `${fault.file} row ${fault.row}, column ${fault.column}: read ${quote(fault.read)}, expected ${fault.expected}`;
}

function quote(read: string): string {
  const short = read.length > 80 ? `${read.slice(0, 80)}…` : read;
  return JSON.stringify(short);
}

function bundled(name: string): Buffer {
  const path = fileURLToPath(new URL(name, import.meta.url));
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SmtpEnrichError(
      'TABLE',
      `cannot read the built-in table ${name}: ${reason(error)}`,
      'Install the package again.',
      {
        cause: error,
      },
    );
  }
}

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}

/** One record of a CSV file, read cell by cell while noting what is wrong. */
class CsvRow {
  readonly row: number;
  readonly #file: string;
  readonly #cells: readonly string[];
  readonly #columns: ReadonlyMap<string, number>;
  readonly #faults: TableFault[];

  constructor(
    file: string,
    row: number,
    cells: readonly string[],
    columns: ReadonlyMap<string, number>,
    faults: TableFault[],
  ) {
    this.#file = file;
    this.row = row;
    this.#cells = cells;
    this.#columns = columns;
    this.#faults = faults;
  }

  cell(column: string): string {
    const index = this.#columns.get(column);
    return index === undefined ? '' : (this.#cells[index] as string).trim();
  }

  optional(column: string): string | undefined {
    const value = this.cell(column);
    return value === '' ? undefined : value;
  }

  wrong(column: string, expected: string): void {
    this.#faults.push({ file: this.#file, row: this.row, column, read: this.cell(column), expected });
  }

  needed(column: string, what: string): string {
    const value = this.cell(column);
    if (value === '') this.wrong(column, what);
    return value;
  }

  oneOf<T extends string>(column: string, values: readonly T[]): T | undefined {
    const value = this.cell(column) as T;
    if (value === '') return undefined;
    if (!values.includes(value)) this.wrong(column, `one of ${values.join(', ')}`);
    return value;
  }
}

function readCsv(
  file: string,
  bytes: Buffer,
  columns: readonly string[],
  required: readonly string[],
  faults: TableFault[],
): CsvRow[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const row = firstBadLine(bytes);
    throw new SmtpEnrichError(
      'TABLE',
      `${file} row ${row}: read bytes that are not UTF-8, expected a CSV file in UTF-8`,
      'Save the table as "CSV UTF-8".',
    );
  }
  // csv-parse counts CR and LF of an empty line as two.
  if (text.includes('\r\n')) text = text.replaceAll('\r\n', '\n');
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as typeof records;
  } catch (error) {
    const line =
      error instanceof CsvError ? ` row ${String((error as unknown as { lines?: number }).lines ?? '?')}` : '';
    throw new SmtpEnrichError('TABLE', `${file}${line}: not readable as CSV: ${reason(error)}`, '', { cause: error });
  }
  const header = records[0]?.record.map((h) => h.trim());
  if (header === undefined) {
    faults.push({ file, row: 1, column: '(header)', read: '', expected: `the columns ${columns.join(', ')}` });
    return [];
  }
  header.forEach((h, i) => {
    if (!columns.includes(h))
      faults.push({ file, row: 1, column: h, read: h, expected: `one of the columns ${columns.join(', ')}` });
    else if (header.indexOf(h) !== i) faults.push({ file, row: 1, column: h, read: h, expected: 'each column once' });
  });
  const missing = required.filter((c) => !header.includes(c));
  for (const column of missing)
    faults.push({ file, row: 1, column, read: header.join(','), expected: `a column named ${column}` });
  if (missing.length > 0) return [];
  const out: CsvRow[] = [];
  const index = new Map(header.map((h, i) => [h, i]));
  let previousEnd = 0;
  for (const [i, { record, info }] of records.entries()) {
    // `lines` counts up to the record's end: quoted line breaks in its cells are taken off to know where it starts.
    let row = info.lines;
    if (row > previousEnd + 1) row = Math.max(previousEnd + 1, row - record.join('').split('\n').length + 1);
    previousEnd = info.lines;
    if (i === 0) continue;
    if (record.length !== header.length) {
      faults.push({
        file,
        row,
        column: '(all)',
        read: `${record.length} cells`,
        expected: `${header.length} cells, as the header has`,
      });
      continue;
    }
    out.push(new CsvRow(file, row, record, index, faults));
  }
  return out;
}

function firstBadLine(bytes: Buffer): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let row = 1;
  for (let from = 0; from < bytes.length; row++) {
    const newline = bytes.indexOf(10, from);
    const to = newline === -1 ? bytes.length : newline;
    try {
      decoder.decode(bytes.subarray(from, to));
    } catch {
      return row;
    }
    from = to + 1;
  }
  return row;
}

function readRows(
  file: string,
  bytes: Buffer,
  layer: (provider: string) => Layer,
  providers: ReadonlySet<string>,
  meanings: ReadonlyMap<Category, string>,
  faults: TableFault[],
  lines: number[] = [],
): TableRow[] {
  const rows: TableRow[] = [];
  const ids = new Map<string, number>();
  for (const record of readCsv(file, bytes, ROW_COLUMNS, REQUIRED_COLUMNS, faults)) {
    const id = record.needed('id', 'a name for the row');
    const twin = ids.get(id);
    if (twin !== undefined) record.wrong('id', `a name of its own: row ${twin} has it already`);
    else ids.set(id, record.row);
    const reply = record.optional('reply');
    if (reply !== undefined && !REPLY.test(reply))
      record.wrong('reply', 'a reply code such as 550, or a class such as 5xx');
    const enhanced = record.optional('enhanced');
    if (enhanced !== undefined && !ENHANCED.test(enhanced))
      record.wrong('enhanced', 'an enhanced status code such as 5.1.1, X.1.1 or 5.7.X');
    const provider = record.optional('provider');
    if (provider !== undefined && !providers.has(provider))
      record.wrong('provider', 'the id of a provider, as `smtp-enrich codes` shows them');
    const phrase = record.optional('phrase');
    if (phrase !== undefined && phrase.length > LONGEST_PHRASE)
      record.wrong('phrase', `at most ${LONGEST_PHRASE} characters`);
    record.needed('category', `one of ${CATEGORIES.join(', ')}`);
    const category = record.oneOf('category', CATEGORIES) ?? 'unknown';
    const action = record.oneOf('action', ACTIONS);
    const command = record.optional('command');
    if (id !== 'other' && !reply && !enhanced && !provider && !phrase && !command)
      record.wrong('phrase', 'a phrase, or at least one other condition');
    lines.push(record.row);
    rows.push({
      id,
      layer: layer(provider ?? ''),
      reply,
      enhanced,
      provider,
      command,
      phrase,
      category,
      action,
      meaning: record.cell('meaning') === '' ? (meanings.get(category) ?? '') : record.cell('meaning'),
      reference: record.optional('reference'),
      example: record.optional('example'),
    });
  }
  return rows;
}

function readCategories(faults: TableFault[]): CategoryRow[] {
  const file = 'categories.csv';
  const rows: CategoryRow[] = [];
  for (const record of readCsv(file, bundled(file), CATEGORY_COLUMNS, CATEGORY_COLUMNS, faults)) {
    rows.push({
      category: record.oneOf('category', CATEGORIES) ?? 'unknown',
      bounce_type: record.oneOf('bounce_type', BOUNCE_TYPES),
      bounce_type_5xx: record.oneOf('bounce_type_5xx', BOUNCE_TYPES),
      fault: record.oneOf('fault', FAULTS),
      action_4xx: record.oneOf('action_4xx', ACTIONS) ?? 'retry',
      action_5xx: record.oneOf('action_5xx', ACTIONS) ?? 'review',
      meaning: record.needed('meaning', 'one sentence'),
      advice: record.needed('advice', 'one sentence'),
    });
  }
  for (const category of CATEGORIES)
    if (!rows.some((r) => r.category === category))
      faults.push({ file, row: 1, column: 'category', read: '(nothing)', expected: `a row for ${category}` });
  return rows;
}

function readProviders(faults: TableFault[]): ProviderRow[] {
  const file = 'providers.csv';
  return readCsv(file, bundled(file), PROVIDER_COLUMNS, PROVIDER_COLUMNS, faults).map((record) => {
    return {
      id: record.needed('id', 'a name for the provider'),
      name: record.needed('name', 'the name people know'),
      hosts: record.cell('hosts').split(/\s+/).filter(Boolean),
      marks: record
        .cell('marks')
        .split('|')
        .map((m) => m.trim())
        .filter(Boolean),
      reference: record.optional('reference'),
    };
  });
}
