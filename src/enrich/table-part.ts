/**
 * Some layers of the code table as they are searched: their phrases in one automaton, rows without a phrase by their code. Each is an
 * image; a row or a phrase is read out of it when an answer first asks for it.
 */
import { type CategoryRow, LAYERS, type ProviderRow, type TableRow, type WarningRow } from '../event/index.ts';
import type { Automaton } from './automaton.ts';
import { isWordUnit } from './normalize.ts';
import { EMPTY_PHRASE, normalizePhrase } from './phrase.ts';
import { type PackedTable, type ReadText, TableImage } from './table-image.ts';

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
  readonly providers: readonly PackedMark[];
  /** Starts or ends with a letter or digit, and so not in the middle of a word, unless the row leaves it open. */
  readonly wordStart: boolean;
  readonly wordEnd: boolean;
}

/** A provider whose mark a phrase is; `open` as for rows, on either side. */
export interface PackedMark {
  readonly id: string;
  readonly open: boolean;
}

/** A phrase in the image: its text, its rows by their place in the part, the providers whose mark it is. */
export type PackedPhrase = readonly [text: string, orders: readonly number[], marks?: readonly PackedMark[]];

/** What stands beside the rows. */
export interface Surroundings {
  readonly categories: readonly CategoryRow[];
  readonly providers: readonly ProviderRow[];
  readonly warnings: readonly WarningRow[];
}

/** The first record of an image; the rows follow, then the phrases, then the ids of all rows, in so many lists: see idList. */
export interface Head {
  readonly rows: number;
  /** Rows without a phrase, by what they ask for first: enhanced code, else reply code, else provider, else command. */
  readonly codes: Readonly<Record<string, readonly number[]>>;
  /** Of the part that a whole table was compiled to; rows put before one have no other than its own. */
  readonly surroundings?: Surroundings | undefined;
}

const ID_LISTS = 128;

/** Some ids, each with its row's place in the part. A report that explains itself asks for a dozen of thousands. */
export type PackedIds = readonly (readonly [id: string, order: number])[];

/** The ids of rows as an image has them. */
export function packIds(rows: readonly TableRow[]): readonly PackedIds[] {
  const lists = Array.from({ length: ID_LISTS }, (): [string, number][] => []);
  rows.forEach(({ id }, order) => {
    lists[idList(id)]!.push([id, order]);
  });
  return lists;
}

/** In which list an id stands. */
function idList(id: string): number {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (Math.imul(hash, 31) + id.charCodeAt(i)) | 0;
  return hash & (ID_LISTS - 1);
}

export class TablePart {
  readonly automaton: Automaton;
  readonly surroundings: Surroundings | undefined;
  readonly #image: TableImage;
  readonly #rowCount: number;
  readonly #codes: ReadonlyMap<string, readonly number[]>;
  /** What has been asked for so far. */
  readonly #rows = new Map<number, CompiledRow>();
  readonly #phrases = new Map<number, CompiledPhrase>();

  /** @param packed another one's `image`, which another thread or a build has made. Throws where it is none. */
  constructor(packed: PackedTable, readText: ReadText) {
    this.#image = new TableImage(packed, readText);
    const head = this.#image.record(0) as Head;
    this.automaton = this.#image.automaton;
    this.surroundings = head.surroundings;
    this.#rowCount = head.rows;
    this.#codes = new Map(Object.entries(head.codes));
  }

  /** All there is to it, for other threads too. */
  get image(): PackedTable {
    return this.#image.packed;
  }

  get rows(): readonly TableRow[] {
    return this.#image.range(1, 1 + this.#rowCount) as TableRow[];
  }

  /** The row of an id, read by itself; undefined where there is none. */
  rowOf(id: string): TableRow | undefined {
    const list = this.#image.record(this.#image.length - ID_LISTS + idList(id)) as PackedIds;
    const found = list.find(([known]) => known === id);
    return found === undefined ? undefined : (this.#image.record(1 + found[1]) as TableRow);
  }

  /** The phrase of this number in the automaton. */
  phrase(number: number): CompiledPhrase {
    let phrase = this.#phrases.get(number);
    if (phrase === undefined) {
      const [text, orders, providers = []] = this.#image.record(1 + this.#rowCount + number) as PackedPhrase;
      phrase = {
        text,
        rows: orders.map((order) => this.#row(order)),
        providers,
        wordStart: isWordUnit(text.charCodeAt(0)),
        wordEnd: isWordUnit(text.charCodeAt(text.length - 1)),
      };
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
      row = compileRow(this.#image.record(1 + order) as TableRow, order);
      this.#rows.set(order, row);
    }
    return row;
  }
}

function compileRow(row: TableRow, order: number): CompiledRow {
  const empty = row.phrase === EMPTY_PHRASE;
  const phrase = row.phrase === undefined || empty ? undefined : normalizePhrase(row.phrase);
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
