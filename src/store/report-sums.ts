/**
 * Sums of a report from rows of the store. Nothing here knows what a report counts: each series is made into one event, which the
 * report's own fold counts, as often as it came; where that is often, it counts it once, and the result is multiplied.
 */
import { addCounters, COUNTER_NAMES, type Counters, countEvent, emptyCounters } from '../aggregate/counters.ts';
import { bucketRange, DelayHistogram, delaySign } from '../aggregate/delays.ts';
import type { Reason } from '../aggregate/groups.ts';
import { foldReport, type ReportFoldOptions, type ReportSums } from '../aggregate/report-data.ts';
import type { DeliveryEvent, Verdict } from '../event/index.ts';
import type { Row } from './connection.ts';
import type { StoredSeries } from './dictionary.ts';
import { type Kind, NO_DELAY, type Series } from './rollup.ts';

/** So many events are counted one by one for the price of counting one on its own and multiplying. */
const COUNTED_ONE_BY_ONE = 8;

export interface StoredRows {
  readonly kinds: ReadonlyMap<number, Kind>;
  readonly series: Iterable<StoredSeries>;
  /** series, bucket, events, bytes */
  readonly rollup: Iterable<Row>;
  /** series, first, last, answer, queue id, matched */
  readonly samples: Iterable<Row>;
  /** quarter, kind, events, bytes, first, last */
  readonly quarters: Iterable<Row>;
}

interface SeriesSums {
  events: number;
  bytes: number;
  delays: DelayHistogram | undefined;
  sample: Row | undefined;
}

export function fillSums(rows: StoredRows, options: ReportFoldOptions, withoutAnswers: boolean): ReportSums {
  // The period has been chosen by the rows; an event without a time is in it or was left out there.
  const { since: _since, until: _until, ...always } = options;
  const fold = foldReport(always);
  const sums = fold.create();
  const found = new Map<number, SeriesSums>();
  for (const [series, bucket, events, bytes] of rows.rollup) {
    let known = found.get(series as number);
    if (known === undefined) {
      known = { events: 0, bytes: 0, delays: undefined, sample: undefined };
      found.set(series as number, known);
    }
    known.events += events as number;
    known.bytes += bytes as number;
    if (bucket !== NO_DELAY) {
      known.delays ??= new DelayHistogram();
      known.delays.add(bucket as number, events as number);
    }
  }
  for (const sample of rows.samples) {
    const known = found.get(sample[0] as number);
    if (known !== undefined)
      known.sample = withoutAnswers ? [sample[0]!, sample[1]!, sample[2]!, '', sample[4]!, ''] : sample;
  }
  for (const { id, series } of rows.series) {
    const known = found.get(id);
    if (known === undefined || known.events === 0) continue;
    const event = eventOf(series, known.sample);
    // Of what counts among the warnings the last time counts, too, which a sample's event does not bring.
    if (known.events <= COUNTED_ONE_BY_ONE && event.event !== 'warning' && event.event !== 'dropped') {
      addEach(event, known, (each) => fold.add(sums, each));
      continue;
    }
    const unit = fold.create();
    fold.add(unit, event);
    multiply(unit, event, known);
    fold.merge(sums, unit);
  }
  // A sample is not the first of all events' times where nothing was kept, nor is its quarter hour that of all of them.
  sums.traffic.quarters.clear();
  sums.traffic.first = Number.POSITIVE_INFINITY;
  sums.traffic.last = Number.NEGATIVE_INFINITY;
  fillQuarters(sums, rows);
  return sums;
}

/** The one event that stands for a series: its earliest, where one was kept. */
function eventOf(series: Series, sample: Row | undefined): DeliveryEvent {
  const { outcome } = series;
  const { kind } = outcome;
  const verdict: Verdict = {
    category: outcome.category as Verdict['category'],
    bounce_type: (kind.bounce_type || undefined) as Verdict['bounce_type'],
    action: 'none',
    retryable: false,
    confidence: 'low',
    evidence: {
      layer: outcome.layer as Verdict['evidence']['layer'],
      rule: outcome.rule,
      matched: sample === undefined ? '' : String(sample[5]),
    },
    reply_code: outcome.reply_code || undefined,
    enhanced_code: outcome.enhanced_code,
    suspended: kind.suspended,
  };
  return {
    time: sample?.[1] == null ? Number.NaN : Number(sample[1]),
    first: kind.first,
    input: '',
    verdict,
    format: outcome.format,
    host: outcome.host,
    queue_id: sample === undefined ? undefined : String(sample[4]),
    event: kind.event,
    domain: series.domain,
    relay: series.relay,
    relay_host: series.relay_host,
    relay_ip: series.relay_ip,
    provider: series.provider,
    response: sample === undefined ? undefined : String(sample[3]),
    sender: series.sender,
    // One byte, so that counting it says whether bytes are added or taken back.
    size: 1,
    corrects: kind.corrects === '' ? undefined : (kind.corrects as DeliveryEvent['event']),
  };
}

