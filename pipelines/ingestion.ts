/**
 * Reads what is new in log files into a state: once, whatever they are called by now. One pass is: take the right to write, look
 * which content each file holds, read the unread parts in time order, commit with the place of each.
 */
import { Correlator } from '../src/correlate/correlator.ts';
import {
  addAccounting,
  type Checkpoint,
  HEAD_BYTES,
  type InputReport,
  KeySet,
  SmtpEnrichError,
} from '../src/event/index.ts';
import { type Doubt, Lineage, newCheckpoint } from '../src/source/lineage.ts';
import { LogFile } from '../src/source/log-file.ts';
import { fingerprint, type Position } from '../src/source/position.ts';
import type { ByteReader } from '../src/source/source.ts';
import { bytesReader, stdinSource } from '../src/source/stream.ts';
import { trailOf } from '../src/source/trail.ts';
import { RollupBatch } from '../src/store/rollup.ts';
import type { StateWriter } from '../src/store/state.ts';
import { type BatchEnd, createEngine, type Engine, type EventOptions, runInputs } from '../src/stream/events.ts';
import { type OpenInput, openInputs } from '../src/stream/inputs.ts';
import { IngestSums } from './ingest-sums.ts';
import { cutOf, doubtOf, gapOf, type Item, isFinal, lookAtFiles } from './log-files.ts';
import type { Io } from './pipeline.ts';
import { readThrough } from './read-through.ts';

/** From so many addresses that took mail, their hashes are loaded instead of looking each up in the state. */
const MANY_DELIVERIES = 5000;
/** Bytes of log after which what was gathered for speed is dropped and gathered anew. */
const RENEWED_AFTER = 2e9;
/** Of less log in one go, each delivery's event is added: to count by numbers has to be prepared. */
const COUNTED_FROM = 4e6;
/** After so many bytes, what is new is prepared for the commit: while this thread does so, others read on, as they cannot in a commit. */
const PREPARED_EVERY = 64e6;
/** Sums under way between two commits: bounds the memory. */
const MOST_CELLS = 500_000;

export interface IngestOptions extends Omit<EventOptions, 'sources'> {
  /** A commit after so many milliseconds, or so many bytes of log. */
  readonly commitAfter: number;
  readonly commitBytes: number;
  /**
   * From so many bytes of log in one go on, deliveries are counted by their numbers; after so many more, a commit is prepared. Tests
   * compare the one way with the other.
   */
  readonly countedFrom?: number;
  readonly preparedEvery?: number;
  /** Milliseconds, from any start; never goes back. */
  readonly clock: () => number;
  /** Told of each gap when it is found: before anything is stored that lets it be forgotten. */
  readonly onGap?: (gap: string) => void;
  /** Asked after each block: true ends the pass with a commit of what has been read. */
  readonly stopped?: () => boolean;
}

/** Not an error: somebody asked for an end. */
class Stopped extends Error {}

export interface PassResult {
  readonly reports: readonly InputReport[];
  /** What is known to be missing, a whole sentence each. */
  readonly gaps: readonly string[];
  /** Files in which nothing was new. */
  readonly unchanged: number;
  /** Bytes of last lines that wait for their line feed. */
  readonly waiting: number;
}

export class Ingestion {
  readonly #state: StateWriter;
  readonly #options: IngestOptions;
  #lineage = new Lineage([]);
  #correlator!: Correlator;
  readonly #sums: IngestSums;
  /** Checkpoints that have changed since the last commit, with their place where that has. */
  readonly #dirty = new Map<Checkpoint, Position | undefined>();
  /** Checkpoints as they are stored, to see whether one has changed. */
  readonly #stored = new Map<Checkpoint, string>();
  #bytes = 0;
  #preparedAt = 0;
  #committed = 0;
  /** Kept from pass to pass, with the dictionaries it has gathered; made anew now and then, for those only grow. */
  #engine: Engine | undefined;
  #sinceRenewed = 0;

