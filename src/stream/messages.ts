/** What threads that read blocks are told, and tell: see workers.ts. */
import type { PackedTable } from '../enrich/table-image.ts';
import type {
  Accounting,
  ErrorCode,
  HeaderSample,
  InputInfo,
  MalformedSample,
  SharedWasmMemory,
  Verdict,
} from '../event/index.ts';
import type { Needs } from '../parse/format.ts';
import type { MarkedLines } from '../parse/scan/log-lines.ts';

/** To a worker, first of all. */
export interface WorkerSetup {
  readonly memory: SharedWasmMemory;
  readonly slots: number;
  /** Where this thread's reader has its things. */
  readonly scratch: number;
  /** Likewise for writing heads. */
  readonly headWriter: number;
  /** Counts the blocks that it has read: shared, one number. */
  readonly blocksRead: Int32Array;
  /** Where the names lie that all share. */
  readonly names: number;
  /** The code table, shared: see CompiledTable. */
  readonly table: readonly PackedTable[];
  readonly needs: Needs;
}

/** To a worker: read the text in a slot. */
export interface BlockMessage {
  readonly slot: number;
  readonly input: InputInfo;
  readonly end: number;
  readonly offset: number;
  readonly truncated: number;
  readonly marked: MarkedLines | undefined;
}

/** From a worker: the slot's rows are written. */
export interface BatchMessage {
  readonly length: number;
  readonly accounting: Accounting;
  readonly malformed: readonly MalformedSample[];
  readonly sample: HeaderSample;
  /** Those made since the last message of a log, or of webhooks. */
  readonly verdicts: readonly Verdict[];
  /** Of webhooks: whether they are numbered anew from here on. */
  readonly anew?: boolean;
}

/** From a worker, instead: it cannot go on, for a reason that people can do something about. */
export interface FailureMessage {
  readonly failure: { readonly code: ErrorCode; readonly message: string; readonly hint: string };
}

/** From a worker, first of all: it is there. */
export const READY = 'ready';
