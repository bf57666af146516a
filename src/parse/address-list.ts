/**
 * The addresses in a suppression file, whoever wrote it: the list in use, for `--existing` and `--exclude`. Read are all files
 * that `suppress` writes, and what SendGrid, Mailgun, Amazon SES, Postmark and SparkPost export; told apart by their heading.
 */
import { parse } from 'csv-parse/sync';
import { SmtpEnrichError } from '../event/index.ts';

export interface AddressList {
  /** What kind of file it was taken for, for people. */
  readonly kind: string;
  /** Lower case. */
  readonly addresses: ReadonlySet<string>;
  /** `address\tgroup`, the address in lower case: those that are on it for one group of mail only. */
  readonly groups: ReadonlySet<string>;
  /** SHA-256 of addresses in lower case, hexadecimal: a list that was handed on without its names. */
  readonly hashes: ReadonlySet<string>;
  /** Whole domains (`@example.com`): --exclude knows them. */
  readonly domains: ReadonlySet<string>;
  /** Lines in which there was no address. */
  readonly unread: number;
}

/** Names of columns (JSON: of members) that hold the address, lower case. */
const ADDRESS_COLUMNS = new Set(['email', 'address', 'recipient', 'emailaddress', 'email_address', 'email address']);

/** Beside an address: it is on the list for one group of mail only. */
const GROUP_COLUMN = 'unsubscribe_group';

/** Reads the whole text of a file. `source` is its name, for errors. */
export function parseAddressList(text: string, source: string): AddressList {
  const found = new Found();
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  const start = body.trimStart()[0];
  let kind: string;
  if (start === '{' || start === '[') kind = fromJson(body, found, source);
  else kind = fromLines(body, found, source);
  const { addresses, groups, hashes, domains, unread } = found;
  return { kind, addresses, groups, hashes, domains, unread };
}

class Found {
  readonly addresses = new Set<string>();
  readonly groups = new Set<string>();
  readonly hashes = new Set<string>();
  readonly domains = new Set<string>();
  unread = 0;

  add(value: string, group = ''): void {
    // Spreadsheets are given an apostrophe before what they would take for a formula.
    const word = value.trim().replace(/^'(?=[=+\-@|%])/, '');
    if (/^[0-9a-f]{64}$/i.test(word)) this.hashes.add(word.toLowerCase());
    else if (isDomain(word)) this.domains.add(word.replace(/^@/, '').toLowerCase());
    else if (word.lastIndexOf('@') > 0) {
      const address = word.replace(/^<(.*)>$/, '$1').toLowerCase();
      if (group === '') this.addresses.add(address);
      else this.groups.add(`${address}\t${group.replace(/^'(?=[=+\-@|%])/, '')}`);
    } else if (word !== '') this.unread++;
  }
}

/** `example.com` or `@example.com`: a dot with something on both sides, and no other @. */
function isDomain(word: string): boolean {
  const name = word.startsWith('@') ? word.slice(1) : word;
  return !/[\s@]/.test(name) && name.slice(1, -1).includes('.');
}

/** One document (Postmark's, or an array) or one object on each line (SES's, Mailgun's API, our own). */
function fromJson(text: string, found: Found, source: string): string {
  let documents: unknown[];
  try {
    documents = [JSON.parse(text)];
  } catch {
    documents = text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line, index) => {
        try {
          return JSON.parse(line);
        } catch {
          throw new SmtpEnrichError(
            'USAGE',
            `${source} line ${index + 1}: neither JSON nor one JSON object on each line`,
          );
        }
      });
  }
  for (const document of documents) visit(document, found, 0);
  return 'JSON';
}

function visit(value: unknown, found: Found, depth: number): void {
  // Postmark: {"Suppressions":[{"EmailAddress":…}]}; Mailgun: {"items":[{"address":…}]}. Deeper there are no lists.
  if (depth > 3) return;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (typeof item === 'string') found.add(item);
      else visit(item, found, depth + 1);
    }
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  let own = false;
  const group = (value as Record<string, unknown>)[GROUP_COLUMN];
  for (const [name, member] of Object.entries(value))
    if (typeof member === 'string' && ADDRESS_COLUMNS.has(name.toLowerCase())) {
      found.add(member, typeof group === 'string' ? group : '');
      own = true;
    }
  if (!own) for (const member of Object.values(value)) if (Array.isArray(member)) visit(member, found, depth + 1);
}

function fromLines(text: string, found: Found, source: string): string {
  const first = text.split('\n', 1)[0] ?? '';
  const heading = first.split(',').map((name) => name.trim().replace(/^"|"$/g, '').toLowerCase());
  const column = heading.findIndex((name) => ADDRESS_COLUMNS.has(name));
  if (column >= 0) {
    const group = heading.indexOf(GROUP_COLUMN);
    for (const record of records(text, source).slice(1)) found.add(record[column] ?? '', record[group] ?? '');
    return `CSV with the column ${heading[column]}`;
  }
  //  someone@example.com 550 5.1.1 Suppressed: …       a Postfix access map
  //                      ^
  if (/^[^\s@]{1,320}@[^\s@]{1,255}[ \t]{1,20}(?:[2-5]\d\d |REJECT|DISCARD|DEFER)/m.test(text)) {
    for (const line of text.split('\n')) {
      if (line.trim() === '' || line.startsWith('#')) continue;
      found.add(line.trim().split(/\s/, 1)[0]!);
    }
    return 'Postfix access map';
  }
  if (first.includes(',')) {
    for (const record of records(text, source)) found.add(record[0] ?? '');
    return 'CSV without a heading';
  }
  // Our own lists, and notes of people: `#` begins a comment unless it begins an address.
  for (const line of text.split('\n')) {
    const word = line.trimStart().split(/\s/, 1)[0]!;
    if (word.startsWith('#') && !word.includes('@')) continue;
    //  someone@example.com<TAB>7      our own text: on the list for the group 7 only
    const [address = '', group = ''] = line.trim().split('\t');
    found.add(address, group.trim());
  }
  return 'list';
}

function records(text: string, source: string): string[][] {
  try {
    return parse(text, { relax_column_count: true, relax_quotes: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw new SmtpEnrichError('USAGE', `${source}: not readable as CSV: ${(error as Error).message}`);
  }
}
