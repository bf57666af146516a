/** The code table in the form in which it is searched: all phrases in one automaton, rows without a phrase by their code. */
import {
  type Category,
  type CategoryRow,
  LAYERS,
  type ProviderRow,
  type TableRow,
  type Tables,
  type WarningRow,
} from '../event/index.ts';
import { type Automaton, buildAutomaton } from './automaton.ts';
import { isWordUnit, normalize, PLACEHOLDERS } from './normalize.ts';
import { ProviderHosts } from './provider.ts';
import { packImage, TableImage } from './table-image.ts';

/** A row and what the search needs to know of it. */
export interface CompiledRow {
  readonly row: TableRow;
  /** Position in LAYERS: the smaller, the stronger. */
  readonly layer: number;
  /** How many of reply, enhanced, provider, command and phrase it asks for. */
  readonly conditions: number;
  /** Length of the normalised phrase; 0 without one. */
  readonly length: number;
  /** How exact the codes are: `5.1.1` says more than `5.1.X`. */
  readonly exact: number;
  /** Place in the table. */
  readonly order: number;
  /** Holds only where the answer has no words at all. */
  readonly empty: boolean;
  /** The phrase began or ended with `*`: it may start or end in the middle of a word. */
  readonly openStart: boolean;
  readonly openEnd: boolean;
}

export interface CompiledPhrase {
  readonly text: string;
  readonly rows: readonly CompiledRow[];
  /** The providers whose mark it is; `open` as for rows, on either side. */
  readonly providers: readonly { readonly id: string; readonly open: boolean }[];
  /** Starts or ends with a letter or digit, and so not in the middle of a word, unless the row leaves it open. */
  readonly wordStart: boolean;
  readonly wordEnd: boolean;
}

/** A phrase in the image: its rows by their place in the table. */
interface PackedPhrase extends Omit<CompiledPhrase, 'rows'> {
  readonly rows: readonly number[];
}

/** The first record of an image; the rows follow, then the phrases. */
interface Head extends Omit<Tables, 'rows'> {
  readonly rows: number;
  /** Rows without a phrase, by what they ask for first: enhanced code, else reply code, else provider, else command. */
  readonly codes: Readonly<Record<string, readonly number[]>>;
}

/** The tables in the form in which they are searched. */
export class CompiledTable implements Tables {
  readonly categories: readonly CategoryRow[];
  readonly providers: readonly ProviderRow[];
  readonly warnings: readonly WarningRow[];
  readonly hosts: ProviderHosts;
  readonly automaton: Automaton;
  readonly byCategory: ReadonlyMap<Category, CategoryRow>;
  readonly #image: TableImage;
  readonly #rowCount: number;
  readonly #codes: ReadonlyMap<string, readonly number[]>;
  /** What has been asked for so far. */
  readonly #rows = new Map<number, CompiledRow>();
  readonly #phrases = new Map<number, CompiledPhrase>();

  /** @param bytes another one's `image`, which another thread or a build has made. Throws where it is none. */
  constructor(bytes: Uint8Array) {
    this.#image = new TableImage(bytes);
    const head = this.#image.record(0) as Head;
    this.categories = head.categories;
    this.providers = head.providers;
    this.warnings = head.warnings;
    this.hosts = new ProviderHosts(head.providers);
    this.automaton = this.#image.automaton;
    this.#rowCount = head.rows;
    this.#codes = new Map(Object.entries(head.codes));
    this.byCategory = new Map(head.categories.map((row) => [row.category, row]));
  }

  /** All there is to it, in memory that threads can share. */
  get image(): Uint8Array {
    return this.#image.bytes;
  }

