/**
 * The events of a batch, added up as the store keeps them: UTC quarter hour × series × bucket of delay. A series is everything
 * a report can be keyed by, so one row serves every table. It is an outcome, of which a log has some hundred, and whom it met:
 * an outcome is found by its answer, a series among those of its outcome and domain, because an event costs more to name than to
 * count.
 */
import type { CountedCell } from '../aggregate/counted-cells.ts';
import { delaySign, eventDelayBucket } from '../aggregate/delays.ts';
import { NO_TIME, QUARTER_MS } from '../aggregate/traffic.ts';
import type { DeliveryEvent, EventName, Verdict } from '../event/index.ts';
import {
  addBucket,
  type Cell,
  type Kind,
  type Outcome,
  type QuarterKind,
  SeriesCells,
  type SeriesKeys,
  sample,
} from './series-cells.ts';

/** Events of which an example is worth keeping: all but those that went well. */
const WITHOUT_SAMPLE: ReadonlySet<EventName> = new Set(['delivered', 'processed', 'internal', 'discarded', 'probe']);
/** Beyond so many answers, the way from answer to outcome is forgotten and found again. */
const MOST_VERDICTS = 50_000;
/** So many series of one outcome and domain are looked through one by one. */
const LONGEST_CHAIN = 8;

/** What says where an event is added. */
type RollupKeys = SeriesKeys & Pick<DeliveryEvent, 'event' | 'first' | 'corrects' | 'format' | 'host' | 'verdict'>;

/** The series of one outcome and domain. */
interface Branch {
  head: SeriesCells | undefined;
  length: number;
  /** Once there are many: by what tells most of them apart, the sender where senders are kept, else the relay. */
  heads: Map<string | undefined, SeriesCells> | undefined;
}

class OutcomeSeries {
  readonly outcome: Outcome;
  readonly branches = new Map<string | undefined, Branch>();
  readonly withSample: boolean;
  /** Of the kind, the sums of the quarter hour that was added to last. */
  sum: QuarterKind | undefined = undefined;

  constructor(outcome: Outcome) {
    this.outcome = outcome;
    this.withSample = !WITHOUT_SAMPLE.has(outcome.kind.event);
  }

  is(event: RollupKeys): boolean {
    const { outcome } = this;
    const { kind } = outcome;
    return (
      kind.event === event.event &&
      kind.first === event.first &&
      outcome.host === event.host &&
      outcome.format === event.format &&
      kind.corrects === (event.corrects ?? '')
    );
  }
}

export class RollupBatch {
  readonly #senders: boolean;
  /** Answer → its outcomes: a handful, for the kinds of event and the hosts of the log. */
  #verdicts = new Map<Verdict, OutcomeSeries[]>();
  /** The same by what an outcome asks of an answer: answers that agree in that share their outcomes. */
  readonly #answers = new Map<string, OutcomeSeries[]>();
  readonly #kinds = new Map<string, Kind>();
  readonly #quarterKinds = new Map<Kind, Map<number, QuarterKind>>();
  #dirty: SeriesCells[] = [];
  /** So many of them have been prepared for storing. */
  #prepared = 0;
  /** Cells under way: bounds the memory between two commits. */
  size = 0;

  constructor(senders: boolean) {
    this.#senders = senders;
  }

  add(event: DeliveryEvent): void {
    const { time } = event;
    const quarter = Number.isNaN(time) ? NO_TIME : Math.floor(time / QUARTER_MS);
    const outcome = this.#outcomeOf(event);
    const cell = this.#cellOf(this.#seriesOf(event, outcome), quarter);
    this.#count(outcome, cell, 1, event.size ?? 0, time, time);
    if (delaySign(event) !== 0) {
      const bucket = eventDelayBucket(event);
      if (bucket >= 0) addBucket(cell, bucket, 1);
    } else if (outcome.withSample) sample(cell, event);
  }

  /** The same of deliveries that were counted by their numbers. */
  addCell(counted: CountedCell): void {
    const outcome = this.#outcomeOf(counted);
    const cell = this.#cellOf(this.#seriesOf(counted, outcome), counted.quarter);
    this.#count(outcome, cell, counted.events, 0, counted.firstTime, counted.lastTime);
    addBucket(cell, counted.bucket, counted.events);
  }

