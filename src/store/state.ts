/**
 * The port: what ingest, report and suppress ask of a store, whatever it is made of. One transaction holds what a batch of lines
 * has added (rollups, ledger, what correlate remembers) and how far each input has been read, so that a kill at any moment loses
 * nothing and counts nothing twice.
 */
import type { ReportFoldOptions, ReportSums } from '../aggregate/report-fold.ts';
import type { LedgerAddress } from '../aggregate/suppression.ts';
import type { CorrelatorChanges, CorrelatorState } from '../correlate/correlator.ts';
import type { KeyMemory } from '../correlate/webhook-messages.ts';
import type { Checkpoint, KeySet } from '../event/index.ts';
import type { LedgerBatch } from './ledger-batch.ts';
import type { RollupBatch } from './rollup.ts';

/** Called at named places of a commit; tests kill the process there. */
export type Failpoint = (name: FailpointName) => void;

export const FAILPOINTS = [
  'created',
  'begun',
  'batch-read',
  'rollup-written',
  'ledger-written',
  'correlate-written',
  'checkpoint-written',
  'committed',
  'closing',
] as const;
export type FailpointName = (typeof FAILPOINTS)[number];

/** What one transaction adds. */
export interface Commit {
  readonly rollup: RollupBatch;
  readonly ledger: LedgerBatch;
  readonly correlate: CorrelatorChanges;
  /** Those that have changed. */
  readonly checkpoints: Iterable<Checkpoint>;
  /** ms since 1970 UTC. */
  readonly now: number;
}

/** Which events a state holds; fixed when it is made, so that its totals mean one thing. */
export interface StateSettings {
  readonly senders: boolean;
  readonly inbound: boolean;
}

/** A period as it can be answered: whole quarter hours. */
export interface Period {
  readonly since: number | undefined;
  readonly until: number | undefined;
  /** Not the period that was asked for: it starts earlier or ends later. */
  readonly widened: boolean;
}

export interface StateReader {
  readonly settings: StateSettings;
  /** What foldReport gives for the events of a period (see widenPeriod); without its ledger, which has a reader of its own; without the servers' words where they might name people. */
  sums(period: Period, options: ReportFoldOptions, withoutAnswers?: boolean): ReportSums;
  /** The ledger in the order of its addresses: a million of them need not be in memory at once. */
  addresses(): IterableIterator<LedgerAddress>;
  /** One address, whatever its case. */
  address(text: string): LedgerAddress | undefined;
  /** All that is read from now on is of one moment, whatever an ingest commits meanwhile, until it is closed. */
  holdStill(): void;
  checkpoints(): (Checkpoint & { readonly committed: number })[];
  /** Rows of each table, for `state show`. */
  counts(): { readonly table: string; readonly rows: number }[];
  /** The first and last event, ms since 1970 UTC. */
  span(): { readonly first: number; readonly last: number } | undefined;
  /** The faults that an integrity check finds; none where it is sound. */
  verify(): string[];
  /** Everything, one text a line, in an order that depends on nothing but the content. */
  export(): IterableIterator<string>;
  close(): void;
}

export interface StateWriter extends StateReader {
  /**
   * Takes the right to write, and waits for it if somebody else has it. Returns false where the state is no longer as this writer
   * left it: whatever was kept in memory of it must be read anew.
   */
  begin(): boolean;
  correlator(): CorrelatorState | undefined;
  /** What correlate remembers of webhooks, too much to be loaded. */
  webhookMemories(now: number): { readonly eventIds: KeyMemory; readonly known: KeyMemory };
  addressCount(): number;
  addressKeys(): KeySet;
  /** Does what can be done of a commit before it: for a batch that still grows, in the time of its transaction. */
  prepare(rollup: RollupBatch): void;
  /** Stores the batch and gives the right to write back. */
  commit(commit: Commit): void;
  /** Gives the right to write back; nothing is stored. */
  rollback(): void;
  /** Removes the rollups of before a moment (of the quarter hour it lies in, none); returns how many rows. Never the ledger. */
  prune(before: number): number;
}

const QUARTER = 15 * 60 * 1000;
/** Beyond every quarter hour that a time stamp can name. */
const LAST_QUARTER = 1_000_000_000;

/** A period as a state can answer it: from the quarter hour of its start to the one of its end, both whole. */
export function widenPeriod(since: number | undefined, until: number | undefined): Period {
  const from = since === undefined ? undefined : Math.floor(since / QUARTER) * QUARTER;
  const to = until === undefined ? undefined : Math.ceil(until / QUARTER) * QUARTER;
  return { since: from, until: to, widened: from !== since || to !== until };
}

/** The quarter hours of a period, the second exclusive. Events without a time (quarter −1) are in the unlimited period only. */
export function quartersOf(period: Period): [from: number, to: number] {
  const unlimited = period.since === undefined && period.until === undefined;
  return [
    period.since === undefined ? (unlimited ? -1 : 0) : Math.floor(period.since / QUARTER),
    period.until === undefined ? LAST_QUARTER : Math.ceil(period.until / QUARTER),
  ];
}
