/** What a run of ingest adds up between two commits: by its events, and deliveries by the numbers of their rows. */
import type { CountedCells } from '../src/aggregate/counted-cells.ts';
import { PlainDeliveries } from '../src/aggregate/plain-deliveries.ts';
import type { DeliveryEvent } from '../src/event/index.ts';
import { LedgerBatch } from '../src/store/ledger-batch.ts';
import { RollupBatch } from '../src/store/rollup.ts';
import type { Engine } from '../src/stream/events.ts';

export class IngestSums {
  rollup: RollupBatch;
  readonly ledger = new LedgerBatch();
  /** Counts deliveries in the engine's memory; what it has counted is added to the rollup before that is stored. */
  #plain: PlainDeliveries | undefined;
  #cells: CountedCells | undefined;

  /** @param senders whether senders are kept */
  constructor(senders: boolean) {
    this.rollup = new RollupBatch(senders);
  }

  add(event: DeliveryEvent): void {
    this.rollup.add(event);
    this.ledger.add(event);
  }

  /** What is under way, in sums: bounds the memory. */
  get size(): number {
    return this.rollup.size + this.ledger.size + (this.#cells?.size ?? 0);
  }

  get plain(): PlainDeliveries | undefined {
    return this.#plain;
  }

  /** From now on, counts deliveries by their numbers, where it is known which addresses have failed. */
  countByNumbers({ pool, reader }: Engine): void {
    if (this.#plain !== undefined || this.ledger.stored === undefined) return;
    this.#plain = new PlainDeliveries(pool.memory, reader.names);
    this.#cells = this.#plain.countInCells();
    this.ledger.watchBy(this.#plain);
  }

  /** What has been counted by numbers is in the rollup from now on. */
  takeCounted(): void {
    this.#cells?.take((cell) => this.rollup.addCell(cell));
  }

  /** The engine is given up, and what counts in its memory. */
  stopCounting(): void {
    this.takeCounted();
    this.#plain = undefined;
    this.#cells = undefined;
    this.ledger.watchBy(undefined);
  }
}