  get rows(): readonly TableRow[] {
    return (this.#image.range(1, 1 + this.#rowCount) as CompiledRow[]).map(({ row }) => row);
  }

  category(category: Category): CategoryRow {
    return this.byCategory.get(category) as CategoryRow;
  }

  /** The phrase of this number in the automaton. */
  phrase(number: number): CompiledPhrase {
    let phrase = this.#phrases.get(number);
    if (phrase === undefined) {
      const packed = this.#image.record(1 + this.#rowCount + number) as PackedPhrase;
      phrase = { ...packed, rows: packed.rows.map((order) => this.#row(order)) };
      this.#phrases.set(number, phrase);
    }
    return phrase;
  }

  /** The rows without a phrase that ask for this first: an enhanced code, else a reply code, else a provider, else a command. */
  rowsFor(key: string): readonly CompiledRow[] {
    return this.#codes.get(key)?.map((order) => this.#row(order)) ?? [];
  }

  #row(order: number): CompiledRow {
    let row = this.#rows.get(order);
    if (row === undefined) {
      row = this.#image.record(1 + order) as CompiledRow;
      this.#rows.set(order, row);
    }
    return row;
  }
}

/** In the phrase column: the answer has no words. */
export const EMPTY_PHRASE = '{empty}';

const PLAIN = /^[a-z]+(?: [a-z]+)*$/;

/** A phrase as it is matched: normalised like the answers, `{addr}`, `{ip}`, `{id}`, `{n}` for what varies, `*` for an open end. */
export function normalizePhrase(phrase: string): { text: string; openStart: boolean; openEnd: boolean } {
  const openStart = phrase.startsWith('*');
  const openEnd = phrase.length > 1 && phrase.endsWith('*');
  let text = phrase.slice(openStart ? 1 : 0, openEnd ? -1 : undefined);
  // Most phrases are plain words and normal already; at start-up, before the compiler has warmed up, that is worth asking.
  if (PLAIN.test(text)) return { text, openStart, openEnd };
  // Normalising would turn the signs into spaces: so it works on the parts between them.
  text = text
    .split(/(\{(?:addr|ip|id|n)\})/)
    .map((part) => PLACEHOLDERS.get(part) ?? keepEdges(part))
    .join('');
  return { text: text.trim(), openStart, openEnd };
}

/** Normalises a part of a phrase without losing the space at its edges. */
function keepEdges(part: string): string {
  const text = normalize(part);
  if (text === '') return part === '' ? '' : ' ';
  return (/^\s/.test(part) ? ' ' : '') + text + (/\s$/.test(part) ? ' ' : '');
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/** Compiles tables; those that are compiled already are returned as they are. */
export function compileTable(tables: Tables): CompiledTable {
  if (tables instanceof CompiledTable) return tables;
  const byText = new Map<string, Mutable<PackedPhrase>>();
  const codes = new Map<string, number[]>();
  const entry = (text: string) => {
    let found = byText.get(text);
    if (found === undefined) {
      found = {
        text,
        rows: [],
        providers: [],
        wordStart: isWordUnit(text.charCodeAt(0)),
        wordEnd: isWordUnit(text.charCodeAt(text.length - 1)),
      };
      byText.set(text, found);
    }
    return found;
  };
  const rows = tables.rows.map((row, order): CompiledRow => {
    const empty = row.phrase === EMPTY_PHRASE;
    const phrase = row.phrase === undefined || empty ? undefined : normalizePhrase(row.phrase);
    if (phrase === undefined) {
      const key = row.enhanced ?? row.reply ?? row.provider ?? row.command ?? '';
      const list = codes.get(key);
      if (list === undefined) codes.set(key, [order]);
      else list.push(order);
    } else if (phrase.text !== '') entry(phrase.text).rows.push(order);
    return {
      row,
      layer: LAYERS.indexOf(row.layer),
      conditions: given(row.reply) + given(row.enhanced) + given(row.provider) + given(row.command) + given(row.phrase),
      length: phrase?.text.length ?? 0,
      exact: exactness(row.reply) + exactness(row.enhanced),
      order,
      empty,
      openStart: phrase?.openStart ?? false,
      openEnd: phrase?.openEnd ?? false,
    };
  });
  for (const provider of tables.providers)
    for (const mark of provider.marks) {
      const { text, openStart, openEnd } = normalizePhrase(mark);
      if (text !== '') entry(text).providers.push({ id: provider.id, open: openStart || openEnd });
    }
  const phrases = [...byText.values()];
  const { categories, providers, warnings } = tables;
  const head: Head = { categories, providers, warnings, rows: rows.length, codes: Object.fromEntries(codes) };
  return new CompiledTable(packImage(buildAutomaton(phrases.map((p) => p.text)), [head, ...rows, ...phrases]));
}

function given(condition: string | undefined): number {
  return condition === undefined ? 0 : 1;
}

/** Digits that are not left open. */
function exactness(code: string | undefined): number {
  return code === undefined ? 0 : 8 - (code.match(/x/gi)?.length ?? 0);
}

/** The design's rule: the stronger layer, then more conditions, then the longer phrase, then the more exact code, then table order. */
export function outranks(a: CompiledRow, b: CompiledRow): boolean {
  if (a.layer !== b.layer) return a.layer < b.layer;
  if (a.conditions !== b.conditions) return a.conditions > b.conditions;
  if (a.length !== b.length) return a.length > b.length;
  if (a.exact !== b.exact) return a.exact > b.exact;
  return a.order < b.order;
}
