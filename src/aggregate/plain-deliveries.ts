/**
 * Counts plain deliveries by the numbers of their rows: the fast code of counting, all in one place.
 *
 * A plain delivery is one to a host on another network, to a recipient that has not failed before, in the quarter hour of the event
 * before it; deferrals and bounces by known verdicts are plain as well. All that a report's sums need of it are numbers that stand in its row: its domain,
 * its relay's group, its verdict, its delay. They are counted in WebAssembly (./assembly), in the memory that rows lie in, and in
 * the very rows that events are added to (counted-row.ts): a GroupTable that is counted in has its sums there. What is not plain,
 * or what a number is met first of whose key is no text as it stands, is left to the event, which says where the next are counted.
 */
import {
  addressKeyOfText,
  type DeliveryEvent,
  type LogRowBatch,
  type Names,
  type NumberedRowExports,
  NumberedRows,
  type RowScope,
  type SharedWasmMemory,
} from '../event/index.ts';
import { type CellExports, CountedCells } from './counted-cells.ts';
import { CountedFailures, type FailureExports } from './counted-failures.ts';
import { CountedRefusals, type RefusalExports } from './counted-refusals.ts';
import { CountedTable, MAP, MAP_LENGTH, MOST_VERDICTS, NUMBERED, type NumberedBy } from './counted-table.ts';
import { CountedWhole } from './counted-whole.ts';
import { COUNTER_COLUMNS } from './counters.ts';
import { LOWEST_DELAYS } from './delays.ts';
import { PLAIN_DELIVERIES_WASM } from './plain-deliveries.wasm.ts';
import type { RowQuestions } from './table-rows.ts';

interface Exports extends NumberedRowExports, CellExports, FailureExports, RefusalExports, RowQuestions {
  create(names: number, buckets: number, counters: number, free: number): number;
  addTable(by: number, column: number, most: number): void;
  findName(start: number, end: number, seed: number, fold: boolean, add: boolean): number;
  watchRecipient(key: number): void;
  countRefusals(byDomain: number, byProvider: number, maxAge: number): void;
  enterScope(scope: number, verdicts: number, length: number): void;
  run(row: number, end: number): number;
  hasFailed(): number;
  delaysOf(delays: number, row: number, counters: number): number;
  moreOf(row: number): number;
}

/** The longest text that is looked for among the names. */
const LONGEST_NAME = 4096;
/** Bytes of a table's description. */
const TABLE_BYTES = 44;

export class PlainDeliveries extends NumberedRows<Exports> {
  /** Takes the events of bounces that are counted and not among `failures`: for what is kept of each. */
  onFailure: ((event: DeliveryEvent) => void) | undefined;
  /** Bounces of which no more need be kept than their rows. */
  failures: CountedFailures | undefined;
  /** What is counted besides the tables. */
  readonly whole: CountedWhole;
  /** Deferrals and bounces. */
  readonly refusals: CountedRefusals;
  readonly #text: number;
  readonly #tables: number;
  readonly #verdictTables: { readonly at: number; readonly scopes: Map<RowScope, number> }[] = [];
  readonly #counted: CountedTable[] = [];
  /** Where the verdicts of scopes stand. */
  readonly #verdicts = new Map<RowScope, number>();

  /**
   * @param names those of the rows that are to be counted; they lie in `memory`, as the rows do
   * @param free from where on the memory is free, and zero: behind its present end where absent
   */
  constructor(memory: SharedWasmMemory, names: Names, free = memory.buffer.byteLength) {
    super(memory, names, PLAIN_DELIVERIES_WASM);
    const out = this.wasm.create(names.at, LOWEST_DELAYS.length, COUNTER_COLUMNS, free) >> 2;
    this.#text = this.room(LONGEST_NAME + 16);
    const { numbers, doubles, bytes } = this.view;
    this.whole = new CountedWhole(this, numbers[out]!);
    this.refusals = new CountedRefusals(this, this.wasm);
    this.#tables = numbers[out + 1]!;
    const small = numbers[out + 2]!;
    doubles.set(LOWEST_DELAYS, numbers[out + 3]! >> 3);
    for (let bucket = 1; bucket < LOWEST_DELAYS.length && LOWEST_DELAYS[bucket]! < SMALL_DELAYS; bucket++)
      bytes.fill(bucket, small + LOWEST_DELAYS[bucket]!, small + SMALL_DELAYS);
  }

  protected runRows({ input }: LogRowBatch, row: number, end: number): number {
    this.failures?.enter(input.name);
    const stopped = this.wasm.run(row, end);
    this.failed = this.wasm.hasFailed() !== 0;
    return stopped;
  }

  override noteFailure(event: DeliveryEvent): void {
    this.onFailure?.(event);
  }

