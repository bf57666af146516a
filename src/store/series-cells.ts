/** A series, and what a batch of events added to it: cells by quarter hour, each with one sample of what was said. */
import { ownStart } from '../aggregate/own-string.ts';
import { ANSWER_LIMIT } from '../aggregate/reasons.ts';
import type { DeliveryEvent, EventName } from '../event/index.ts';

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

/** What an event says of them, its outcome aside. */
export type SeriesKeys = Pick<DeliveryEvent, Exclude<keyof Series, 'outcome'>>;

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

  constructor(outcome: Outcome, event: SeriesKeys, sender: string | undefined) {
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

/** So many more events in a bucket of delay. */
export function addBucket(cell: Cell, bucket: number, events: number): void {
  if (cell.inBucket === 0 || cell.bucket === bucket) {
    cell.bucket = bucket;
    cell.inBucket += events;
    return;
  }
  cell.buckets ??= new Map();
  cell.buckets.set(bucket, (cell.buckets.get(bucket) ?? 0) + events);
}

/** Keeps the earliest event, and when the latest came. */
export function sample(cell: Cell, event: DeliveryEvent): void {
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
