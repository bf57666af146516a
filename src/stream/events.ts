/**
 * The stages up to correlate, wired as streams: inputs → blocks → batches → events. What comes after is the pipeline's choice:
 * a step takes the events of a batch and returns what is to be written for them, if anything.
 */
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ZoneOffset } from '../correlate/clock.ts';
import { Correlator } from '../correlate/correlator.ts';
import type { Accounting, DeliveryEvent, InputInfo, InputReport, RecordBatch, Tables } from '../event/index.ts';
import type { Block, Needs } from '../parse/format.ts';
import { LineScanner } from '../parse/scan/marked-lines.ts';
import type { Position } from '../source/position.ts';
import type { Source } from '../source/source.ts';
import { BlockPool } from './block-pool.ts';
import { blocksOf } from './blocks.ts';
import { InputWatch } from './input-report.ts';
import { type OpenInput, openInputs } from './inputs.ts';
import { lift } from './lift.ts';
import { BlockReader } from './parsing.ts';

export interface EventOptions {
  readonly sources: readonly Source[];
  readonly tables: Tables;
  readonly needs: Needs;
  /** The name of the format of all inputs; looked at where absent. */
  readonly format: string | undefined;
  /** The year of the first year-less stamp. */
  readonly year: number | undefined;
  /** The zone of stamps that name none. */
  readonly zone: ZoneOffset;
  /** The clock, ms since 1970 UTC. */
  readonly now: number;
  /** Milliseconds after which a deferred message is forgotten. */
  readonly maxAge: number;
  /** Told of bytes read, for a progress bar: of `total`, where all sizes are known. */
  readonly onProgress?: (read: number, total: number | undefined) => void;
}

/** What is done with the events. */
export interface EventStep {
  /** Takes one event; it is a view that ends when the batch does. */
  event(event: DeliveryEvent): void;
  /** What is to be written for the batch's events, if anything. */
  endBatch?(done: BatchEnd): string | undefined;
}

/** A batch of which every event has been given to the step. */
export interface BatchEnd {
  readonly input: InputInfo;
  /** Where in the input its text ended. */
  readonly position: Position;
  readonly accounting: Accounting;
}

/**
 * Runs all inputs through, in time order.
 * @param sink where what the step returns is written; absent where it returns nothing
 * @returns how each input was understood
 */
export async function runEvents(options: EventOptions, step: EventStep, sink?: Writable): Promise<InputReport[]> {
  const correlator = new Correlator({ senders: options.needs.senders, zone: options.zone, maxAge: options.maxAge });
  return runInputs(await openInputs(options.sources, options), correlator, options, step, sink);
}

/** The same for inputs that are open and in order, and a correlator that may know what came before them. */
export async function runInputs(
  inputs: readonly OpenInput[],
  correlator: Correlator,
  options: Omit<EventOptions, 'sources'>,
  step: EventStep,
  sink?: Writable,
): Promise<InputReport[]> {
  const pool = new BlockPool(3, 1);
  const reader = new BlockReader(options.tables, options.needs, new LineScanner(pool.memory, pool.scratch(0)));
  const watches = inputs.map((input) => new InputWatch(input));
  const total = inputs.every(({ size }) => size !== undefined)
    ? inputs.reduce((sum, { size }) => sum + size!, 0)
    : undefined;
  let read = 0;
  /** Where the blocks under way end. Batches come in the order of their blocks. */
  const positions: Position[] = [];
  let whenIdle = (): void => {};

  async function* blocks(): AsyncGenerator<Block> {
    for (const input of inputs) {
      // What an input's preparation looks at must be settled: wait until the blocks before it have arrived.
      if (input.prepare !== undefined && positions.length > 0) await new Promise<void>((idle) => (whenIdle = idle));
      for await (const block of blocksOf(input, pool)) {
        positions.push(block.position);
        yield block;
      }
    }
  }
  const parse = lift<Block, RecordBatch>((block) => {
    const length = block.end - block.start;
    watches[block.input.index]!.bytes += length;
    read += length;
    options.onProgress?.(read, total);
    return reader.read(block);
  });
  const settle = lift<RecordBatch, string>((batch) => {
    try {
      correlator.consume(batch, (event) => step.event(event));
      watches[batch.input.index]!.add(batch);
      return step.endBatch?.({ input: batch.input, position: positions[0]!, accounting: batch.accounting });
    } finally {
      batch.release();
      positions.shift();
      if (positions.length === 0) whenIdle();
    }
  });
  const end = sink ?? new Writable({ objectMode: true, write: (_chunk, _encoding, done) => done() });
  await pipeline(Readable.from(blocks(), { highWaterMark: 1 }), parse, settle, end);
  return watches.map((watch) => watch.report());
}
