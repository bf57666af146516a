/**
 * The stages up to correlate, wired as streams: inputs → blocks → batches → events. What comes after is the pipeline's choice:
 * a step takes the events of a batch and returns what is to be written for them, if anything.
 */
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as immediate } from 'node:timers/promises';
import type { ZoneOffset } from '../correlate/clock.ts';
import { Correlator } from '../correlate/correlator.ts';
import {
  type Accounting,
  type DeliveryEvent,
  type InputInfo,
  type InputReport,
  LogRowBatch,
  type PlainRows,
  type RecordBatch,
  type Tables,
} from '../event/index.ts';
import type { Needs } from '../parse/format.ts';
import { FORMATS } from '../parse/formats/index.ts';
import { ROW_FORMATS } from '../parse/row-formats.ts';
import { LARGE_DICTIONARIES, LineReader } from '../parse/scan/log-lines.ts';
import type { Position } from '../source/position.ts';
import type { Source } from '../source/source.ts';
import { BlockPool, type PooledBlock, SLOT_BYTES } from './block-pool.ts';
import { blocksOf, READ_BYTES } from './blocks.ts';
import { headsWriter } from './heads.ts';
import { InputWatch } from './input-report.ts';
import { type OpenInput, openInputs } from './inputs.ts';
import { lift, liftInOrder } from './lift.ts';
import { BlockReader, nameTools } from './parsing.ts';
import { areStarted, LARGE_INPUT, LARGE_STREAM } from './threads.ts';
import { blocksUnderWay, WorkerPool } from './workers.ts';

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
  /** Relays that are content filters for sure; see CorrelateOptions. */
  readonly filterRelays?: readonly string[];
  /** Whether a step's `endBatch` wants to know by what bytes the position is known again. */
  readonly places?: boolean;
  /** How many threads read blocks beside the calling one, once the input is known to be large; 0 for none. */
  readonly threads: number;
  /** See createEngine; made anew where absent. */
  readonly engine?: Engine;
  /** Told of bytes read, for a progress bar: of `total`, where all sizes are known. */
  readonly onProgress?: (read: number, total: number | undefined) => void;
}

/** What reading needs, made once for a run; one that reads again and again (`follow`) keeps it. */
export interface Engine {
  readonly pool: BlockPool;
  readonly reader: LineReader;
  readonly read: (block: PooledBlock) => RecordBatch;
}

export function createEngine({ threads, tables, needs }: Pick<EventOptions, 'threads' | 'tables' | 'needs'>): Engine {
  const pool = new BlockPool(threads === 0 ? 3 : 4 + blocksUnderWay(threads) * threads, 1 + threads);
  const names = nameTools(tables);
  const lines = new LineReader(pool.memory, pool.scratch(0), SLOT_BYTES, names, LARGE_DICTIONARIES, pool.names);
  // Made when a block needs it: where threads read all of them, this one need not compile the code table.
  let reader: BlockReader | undefined;
  let writeHeads: ReturnType<typeof headsWriter> | undefined;
  const read = (block: PooledBlock): RecordBatch => {
    reader ??= new BlockReader(tables, needs, lines, FORMATS);
    const batch = reader.read(block);
    if (needs.heads === true && isReadInThreads(block.input) && batch instanceof LogRowBatch) {
      writeHeads ??= headsWriter(pool.memory, pool.headWriter(0), pool.names);
      writeHeads(batch, block.slot);
    }
    return batch;
  };
  return { pool, reader: lines, read };
}

/** See blocksOf: so many, while threads are starting. */
const READ_BYTES_WAITING = 256 * 1024;

/** What is done with the events. */
export interface EventStep {
  /** Takes one event; it is a view that ends when the batch does. */
  event(event: DeliveryEvent): void;
  /** Counts first what can be counted by its numbers; no event is made of it. */
  readonly plain?: PlainRows | undefined;
  /** What is to be written for the batch's events, if anything. */
  endBatch?(done: BatchEnd): string | Buffer | undefined;
}

/** A batch of which every event has been given to the step. */
export interface BatchEnd {
  readonly input: InputInfo;
  /** Where in the input its text ended; where no places are asked for, only the offset. */
  readonly position: Position;
  readonly accounting: Accounting;
}

/**
 * Runs all inputs through, in time order.
 * @param step what is done with the events, or what says so once it is known what the inputs are
 * @param sink where what the step returns is written; absent where it returns nothing
 * @returns how each input was understood
 */
