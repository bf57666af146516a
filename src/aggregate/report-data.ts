/** The rows, rates and problems of a report, made of the sums that `foldReport` gathers or a store keeps. */
import {
  addAccounting,
  type Category,
  emptyAccounting,
  type InputReport,
  isNoticeRule,
  NOTICE_RULES,
} from '../event/index.ts';
import { COUNTER_NAMES, countersAt } from './counters.ts';
import { bucketRange } from './delays.ts';
import { NO_KEY } from './group-keys.ts';
import type { GroupTable } from './group-table.ts';
import { compareText, delayFigures, type Order, rates } from './groups.ts';
import { type KnownTables, Meanings } from './meanings.ts';
import type { Policy } from './policy.ts';
import { findProblems } from './problems.ts';
import { OTHER_KEY } from './reasons.ts';
import { actionOfRefusal } from './refusal.ts';
import type { ReportSums } from './report-fold.ts';
import {
  DEFAULT_DIMENSIONS,
  type Dimension,
  type NoticeReport,
  type ReportData,
  type SuppressionSummary,
  type WarningReport,
} from './report-model.ts';
import { reportTable } from './report-tables.ts';
import type { FailedOnce, LedgerAddress } from './suppression.ts';
import { Standing, type Suppression, suppressionOf } from './suppression-list.ts';
import { isoLocal } from './time-zone.ts';
import { timelineOf } from './timeline.ts';
import type { Warnings } from './warnings.ts';

export interface ReportOptions extends KnownTables {
  readonly dimensions?: readonly Dimension[];
  /** IANA name of the zone of hours and days. */
  readonly timeZone: string;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly policy: Policy;
  /** In place of the sums' own: it is read once, and need not be in memory. */
  readonly ledger?: Iterable<LedgerAddress>;
  readonly minMessages?: number;
  /** So many rows of each table are made; all where absent. */
  readonly rows?: number | undefined;
  /** `worst` where absent. */
  readonly order?: Order;
  /** Provider id → name. */
  readonly providerNames?: ReadonlyMap<string, string>;
  readonly inputs?: readonly InputReport[];
  /** How many of the newest suppressions to carry. */
  readonly newest?: number;
}

/** The rows, rates and problems of a report. */
export function reportData(sums: ReportSums, options: ReportOptions): ReportData {
  const { traffic } = sums;
  const zone = options.timeZone;
  const time = (ms: number | undefined): string | null =>
    ms === undefined || !Number.isFinite(ms) ? null : isoLocal(ms, zone);
  const tableOptions = {
    timeZone: zone,
    minMessages: options.minMessages ?? 0,
    rows: options.rows ?? Number.POSITIVE_INFINITY,
    order: options.order ?? 'worst',
    meanings: new Meanings(options),
    providerNames: options.providerNames ?? new Map<string, string>(),
  };
  const totals = countersAt(traffic.totals);
  const accounting = emptyAccounting();
  for (const input of options.inputs ?? []) addAccounting(accounting, input.accounting);
  const suppression = summariseSuppressions(
    options.ledger ?? sums.ledger.addresses.values(),
    options.ledger === undefined ? sums.ledger.once : undefined,
    options,
  );
  return {
    schema: 'smtp-enrich/report',
    version: 1,
    period: {
      since: time(options.since),
      until: time(options.until),
      first: time(traffic.first),
      last: time(traffic.last),
      time_zone: zone,
    },
    log_hosts: [...traffic.hosts.keys()].filter((host) => host !== '').sort(compareText),
    formats: [...traffic.formats.keys()].sort(compareText),
    inputs: (options.inputs ?? []).map((input) => ({ ...input, not_understood: input.not_understood ?? null })),
    accounting,
    totals: {
      events: traffic.events,
      warnings: traffic.warnings,
      ...totals,
      ...rates(totals),
      ...delayFigures(traffic.delays),
    },
    problems: findProblems(sums, suppression, tableOptions),
    tables: (options.dimensions ?? DEFAULT_DIMENSIONS).map((dimension) => reportTable(dimension, sums, tableOptions)),
    delays: [...traffic.delays].map(([bucket, count]) => {
      const [from, to] = bucketRange(bucket);
      return { from: from / 1000, to: Number.isFinite(to) ? to / 1000 : null, count };
    }),
    suppression,
    timeline: timelineOf(traffic, zone),
    warnings: warningReports(sums.warnings, options),
    notices: noticeReports(sums.warnings, options),
    distinct: {
      domains: distinct(sums.groups.domain),
      recipients: distinct(sums.groups.recipient),
      senders: distinct(sums.groups.sender),
      sender_domains: distinct(sums.groups.sender_domain),
    },
    bounce_notifications: bounceNotifications(sums),
    rejected_by_action: rejections(sums),
  };
}

function bounceNotifications(sums: ReportSums): ReportData['bounce_notifications'] {
  if (sums.groups.sender === undefined) return null;
  const counters = sums.groups.sender.counters('<>');
  return { messages: counters?.messages ?? 0, attempts: counters?.attempts ?? 0 };
}

function rejections(sums: ReportSums): ReportData['rejected_by_action'] {
  if (sums.groups.refusal === undefined) return null;
  const counts = new Map<string, number>();
  for (const [row, refusal] of sums.groups.refusal.allKeys().entries()) {
    const counters = sums.groups.refusal.countersOf(row);
    const action = refusal === OTHER_KEY ? OTHER_KEY : actionOfRefusal(refusal);
    counts.set(action, (counts.get(action) ?? 0) + counters.rejected);
  }
  return [...counts]
    .map(([action, count]) => ({ action, count }))
    .sort((a, b) => b.count - a.count || compareText(a.action, b.action));
}

