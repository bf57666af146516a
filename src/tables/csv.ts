/** CSV files as tables have them: every cell checked, every fault with its place. */
import { CsvError, parse } from 'csv-parse/sync';
import { SmtpEnrichError, whyUnreadable } from '../event/index.ts';

/** One thing wrong with one cell of a table. `row` is the line of the file on which the record starts, as an editor counts. */
export interface TableFault {
  readonly file: string;
  readonly row: number;
  readonly column: string;
  readonly read: string;
  readonly expected: string;
}

/** `my.csv row 3, column category: read "spamm", expected one of …`. */
export function faultText(fault: TableFault): string {
  return `${fault.file} row ${fault.row}, column ${fault.column}: read ${quote(fault.read)}, expected ${fault.expected}`;
}

function quote(read: string): string {
  const short = read.length > 80 ? `${read.slice(0, 80)}…` : read;
  return JSON.stringify(short);
}

/** One record of a CSV file, read cell by cell while noting what is wrong. */
export class CsvRow {
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

/** The records of a file behind its header. Throws where it is no CSV in UTF-8; what is wrong with columns goes to `faults`. */
export function readCsv(
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
    throw new SmtpEnrichError('TABLE', `${file}${line}: not readable as CSV: ${whyUnreadable(error)}`, '', {
      cause: error,
    });
  }
  const header = records[0]?.record.map((h) => h.trim());
  if (header === undefined) {
    faults.push({ file, row: 1, column: '(header)', read: '', expected: `the columns ${columns.join(', ')}` });
    return [];
  }
  if (header.length === 1 && /[;\t]/.test(header[0] as string)) {
    const expected = 'commas between the columns: export the table with commas, not semicolons or tabs';
    faults.push({ file, row: 1, column: '(header)', read: header[0] as string, expected });
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
