/**
 * The events of a batch, added up as the store keeps them: UTC quarter hour × series × bucket of delay. A series is everything
 * a report can be keyed by, so one row serves every table. It is an outcome, of which a log has some hundred, and whom it met:
 * an outcome is found by its answer, a series among those of its outcome and domain, because an event costs more to name than to
 * count.
 */
import { delayBucket, delaySign } from '../aggregate/delays.ts';
import { ownStart } from '../aggregate/own-string.ts';
import { ANSWER_LIMIT } from '../aggregate/reasons.ts';
import { NO_TIME, QUARTER_MS } from '../aggregate/traffic.ts';
import type { DeliveryEvent, EventName, Verdict } from '../event/index.ts';

/** The bucket of events that bring no delay. */
export const NO_DELAY = -1;

/** What counting asks of an event besides its keys. */
export interface Kind {
  readonly event: EventName;
  readonly corrects: string;
  readonly first: boolean;
  readonly suspended: boolean;
  readonly bounce_type: string;
}

/** What happened, and what was said: the part of a series that few values serve. */
export interface Outcome {
  readonly kind: Kind;
  readonly format: string;
  readonly host: string | undefined;
  readonly category: string;
  /** 0 where there is none. */
  readonly reply_code: number;
  readonly enhanced_code: string | undefined;
  readonly layer: string;
  readonly rule: string;
}

/** Everything a report can be keyed by. */
export interface Series {
  readonly outcome: Outcome;
  readonly domain: string | undefined;
  readonly provider: string | undefined;
  readonly relay: string | undefined;
  readonly relay_host: string | undefined;
  readonly relay_ip: string | undefined;
  readonly sender: string | undefined;
}

/** The earliest event of a series and quarter hour in the server's words, and when the latest came. */
export interface Sample {
  /** ms since 1970 UTC; NaN where the line had no time. */
  first: number;
  last: number;
  answer: string;
  queue_id: string;
  matched: string;
}

/** What one quarter hour added to a series. */
export interface Cell {
  readonly quarter: number;
  events: number;
  bytes: number;
  /** The first bucket of delay that came, and its events: most cells have no other. */
  bucket: number;
  inBucket: number;
  /** The other buckets → events. */
  buckets: Map<number, number> | undefined;
  sample: Sample | undefined;
  /** The cell before it in the series. */
  readonly before: Cell | undefined;
}

/** A series and what has been added to it. */
export class SeriesCells implements Series {
  readonly outcome: Outcome;
  readonly domain: string | undefined;
  readonly provider: string | undefined;
  readonly relay: string | undefined;
  readonly relay_host: string | undefined;
  readonly relay_ip: string | undefined;
  readonly sender: string | undefined;
  /** The number under which a store knows the series, and since which of its marks. */
  id = 0;
  idSince: object | undefined = undefined;
  latest: Cell | undefined = undefined;
  /** The next one of the same outcome and domain. */
  next: SeriesCells | undefined = undefined;
  #newest = Number.NEGATIVE_INFINITY;

  constructor(outcome: Outcome, event: DeliveryEvent, sender: string | undefined) {
    this.outcome = outcome;
    this.domain = event.domain;
    this.provider = event.provider;
    this.relay = event.relay;
    this.relay_host = event.relay_host;
    this.relay_ip = event.relay_ip;
    this.sender = sender;
  }

