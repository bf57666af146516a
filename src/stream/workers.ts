/**
 * Threads that read blocks beside the main one. Text, rows and names lie in memory that all of them share, so a block costs one
 * small message each way: where it lies, and back, how many rows it gave and which verdicts that thread has newly made.
 * Whatever the number of threads, batches come out in the order of their blocks.
 */
import type { Worker } from 'node:worker_threads';
import { compileTable } from '../enrich/code-table.ts';
import {
  LogRowBatch,
  type Names,
  type RecordBatch,
  SmtpEnrichError,
  type Tables,
  type Verdict,
  WebhookBatch,
} from '../event/index.ts';
import type { Needs } from '../parse/format.ts';
import { readOpenings, wantedMarks } from '../parse/postfix/parser.ts';
import type { LineReader, MarkedLines } from '../parse/scan/log-lines.ts';
import { EventRows, type EventScope, newScope } from '../parse/sendgrid/event-rows.ts';
import { replyText } from '../parse/smtp-reply.ts';
import type { BlockPool, PooledBlock } from './block-pool.ts';
import { type BatchMessage, type BlockMessage, type FailureMessage, READY, type WorkerSetup } from './messages.ts';
import { takeThread } from './threads.ts';

/** So many blocks are under way at most, however many threads there are: each takes 36 MiB of the 2 GiB that can be addressed. */
const MOST_BLOCKS = 16;
const MOST_BLOCKS_OF_ONE = 4;

/**
 * So many blocks are on their way to each of so many workers: one being read, and enough waiting while this thread settles all that
 * have come back.
 */
export function blocksUnderWay(threads: number): number {
  return Math.max(1, Math.min(MOST_BLOCKS_OF_ONE, Math.floor(MOST_BLOCKS / Math.max(1, threads))));
}

/**
 * Where so many blocks wait for a thread or are read by it, this one is ahead, and searches the next block itself. Which of the two is
 * behind changes from one moment to the next, as processors are shared with others.
 */
const MANY_WAITING = 3;

interface Thread {
  readonly worker: Worker;
  readonly scope: { readonly names: Names; readonly verdicts: Verdict[] };
  /** Of its rows of webhooks. */
  eventScope: EventScope;
  /** It has loaded itself: what is sent to it is read at once. */
  isThere: boolean;
  /** It is there, or about to be: blocks may be sent. */
  takesBlocks: boolean;
  /** What ended it. */
  failed: Error | undefined;
  /** How many blocks it has been sent, and how many of them it has read, as it says itself: its answers may be waiting. */
  count: number;
  readonly blocksRead: Int32Array;
  /** The blocks sent and not answered, in order: a worker answers in order. */
  readonly sent: { readonly block: PooledBlock; resolve(batch: RecordBatch | Promise<RecordBatch>): void }[];
}

/** The blocks that it has yet to read. */
function waiting({ count, blocksRead }: Thread): number {
  return count - Atomics.load(blocksRead, 0);
}

export class WorkerPool {
  readonly #threads: Thread[];
  readonly #underWay: number;
  readonly #reader: LineReader;
  readonly #needs: Needs;
  readonly #readHere: (block: PooledBlock) => RecordBatch;

