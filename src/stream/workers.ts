/**
 * Threads that read blocks beside the main one. Text and rows lie in memory that all of them share, so a block costs one small
 * message each way: where it lies, and back, how many rows it gave and which hosts, domains, relays and verdicts that thread
 * has newly seen. Whatever the number of threads, batches come out in the order of their blocks.
 */
import type { Worker } from 'node:worker_threads';
import { compileTable } from '../enrich/code-table.ts';
import {
  type Accounting,
  type Dictionaries,
  type DictionaryGrowth,
  emptyDictionaries,
  growDictionaries,
  type HeaderSample,
  type InputInfo,
  LogRowBatch,
  type MalformedSample,
  type Tables,
} from '../event/index.ts';
import type { Needs } from '../parse/format.ts';
import { readOpenings } from '../parse/postfix/openings.ts';
import type { LineScanner, SharedWasmMemory } from '../parse/scan/marked-lines.ts';
import { parseSmtpReply } from '../parse/smtp-reply.ts';
import type { BlockPool, PooledBlock } from './block-pool.ts';
import { takeThread } from './threads.ts';

/** To a worker, first of all. */
export interface WorkerSetup {
  readonly memory: SharedWasmMemory;
  readonly slots: number;
  /** Where this thread's scanner may write. */
  readonly scratch: number;
  /** The code table, shared: see CompiledTable. */
  readonly table: Uint8Array;
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
  readonly growth: DictionaryGrowth;
}

/** So many blocks are on their way to one worker: one being read, one waiting. */
const IN_FLIGHT = 2;

interface Thread {
  readonly worker: Worker;
  readonly dictionaries: Dictionaries;
  /** The blocks sent, in order: a worker answers in order. */
  readonly sent: { readonly block: PooledBlock; resolve(batch: LogRowBatch): void; reject(error: unknown): void }[];
}

export class WorkerPool {
  readonly #threads: Thread[];
  readonly #scanner: LineScanner;
  readonly #needs: Needs;

  /** @param scanner the calling thread's own, for what only it can ask of a block */
  constructor(threads: number, pool: BlockPool, tables: Tables, needs: Needs, scanner: LineScanner) {
    this.#scanner = scanner;
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
      const thread: Thread = { worker, dictionaries: emptyDictionaries(), sent: [] };
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
    growDictionaries(thread.dictionaries, message.growth);
    block.rows.length = message.length;
    resolve(
      new LogRowBatch({
        format: 'postfix',
        input: block.input,
        bytes: block.bytes,
        rows: block.rows,
        dictionaries: thread.dictionaries,
        accounting: message.accounting,
        malformed: message.malformed,
        sample: message.sample,
        replyText: (response) => parseSmtpReply(response).text,
        openings: () => (this.#needs.senders ? [] : readOpenings(block.bytes, block.start, block.end, this.#scanner)),
        release: () => block.release(),
      }),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}