  begin(maxAge: number): void {
    const tables = this.#counted;
    const domain = tables.findIndex(({ by }) => by === 'domain');
    const group = tables.findIndex(({ by }) => by === 'group');
    // Reasons of other tables cannot be made from what is kept of deferrals.
    if (domain < 0 || group < 0 || tables.some(({ by }) => by === 'relay' || by === 'host')) return;
    this.wasm.countRefusals(domain, group, maxAge);
    this.keepsOpen = true;
    this.refusals.begin((number) => this.names.text(number));
  }

  /** From now on, bounces are kept by their numbers where these say all of them; what else is of such an address is no longer plain. */
  keepFailures(): CountedFailures {
    this.failures = new CountedFailures(this.wasm, this.keptRows());
    return this.failures;
  }

  /** @internal The delays of a row, as `CountedTable.eachDelay` tells them. @param delays where they are described @param counters where the row lies */
  eachDelay(delays: number, row: number, counters: number, tell: (bucket: number, count: number) => void): void {
    const at = this.wasm.delaysOf(delays, row, counters) >> 3;
    const { doubles } = this.view;
    const end = at + 2 * doubles[at]!;
    for (let place = at + 1; place <= end; place += 2) tell(doubles[place]!, doubles[place + 1]!);
  }

  /** @internal Where the doubles of a row of counters lie: see counted-row.ts. */
  moreOf(row: number): number {
    return this.wasm.moreOf(row);
  }

  /** @internal */
  get rowQuestions(): RowQuestions {
    return this.wasm;
  }

  /** From now on, a delivery to this event's recipient is not plain. */
  watchRecipient({ recipient, recipientKey }: DeliveryEvent): void {
    if (recipient !== undefined) this.wasm.watchRecipient(recipientKey || addressKeyOfText(recipient));
  }

  /** The same of addresses, by their hashes: see addressKeyOfText. */
  watchRecipients(keys: Iterable<number>): void {
    for (const key of keys) this.wasm.watchRecipient(key);
  }

  /** Before the first run: deliveries are counted for a store, in cells, and in nothing else. */
  countInCells(): CountedCells {
    this.wasm.countInCells();
    return new CountedCells(
      this.wasm,
      () => this.view,
      (number) => this.scopeOf(number),
      this.format,
    );
  }

  /** A table whose rows deliveries are counted in. @param maxKeys rows at most, without the one of all others */
  addTable(by: NumberedBy, maxKeys: number): CountedTable {
    const { by: how, column } = NUMBERED[by];
    this.wasm.addTable(how, column, maxKeys);
    const at = this.#tables + this.#counted.length * TABLE_BYTES;
    if (by === 'verdict') this.#verdictTables.push({ at, scopes: new Map() });
    const table = new CountedTable(this, by, at);
    this.#counted.push(table);
    return table;
  }

  /** @internal Where a table's rows are known by the numbers of a scope: a map of number → row + 1. */
  mapOf(table: CountedTable, scope: RowScope): number {
    if (table.by !== 'verdict') return this.view.numbers[(table.at >> 2) + MAP]!;
    const { scopes } = this.#verdictTables.find(({ at }) => at === table.at)!;
    let map = scopes.get(scope);
    if (map === undefined) {
      map = this.room(MOST_VERDICTS * 4);
      scopes.set(scope, map);
      this.leaveScope();
    }
    return map;
  }

  /** @internal Whether numbers of this scope are those of the rows that are counted. */
  counts(scope: object | undefined): scope is RowScope {
    return (scope as RowScope | undefined)?.names === this.names;
  }

  /** @internal The number of a key among the names, 0 or less where it has none. @param add whether it gets one, where there is room */
  numberOf(by: NumberedBy, key: string, add = false): number {
    const { seed, fold } = NUMBERED[by];
    if (seed === 0 || key.length * 3 > LONGEST_NAME) return 0;
    const length = this.view.bytes.write(key, this.#text, LONGEST_NAME);
    return this.wasm.findName(this.#text, this.#text + length, seed, fold, add);
  }

  /** @internal The text of a name that is its key as it stands. */
  textOf(by: NumberedBy, number: number): string {
    return by === 'relay' ? this.names.relay(number, false).text : this.names.text(number);
  }

  protected enterScope(number: number, scope: RowScope): void {
    this.wasm.enterScope(number, this.verdictsOf(scope), MOST_VERDICTS);
    const { numbers } = this.view;
    for (const { at, scopes } of this.#verdictTables) {
      const map = scopes.get(scope);
      numbers[(at >> 2) + MAP] = map ?? 0;
      numbers[(at >> 2) + MAP_LENGTH] = map === undefined ? 0 : MOST_VERDICTS;
    }
  }

  /** @internal Where the verdicts of a scope stand: two places for each, see assembly/plain-deliveries.ts. */
  verdictsOf(scope: RowScope): number {
    let at = this.#verdicts.get(scope);
    if (at === undefined) {
      at = this.room(2 * MOST_VERDICTS * 4);
      this.#verdicts.set(scope, at);
    }
    return at;
  }
}

/** As in assembly/plain-deliveries.ts. */
const SMALL_DELAYS = 16_384;