  /**
   * @param reader the calling thread's own, for what only it can ask of a block
   * @param readHere reads a block in the calling thread
   */
  constructor(
    threads: number,
    pool: BlockPool,
    tables: Tables,
    needs: Needs,
    reader: LineReader,
    readHere: (block: PooledBlock) => RecordBatch,
  ) {
    this.#reader = reader;
    this.#readHere = readHere;
    this.#needs = needs;
    this.#underWay = blocksUnderWay(threads);
    this.#threads = Array.from({ length: threads }, (_, index) => {
      const setup: WorkerSetup = {
        memory: pool.memory,
        slots: pool.slots,
        scratch: pool.scratch(index + 1),
        headWriter: pool.headWriter(index + 1),
        blocksRead: new Int32Array(new SharedArrayBuffer(4)),
        names: pool.names,
        table: compileTable(tables).image,
        needs,
      };
      const { worker, isEarly } = takeThread();
      worker.postMessage(setup);
      const thread: Thread = {
        worker,
        isThere: false,
        takesBlocks: isEarly,
        failed: undefined,
        scope: { names: reader.names, verdicts: [] },
        eventScope: newScope(reader.names),
        sent: [],
        count: 0,
        blocksRead: setup.blocksRead,
      };
      const fail = (error: Error): void => {
        thread.failed = error;
        thread.takesBlocks = false;
        for (const { block, resolve } of thread.sent.splice(0)) resolve(this.#without(thread, block));
      };
      worker.on('message', (message: BatchMessage | FailureMessage | typeof READY) => {
        // Its blocks have been given up: what it said last may come behind the news that it has ended.
        if (thread.failed !== undefined) return;
        if (message === READY) {
          thread.isThere = true;
          thread.takesBlocks = true;
        } else if ('failure' in message) {
          const { code, message: text, hint } = message.failure;
          fail(new SmtpEnrichError(code, text, hint));
        } else this.#receive(thread, message);
      });
      worker.on('error', fail);
      return thread;
    });
  }

  /** Whether any of them is there, or about to be. Where none is, who has blocks reads them itself. */
  get takesBlocks(): boolean {
    return this.#threads.some(({ takesBlocks }) => takesBlocks);
  }

  /** Reads a block in the thread that has least to do. */
  read(block: PooledBlock): Promise<RecordBatch> {
    const busy = ({ takesBlocks, sent }: Thread): number => (takesBlocks ? 0 : this.#underWay) + sent.length;
    const thread = this.#threads.reduce((least, other) => (busy(other) < busy(least) ? other : least));
    if (thread.failed !== undefined) return this.#without(thread, block);
    const marked = waiting(thread) >= MANY_WAITING ? this.#search(block) : undefined;
    const { input, end, offset, truncated } = block;
    const message: BlockMessage = { slot: block.slot.index, input, end, offset, truncated, marked };
    thread.worker.postMessage(message);
    thread.count++;
    return new Promise((resolve) => thread.sent.push({ block, resolve }));
  }

  /** Does a part of what the thread that reads the block would do. */
  #search({ input, slot, start, end }: PooledBlock): MarkedLines | undefined {
    if (input.format !== 'postfix') return undefined;
    return this.#reader.searchInto(slot.marked, start, end, wantedMarks(this.#needs));
  }

  /** A block of a thread that has ended: one that could not even begin is done without. */
  async #without({ isThere, failed }: Thread, block: PooledBlock): Promise<RecordBatch> {
    if (isThere) throw failed;
    return this.#readHere(block);
  }

  #receive(thread: Thread, message: BatchMessage): void {
    const { block, resolve } = thread.sent.shift()!;
    resolve(message.anew === undefined ? this.#lines(thread, block, message) : events(thread, block, message));
  }

  #lines(thread: Thread, block: PooledBlock, message: BatchMessage): LogRowBatch {
    for (const verdict of message.verdicts) thread.scope.verdicts.push(verdict);
    block.rows.length = message.length;
    return new LogRowBatch({
      format: 'postfix',
      input: block.input,
      bytes: block.bytes,
      rows: block.rows,
      scope: thread.scope,
      accounting: message.accounting,
      malformed: message.malformed,
      sample: message.sample,
      replyText,
      openings: () => (this.#needs.senders ? [] : readOpenings(block.start, block.end, this.#reader)),
      release: () => block.release(),
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}

function events(thread: Thread, block: PooledBlock, message: BatchMessage): WebhookBatch {
  if (message.anew === true) thread.eventScope = newScope(thread.scope.names);
  for (const verdict of message.verdicts) thread.eventScope.verdicts.push(verdict);
  const rows = new EventRows(block.bytes, block.rows, thread.eventScope, replyText);
  rows.length = message.length;
  const { accounting, malformed, sample } = message;
  return new WebhookBatch(block.input, rows, accounting, malformed, sample, () => block.release());
}