/** The events of a series, one by one: they differ in their delay, and the bytes of all go with the first. */
function addEach(
  event: DeliveryEvent,
  { events, bytes, delays }: SeriesSums,
  add: (each: DeliveryEvent) => void,
): void {
  let left = events;
  let size = bytes;
  for (const [bucket, count] of delays ?? [])
    for (let i = 0; i < count; i++) {
      add({ ...event, size, delay: bucketRange(bucket)[0] / 1000 });
      size = 0;
      left--;
    }
  for (; left > 0; left--) {
    add({ ...event, size });
    size = 0;
  }
}

/** The sums of one event, made those of many that differ in delay and size only. */
function multiply(unit: ReportSums, event: DeliveryEvent, known: SeriesSums): void {
  const { events } = known;
  const sign = delaySign(event);
  const { traffic } = unit;
  multiplyCounters(traffic.totals, known);
  if (sign !== 0 && known.delays !== undefined) traffic.delays = signed(known.delays, sign);
  traffic.events *= events;
  traffic.warnings *= events;
  for (const map of [traffic.hosts, traffic.formats]) for (const key of map.keys()) map.set(key, events);
  for (const table of Object.values(unit.groups))
    for (const group of table.groups.values()) {
      multiplyCounters(group.counters, known);
      if (sign !== 0 && known.delays !== undefined) group.delays = signed(known.delays, sign);
      for (const reason of group.reasons?.values() ?? []) multiplyReason(reason, events);
    }
  for (const warning of unit.warnings.values()) {
    warning.count *= events;
    if (known.sample?.[2] != null) warning.last = Number(known.sample[2]);
  }
}

function multiplyCounters(counters: Counters, { events, bytes }: { events: number; bytes: number }): void {
  for (const name of COUNTER_NAMES) counters[name] *= name === 'bytes' ? bytes : events;
}

function multiplyReason(reason: Reason, events: number): void {
  const counts = reason as unknown as Record<string, unknown>;
  for (const [name, value] of Object.entries(counts)) if (typeof value === 'number') counts[name] = value * events;
  for (const [partner, count] of reason.partners) reason.partners.set(partner, count * events);
}

function signed(delays: DelayHistogram, sign: number): DelayHistogram {
  const copy = new DelayHistogram();
  for (const [bucket, count] of delays) copy.add(bucket, sign * count);
  return copy;
}

/** The quarter hours, and the first and last event of all. */
function fillQuarters({ traffic }: ReportSums, { kinds, quarters }: StoredRows): void {
  const units = new Map<number, Counters>();
  for (const [quarter, kind, events, bytes, first, last] of quarters) {
    const known = kinds.get(kind as number)!;
    if (first !== null) traffic.first = Math.min(traffic.first, first as number);
    if (last !== null) traffic.last = Math.max(traffic.last, last as number);
    if (known.event === 'warning') continue;
    let unit = units.get(kind as number);
    if (unit === undefined) {
      unit = emptyCounters();
      countEvent(unit, unitEvent(known));
      units.set(kind as number, unit);
    }
    const counters = { ...unit };
    multiplyCounters(counters, { events: events as number, bytes: bytes as number });
    const sum = traffic.quarters.get(quarter as number);
    if (sum === undefined) traffic.quarters.set(quarter as number, counters);
    else addCounters(sum, counters);
  }
}

function unitEvent(kind: Kind): DeliveryEvent {
  return eventOf(
    {
      outcome: {
        kind,
        format: '',
        host: undefined,
        category: 'unknown',
        reply_code: 0,
        enhanced_code: undefined,
        layer: 'reply',
        rule: '',
      },
      domain: undefined,
      provider: undefined,
      relay: undefined,
      relay_host: undefined,
      relay_ip: undefined,
      sender: undefined,
    },
    undefined,
  );
}
