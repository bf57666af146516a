/** Deliveries that were counted in cells, for a store: see assembly/cell-table.ts. */
import type { DeliveryEvent, RowScope, View } from '../event/index.ts';

/** Equal deliveries of one quarter hour: what a store asks of an event, and how often it came. */
export interface CountedCell
  extends Pick<
    DeliveryEvent,
    | 'event'
    | 'first'
    | 'corrects'
    | 'format'
    | 'host'
    | 'verdict'
    | 'domain'
    | 'relay'
    | 'relay_host'
    | 'relay_ip'
    | 'provider'
    | 'sender'
  > {
  /** Quarter hours since 1970 UTC. */
  readonly quarter: number;
  /** See delayBucket. */
  readonly bucket: number;
  readonly events: number;
  /** Of the earliest and the latest of them, ms since 1970 UTC. */
  readonly firstTime: number;
  readonly lastTime: number;
}

const CELL_BYTES = 48;

/** The part of the module that is about cells. */
export interface CellExports {
  countInCells(): void;
  cellsAt(): number;
  cellCount(): number;
  clearCells(): void;
}

export class CountedCells {
  readonly #wasm: CellExports;
  readonly #view: () => View;
  readonly #scopeOf: (number: number) => RowScope;
  readonly #format: string;

  /** @param scopeOf by the number under which cells know it */
  constructor(wasm: CellExports, view: () => View, scopeOf: (number: number) => RowScope, format: string) {
    this.#wasm = wasm;
    this.#view = view;
    this.#scopeOf = scopeOf;
    this.#format = format;
  }

  get size(): number {
    return this.#wasm.cellCount();
  }

  /** Hands over what was counted since this was last asked. */
  take(to: (cell: CountedCell) => void): void {
    const at = this.#wasm.cellsAt();
    const view = this.#view();
    for (let cell = at; cell < at + this.size * CELL_BYTES; cell += CELL_BYTES) to(this.#cellAt(view, cell));
    this.#wasm.clearCells();
  }

  #cellAt({ numbers, doubles }: View, at: number): CountedCell {
    const place = at >> 2;
    const { names, verdicts } = this.#scopeOf(numbers[place + 7]!);
    const relay = names.relay(numbers[place + 11]!, false);
    return {
      event: 'delivered',
      // Nothing was open of its queue id.
      first: true,
      corrects: undefined,
      format: this.#format,
      host: names.text(numbers[place + 9]!),
      verdict: verdicts[numbers[place + 8]! - 1]!,
      domain: names.domain(numbers[place + 10]!),
      relay: relay.text,
      relay_host: relay.host,
      relay_ip: relay.ip,
      provider: relay.provider,
      sender: undefined,
      quarter: numbers[place + 5]!,
      bucket: numbers[place + 6]!,
      events: numbers[place + 4]!,
      firstTime: doubles[at >> 3]!,
      lastTime: doubles[(at >> 3) + 1]!,
    };
  }
}
