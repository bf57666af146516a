/** The state in an SQLite file: see sql.ts for its tables, connection.ts for the file. */
import type { ReportFoldOptions, ReportSums } from '../aggregate/report-fold.ts';
import type { LedgerAddress } from '../aggregate/suppression.ts';
import type { CorrelatorState } from '../correlate/correlator.ts';
import type { KeyMemory } from '../correlate/webhook-messages.ts';
import { type KeySet, SmtpEnrichError } from '../event/index.ts';
import { CheckpointTable, type StoredCheckpoint } from './checkpoint-table.ts';
import { Connection } from './connection.ts';
import { CorrelateTables } from './correlate-tables.ts';
import { Dictionary } from './dictionary.ts';
import { exportLines } from './export.ts';
import { Ids } from './ids.ts';
import { LedgerTables } from './ledger-tables.ts';
import type { RollupBatch } from './rollup.ts';
import { RollupTables } from './rollup-tables.ts';
import { SQL, TABLE_NAMES } from './sql.ts';
import type { Commit, Failpoint, Period, StateSettings, StateWriter } from './state.ts';

export interface SqliteOptions {
  readonly write: boolean;
  /** How long to wait for somebody else's commit. */
  readonly waitSeconds?: number;
  readonly failpoint?: Failpoint;
  /** Whether a small state is checked whole; tests that open the same one again and again do without. */
  readonly check?: boolean;
}

/** Makes a state unless there is one. */
export function createState(path: string, settings: StateSettings, failpoint?: Failpoint): void {
  Connection.create(path, JSON.stringify(settings));
  failpoint?.('created');
}

export class SqliteState implements StateWriter {
  readonly settings: StateSettings;
  readonly #db: Connection;
  readonly #failpoint: Failpoint;
  readonly #writes: boolean;
  /** Counts every change of what is stored. */
  #revision = -1;
  /** Counts the ingests' commits: another's change what a writer has in memory. */
  #commits = -1;
  /** Something was written in the transaction before its commit. */
  #prepared = false;
  readonly #ids: Ids;
  readonly #dictionary: Dictionary;
  readonly #rollup: RollupTables;
  readonly #ledger: LedgerTables;
  readonly #correlate: CorrelateTables;
  readonly #checkpoints: CheckpointTable;