  #count(outcome: OutcomeSeries, cell: Cell, events: number, bytes: number, first: number, last: number): void {
    cell.events += events;
    cell.bytes += bytes;
    let { sum } = outcome;
    if (sum === undefined || sum.quarter !== cell.quarter) {
      sum = this.#sumOf(outcome.outcome.kind, cell.quarter);
      outcome.sum = sum;
    }
    sum.events += events;
    sum.bytes += bytes;
    if (first < sum.first) sum.first = first;
    if (last > sum.last) sum.last = last;
  }

  #outcomeOf(event: RollupKeys): OutcomeSeries {
    const { verdict } = event;
    const outcomes = this.#verdicts.get(verdict) ?? this.#outcomesOf(verdict);
    for (const outcome of outcomes) if (outcome.is(event)) return outcome;
    const { evidence } = verdict;
    const made = new OutcomeSeries({
      kind: this.#kindOf(event),
      format: event.format,
      host: event.host,
      category: verdict.category,
      reply_code: verdict.reply_code ?? 0,
      enhanced_code: verdict.enhanced_code,
      layer: evidence.layer,
      rule: evidence.rule,
    });
    outcomes.push(made);
    return made;
  }

  #outcomesOf(verdict: Verdict): OutcomeSeries[] {
    const { evidence } = verdict;
    const key = JSON.stringify([
      verdict.category,
      verdict.bounce_type ?? '',
      verdict.reply_code ?? 0,
      verdict.enhanced_code,
      verdict.suspended === true,
      evidence.layer,
      evidence.rule,
    ]);
    let outcomes = this.#answers.get(key);
    if (outcomes === undefined) {
      outcomes = [];
      this.#answers.set(key, outcomes);
    }
    if (this.#verdicts.size >= MOST_VERDICTS) this.#verdicts = new Map();
    this.#verdicts.set(verdict, outcomes);
    return outcomes;
  }

  #kindOf({ event, corrects, first, verdict }: RollupKeys): Kind {
    const kind: Kind = {
      event,
      corrects: corrects ?? '',
      first,
      suspended: verdict.suspended === true,
      bounce_type: verdict.bounce_type ?? '',
    };
    const key = JSON.stringify(kind);
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    this.#kinds.set(key, kind);
    return kind;
  }

  #seriesOf(event: RollupKeys, { outcome, branches }: OutcomeSeries): SeriesCells {
    const { domain, relay, provider } = event;
    const sender = this.#senders ? event.sender : undefined;
    let branch = branches.get(domain);
    if (branch === undefined) {
      branch = { head: undefined, length: 0, heads: undefined };
      branches.set(domain, branch);
    }
    const { heads } = branch;
    let series = heads === undefined ? branch.head : heads.get(this.#senders ? sender : relay);
    for (; series !== undefined; series = series.next)
      if (
        series.relay === relay &&
        series.sender === sender &&
        series.provider === provider &&
        (relay !== undefined || (series.relay_host === event.relay_host && series.relay_ip === event.relay_ip))
      )
        return series;
    const made = new SeriesCells(outcome, event, sender);
    this.#addTo(branch, made);
    return made;
  }

  #addTo(branch: Branch, made: SeriesCells): void {
    branch.length++;
    if (branch.heads === undefined && branch.length > LONGEST_CHAIN) {
      branch.heads = new Map();
      for (let series = branch.head; series !== undefined; ) {
        const { next } = series;
        this.#putFirst(branch.heads, series);
        series = next;
      }
      branch.head = undefined;
    }
    if (branch.heads !== undefined) this.#putFirst(branch.heads, made);
    else {
      made.next = branch.head;
      branch.head = made;
    }
  }

  #putFirst(heads: Map<string | undefined, SeriesCells>, series: SeriesCells): void {
    const key = this.#senders ? series.sender : series.relay;
    series.next = heads.get(key);
    heads.set(key, series);
  }

  #cellOf(series: SeriesCells, quarter: number): Cell {
    const { latest } = series;
    if (latest !== undefined && latest.quarter === quarter) return latest;
    const known = series.find(quarter);
    if (known !== undefined) return known;
    if (series.latest === undefined) this.#dirty.push(series);
    this.size++;
    return series.add(quarter);
  }

  #sumOf(kind: Kind, quarter: number): QuarterKind {
    let quarters = this.#quarterKinds.get(kind);
    if (quarters === undefined) {
      quarters = new Map();
      this.#quarterKinds.set(kind, quarters);
    }
    let sum = quarters.get(quarter);
    if (sum === undefined) {
      sum = { quarter, kind, events: 0, bytes: 0, first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
      quarters.set(quarter, sum);
    }
    return sum;
  }

  /** What has been added to since the last `clear`. */
  get dirty(): readonly SeriesCells[] {
    return this.#dirty;
  }

  /** Those of them that were not told before: part of the work of storing can be done before there is a commit. */
  takeUnprepared(): readonly SeriesCells[] {
    const fresh = this.#dirty.slice(this.#prepared);
    this.#prepared = this.#dirty.length;
    return fresh;
  }

  *quarters(): IterableIterator<QuarterKind> {
    for (const quarters of this.#quarterKinds.values()) yield* quarters.values();
  }

  /** It has been stored. The series stay known. */
  clear(): void {
    for (const series of this.#dirty) series.clear();
    this.#dirty = [];
    this.#prepared = 0;
    this.#quarterKinds.clear();
    for (const outcomes of this.#answers.values()) for (const outcome of outcomes) outcome.sum = undefined;
    this.size = 0;
  }
}
