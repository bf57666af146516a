/** The tables of figures: rollup, quarter hours, samples. Written from a batch, read as the sums of a report. */
import type { ReportFoldOptions, ReportSums } from '../aggregate/report-fold.ts';
import { QUARTER_MS } from '../aggregate/traffic.ts';
import type { Connection, Row, Value } from './connection.ts';
import { type Dictionary, readKinds, readSeries } from './dictionary.ts';
import type { Ids } from './ids.ts';
import { fillSums } from './report-sums.ts';
import type { RollupBatch } from './rollup.ts';
import { isBefore, NO_DELAY, type Sample } from './series-cells.ts';
import { INSERT, QUARTERS_A_WEEK, SQL } from './sql.ts';
import { type Period, quartersOf } from './state.ts';
import { finite, time } from './values.ts';

export class RollupTables {
  readonly #db: Connection;
  readonly #ids: Ids;
  readonly #dictionary: Dictionary;
  /** The last series that was there before the transaction; undefined where it has given none a number. */
  #before: number | undefined;

  constructor(db: Connection, ids: Ids, dictionary: Dictionary) {
    this.#db = db;
    this.#ids = ids;
    this.#dictionary = dictionary;
  }

  /** The part of writing that need not wait for the commit: numbers and names of what is new. */
  prepare(rollup: RollupBatch): void {
    this.#before ??= this.#ids.last('series');
    this.#dictionary.number(rollup, rollup.takeUnprepared());
  }

  /** What was prepared is not stored. */
  forget(): void {
    this.#before = undefined;
  }

  write(rollup: RollupBatch): void {
    const before = this.#before ?? this.#ids.last('series');
    this.#before = undefined;
    this.#dictionary.number(rollup);
    // In the order of the table, so that neighbours are written together.
    const dirty = [...rollup.dirty].sort((a, b) => a.id - b.id);
    for (const { id, latest } of dirty)
      for (let cell = latest; cell !== undefined; cell = cell.before) {
        const { quarter } = cell;
        const week = Math.floor(quarter / QUARTERS_A_WEEK);
        let left = cell.events;
        if (cell.inBucket > 0) {
          this.#db.insert(INSERT.rollupOfEvents, week, id, cell.bucket, quarter, cell.inBucket);
          left -= cell.inBucket;
        }
        for (const [bucket, events] of cell.buckets ?? []) {
          this.#db.insert(INSERT.rollupOfEvents, week, id, bucket, quarter, events);
          left -= events;
        }
        if (cell.bytes > 0) this.#db.insert(INSERT.rollup, week, id, NO_DELAY, quarter, left, cell.bytes);
        else if (left > 0) this.#db.insert(INSERT.rollupOfEvents, week, id, NO_DELAY, quarter, left);
        if (cell.sample !== undefined) this.#writeSample(week, id, quarter, cell.sample, id > before);
      }
    for (const { quarter, kind, events, bytes, first, last } of rollup.quarters())
      this.#db.run(
        SQL.addQuarterKind,
        quarter,
        this.#dictionary.kind(kind),
        events,
        bytes,
        finite(first),
        finite(last),
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

  /** Removes what is of before a moment; to be called in a transaction. Returns how many rows of figures went. */
  prune(before: number): number {
    const quarter = Math.floor(before / QUARTER_MS);
    const week = Math.floor(quarter / QUARTERS_A_WEEK);
    const rows = (): number => Number(this.#db.get(SQL.countRows('rollup'))![0]);
    const start = rows();
    this.#db.run(SQL.pruneRollup, week, quarter);
    this.#db.run(SQL.pruneSamples, week, quarter);
    this.#db.run(SQL.pruneQuarterKinds, quarter);
    this.#db.exec(SQL.pruneSeries);
    return start - rows();
  }

  sums(period: Period, options: ReportFoldOptions, withoutAnswers: boolean): ReportSums {
    const [from, to] = quartersOf(period);
    const bounds: Value[] = [Math.floor(from / QUARTERS_A_WEEK), Math.floor((to - 1) / QUARTERS_A_WEEK), from, to];
    const kinds = readKinds(this.#db);
    return fillSums(
      {
        kinds,
        series: readSeries(this.#db, kinds),
        rollup: this.#db.rows(SQL.sumRollup, ...bounds),
        samples: this.#db.rows(SQL.samples, ...bounds),
        quarters: this.#db.rows(SQL.quarterKinds, from, to),
      },
      options,
      withoutAnswers,
    );
  }
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
