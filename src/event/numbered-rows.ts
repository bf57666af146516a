/**
 * What all have in common who settle rows by their numbers in WebAssembly (./assembly/plain-rows.ts, open-table.ts): a run over a batch, which
 * queue ids are not plain, what is left open. What becomes of a row that is settled is for those who extend it to say.
 */
import type { DeliveryEvent } from './delivery-event.ts';
import type { LogRowBatch } from './log-row-batch.ts';
import { ROW_COLUMNS, type RowScope } from './log-rows.ts';
import { type View, viewOf } from './memory-view.ts';
import type { Names } from './names.ts';
import { type HopExports, NumberedHops } from './numbered-hops.ts';
import type { Opening } from './openings.ts';
import type { HopLimits, PlainHops } from './plain-hops.ts';
import type { OpenRecord, OpenRecords, PlainClock, PlainRows } from './plain-rows.ts';
import { recordAt } from './row-record.ts';
import type { SharedWasmMemory } from './shared-memory.ts';

/** What their modules export alike; 0 or 1 where something is asked, for WebAssembly knows no booleans. */
export interface NumberedRowExports extends HopExports {
  room(bytes: number): number;
  watchQueueId(key: number): void;
  forgetQueueId(key: number): void;
  untold(): number;
  takePassed(): number;
  isOpen(key: number): number;
  lastHeard(key: number): number;
  firstRecipient(key: number): number;
  nextOpen(slot: number): number;
  closeQueueId(key: number): void;
  sweepOpen(now: number): void;
}

// The part of WebAssembly's own types that is used here: the core knows neither the DOM's nor Node's.
interface WasmApi<Exports> {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: Exports };
}

const ROW_BYTES = ROW_COLUMNS * 4;
/** Where in an open recipient its row lies, see assembly/open-table.ts. */
const OPEN_ROW = 48;

export abstract class NumberedRows<Exports extends NumberedRowExports> implements PlainRows {
  failed = false;
  /** What every event says its format is. */
  readonly format = 'postfix';
  protected readonly wasm: Exports;
  protected readonly names: Names;
  /** Deferrals are taken as well, and what is deferred is kept open. */
  protected keepsOpen = false;
  protected replyText: (response: string) => string | undefined = () => undefined;
  protected clock: PlainClock | undefined;
  readonly #memory: SharedWasmMemory;
  readonly #scopes: RowScope[] = [];
  #hops: NumberedHops | undefined;
  #scope: RowScope | undefined;
  #seen: View;

  /**
   * @param names those of the rows that are to be taken; they lie in `memory`, as the rows do
   * @param code the WebAssembly, base64
   * @param imports what it asks for besides the clock
   */
  constructor(memory: SharedWasmMemory, names: Names, code: string, imports: object = {}) {
    this.#memory = memory;
    this.names = names;
    const settle = (stampKind: 0 | 1 | 2 | 3, stamp: number, offset: number): number => {
      this.clock!.settle({ stampKind, stamp, offset });
      return this.clock!.time;
    };
    const { Module, Instance } = (globalThis as unknown as { WebAssembly: WasmApi<Exports> }).WebAssembly;
    const env = { memory, settle, zone: () => this.clock!.offset, ...imports };
    this.wasm = new Instance(new Module(Buffer.from(code, 'base64')), { env }).exports;
    this.#seen = viewOf(memory);
  }

  takes(batch: LogRowBatch): boolean {
    return batch.scope.names === this.names && batch.format === this.format;
  }

  run(batch: LogRowBatch, from: number, clock: PlainClock): number {
    const { rows, scope } = batch;
    if (scope !== this.#scope) {
      this.#scope = scope;
      this.enterScope(this.numberOfScope(scope), scope);
    }
    this.clock = clock;
    this.replyText = batch.replyText;
    this.#hops?.enter(batch.input.name);
    const { address } = rows;
    let stopped = address + from * ROW_BYTES;
    do {
      stopped = this.runRows(batch, stopped, address + rows.length * ROW_BYTES);
      // The clock goes on from the last row, as it would have by its record. Where it has been told of that one, or of the one behind it, it
      // must not be told again: that would turn it back.
      const untold = this.wasm.untold();
      if (untold !== 0) clock.settle(batch.record((untold - address) / ROW_BYTES));
    } while (this.goesOn());
    const passed = this.wasm.takePassed();
    batch.accounting.event -= passed;
    batch.accounting.ignored += passed;
    return (stopped - address) / ROW_BYTES;
  }