  find(quarter: number): Cell | undefined {
    if (quarter > this.#newest) return undefined;
    let cell = this.latest;
    while (cell !== undefined && cell.quarter !== quarter) cell = cell.before;
    return cell;
  }

  add(quarter: number): Cell {
    const cell: Cell = {
      quarter,
      events: 0,
      bytes: 0,
      bucket: NO_DELAY,
      inBucket: 0,
      buckets: undefined,
      sample: undefined,
      before: this.latest,
    };
    this.latest = cell;
    if (quarter > this.#newest) this.#newest = quarter;
    return cell;
  }

  clear(): void {
    this.latest = undefined;
    this.#newest = Number.NEGATIVE_INFINITY;
  }
}

/** The quarter hour as a whole: the counts of each kind, and when its first and last event was. */
export interface QuarterKind {
  readonly quarter: number;
  readonly kind: Kind;
  events: number;
  bytes: number;
  first: number;
  last: number;
}

/** Events of which an example is worth keeping: all but those that went well. */
const WITHOUT_SAMPLE: ReadonlySet<EventName> = new Set(['delivered', 'processed', 'internal', 'discarded', 'probe']);
/** Beyond so many answers, the way from answer to outcome is forgotten and found again. */
const MOST_VERDICTS = 50_000;
/** So many series of one outcome and domain are looked through one by one. */
const LONGEST_CHAIN = 8;

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

  is(event: DeliveryEvent): boolean {
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
  /** Cells under way: bounds the memory between two commits. */
  size = 0;

  constructor(senders: boolean) {
    this.#senders = senders;
  }

  add(event: DeliveryEvent): void {
    const { time } = event;
    const quarter = Number.isNaN(time) ? NO_TIME : Math.floor(time / QUARTER_MS);
    const outcome = this.#outcomeOf(event);
    const series = this.#seriesOf(event, outcome);
    let cell = series.latest;
    if (cell === undefined || cell.quarter !== quarter) cell = this.#cellOf(series, quarter);
    const bytes = event.size ?? 0;
    cell.events++;
    cell.bytes += bytes;
    let { sum } = outcome;
    if (sum === undefined || sum.quarter !== quarter) {
      sum = this.#sumOf(outcome.outcome.kind, quarter);
      outcome.sum = sum;
    }
    sum.events++;
    sum.bytes += bytes;
    if (time < sum.first) sum.first = time;
    if (time > sum.last) sum.last = time;
    if (delaySign(event) !== 0) {
      const { delay } = event;
      if (delay !== undefined) addBucket(cell, delayBucket(Math.round(delay * 1000)));
    } else if (outcome.withSample) sample(cell, event);
  }

  #outcomeOf(event: DeliveryEvent): OutcomeSeries {
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

  #kindOf({ event, corrects, first, verdict }: DeliveryEvent): Kind {
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

  #seriesOf(event: DeliveryEvent, { outcome, branches }: OutcomeSeries): SeriesCells {
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

  *quarters(): IterableIterator<QuarterKind> {
    for (const quarters of this.#quarterKinds.values()) yield* quarters.values();
  }

  /** It has been stored. The series stay known. */
  clear(): void {
    for (const series of this.#dirty) series.clear();
    this.#dirty = [];
    this.#quarterKinds.clear();
    for (const outcomes of this.#answers.values()) for (const outcome of outcomes) outcome.sum = undefined;
    this.size = 0;
  }
}

function addBucket(cell: Cell, bucket: number): void {
  if (cell.inBucket === 0 || cell.bucket === bucket) {
    cell.bucket = bucket;
    cell.inBucket++;
    return;
  }
  cell.buckets ??= new Map();
  cell.buckets.set(bucket, (cell.buckets.get(bucket) ?? 0) + 1);
}

function sample(cell: Cell, event: DeliveryEvent): void {
  const known = cell.sample;
  if (known === undefined) {
    cell.sample = sampleOf(event);
    return;
  }
  if (event.time > known.last) known.last = event.time;
  if (event.time < known.first) Object.assign(known, sampleOf(event), { last: known.last });
  else if (event.time === known.first || Number.isNaN(known.first)) {
    const other = sampleOf(event);
    if (isBefore(other, known)) Object.assign(known, other, { last: known.last });
  }
}

function sampleOf(event: DeliveryEvent): Sample {
  return {
    first: event.time,
    last: event.time,
    answer: ownStart(event.response ?? event.reply_text ?? '', ANSWER_LIMIT),
    queue_id: event.queue_id ?? '',
    matched: event.verdict.evidence.matched,
  };
}

/** Which of two samples of one series stands for both: as `earlier` in groups.ts decides, the host being the same. */
export function isBefore(a: Sample, b: Sample): boolean {
  const x = Number.isNaN(a.first) ? Number.POSITIVE_INFINITY : a.first;
  const y = Number.isNaN(b.first) ? Number.POSITIVE_INFINITY : b.first;
  if (x !== y) return x < y;
  return a.answer !== b.answer ? a.answer < b.answer : a.queue_id < b.queue_id;
}
