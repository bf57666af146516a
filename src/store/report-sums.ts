/**
 * Sums of a report from rows of the store. Nothing here knows what a report counts: each series is made into one event, which the
 * report's own fold counts as often as it came.
 */
import { COUNTER_COLUMNS, Tally } from '../aggregate/counters.ts';
import { DelayHistogram } from '../aggregate/delays.ts';
import { foldReport, type ReportFoldOptions, type ReportSums } from '../aggregate/report-fold.ts';
import type { DeliveryEvent, Verdict } from '../event/index.ts';
import type { Row } from './connection.ts';
import type { StoredSeries } from './dictionary.ts';
import { type Kind, NO_DELAY, type Series } from './series-cells.ts';

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
  const tally = new Tally();
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
    fold.add(sums, event, tally.ofMany(event, known.events, known.bytes, known.delays ?? []));
    // The last warning, where several stand behind the series: the fold has seen the first only.
    const warning =
      event.event === 'warning' || event.event === 'dropped' ? sums.warnings.get(series.outcome.rule) : undefined;
    if (warning !== undefined && known.sample?.[2] != null)
      warning.last = Math.max(warning.last, Number(known.sample[2]));
  }
  // The times of the events that stand for their series are not those of all: see fillQuarters.
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

/** The quarter hours, and the first and last event of all. */
function fillQuarters({ traffic }: ReportSums, { kinds, quarters }: StoredRows): void {
  const tally = new Tally();
  for (const [quarter, kind, events, bytes, first, last] of quarters) {
    const known = kinds.get(kind as number)!;
    if (first !== null) traffic.first = Math.min(traffic.first, first as number);
    if (last !== null) traffic.last = Math.max(traffic.last, last as number);
    if (known.event === 'warning') continue;
    let sums = traffic.quarters.get(quarter as number);
    if (sums === undefined) {
      sums = new Float64Array(COUNTER_COLUMNS);
      traffic.quarters.set(quarter as number, sums);
    }
    tally.ofMany(unitEvent(known), events as number, bytes as number, []).addTo(sums, 0);
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