function warningReports(warnings: Warnings, options: ReportOptions): WarningReport[] {
  const known = new Map((options.warnings ?? []).map((row) => [row.id, row]));
  const time = (ms: number): string | null => isoLocal(ms, options.timeZone) || null;
  return [...warnings]
    .filter(([rule]) => !isNoticeRule(rule))
    .sort((a, b) => b[1].count - a[1].count || compareText(a[0], b[0]))
    .map(([rule, sums]) => ({
      rule,
      cause: known.get(rule)?.cause ?? '',
      remedy: known.get(rule)?.remedy ?? '',
      reference: known.get(rule)?.reference ?? null,
      count: sums.count,
      first: time(sums.first),
      last: time(sums.last),
      text: sums.text,
      host: sums.host || null,
    }));
}

function noticeReports(warnings: Warnings, options: ReportOptions): NoticeReport[] {
  return NOTICE_RULES.flatMap((rule) => {
    const sums = warnings.get(rule);
    if (sums === undefined) return [];
    const { count, first, last } = sums;
    const time = (ms: number): string | null => isoLocal(ms, options.timeZone) || null;
    const texts = [...(sums.said ?? [])]
      .map(([text, times]) => ({ text, count: times }))
      .sort((a, b) => b.count - a.count || compareText(a.text, b.text));
    return [
      { rule, count, first: time(first), last: time(last), total: texts.length, texts: texts.slice(0, options.rows) },
    ];
  });
}

/** Rows of a table that are no name of anybody. */
const NAMELESS = [NO_KEY, OTHER_KEY, '(unknown)', '<>'];
const MESSAGES = COUNTER_NAMES.indexOf('messages');
const RECEIVED = COUNTER_NAMES.indexOf('processed');

/** How many keys of a table had mail; null where there is no table. */
function distinct(table: GroupTable | undefined): number | null {
  if (table === undefined) return null;
  const hadMail = (row: number): boolean => table.valueAt(row, MESSAGES) + table.valueAt(row, RECEIVED) > 0;
  let count = table.rows.countOfEither(MESSAGES, RECEIVED);
  for (const key of NAMELESS) {
    const row = table.find(key);
    if (row >= 0 && hadMail(row)) count--;
  }
  return count;
}

/** @param once further addresses */
function summariseSuppressions(
  ledger: Iterable<LedgerAddress>,
  once: FailedOnce | undefined,
  options: ReportOptions,
): SuppressionSummary {
  const from = options.since ?? Number.NEGATIVE_INFINITY;
  const byCategory = new Map<Category, { category: Category; listed: number; new: number }>();
  const { newest = 20 } = options;
  let fresh: Listed[] = [];
  /** What was listed before that is not among the newest. */
  let oldest = Number.NEGATIVE_INFINITY;
  let listed = 0;
  let lifted = 0;
  const standing = new Standing(options.policy, options.now);
  const count = (state: Suppression['state'] | undefined, known: () => LedgerAddress): void => {
    if (state === 'lifted') lifted++;
    if (state !== 'listed') return;
    listed++;
    const { category, since } = standing;
    let row = byCategory.get(category);
    if (row === undefined) {
      row = { category, listed: 0, new: 0 };
      byCategory.set(category, row);
    }
    row.listed++;
    if (since < from) return;
    row.new++;
    if (since < oldest) return;
    fresh.push(new Listed(since, known));
    // Twice as many as wanted are gathered, then the newer half is kept: by time alone at first, so that hardly an address need be known.
    const most = 2 * newest + 1000;
    if (fresh.length < most) return;
    oldest =
      newest === 0
        ? Number.POSITIVE_INFINITY
        : Float64Array.from(fresh, (one) => one.since)
            .sort()
            .at(-newest)!;
    fresh = fresh.filter((one) => one.since >= oldest);
    if (2 * fresh.length >= most) fresh = newestFirst(fresh).slice(0, newest);
  };
  for (const known of ledger) count(standing.of(known), () => known);
  once?.each((kind, time, place) => {
    const known = (): LedgerAddress => once.addressAt(place);
    count(standing.ofOne(kind, time, known), known);
  });
  return {
    policy: options.policy.name,
    listed,
    new: [...byCategory.values()].reduce((sum, row) => sum + row.new, 0),
    lifted,
    by_category: [...byCategory.values()].sort((a, b) => b.listed - a.listed || compareText(a.category, b.category)),
    newest: newestFirst(fresh)
      .slice(0, newest)
      .map(({ known }) => suppressionOf(known, options.policy, options.now)!),
  };
}

/** An address on the list, and since when. What is known of it is made when somebody asks: of thousands, twenty are shown. */
class Listed {
  readonly since: number;
  readonly #make: () => LedgerAddress;
  #known: LedgerAddress | undefined;

  constructor(since: number, make: () => LedgerAddress) {
    this.since = since;
    this.#make = make;
  }

  get known(): LedgerAddress {
    this.#known ??= this.#make();
    return this.#known;
  }
}

function newestFirst(list: Listed[]): Listed[] {
  return list.sort((a, b) => b.since - a.since || compareText(a.known.address, b.known.address));
}