  /** Takes the rows that lie in [row, end). @returns where the first lies that was not taken, or whose failure is to be noted; or `end` */
  protected abstract runRows(batch: LogRowBatch, row: number, end: number): number;

  /** Whether rows stopped being taken for want of something that is there now. */
  protected goesOn(): boolean {
    return false;
  }

  /** The rows that follow are of another reader. */
  protected abstract enterScope(number: number, scope: RowScope): void;

  abstract begin(maxAge: number): void;

  noteFailure(_event: DeliveryEvent): void {}

  followHops(limits: HopLimits): PlainHops {
    const relayOf = (number: number): string => this.names.relay(number, false).text;
    const rows = { ...this.keptRows(), relayOf, openingAt: (at: number) => this.openingAt(at) };
    this.#hops = new NumberedHops(this.wasm, rows, this.names.most, limits);
    return this.#hops;
  }

  /** What is kept beside a delivery that is followed. */
  protected openingAt(_at: number): Opening | undefined {
    return undefined;
  }

  /** What is needed to read rows that are kept. */
  protected keptRows() {
    return {
      format: this.format,
      view: () => this.view,
      scopeOf: (number: number) => this.scopeOf(number),
      replyText: (response: string) => this.replyText(response),
    };
  }

  isOpen(key: number): boolean {
    return this.keepsOpen && this.wasm.isOpen(key) !== 0;
  }

  takeOpen(key: number): OpenRecords | undefined {
    if (!this.isOpen(key)) return undefined;
    return { last: this.wasm.lastHeard(key), records: this.#recordsOf(key) };
  }

  *#recordsOf(key: number): IterableIterator<OpenRecord> {
    for (let at = this.wasm.firstRecipient(key); at !== 0; at = this.view.numbers[at >> 2]!) {
      const { numbers, doubles, bytes } = this.view;
      const place = at >> 2;
      const first = this.scopeOf(numbers[place + 8]!);
      yield {
        record: recordAt(bytes, at + OPEN_ROW, this.format, this.scopeOf(numbers[place + 2]!)),
        firstTime: doubles[(at >> 3) + 3]!,
        firstOffset: numbers[place + 3]!,
        firstRelay: this.names.relay(numbers[place + 9]!, numbers[place + 10] === 1),
        firstVerdict: first.verdicts[numbers[place + 11]! - 1]!,
      };
    }
    this.wasm.closeQueueId(key);
  }

  anyOpen(): number | undefined {
    return (this.keepsOpen && this.wasm.nextOpen(0)) || undefined;
  }

  sweep(now: number): void {
    if (this.keepsOpen) this.wasm.sweepOpen(now);
  }

  watchQueueId(key: number): void {
    this.wasm.watchQueueId(key);
  }

  forgetQueueId(key: number): void {
    this.wasm.forgetQueueId(key);
  }

  /** @internal The memory, which may have grown since it was last looked at. */
  get view(): View {
    if (this.#memory.buffer.byteLength !== this.#seen.numbers.byteLength) this.#seen = viewOf(this.#memory);
    return this.#seen;
  }

  /** @internal Zeroed memory for whoever keeps something beside. */
  room(bytes: number): number {
    return this.wasm.room(bytes);
  }

  /** What a scope is called where rows are kept. */
  protected numberOfScope(scope: RowScope): number {
    const known = this.#scopes.indexOf(scope);
    return known >= 0 ? known : this.#scopes.push(scope) - 1;
  }

  protected scopeOf(number: number): RowScope {
    return this.#scopes[number]!;
  }

  /** The next run enters its scope anew. */
  protected leaveScope(): void {
    this.#scope = undefined;
  }
}
