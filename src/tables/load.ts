/**
 * Reads the code table from its CSV files and checks every cell. A fault in a table is an error that names file, row, column, what was
 * read and what was expected: a rule that is silently dropped is a rule someone relies on.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  ACTIONS,
  BOUNCE_TYPES,
  CATEGORIES,
  type Category,
  type CategoryRow,
  COMMANDS,
  FAULTS,
  type Layer,
  type ProviderRow,
  SmtpEnrichError,
  type TableRow,
  type Tables,
  whyUnreadable,
} from '../event/index.ts';
import { faultText, readCsv, type TableFault } from './csv.ts';
import { loadWarnings } from './load-warnings.ts';

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

/** What a user's table may name: the providers, and the categories with their meanings. */
export type Known = Pick<Tables, 'categories' | 'providers'>;

/** The rows of a user's table. Throws where anything is wrong with it. */
export function loadUserRows(path: string, known: Known): readonly TableRow[] {
  const { rows, faults } = readUserTable(path, known);
  if (faults.length > 0) throw faultError(faults);
  return rows;
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
export function readUserTable(path: string, { categories, providers }: Known): UserTable {
  const faults: TableFault[] = [];
  const known = new Set(providers.map((p) => p.id));
  const meaning = new Map(categories.map((c) => [c.category, c.meaning]));
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new SmtpEnrichError('TABLE', `cannot read the table ${path}: ${whyUnreadable(error)}`, '', { cause: error });
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

function bundled(name: string): Buffer {
  const path = fileURLToPath(new URL(name, import.meta.url));
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SmtpEnrichError(
      'TABLE',
      `cannot read the built-in table ${name}: ${whyUnreadable(error)}`,
      'Install the package again.',
      {
        cause: error,
      },
    );
  }
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
    const command = record.oneOf('command', COMMANDS);
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