  constructor(path: string, options: SqliteOptions) {
    this.#db = Connection.open(path, options.write, options.waitSeconds ?? 30, options.check ?? true);
    this.#writes = options.write;
    this.#failpoint = options.failpoint ?? (() => {});
    this.settings = JSON.parse(this.#db.meta('settings') ?? '{}') as StateSettings;
    this.#ids = new Ids(this.#db);
    this.#dictionary = new Dictionary(this.#db, this.#ids);
    this.#rollup = new RollupTables(this.#db, this.#ids, this.#dictionary);
    this.#ledger = new LedgerTables(this.#db, this.#ids);
    this.#correlate = new CorrelateTables(this.#db, this.#ids);
    this.#checkpoints = new CheckpointTable(this.#db, this.#ids);
  }

  // — writing

  begin(): boolean {
    this.#db.exec('BEGIN IMMEDIATE');
    this.#failpoint('begun');
    const revision = Number(this.#db.meta('revision'));
    const commits = Number(this.#db.meta('commits') ?? 0);
    const same = commits === this.#commits;
    this.#commits = commits;
    if (revision !== this.#revision) {
      this.#revision = revision;
      this.#ids.forget();
      this.#dictionary.forget();
      this.#ledger.forget();
    }
    if (!same) this.#correlate.forget();
    return same;
  }

  rollback(): void {
    this.#db.forget();
    if (this.#prepared) this.#forget();
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
  }

  prepare(rollup: RollupBatch): void {
    this.#prepared = true;
    this.#rollup.prepare(rollup);
  }

  /** The ids that were given out are not in the state: all is read anew. */
  #forget(): void {
    this.#revision = -1;
    this.#commits = -1;
    this.#prepared = false;
    this.#rollup.forget();
  }

  commit(commit: Commit): void {
    try {
      this.#failpoint('batch-read');
      this.#rollup.write(commit.rollup);
      this.#db.flush();
      this.#failpoint('rollup-written');
      this.#ledger.write(commit.ledger);
      this.#db.flush();
      this.#failpoint('ledger-written');
      this.#correlate.write(commit.correlate, commit.now);
      this.#db.flush();
      this.#failpoint('correlate-written');
      this.#checkpoints.write(commit.checkpoints, commit.now);
      this.#failpoint('checkpoint-written');
      this.#ids.write();
      this.#revision++;
      this.#commits++;
      this.#db.run(SQL.writeMeta, 'revision', String(this.#revision));
      this.#db.run(SQL.writeMeta, 'commits', String(this.#commits));
      this.#db.exec('COMMIT');
    } catch (error) {
      try {
        this.rollback();
      } catch {
        // the first error says more
      }
      this.#forget();
      throw error;
    }
    this.#prepared = false;
    this.#failpoint('committed');
    commit.rollup.clear();
    commit.ledger.clear();
  }

  prune(before: number): number {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const removed = this.#rollup.prune(before);
      this.#db.run(SQL.writeMeta, 'revision', String(Number(this.#db.meta('revision')) + 1));
      this.#db.exec('COMMIT');
      return removed;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  // — what ingest reads

  correlator(): CorrelatorState | undefined {
    return this.#correlate.read();
  }

  webhookMemories(now: number): { readonly eventIds: KeyMemory; readonly known: KeyMemory } {
    return this.#correlate.webhookMemories(now);
  }

  addressCount(): number {
    return this.#ledger.count();
  }

  addressKeys(): KeySet {
    return this.#ledger.keys();
  }

  checkpoints(): StoredCheckpoint[] {
    return this.#checkpoints.all();
  }

  // — what reports read

  holdStill(): void {
    this.#db.exec('BEGIN');
  }

  sums(period: Period, options: ReportFoldOptions, withoutAnswers = false): ReportSums {
    const end = this.#db.readOneMoment();
    try {
      return this.#rollup.sums(period, options, withoutAnswers);
    } finally {
      end();
    }
  }

  *addresses(): IterableIterator<LedgerAddress> {
    const end = this.#db.readOneMoment();
    try {
      yield* this.#ledger.addresses();
    } finally {
      end();
    }
  }

  address(text: string): LedgerAddress | undefined {
    return this.#ledger.address(text);
  }

  counts(): { table: string; rows: number }[] {
    return TABLE_NAMES.map((table) => ({ table, rows: Number(this.#db.get(SQL.countRows(table))![0]) }));
  }

  span(): { first: number; last: number } | undefined {
    const [first, last] = this.#db.get(SQL.span) ?? [null, null];
    return first === null || last === null ? undefined : { first: Number(first), last: Number(last) };
  }

  verify(): string[] {
    const faults = this.#db.verify();
    // What is stored is looked at only where it can be read.
    return faults.length > 0 ? faults : this.#db.all(SQL.faults).map(([text]) => String(text));
  }

  export(): IterableIterator<string> {
    return exportLines(this.#db, {
      settings: this.settings,
      ledger: this.addresses(),
      checkpoints: this.checkpoints(),
    });
  }

  close(): void {
    this.rollback();
    if (!this.#writes) {
      this.#db.close();
      return;
    }
    try {
      this.#failpoint('closing');
    } catch (error) {
      this.#db.close();
      throw error;
    }
    this.#db.closeWritten();
  }
}

/** A state for a report: there, and only read. */
export function openStateForReading(path: string, waitSeconds = 30, check = true): SqliteState {
  return new SqliteState(path, { write: false, waitSeconds, check });
}

/** Settings that differ from those a state was made with would give its totals two meanings. */
export function checkSettings(state: SqliteState, path: string, asked: Partial<StateSettings>): void {
  for (const name of ['senders', 'inbound'] as const)
    if (asked[name] === true && !state.settings[name])
      throw new SmtpEnrichError(
        'STATE',
        `${path} was made without --${name}: what it has counted so far lacks them`,
        'Make another state with it, and ingest the logs anew.',
      );
}
