/**
 * Threads that read blocks beside the main one. Text, rows and names lie in memory that all of them share, so a block costs one
 * small message each way: where it lies, and back, how many rows it gave and which verdicts that thread has newly made.
 * Whatever the number of threads, batches come out in the order of their blocks.
 */
import type { Worker } from 'node:worker_threads';
import { compileTable } from '../enrich/code-table.ts';
import {
  type Accounting,
  type HeaderSample,
  type InputInfo,
  LogRowBatch,
  type MalformedSample,
  type Names,
  type Tables,
  type Verdict,
} from '../event/index.ts';
import type { Needs } from '../parse/format.ts';
import { readOpenings } from '../parse/postfix/parser.ts';
import { LARGE_DICTIONARIES, type LineReader, namesOf, type SharedWasmMemory } from '../parse/scan/log-lines.ts';
import { replyText } from '../parse/smtp-reply.ts';
import type { BlockPool, PooledBlock } from './block-pool.ts';
import { takeThread } from './threads.ts';

/** To a worker, first of all. */
export interface WorkerSetup {
  readonly memory: SharedWasmMemory;
  readonly slots: number;
  /** Where this thread's reader has its things. */
  readonly scratch: number;
  /** The code table, shared: see CompiledTable. */
  readonly table: readonly Uint8Array[];
  readonly needs: Needs;
}

/** To a worker: read the text in a slot. */
export interface BlockMessage {
  readonly slot: number;
  readonly input: InputInfo;
  readonly end: number;
  readonly offset: number;
  readonly truncated: number;
}

/** From a worker: the slot's rows are written. */
export interface BatchMessage {
  readonly length: number;
  readonly accounting: Accounting;
  readonly malformed: readonly MalformedSample[];
  readonly sample: HeaderSample;
  /** Those made since the last message. */
  readonly verdicts: readonly Verdict[];
}

/** So many blocks are on their way to one worker: one being read, one waiting. */
const IN_FLIGHT = 2;

interface Thread {
  readonly worker: Worker;
  readonly names: Names;
  readonly verdicts: Verdict[];
  /** The blocks sent, in order: a worker answers in order. */
  readonly sent: { readonly block: PooledBlock; resolve(batch: LogRowBatch): void; reject(error: unknown): void }[];
}

export class WorkerPool {
  readonly #threads: Thread[];
  readonly #reader: LineReader;
  readonly #needs: Needs;

  /** @param reader the calling thread's own, for what only it can ask of a block */
  constructor(threads: number, pool: BlockPool, tables: Tables, needs: Needs, reader: LineReader) {
    this.#reader = reader;
    this.#needs = needs;
    this.#threads = Array.from({ length: threads }, (_, index) => {
      const setup: WorkerSetup = {
        memory: pool.memory,
        slots: pool.slots,
        scratch: pool.scratch(index + 1),
        table: compileTable(tables).image,
        needs,
      };
      const worker = takeThread();
      worker.postMessage(setup);
      const names = namesOf(pool.memory, setup.scratch, LARGE_DICTIONARIES, reader.names.tools);
      const thread: Thread = { worker, names, verdicts: [], sent: [] };
      worker.on('message', (message: BatchMessage) => this.#receive(thread, message));
      worker.on('error', (error) => {
        for (const { reject } of thread.sent.splice(0)) reject(error);
      });
      return thread;
    });
  }

  /** Whether a further block would find a place. */
  get hasRoom(): boolean {
    return this.#threads.some(({ sent }) => sent.length < IN_FLIGHT);
  }

  /** Reads a block in the thread that has least to do. */
  read(block: PooledBlock): Promise<LogRowBatch> {
    const thread = this.#threads.reduce((least, other) => (other.sent.length < least.sent.length ? other : least));
    const { input, end, offset, truncated } = block;
    const message: BlockMessage = { slot: block.slot.index, input, end, offset, truncated };
    thread.worker.postMessage(message);
    return new Promise((resolve, reject) => thread.sent.push({ block, resolve, reject }));
  }

  #receive(thread: Thread, message: BatchMessage): void {
    const { block, resolve } = thread.sent.shift()!;
    for (const verdict of message.verdicts) thread.verdicts.push(verdict);
    block.rows.length = message.length;
    resolve(
      new LogRowBatch({
        format: 'postfix',
        input: block.input,
        bytes: block.bytes,
        rows: block.rows,
        names: thread.names,
        verdicts: thread.verdicts,
        accounting: message.accounting,
        malformed: message.malformed,
        sample: message.sample,
        replyText,
        openings: () => (this.#needs.senders ? [] : readOpenings(block.start, block.end, this.#reader)),
        release: () => block.release(),
      }),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}
