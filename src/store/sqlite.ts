/** The state in an SQLite file: see sql.ts for its tables, connection.ts for the file. */
import type { ReportFoldOptions, ReportSums } from '../aggregate/report-fold.ts';
import { loadPlain, savePlain } from '../aggregate/save.ts';
import { foldSuppression, type LedgerAddress, type LedgerEntry } from '../aggregate/suppression.ts';
import { QUARTER_MS } from '../aggregate/traffic.ts';
import type { CorrelatorChanges, CorrelatorState } from '../correlate/correlator.ts';
import type { KeyMemory } from '../correlate/webhook-messages.ts';
import { addressKeyOfText, type Checkpoint, KeySet, SmtpEnrichError } from '../event/index.ts';
import { Connection, type Row, type Value } from './connection.ts';
import type { LedgerBatch } from './ledger-batch.ts';
import { fillSums, type StoredSeries } from './report-sums.ts';
import {
  isBefore,
  type Kind,
  NO_DELAY,
  type RollupBatch,
  type Sample,
  type Series,
  type SeriesCells,
} from './rollup.ts';
import { INSERT, QUARTERS_A_WEEK, SQL, TABLE_NAMES } from './sql.ts';
import type { Commit, Failpoint, Period, StateSettings, StateWriter } from './state.ts';
import { quartersOf } from './state.ts';