export async function runEvents(
  options: EventOptions,
  step: EventStep | ((inputs: readonly InputInfo[]) => EventStep),
  sink?: Writable,
): Promise<InputReport[]> {
  const { zone, maxAge, filterRelays = [] } = options;
  const correlator = new Correlator({ ...correlateNeeds(options.needs), zone, maxAge, filterRelays });
  const inputs = await openInputs(options.sources, options);
  return runInputs(inputs, correlator, options, step, sink);
}

/** What correlate has to remember for a pipeline's needs. */
export function correlateNeeds({ senders, received = false }: Needs): { senders: boolean; received: boolean } {
  return { senders, received };
}

/** The same for inputs that are open and in order, and a correlator that may know what came before them. */
export async function runInputs(
  inputs: readonly OpenInput[],
  correlator: Correlator,
  options: Omit<EventOptions, 'sources'>,
  stepFor: EventStep | ((inputs: readonly InputInfo[]) => EventStep),
  sink?: Writable,
): Promise<InputReport[]> {
  const total = inputs.every(({ size }) => size !== undefined)
    ? inputs.reduce((sum, { size }) => sum + size!, 0)
    : undefined;
  const { threads } = options;
  const { pool, reader, read: readHere } = options.engine ?? createEngine(options);
  const startWorkers = (): WorkerPool => new WorkerPool(threads, pool, options.tables, options.needs, reader, readHere);
  // Threads need a moment to start: at once where the input is large, in passing where its size cannot be known and none are there.
  const large = total === undefined ? areStarted() : total >= LARGE_INPUT;
  let workers = threads > 0 && large && inputs.some(({ info }) => isReadInThreads(info)) ? startWorkers() : undefined;
  const watches = inputs.map((input) => new InputWatch(input));
  try {
    /** Made when it is first asked for. */
    let step: EventStep | undefined;
    const theStep = (): EventStep => {
      step ??= typeof stepFor === 'function' ? stepFor(inputs.map(({ info }) => info)) : stepFor;
      return step;
    };
    let read = 0;
    /** Where the blocks under way end. Batches come in the order of their blocks. */
    const positions: Position[] = [];

    // Until a thread is there, this one reads itself, code that has hardly run: little at a time, so that the thread need not wait for it.
    const readBytes = (): number => (workers?.takesBlocks === false ? READ_BYTES_WAITING : READ_BYTES);
    async function* blocks(): AsyncGenerator<PooledBlock> {
      for (const input of inputs)
        for await (const block of blocksOf(input, pool, options.places === true, readBytes)) {
          positions.push(block.position);
          yield block;
          // A thread is busy with the first block: time to make what its records are given to.
          theStep();
          // While this thread reads itself, nothing else makes it look whether another is there.
          if (workers?.takesBlocks === false) await immediate();
        }
    }
    const parse = liftInOrder<PooledBlock, RecordBatch>(
      (block) => {
        const length = block.end - block.start;
        watches[block.input.index]!.bytes += length;
        read += length;
        options.onProgress?.(read, total);
        if (!isReadInThreads(block.input)) return readHere(block);
        if (workers === undefined && threads > 0 && total === undefined && read >= LARGE_STREAM)
          workers = startWorkers();
        return workers?.takesBlocks === true ? workers.read(block) : readHere(block);
      },
      threads * blocksUnderWay(threads) + 2,
    );
    const emit = (event: DeliveryEvent): void => theStep().event(event);
    const settle = lift<RecordBatch, string | Buffer>((batch) => {
      try {
        const given = theStep();
        correlator.consume(batch, emit, given.plain);
        watches[batch.input.index]!.add(batch);
        const position = positions.shift()!;
        return given.endBatch?.({ input: batch.input, position, accounting: batch.accounting });
      } finally {
        batch.release();
      }
    });
    const end = sink ?? new Writable({ objectMode: true, write: (_chunk, _encoding, done) => done() });
    await pipeline(Readable.from(blocks(), { highWaterMark: 1 }), parse, settle, end);
  } catch (error) {
    // Some may be in the midst of a block, in memory that others go on to use.
    await workers?.close();
    throw error;
  }
  // What ends them takes a while, and nobody waits for it: they have nothing to do.
  void workers?.close();
  return watches.map((watch) => watch.report());
}

/** What threads hand back are rows of the shared memory: not all formats write them. */
function isReadInThreads({ format }: InputInfo): boolean {
  return ROW_FORMATS.some(({ name }) => name === format);
}

/** Whether the events of an input may be counted by their numbers: see EventStep.plain. */
export function isCounted({ format }: InputInfo): boolean {
  return format === 'postfix';
}
