/**
 * The events of a batch, added up as the store keeps them: UTC quarter hour × series × bucket of delay. A series is everything
 * a report can be keyed by, so one row serves every table. Series are found by a chain of maps, strongest first, because an
 * event costs more to name than to count.
 */
import { delaySign, eventDelayBucket } from '../aggregate/delays.ts';
import { ANSWER_LIMIT } from '../aggregate/groups.ts';
import { ownStart } from '../aggregate/own-string.ts';
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

/** Everything a report can be keyed by. */
export interface Series {
  readonly kind: Kind;
  readonly format: string;
  readonly host: string | undefined;
  readonly domain: string | undefined;
  readonly provider: string | undefined;
  readonly relay: string | undefined;
  readonly relay_host: string | undefined;
  readonly relay_ip: string | undefined;
  readonly sender: string | undefined;
  readonly category: string;
  readonly reply_code: number;
  readonly enhanced_code: string | undefined;
  readonly layer: string;
  readonly rule: string;
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
}

export class SeriesCells {
  readonly series: Series;
  /** The number under which the store knows the series; 0 as long as it does not. */
  id = 0;
  /** One for each quarter hour; in the order they came, which is nearly always that of time. */
  cells: Cell[] = [];
  latest: Cell | undefined;
  #newest = Number.NEGATIVE_INFINITY;

  constructor(series: Series) {
    this.series = series;
  }

  find(quarter: number): Cell | undefined {
    return quarter > this.#newest ? undefined : this.cells.find((cell) => cell.quarter === quarter);
  }

