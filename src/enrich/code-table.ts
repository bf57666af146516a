/** The code table in the form in which it is searched. */
import type { Category, CategoryRow, ProviderRow, TableRow, Tables, WarningRow } from '../event/index.ts';
import { buildAutomaton } from './automaton.ts';
import { EMPTY_PHRASE, normalizePhrase } from './phrase.ts';
import { ProviderHosts } from './provider.ts';
import { type PackedTable, packImage, type ReadText } from './table-image.ts';
import {
  type CompiledRow,
  type Head,
  type PackedMark,
  type PackedPhrase,
  packIds,
  type Surroundings,
  TablePart,
} from './table-part.ts';

/** The tables in the form in which they are searched: what was compiled together is one part. */
export class CompiledTable implements Tables {
  readonly categories: readonly CategoryRow[];
  readonly providers: readonly ProviderRow[];
  readonly warnings: readonly WarningRow[];
  readonly hosts: ProviderHosts;
  readonly byCategory: ReadonlyMap<Category, CategoryRow>;
  /** No two have rows of the same layer. */
  readonly parts: readonly TablePart[];

  readonly #readText: ReadText;

  /**
   * @param images another one's `image`, which another thread or a build has made. Throws where it is none.
   * @param readText for images whose text lies in a file
   */
  constructor(images: readonly PackedTable[], readText: ReadText = inNoFile) {
    this.#readText = readText;
    this.parts = images.map((packed) => new TablePart(packed, readText));
    const { categories, providers, warnings } = this.parts.at(-1)!.surroundings!;
    this.categories = categories;
    this.providers = providers;
    this.warnings = warnings;
    this.hosts = new ProviderHosts(providers);
    this.byCategory = new Map(categories.map((row) => [row.category, row]));
  }

  /** All there is to it, the image of each part, for other threads too. */
  get image(): readonly PackedTable[] {
    return this.parts.map(({ image }) => image);
  }

  /** The same with another part before it. */
  behind(packed: PackedTable): CompiledTable {
    return new CompiledTable([packed, ...this.image], this.#readText);
  }

  get rows(): readonly TableRow[] {
    return this.parts.flatMap(({ rows }) => rows);
  }

  /** The row of an id; undefined where there is none. Reads no other. */
  rowOf(id: string): TableRow | undefined {
    // As `rows` has them: of two with one id the last.
    for (let i = this.parts.length - 1; i >= 0; i--) {
      const row = this.parts[i]!.rowOf(id);
      if (row !== undefined) return row;
    }
    return undefined;
  }

  category(category: Category): CategoryRow {
    return this.byCategory.get(category) as CategoryRow;
  }

  /** The rows without a phrase that ask for this first: an enhanced code, else a reply code, else a provider, else a command. */
  rowsFor(key: string): readonly CompiledRow[] {
    const [first, second] = this.parts;
    return second === undefined ? first!.rowsFor(key) : [...first!.rowsFor(key), ...second.rowsFor(key)];
  }
}

function inNoFile(): never {
  throw new Error('a table whose text lies in a file, and nobody to read it');
}

/** Compiles tables; those that are compiled already are returned as they are. */
export function compileTable(tables: Tables): CompiledTable {
  if (tables instanceof CompiledTable) return tables;
  const { categories, providers, rows, warnings } = tables;
  return new CompiledTable([compilePart(rows, { categories, providers, warnings })]);
}

/** A built-in table with the rows of a user's before it. Only these are compiled, whatever the size of the other. */
export function putBefore(rows: readonly TableRow[], builtIn: CompiledTable): CompiledTable {
  return builtIn.behind(compilePart(rows));
}

function compilePart(rows: readonly TableRow[], surroundings?: Surroundings): PackedTable {
  const phrases = new Map<string, { readonly orders: number[]; readonly marks: PackedMark[] }>();
  const codes = new Map<string, number[]>();
  const entry = (text: string) => {
    let found = phrases.get(text);
    if (found === undefined) {
      found = { orders: [], marks: [] };
      phrases.set(text, found);
    }
    return found;
  };
  rows.forEach((row, order) => {
    if (row.phrase === undefined || row.phrase === EMPTY_PHRASE) {
      const key = row.enhanced ?? row.reply ?? row.provider ?? row.command ?? '';
      const list = codes.get(key);
      if (list === undefined) codes.set(key, [order]);
      else list.push(order);
      return;
    }
    const { text } = normalizePhrase(row.phrase);
    if (text !== '') entry(text).orders.push(order);
  });
  for (const { id, marks } of surroundings?.providers ?? [])
    for (const mark of marks) {
      const { text, openStart, openEnd } = normalizePhrase(mark);
      if (text !== '') entry(text).marks.push({ id, open: openStart || openEnd });
    }
  const head: Head = { rows: rows.length, codes: Object.fromEntries(codes), surroundings };
  const packed = Array.from(
    phrases,
    ([text, { orders, marks }]): PackedPhrase => (marks.length === 0 ? [text, orders] : [text, orders, marks]),
  );
  return packImage(buildAutomaton([...phrases.keys()]), [head, ...rows, ...packed, ...packIds(rows)]);
}