  constructor(state: StateWriter, options: IngestOptions) {
    this.#state = state;
    this.#options = options;
    this.#sums = new IngestSums(state.settings.senders);
  }

  /** One pass over the files. */
  async pass(names: readonly string[], now: number): Promise<PassResult> {
    this.#begin(now);
    const files: LogFile[] = [];
    try {
      for (const name of new Set(names)) files.push(await LogFile.open(name));
      return await this.#read(files, now);
    } catch (error) {
      if (error instanceof Stopped) return { reports: [], gaps: [], unchanged: 0, waiting: 0 };
      this.#state.rollback();
      throw error;
    } finally {
      for (const file of files) await file.close();
    }
  }

  /** Standard input: all of it or nothing, once for each name it is given. */
  async stdin(id: string, io: Io): Promise<PassResult> {
    this.#begin(io.now);
    try {
      const source = stdinSource(io.stdin);
      const [input] = await openInputs([source], this.#options);
      const path = `input-id:${id}`;
      const known = this.#state.checkpoints().find((checkpoint) => checkpoint.path === path);
      const head = input!.head.subarray(0, HEAD_BYTES);
      if (known !== undefined) {
        this.#state.rollback();
        const { beginning, offset, tail } = await readThrough(input!, known.head_length);
        if (
          fingerprint(beginning) !== known.head_hash ||
          offset !== known.offset ||
          fingerprint(tail) !== known.tail_hash
        )
          throw new SmtpEnrichError(
            'STATE',
            `--input-id ${id} names another input already, of ${known.offset} bytes (this one: ${offset})`,
            'Nothing was counted. Give each input a name of its own.',
          );
        return { reports: [], gaps: [], unchanged: 1, waiting: 0 };
      }
      const checkpoint: Checkpoint = {
        ...newCheckpoint(path),
        format: input!.info.format,
        head_length: head.length,
        head_hash: fingerprint(head),
        settled: true,
      };
      const reports = await runInputs(
        [input!],
        this.#correlator,
        { ...this.#options, places: true },
        {
          event: (event) => this.#sums.add(event),
          endBatch: (done) => {
            this.#count(checkpoint, done);
            return undefined;
          },
        },
      );
      checkpoint.size = checkpoint.offset;
      this.#dirty.set(checkpoint, this.#dirty.get(checkpoint));
      this.#commit(io.now);
      return { reports, gaps: [], unchanged: 0, waiting: 0 };
    } catch (error) {
      this.#state.rollback();
      throw error;
    }
  }

  /** Takes the right to write; reads anew what somebody else may have changed. */
  #begin(now: number): void {
    const { senders } = this.#state.settings;
    this.#committed = this.#options.clock();
    this.#bytes = 0;
    this.#preparedAt = 0;
    const same = this.#state.begin();
    if (this.#sinceRenewed > RENEWED_AFTER) {
      this.#forgetEngine();
      this.#sums.rollup = new RollupBatch(senders);
    }
    if (same) {
      this.#lineage.restart();
      return;
    }
    // What watches for addresses and queue ids knows those of another state of things.
    if (this.#sums.plain !== undefined) this.#forgetEngine();
    const checkpoints = this.#state
      .checkpoints()
      .map(({ committed: _committed, ...checkpoint }): Checkpoint => checkpoint);
    this.#stored.clear();
    for (const checkpoint of checkpoints) this.#stored.set(checkpoint, JSON.stringify(checkpoint));
    this.#dirty.clear();
    this.#lineage = new Lineage(checkpoints);
    const state = this.#state.correlator();
    this.#correlator = new Correlator(
      {
        senders,
        received: this.#state.settings.inbound,
        zone: this.#options.zone,
        maxAge: this.#options.maxAge,
        filterRelays: this.#options.filterRelays ?? [],
      },
      {
        ...state,
        webhook: { ...this.#state.webhookMemories(now), rotated: state?.webhook.rotated ?? Number.NaN },
      },
    );
    this.#correlator.trackChanges();
    this.#sums.rollup = new RollupBatch(senders);
    this.#sums.ledger.stored = this.#state.addressCount() === 0 ? new KeySet() : undefined;
  }

  #forgetEngine(): void {
    this.#sinceRenewed = 0;
    this.#engine = undefined;
    this.#sums.stopCounting();
  }

  async #read(files: LogFile[], now: number): Promise<PassResult> {
    const { items, cuts, missing, ...look } = await lookAtFiles(this.#lineage, files);
    const gaps: string[] = [];
    const tell = (gap: string): void => {
      gaps.push(gap);
      this.#options.onGap?.(gap);
    };
    for (const cut of cuts) {
      this.#touch(cut.checkpoint);
      if (!cut.isSaid) tell(cutOf(cut));
    }

    const unread = items.filter((item) => item.file.packed || item.checkpoint.offset < item.file.size);
    const unchanged = look.unchanged + items.length - unread.length;
    const inputs = await this.#inputs(unread, now, tell);
    if (inputs.length > 0) this.#engine ??= createEngine(this.#options);
    const sums = this.#sums;
    const reports =
      inputs.length === 0
        ? []
        : await runInputs(
            inputs.map(({ input }) => input),
            this.#correlator,
            { ...this.#options, places: true, ...(this.#engine && { engine: this.#engine }) },
            {
              event: (event) => this.#sums.add(event),
              get plain() {
                return sums.plain;
              },
              endBatch: (done) => {
                this.#endBatch(inputs[done.input.index]!.item.checkpoint, done, now);
                return undefined;
              },
            },
          );
    let waiting = 0;
    for (const { file, checkpoint } of items) {
      // A copy of a content's beginning does not say how much of it there is, nor that it cannot grow.
      if (!this.#lineage.isIn(checkpoint, file)) continue;
      const report = reports[inputs.findIndex(({ item }) => item.file === file)];
      const left = file.packed ? 0 : Math.max(0, file.size - checkpoint.offset);
      waiting += left;
      const settled = left === 0 && isFinal(file, now) && (report?.lost.length ?? 0) === 0;
      checkpoint.size = file.size;
      checkpoint.modified = file.modified;
      checkpoint.settled = settled;
      // Of a new content nothing is kept before a whole line of its own has been read.
      if (checkpoint.id === 0 && !this.#dirty.has(checkpoint)) continue;
      if (checkpoint.offset > 0 && this.#stored.get(checkpoint) !== JSON.stringify(checkpoint)) this.#touch(checkpoint);
    }
    for (const checkpoint of missing()) {
      this.#lineage.lose(checkpoint);
      this.#touch(checkpoint);
      tell(gapOf(checkpoint));
    }
    if (this.#dirty.size > 0) this.#commit(now);
    else this.#state.rollback();
    return { reports: reports.filter(({ accounting }) => accounting.lines > 0), gaps, unchanged, waiting };
  }

  /** The unread inputs in time order; each is looked at again when its turn comes, for another may hold the same content. */
  async #inputs(
    items: readonly Item[],
    now: number,
    tell: (gap: string) => void,
  ): Promise<{ input: OpenInput; item: Item }[]> {
    const byName = new Map(items.map((item) => [item.file.name, item]));
    const sources = items.map(({ file, checkpoint }) => ({
      name: file.name,
      size: Math.max(0, file.packed ? file.size : file.size - checkpoint.offset),
      modified: file.modified,
      ...(checkpoint.format === '' ? {} : { format: checkpoint.format }),
      open: async () => bytesReader(file.beginning),
    }));
    const lineage = this.#lineage;
    return (await openInputs(sources, this.#options)).map((opened) => {
      const item = byName.get(opened.info.name)!;
      const { file } = item;
      let start: Position | undefined;
      let reader: ByteReader = { ...opened.reader };
      let doubt: Doubt | undefined;
      const input: OpenInput = {
        ...opened,
        head: Buffer.alloc(0),
        get start() {
          return start;
        },
        get reader() {
          return reader;
        },
        get live() {
          // Where a compressed file breaks off, its last line may come yet.
          return !isFinal(file, now) || reader.lost.length > 0;
        },
        prepare: async () => {
          const found = await lineage.find(file);
          // A copy of what has been read in this very run: nothing of it is new.
          if (found === undefined || found.start.part > 0) {
            reader = bytesReader(Buffer.alloc(0));
            return;
          }
          item.checkpoint = found.checkpoint;
          doubt = found.doubt;
          start = found.start;
          reader = found.reader;
          found.checkpoint.format = opened.info.format;
          const { clock_year: year, clock_last: last } = found.checkpoint;
          if (start.offset > 0) this.#correlator.resumeClock(opened.info, { year, last });
        },
        passed: (position) => {
          if (doubt !== undefined) tell(doubtOf(file.name, doubt));
          doubt = undefined;
          lineage.passed(item.checkpoint, position);
        },
      };
      return { input, item };
    });
  }

  #endBatch(checkpoint: Checkpoint, done: BatchEnd, now: number): void {
    this.#count(checkpoint, done);
    const { ledger } = this.#sums;
    const options = this.#options;
    if (ledger.stored === undefined && ledger.before.size > MANY_DELIVERIES) ledger.stored = this.#state.addressKeys();
    if (this.#bytes >= (options.countedFrom ?? COUNTED_FROM) && this.#engine) this.#sums.countByNumbers(this.#engine);
    const stopped = options.stopped?.() === true;
    if (
      !stopped &&
      this.#bytes < options.commitBytes &&
      this.#sums.size < MOST_CELLS &&
      options.clock() - this.#committed < options.commitAfter
    ) {
      if (this.#bytes - this.#preparedAt >= (options.preparedEvery ?? PREPARED_EVERY)) {
        this.#preparedAt = this.#bytes;
        this.#sums.takeCounted();
        this.#state.prepare(this.#sums.rollup);
      }
      return;
    }
    this.#commit(now);
    if (stopped) throw new Stopped();
    if (!this.#state.begin())
      throw new SmtpEnrichError(
        'STATE',
        'another ingest has written to the state meanwhile',
        'What this one had read until then is stored. Run it again for the rest.',
      );
    this.#committed = options.clock();
  }

  #count(checkpoint: Checkpoint, done: BatchEnd): void {
    const bytes = done.position.offset - checkpoint.offset;
    this.#bytes += bytes;
    this.#sinceRenewed += bytes;
    checkpoint.offset = done.position.offset;
    addAccounting(checkpoint.accounting, done.accounting);
    const clock = this.#correlator.clock;
    if (clock !== undefined) {
      checkpoint.clock_year = clock.year;
      checkpoint.clock_last = clock.last;
    }
    this.#dirty.set(checkpoint, done.position);
  }

  #touch(checkpoint: Checkpoint): void {
    if (!this.#dirty.has(checkpoint)) this.#dirty.set(checkpoint, undefined);
  }

  #commit(now: number): void {
    for (const [checkpoint, position] of this.#dirty)
      if (position !== undefined) {
        checkpoint.tail_hash = fingerprint(position.tail);
        // Of standard input nothing can be read again.
        if (checkpoint.device !== '') checkpoint.trail = trailOf(position);
      }
    this.#sums.takeCounted();
    this.#state.commit({
      rollup: this.#sums.rollup,
      ledger: this.#sums.ledger,
      correlate: this.#correlator.takeChanges(),
      checkpoints: this.#dirty.keys(),
      now,
    });
    for (const checkpoint of this.#dirty.keys()) this.#stored.set(checkpoint, JSON.stringify(checkpoint));
    this.#dirty.clear();
    this.#bytes = 0;
    this.#preparedAt = 0;
  }
}