const DAY_MS = 86_400_000;
/** In the place of a word: as the relay says. */
const IN_RELAY = -1;
/** A relay's host and address, as they stand in it. */
const IN_BRACKETS = /^([^[\]]*)\[([^[\]]*)\]/;
/** An event id that has been told is remembered for so many days after it was read. */
const EVENT_IDS_KEPT = 8;

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
  // What is known of the dictionaries: valid as long as the revision is.
  #words = new Map<string, number>();
  #kinds = new Map<Kind, number>();
  #kindIds: Map<string, number> | undefined;
  #failureKinds: Map<string, number> | undefined;
  #proofs = new Map<string, number>();
  #series = new WeakMap<SeriesCells, number>();
  readonly #nextIds = new Map<string, number>();
  /** The last ids that were there before. */
  readonly #firstIds = new Map<string, number>();
  #madeSeries = new Map<string, number>();
  readonly #memories: StoredKeys[] = [];

  constructor(path: string, options: SqliteOptions) {
    this.#db = Connection.open(path, options.write, options.waitSeconds ?? 30, options.check ?? true);
    this.#writes = options.write;
    this.#failpoint = options.failpoint ?? (() => {});
    this.settings = JSON.parse(this.#meta('settings') ?? '{}') as StateSettings;
  }

  #meta(name: string): string | undefined {
    const row = this.#db.get(SQL.readMeta, name);
    return row === undefined ? undefined : String(row[0]);
  }

  // — writing

  begin(): boolean {
    this.#db.exec('BEGIN IMMEDIATE');
    this.#failpoint('begun');
    const revision = Number(this.#meta('revision'));
    const commits = Number(this.#meta('commits') ?? 0);
    const same = commits === this.#commits;
    this.#commits = commits;
    if (revision !== this.#revision) {
      this.#revision = revision;
      this.#words = new Map();
      this.#kinds = new Map();
      this.#kindIds = undefined;
      this.#failureKinds = undefined;
      this.#proofs = new Map();
      this.#series = new WeakMap();
      this.#nextIds.clear();
      this.#firstIds.clear();
      this.#madeSeries = new Map();
      this.#failures = undefined;
    }
    if (!same) {
      this.#memories.length = 0;
      this.#remembered.clear();
    }
    return same;
  }

  rollback(): void {
    this.#db.forget();
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
  }

  commit(commit: Commit): void {
    try {
      this.#failpoint('batch-read');
      this.#writeRollup(commit.rollup);
      this.#db.flush();
      this.#failpoint('rollup-written');
      this.#writeLedger(commit.ledger);
      this.#db.flush();
      this.#failpoint('ledger-written');
      this.#writeCorrelate(commit.correlate, commit.now);
      this.#db.flush();
      this.#failpoint('correlate-written');
      this.#writeCheckpoints(commit.checkpoints, commit.now);
      this.#failpoint('checkpoint-written');
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
      // The ids given out in it are not in the state.
      this.#revision = -1;
      this.#commits = -1;
      throw error;
    }
    this.#failpoint('committed');
    commit.rollup.clear();
    commit.ledger.clear();
  }

  #nextId(table: keyof typeof SQL.maxId): number {
    const id = this.#lastId(table) + 1;
    this.#nextIds.set(table, id);
    return id;
  }

  #lastId(table: keyof typeof SQL.maxId): number {
    let id = this.#nextIds.get(table);
    if (id === undefined) {
      id = Number(this.#db.get(SQL.maxId[table])?.[0] ?? 0);
      this.#nextIds.set(table, id);
      this.#firstIds.set(table, id);
    }
    return id;
  }

  /** Everything in the table was put there by this writer, and is in its maps: nothing needs to be looked up. */
  #isKnownWhole(table: 'word' | 'series'): boolean {
    this.#lastId(table);
    return this.#firstIds.get(table) === 0;
  }

  #word(text: string | undefined): number {
    if (text === undefined) return 0;
    let id = this.#words.get(text);
    if (id === undefined) {
      const row = this.#isKnownWhole('word') ? undefined : this.#db.get(SQL.findWord, text);
      if (row !== undefined) id = Number(row[0]);
      else {
        id = this.#nextId('word');
        this.#db.insert(INSERT.word, id, text);
      }
      this.#words.set(text, id);
    }
    return id;
  }

  #kind(kind: Kind): number {
    let id = this.#kinds.get(kind);
    if (id !== undefined) return id;
    this.#kindIds ??= new Map(
      this.#db.all(SQL.kinds).map(([stored, ...members]) => [members.join('\0'), Number(stored)]),
    );
    const members = [kind.event, kind.corrects, Number(kind.first), Number(kind.suspended), kind.bounce_type];
    const key = members.join('\0');
    id = this.#kindIds.get(key);
    if (id === undefined) {
      id = this.#nextId('kind');
      this.#db.run(SQL.addKind, id, ...members);
      this.#kindIds.set(key, id);
    }
    this.#kinds.set(kind, id);
    return id;
  }

  #seriesId(cells: SeriesCells): number {
    let id = this.#series.get(cells);
    if (id !== undefined) return id;
    const { series } = cells;
    const { relay, relay_host, relay_ip } = series;
    // `mx.example.com[192.0.2.1]:25`: host and address stand in the relay, and need no words of their own.
    const inRelay = relay !== undefined && IN_BRACKETS.exec(relay)?.[0] === `${relay_host}[${relay_ip}]`;
    const columns = [
      this.#word(series.domain),
      this.#word(series.relay),
      this.#kind(series.kind),
      this.#word(series.rule),
      this.#word(series.host),
      this.#word(series.sender),
      this.#word(series.provider),
      inRelay ? IN_RELAY : this.#word(relay_host),
      inRelay ? IN_RELAY : this.#word(relay_ip),
      this.#word(series.format),
      this.#word(series.category),
      series.reply_code,
      this.#word(series.enhanced_code),
      this.#word(series.layer),
    ];
    // Two chains of maps may lead to one series: known by its columns, not by the chain.
    const key = columns.join();
    const made = this.#madeSeries.get(key);
    const row =
      made !== undefined ? [made] : this.#isKnownWhole('series') ? undefined : this.#db.get(SQL.findSeries, ...columns);
    if (row !== undefined) id = Number(row[0]);
    else {
      id = this.#nextId('series');
      this.#db.insert(INSERT.series, id, ...columns);
      this.#madeSeries.set(key, id);
    }
    this.#series.set(cells, id);
    return id;
  }

  #writeRollup(rollup: RollupBatch): void {
    const before = this.#lastId('series');
    // In the order of the table, so that neighbours are written together.
    const dirty = [...rollup.dirty].map((cells) => [this.#seriesId(cells), cells] as const).sort((a, b) => a[0] - b[0]);
    for (const [series, { cells }] of dirty)
      for (const cell of cells) {
        const { quarter } = cell;
        const week = Math.floor(quarter / QUARTERS_A_WEEK);
        let left = cell.events;
        if (cell.inBucket > 0) {
          this.#db.insert(INSERT.rollup, week, series, cell.bucket, quarter, cell.inBucket, 0);
          left -= cell.inBucket;
        }
        for (const [bucket, events] of cell.buckets ?? []) {
          this.#db.insert(INSERT.rollup, week, series, bucket, quarter, events, 0);
          left -= events;
        }
        if (left > 0 || cell.bytes > 0)
          this.#db.insert(INSERT.rollup, week, series, NO_DELAY, quarter, left, cell.bytes);
        if (cell.sample !== undefined) this.#writeSample(week, series, quarter, cell.sample, series > before);
      }
    for (const sum of rollup.quarters())
      this.#db.run(
        SQL.addQuarterKind,
        sum.quarter,
        this.#kind(sum.kind),
        sum.events,
        sum.bytes,
        finite(sum.first),
        finite(sum.last),
      );
  }

  #writeSample(week: number, series: number, quarter: number, sample: Sample, isNew: boolean): void {
    const row = isNew ? undefined : this.#db.get(SQL.findSample, week, series, quarter);
    let best = sample;
    let { last } = sample;
    if (row !== undefined) {
      const known = sampleOf(row);
      if (!isBefore(sample, known)) best = known;
      last = Number.isNaN(last) ? known.last : Math.max(last, known.last);
    }
    this.#db.insert(
      INSERT.sample,
      week,
      series,
      quarter,
      finite(best.first),
      finite(last),
      best.answer,
      best.queue_id,
      best.matched,
    );
  }

  #writeLedger(batch: LedgerBatch): void {
    const fold = foldSuppression();
    for (const [key, known] of batch.addresses) {
      const isNew = batch.stored !== undefined && !batch.stored.has(addressKeyOfText(key));
      const stored = isNew ? undefined : this.#address(key);
      let merged = known;
      if (stored !== undefined) {
        const sum = { addresses: new Map([[key, stored]]), deliveries: null };
        fold.merge(sum, { addresses: new Map([[key, known]]), deliveries: null });
        merged = sum.addresses.get(key)!;
        merged.last_delivery = Math.max(merged.last_delivery, batch.before.get(key) ?? Number.NEGATIVE_INFINITY);
      }
      this.#db.insert(INSERT.address, key, merged.address, finite(merged.last_delivery));
      for (const entry of merged.entries) this.#writeFailure(key, entry);
    }
    for (const [key, time] of batch.before) if (!batch.addresses.has(key)) this.#db.run(SQL.noteDelivery, time, key);
  }

  #writeFailure(key: string, entry: LedgerEntry): void {
    const { evidence } = entry;
    this.#db.insert(
      INSERT.failure,
      key,
      this.#failureKind(entry),
      entry.first,
      entry.last,
      entry.count,
      // Of one failure the day is that of its time.
      entry.count === 1 ? '' : entry.days.join(','),
      evidence.queue_id,
      evidence.answer,
      this.#proof(entry),
    );
  }

  #failureKind({ kind }: LedgerEntry): number {
    this.#failureKinds ??= new Map(
      this.#db.all(SQL.failureKinds).map(([id, ...members]) => [members.join('\0'), Number(id)]),
    );
    const members: Value[] = [
      kind.category,
      kind.layer,
      kind.fault,
      kind.reply_code,
      kind.command,
      Number(kind.without_text),
      Number(kind.own_domain),
    ];
    const key = members.join('\0');
    let id = this.#failureKinds.get(key);
    if (id === undefined) {
      id = this.#nextId('failure_kind');
      this.#db.run(SQL.addFailureKind, id, ...members);
      this.#failureKinds.set(key, id);
    }
    return id;
  }

  #proof({ evidence }: LedgerEntry): number {
    const members = [
      evidence.matched,
      evidence.rule,
      evidence.host,
      evidence.input,
      evidence.enhanced_code,
      evidence.format,
      evidence.layer,
    ];
    const key = members.join('\0');
    let id = this.#proofs.get(key);
    if (id === undefined) {
      const row = this.#db.get(SQL.findProof, ...members);
      if (row !== undefined) id = Number(row[0]);
      else {
        id = this.#nextId('proof');
        this.#db.insert(INSERT.proof, id, ...members);
      }
      if (this.#proofs.size > 100_000) this.#proofs.clear();
      this.#proofs.set(key, id);
    }
    return id;
  }

  #writeCorrelate({ log, webhookRotated }: CorrelatorChanges, now: number): void {
    for (const part of ['open', 'openings', 'hops'] as const) {
      for (const key of log[part].removed) this.#db.run(SQL.removeOpenMessage, part, key);
      for (const [key, value] of log[part].put)
        this.#db.insert(INSERT.openMessage, this.#nextId('open_message'), part, key, JSON.stringify(value));
    }
    const { recent, filtering, swept, strangers } = log.rest;
    this.#remember('recent_keys', JSON.stringify({ old: pack(recent.old), young: pack(recent.young) }));
    this.#remember('correlate', JSON.stringify(savePlain({ filtering, swept, strangers, webhookRotated })));
    for (const memory of this.#memories) memory.write();
    const today = Math.floor(now / DAY_MS);
    if (this.#memories.length > 0) this.#db.run(SQL.pruneWebhookKeys, 'event', today - EVENT_IDS_KEPT);
  }

  readonly #remembered = new Map<string, string>();

  /** Writes a value that has changed since it was last written here. */
  #remember(name: string, value: string): void {
    if (this.#remembered.get(name) === value) return;
    this.#db.run(SQL.writeMeta, name, value);
    this.#remembered.set(name, value);
  }

  #writeCheckpoints(checkpoints: Iterable<Checkpoint>, now: number): void {
    for (const checkpoint of checkpoints) {
      if (checkpoint.id === 0) checkpoint.id = this.#nextId('checkpoint');
      const { accounting } = checkpoint;
      this.#db.run(
        SQL.putCheckpoint,
        checkpoint.id,
        checkpoint.path,
        checkpoint.format,
        checkpoint.device,
        checkpoint.inode,
        Number(checkpoint.packed),
        checkpoint.size,
        checkpoint.modified,
        checkpoint.print,
        checkpoint.head_length,
        checkpoint.head_hash,
        checkpoint.offset,
        checkpoint.tail_hash,
        Number(checkpoint.settled),
        finite(checkpoint.clock_year),
        finite(checkpoint.clock_last),
        now,
        accounting.lines,
        accounting.event,
        accounting.context,
        accounting.ignored,
        accounting.malformed,
        accounting.truncated,
      );
    }
  }

  prune(before: number): number {
    const quarter = Math.floor(before / QUARTER_MS);
    const week = Math.floor(quarter / QUARTERS_A_WEEK);
    const rows = (): number => Number(this.#db.get(SQL.countRows('rollup'))![0]);
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const start = rows();
      this.#db.run(SQL.pruneRollup, week, quarter);
      this.#db.run(SQL.pruneSamples, week, quarter);
      this.#db.run(SQL.pruneQuarterKinds, quarter);
      this.#db.exec(SQL.pruneSeries);
      this.#db.run(SQL.writeMeta, 'revision', String(Number(this.#meta('revision')) + 1));
      const removed = start - rows();
      this.#db.exec('COMMIT');
      return removed;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  // — what ingest reads

  correlator(): CorrelatorState | undefined {
    const rest = this.#meta('correlate');
    if (rest === undefined) return undefined;
    const recent = JSON.parse(this.#meta('recent_keys')!) as { old: string; young: string };
    const { filtering, swept, strangers, webhookRotated } = loadPlain(JSON.parse(rest)) as {
      filtering: boolean;
      strangers: [relay: string, withoutReturn: number][];
      swept: number;
      webhookRotated: number;
    };
    const parts: Record<string, [number, unknown][]> = { open: [], openings: [], hops: [] };
    for (const [part, key, value] of this.#db.rows(SQL.openMessages))
      parts[String(part)]!.push([Number(key), timed(JSON.parse(String(value)))]);
    return {
      log: {
        ...(parts as unknown as Pick<CorrelatorState['log'], 'open' | 'openings' | 'hops'>),
        recent: { old: unpack(recent.old), young: unpack(recent.young) },
        filtering,
        strangers,
        swept,
      },
      webhook: { eventIds: { old: [], young: [] }, known: { old: [], young: [] }, rotated: webhookRotated },
    };
  }

  webhookMemories(now: number): { readonly eventIds: KeyMemory; readonly known: KeyMemory } {
    this.#memories.length = 0;
    const eventIds = new StoredKeys(this.#db, 'event', Math.floor(now / DAY_MS), EVENT_IDS_KEPT);
    const known = new StoredKeys(
      this.#db,
      'message',
      Number(this.#meta('message_generation') ?? 0),
      1,
      (generation) => {
        this.#db.run(SQL.writeMeta, 'message_generation', String(generation));
        this.#db.run(SQL.pruneWebhookKeys, 'message', generation - 1);
      },
    );
    this.#memories.push(eventIds, known);
    return { eventIds, known };
  }

  addressCount(): number {
    return Number(this.#db.get(SQL.addressCount)![0]);
  }

  addressKeys(): KeySet {
    const keys = new KeySet();
    for (const [key] of this.#db.rows(SQL.addressKeys)) keys.add(addressKeyOfText(String(key)));
    return keys;
  }

  checkpoints(): (Checkpoint & { committed: number })[] {
    return this.#db.all(SQL.checkpoints).map(checkpointOf);
  }

  // — what reports read

  sums(period: Period, options: ReportFoldOptions, withoutAnswers = false): ReportSums {
    const [from, to] = quartersOf(period);
    const bounds: Value[] = [Math.floor(from / QUARTERS_A_WEEK), Math.floor((to - 1) / QUARTERS_A_WEEK), from, to];
    return this.#atOneMoment(() =>
      fillSums(
        {
          kinds: this.#kindsById(),
          series: this.#seriesById(),
          rollup: this.#db.rows(SQL.sumRollup, ...bounds),
          samples: this.#db.rows(SQL.samples, ...bounds),
          quarters: this.#db.rows(SQL.quarterKinds, from, to),
        },
        options,
        withoutAnswers,
      ),
    );
  }

  /** Several queries see one state, whatever an ingest commits meanwhile. */
  #atOneMoment<T>(read: () => T): T {
    if (this.#db.inTransaction) return read();
    this.#db.exec('BEGIN');
    try {
      return read();
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  #kindsById(): Map<number, Kind> {
    return new Map(
      this.#db.all(SQL.kinds).map(([id, event, corrects, first, suspended, bounce_type]) => [
        Number(id),
        {
          event: event as Kind['event'],
          corrects: String(corrects),
          first: first === 1,
          suspended: suspended === 1,
          bounce_type: String(bounce_type),
        },
      ]),
    );
  }

  *#seriesById(): IterableIterator<StoredSeries> {
    const kinds = this.#kindsById();
    for (const row of this.#db.rows(SQL.seriesWords)) {
      const text = (index: number): string | undefined => (row[index] === null ? undefined : String(row[index]));
      const inRelay = row[15] === IN_RELAY ? IN_BRACKETS.exec(String(row[6])) : null;
      const series: Series = {
        kind: kinds.get(Number(row[1]))!,
        format: text(2) ?? '',
        host: text(3),
        domain: text(4),
        provider: text(5),
        relay: text(6),
        relay_host: inRelay?.[1] ?? text(7),
        relay_ip: inRelay?.[2] ?? text(8),
        sender: text(9),
        category: text(10) ?? '',
        reply_code: Number(row[11]),
        enhanced_code: text(12),
        layer: text(13) ?? '',
        rule: text(14) ?? '',
      };
      yield { id: Number(row[0]), series };
    }
  }

  *addresses(): IterableIterator<LedgerAddress> {
    const reader = new FailureReader(this.#db);
    reader.preload();
    let key: Value = null;
    let known: LedgerAddress | undefined;
    for (const row of this.#db.rows(SQL.ledger)) {
      if (row[0] !== key || known === undefined) {
        if (known !== undefined) yield known;
        key = row[0]!;
        known = { address: String(row[1] ?? key), entries: [], last_delivery: time(row[2]!, Number.NEGATIVE_INFINITY) };
      }
      known.entries.push(reader.entry(row, 3));
    }
    if (known !== undefined) yield known;
  }

  address(text: string): LedgerAddress | undefined {
    return this.#address(text.toLowerCase());
  }

  #failures: FailureReader | undefined;

  #address(key: string): LedgerAddress | undefined {
    const row = this.#db.get(SQL.findAddress, key);
    if (row === undefined) return undefined;
    this.#failures ??= new FailureReader(this.#db);
    const reader = this.#failures;
    return {
      address: String(row[0]),
      entries: this.#db.all(SQL.failuresOf, key).map((failure) => reader.entry(failure, 0)),
      last_delivery: time(row[1]!, Number.NEGATIVE_INFINITY),
    };
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

  *export(): IterableIterator<string> {
    yield JSON.stringify({ part: 'settings', ...this.settings });
    const series = new Map<number, string>();
    for (const { id, series: words } of this.#seriesById()) series.set(id, JSON.stringify(words));
    const lines: string[] = [];
    for (const [id, bucket, quarter, events, bytes] of this.#db.rows(SQL.rollupRows))
      lines.push(
        `{"part":"rollup","quarter":${quarter},"series":${series.get(Number(id))},"bucket":${bucket},"events":${events},"bytes":${bytes}}`,
      );
    for (const [id, quarter, first, last, answer, queue_id, matched] of this.#db.rows(SQL.sampleRows))
      lines.push(
        `{"part":"sample","quarter":${quarter},"series":${series.get(Number(id))},"sample":${JSON.stringify([first, last, answer, queue_id, matched])}}`,
      );
    const kinds = this.#kindsById();
    for (const [quarter, kind, ...sums] of this.#db.rows(SQL.quarterKinds, -1, Number.MAX_SAFE_INTEGER))
      lines.push(
        `{"part":"quarter","quarter":${quarter},"kind":${JSON.stringify(kinds.get(Number(kind)))},"sums":${JSON.stringify(sums)}}`,
      );
    yield* lines.sort();
    for (const known of this.addresses()) {
      known.entries.sort((a, b) => (JSON.stringify(a.kind) < JSON.stringify(b.kind) ? -1 : 1));
      yield JSON.stringify({ part: 'ledger', ...known, last_delivery: finite(known.last_delivery) });
    }
    const open = this.#db
      .all(SQL.openMessages)
      .map(([part, key, value]) => `{"part":"${part}","key":${key},"value":${value}}`);
    yield* open.sort();
    for (const { id: _id, committed: _committed, ...checkpoint } of this.checkpoints())
      yield JSON.stringify({ part: 'checkpoint', ...(savePlain(checkpoint) as object) });
  }

  close(): void {
    this.rollback();
    try {
      if (this.#writes) {
        this.#failpoint('closing');
        // So that a copy of the one file is a copy of all.
        this.#db.all('PRAGMA wal_checkpoint(TRUNCATE)');
      }
    } finally {
      this.#db.close();
    }
  }
}

/** Keys of webhooks: looked up in the table, added to it with the commit. */
class StoredKeys implements KeyMemory {
  readonly #db: Connection;
  readonly #part: string;
  readonly #rotated: (generation: number) => void;
  #generation: number;
  /** Keys of so many generations back are remembered. */
  readonly #kept: number;
  #added = new Map<number, number>();

  constructor(
    db: Connection,
    part: string,
    generation: number,
    kept: number,
    rotated: (generation: number) => void = () => {},
  ) {
    this.#kept = kept;
    this.#db = db;
    this.#part = part;
    this.#generation = generation;
    this.#rotated = rotated;
  }

  has(key: number): boolean {
    return this.#added.has(key) || this.#isStored(key);
  }

  #isStored(key: number): boolean {
    const row = this.#db.get(SQL.hasWebhookKey, this.#part, key);
    return row !== undefined && Number(row[0]) >= this.#generation - this.#kept;
  }

  add(key: number): void {
    this.#added.set(key, this.#generation);
  }

  rotate(): void {
    this.#generation++;
    for (const [key, generation] of this.#added) if (generation < this.#generation - 1) this.#added.delete(key);
  }

  write(): void {
    for (const [key, generation] of this.#added) this.#db.insert(INSERT.webhookKey, this.#part, key, generation);
    this.#added = new Map();
    this.#rotated(this.#generation);
  }
}

/** Rows of the table of failures as entries of a ledger; kinds and proofs are shared. */
class FailureReader {
  readonly #kinds = new Map<number, LedgerEntry['kind']>();
  readonly #proofs = new Map<number, Row>();
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** All proofs at once, for a walk through all addresses. */
  preload(): void {
    for (const [id, ...proof] of this.#db.rows(SQL.proofs)) this.#proofs.set(Number(id), proof);
  }

  #kind(id: number): LedgerEntry['kind'] {
    // While writing, kinds are added all the time.
    if (!this.#kinds.has(id))
      for (const [known, category, layer, fault, reply_code, command, without_text, own_domain] of this.#db.all(
        SQL.failureKinds,
      ))
        this.#kinds.set(Number(known), {
          category: category as LedgerEntry['kind']['category'],
          layer: layer as LedgerEntry['kind']['layer'],
          fault: fault as LedgerEntry['kind']['fault'],
          reply_code: Number(reply_code),
          command: String(command),
          without_text: without_text === 1,
          own_domain: own_domain === 1,
        });
    return this.#kinds.get(id)!;
  }

  entry(row: Row, at: number): LedgerEntry {
    const first = Number(row[at + 1]);
    const count = Number(row[at + 3]);
    const days = String(row[at + 4]);
    const id = Number(row[at + 7]);
    let proof = this.#proofs.get(id);
    if (proof === undefined) {
      proof = this.#db.get(SQL.proof, id)!;
      this.#proofs.set(id, proof);
    }
    return {
      kind: this.#kind(Number(row[at])),
      first,
      last: Number(row[at + 2]),
      count,
      days: days === '' ? [Math.floor(first / DAY_MS)] : days.split(',').map(Number),
      evidence: {
        host: String(proof[0]),
        queue_id: String(row[at + 5]),
        format: String(proof[1]),
        input: String(proof[2]),
        answer: String(row[at + 6]),
        enhanced_code: String(proof[3]),
        layer: proof[4] as LedgerEntry['evidence']['layer'],
        rule: String(proof[5]),
        matched: String(proof[6]),
      },
    };
  }
}

function checkpointOf(row: Row): Checkpoint & { committed: number } {
  const number = (index: number): number => Number(row[index]);
  const text = (index: number): string => String(row[index]);
  return {
    id: number(0),
    path: text(1),
    format: text(2),
    device: text(3),
    inode: text(4),
    packed: row[5] === 1,
    size: number(6),
    modified: number(7),
    print: text(8),
    head_length: number(9),
    head_hash: text(10),
    offset: number(11),
    tail_hash: text(12),
    settled: row[13] === 1,
    clock_year: time(row[14]!, Number.NaN),
    clock_last: time(row[15]!, Number.NaN),
    committed: number(16),
    accounting: {
      lines: number(17),
      event: number(18),
      context: number(19),
      ignored: number(20),
      malformed: number(21),
      truncated: number(22),
    },
  };
}

function sampleOf(row: Row): Sample {
  return {
    first: time(row[0]!, Number.NaN),
    last: time(row[1]!, Number.NaN),
    answer: String(row[2]),
    queue_id: String(row[3]),
    matched: String(row[4]),
  };
}

/** SQL knows neither NaN nor Infinity. */
function finite(number: number): number | null {
  return Number.isFinite(number) ? number : null;
}

function time(value: Value, absent: number): number {
  return value === null ? absent : Number(value);
}

/** JSON has no word for NaN, the time of lines without one. */
function timed(value: Record<string, unknown> | Record<string, unknown>[]): unknown {
  if (Array.isArray(value)) for (const hop of value) hop.time ??= Number.NaN;
  else if ('last' in value) value.last ??= Number.NaN;
  return value;
}

function pack(keys: readonly number[]): string {
  return Buffer.from(Float64Array.from(keys).buffer).toString('base64');
}

function unpack(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  return [...new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))];
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