  push(cell: Cell): void {
    this.cells.push(cell);
    if (cell.quarter > this.#newest) this.#newest = cell.quarter;
  }

  clear(): void {
    this.cells = [];
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
/** Beyond so many answers, the way from answer to series is forgotten and found again. */
const MOST_VERDICTS = 50_000;

interface VerdictNode {
  readonly verdict: Verdict;
  /** By kind of event. */
  readonly kinds: Map<string, KindNode>;
  lastKey: string;
  lastKind: KindNode | undefined;
}

interface KindNode {
  readonly kind: Kind;
  readonly domains: Map<string | undefined, Map<string | undefined, SeriesCells[]>>;
}

export class RollupBatch {
  readonly #senders: boolean;
  #verdicts = new Map<Verdict, VerdictNode>();
  readonly #nodes = new Map<string, VerdictNode>();
  readonly #kinds = new Map<string, Kind>();
  readonly #quarterKinds = new Map<Kind, Map<number, QuarterKind>>();
  #dirty = new Set<SeriesCells>();
  /** Cells under way: bounds the memory between two commits. */
  size = 0;

  constructor(senders: boolean) {
    this.#senders = senders;
  }

  add(event: DeliveryEvent): void {
    const { time } = event;
    const quarter = Number.isNaN(time) ? NO_TIME : Math.floor(time / QUARTER_MS);
    const kind = this.#kindOf(event);
    const series = this.#seriesOf(event, kind);
    let cell = series.latest;
    if (cell === undefined || cell.quarter !== quarter) cell = this.#cellOf(series, quarter);
    const bytes = event.size ?? 0;
    cell.events++;
    cell.bytes += bytes;
    const sum = this.#sumOf(kind.kind, quarter);
    sum.events++;
    sum.bytes += bytes;
    if (time < sum.first) sum.first = time;
    if (time > sum.last) sum.last = time;
    if (delaySign(event) !== 0) {
      const bucket = eventDelayBucket(event);
      if (bucket >= 0) addBucket(cell, bucket);
    } else if (!WITHOUT_SAMPLE.has(event.event)) sample(cell, event);
  }

  #kindOf(event: DeliveryEvent): KindNode {
    const { verdict } = event;
    let node = this.#verdicts.get(verdict);
    if (node === undefined) node = this.#nodeOf(verdict);
    const suspended = verdict.suspended === true;
    const key = `${event.event}${event.first ? '!' : '.'}${suspended ? '~' : ''}${event.corrects ?? ''}`;
    if (node.lastKey === key) return node.lastKind!;
    let kind = node.kinds.get(key);
    if (kind === undefined) {
      const full = `${key}/${verdict.bounce_type ?? ''}`;
      let shared = this.#kinds.get(full);
      if (shared === undefined) {
        shared = {
          event: event.event,
          corrects: event.corrects ?? '',
          first: event.first,
          suspended,
          bounce_type: verdict.bounce_type ?? '',
        };
        this.#kinds.set(full, shared);
      }
      kind = { kind: shared, domains: new Map() };
      node.kinds.set(key, kind);
    }
    node.lastKey = key;
    node.lastKind = kind;
    return kind;
  }

  /** Answers that agree in all a series asks for share a node. */
  #nodeOf(verdict: Verdict): VerdictNode {
    const { evidence } = verdict;
    const key = [
      verdict.category,
      verdict.bounce_type,
      verdict.reply_code,
      verdict.enhanced_code,
      verdict.suspended,
      evidence.layer,
      evidence.rule,
    ].join('\0');
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = { verdict, kinds: new Map(), lastKey: '', lastKind: undefined };
      this.#nodes.set(key, node);
    }
    if (this.#verdicts.size >= MOST_VERDICTS) this.#verdicts = new Map();
    this.#verdicts.set(verdict, node);
    return node;
  }

  #seriesOf(event: DeliveryEvent, kind: KindNode): SeriesCells {
    const { domain, relay } = event;
    let relays = kind.domains.get(domain);
    if (relays === undefined) {
      relays = new Map();
      kind.domains.set(own(domain), relays);
    }
    let list = relays.get(relay);
    if (list === undefined) {
      list = [];
      relays.set(own(relay), list);
    }
    const { format, host, provider } = event;
    const sender = this.#senders ? event.sender : undefined;
    // Nearly always one: a relay has one provider, a log one host.
    for (const known of list) {
      const { series } = known;
      if (
        series.host === host &&
        series.sender === sender &&
        series.format === format &&
        series.provider === provider &&
        (relay !== undefined || (series.relay_host === event.relay_host && series.relay_ip === event.relay_ip))
      )
        return known;
    }
    const { verdict } = event;
    const made = new SeriesCells({
      kind: kind.kind,
      format: format,
      host: own(host),
      domain: own(domain),
      provider: own(provider),
      relay: own(relay),
      relay_host: own(event.relay_host),
      relay_ip: own(event.relay_ip),
      sender: own(sender),
      category: verdict.category,
      reply_code: verdict.reply_code ?? 0,
      enhanced_code: own(verdict.enhanced_code),
      layer: verdict.evidence.layer,
      rule: verdict.evidence.rule,
    });
    list.push(made);
    return made;
  }

  #cellOf(series: SeriesCells, quarter: number): Cell {
    let cell = series.find(quarter);
    if (cell === undefined) {
      cell = { quarter, events: 0, bytes: 0, bucket: NO_DELAY, inBucket: 0, buckets: undefined, sample: undefined };
      series.push(cell);
      this.#dirty.add(series);
      this.size++;
    }
    series.latest = cell;
    return cell;
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

  /** What has been added since the last `clear`. */
  get dirty(): Iterable<SeriesCells> {
    return this.#dirty;
  }

  *quarters(): IterableIterator<QuarterKind> {
    for (const quarters of this.#quarterKinds.values()) yield* quarters.values();
  }

  /** It has been stored. The series stay known. */
  clear(): void {
    for (const series of this.#dirty) series.clear();
    this.#dirty = new Set();
    for (const quarters of this.#quarterKinds.values()) quarters.clear();
    this.size = 0;
  }
}

function own(text: string | undefined): string | undefined {
  return text === undefined ? undefined : text;
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
