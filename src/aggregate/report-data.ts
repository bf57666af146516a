/**
 * Everything a report says, as data: what each renderer is given, and what a store must be able to fill from its own tables.
 * `foldReport` gathers it from events; `reportData` turns the sums into rows, rates and problems.
 */
import type {
  Action,
  Category,
  CategoryRow,
  DeliveryEvent,
  Fault,
  InputReport,
  MalformedSample,
  WarningRow,
} from '../event/index.ts';
import { type Accounting, addAccounting, emptyAccounting } from '../event/index.ts';
import type { CombineFn } from './combine.ts';
import { addCounters, type Counters, emptyCounters } from './counters.ts';
import { bucketRange } from './delays.ts';
import {
  compareText,
  DEFAULT_MAX_KEYS,
  delayFigures,
  foldGroups,
  type GroupKey,
  type GroupRow,
  type GroupTable,
  groupRows,
  groupsWhere,
  NO_KEY,
  OTHER_KEY,
  type ReasonRow,
  rates,
  worstGroups,
} from './groups.ts';
import type { Policy } from './policy.ts';
import { foldSuppression, type Ledger, type LedgerAddress, type Suppression, suppressionOf } from './suppression.ts';
import { isoLocal, localTime } from './time-zone.ts';
import { foldTraffic, NO_TIME, QUARTER_MS, type Traffic } from './traffic.ts';
import { foldWarnings, type Warnings } from './warnings.ts';

/** What tables can be keyed by. */
export const DIMENSIONS = [
  'domain',
  'provider',
  'sender',
  'relay',
  'host',
  'category',
  'code',
  'hour',
  'day',
  'reject',
  'client',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** The tables of a report that asks for nothing else. */
export const DEFAULT_DIMENSIONS: readonly Dimension[] = ['domain', 'provider', 'category', 'code', 'hour', 'day'];

/** The sums behind a report. */
export interface ReportSums {
  traffic: Traffic;
  groups: Partial<Record<GroupKey, GroupTable>>;
  ledger: Ledger;
  warnings: Warnings;
}

export interface ReportFoldOptions {
  /** Rules whose events are shown among the warnings: see foldWarnings. */
  readonly warningRules?: ReadonlySet<string>;
  readonly dimensions?: readonly Dimension[];
  readonly maxKeys?: number;
  /** Milliseconds since 1970 UTC: only events in [since, until) are counted; the ledger also knows what came before. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** One pass for everything a report needs. */
export function foldReport(options: ReportFoldOptions = {}): CombineFn<ReportSums, ReportSums> {
  // Domains, providers and categories are where the problems are found: always needed.
  const keys = new Set<GroupKey>(['domain', 'provider', 'category']);
  for (const dimension of options.dimensions ?? DEFAULT_DIMENSIONS)
    if (dimension !== 'hour' && dimension !== 'day') keys.add(dimension);
  const traffic = foldTraffic();
  const ledger = foldSuppression();
  const warnings = foldWarnings(options.warningRules);
  const groups = [...keys].map((key) => ({ key, fold: foldGroups(key, options.maxKeys ?? DEFAULT_MAX_KEYS) }));
  const since = options.since ?? Number.NEGATIVE_INFINITY;
  const until = options.until ?? Number.POSITIVE_INFINITY;
  const bounded = options.since !== undefined || options.until !== undefined;
  return {
    create: () => ({
      traffic: traffic.create(),
      groups: Object.fromEntries(groups.map(({ key, fold }) => [key, fold.create()])),
      ledger: ledger.create(),
      warnings: warnings.create(),
    }),
    add(sums: ReportSums, event: DeliveryEvent): void {
      if (bounded) {
        if (!(event.time < until)) return;
        ledger.add(sums.ledger, event);
        if (!(event.time >= since)) return;
      } else ledger.add(sums.ledger, event);
      traffic.add(sums.traffic, event);
      warnings.add(sums.warnings, event);
      for (const { key, fold } of groups) fold.add(sums.groups[key]!, event);
    },
    merge(a, b) {
      traffic.merge(a.traffic, b.traffic);
      ledger.merge(a.ledger, b.ledger);
      warnings.merge(a.warnings, b.warnings);
      for (const { key, fold } of groups) fold.merge(a.groups[key]!, b.groups[key]!);
      return a;
    },
    extract: (sums) => sums,
  };
}

/** A row of a table: a key, its counters and rates, why its mail was not delivered. */
export interface ReportRow extends GroupRow {
  /** What the key is called by people: the provider's name. */
  readonly name?: string;
  /** Of a category: whose fault it is and what it asks for. */
  readonly fault?: Fault;
  readonly action?: Action;
}

export interface ReportTable {
  readonly dimension: Dimension;
  /** The first of them, where not all were asked for. */
  readonly rows: readonly ReportRow[];
  /** How many rows the whole table has. */
  readonly total: number;
  /** How many rows had fewer messages than `--min-messages`: they are no part of the table. */
  readonly omitted: number;
  /** True where keys beyond `--max-keys` were added to `(other)`. */
  readonly overflow: boolean;
}

/** Something that needs a person. */
export interface Problem {
  /**
   * `sender_block`: a provider refuses for a reason that the sender can mend. `deferral`: a domain or provider whose deferral
   * rate stands out. `expired`: messages given up. `suppression`: addresses not to be mailed again.
   */
  readonly kind: 'sender_block' | 'deferral' | 'expired' | 'suppression';
  /** What `key` is a key of; empty where several domains share the problem. */
  readonly dimension: Dimension | null;
  readonly key: string;
  readonly name: string;
  readonly category: Category | null;
  readonly fault: Fault | null;
  readonly action: Action | null;
  /** How many messages, attempts or addresses it concerns; problems are sorted by it within their kind. */
  readonly count: number;
  readonly messages: number;
  readonly messages_deferred: number;
  readonly attempts: number;
  readonly deferrals: number;
  readonly bounced: number;
  readonly expired: number;
  readonly deferral_rate_by_message: number | null;
  readonly deferral_rate_by_attempt: number | null;
  /**
   * Most first. For a block: the providers; for a deferral: the domains, with the messages deferred of how many (for a provider:
   * with the attempts refused); for an expiry: the domains; for suppressions: the categories.
   */
  readonly where: readonly (readonly [key: string, count: number, of?: number])[];
  /** What it means, and what to do, in a sentence each. */
  readonly meaning: string;
  readonly advice: string;
  readonly answer: string;
  readonly reply_code: number;
  readonly enhanced_code: string;
  readonly rule: string;
  readonly example_time: string;
  readonly example_host: string;
  readonly example_queue_id: string;
}

/** When a deferral rate (by message) stands out. */
export const PROBLEM_LIMITS = {
  /** At least so many messages deferred. */
  deferred: 3,
  /** From this rate on, whatever the others do. */
  rate: 0.2,
  /** Or from this rate on, where it is so many times that of all others together. */
  lower_rate: 0.05,
  times: 3,
  /** Of so many messages at least. */
  others: 20,
} as const;

export interface SuppressionSummary {
  readonly policy: string;
  /** On the list at the end of the period. */
  readonly listed: number;
  /** Of those, listed within the period. */
  readonly new: number;
  readonly lifted: number;
  readonly by_category: readonly { readonly category: Category; readonly listed: number; readonly new: number }[];
  /** The newest first, cut to `--top`. */
  readonly newest: readonly Suppression[];
}

/** A cause that a mail server complained of, and what mends it. */
export interface WarningReport {
  /** The id of the row of warnings.csv. */
  readonly rule: string;
  readonly cause: string;
  readonly remedy: string;
  readonly reference: string | null;
  readonly count: number;
  readonly first: string | null;
  readonly last: string | null;
  /** The first, in the server's words. */
  readonly text: string;
  readonly host: string | null;
}

/** A slice of time, for charts: without gaps. */
export interface TimelineRow {
  /** RFC 3339 in the report's zone. */
  readonly start: string;
  readonly delivered: number;
  readonly deferrals: number;
  readonly bounced: number;
  readonly expired: number;
}

export interface DelayRow {
  /** Seconds: from (inclusive) to (exclusive; null: no end). */
  readonly from: number;
  readonly to: number | null;
  readonly count: number;
}

export interface ReportTotals extends Counters {
  readonly events: number;
  readonly warnings: number;
  readonly deferral_rate_by_message: number | null;
  readonly deferral_rate_by_attempt: number | null;
  readonly bounce_rate: number | null;
  /** Seconds. */
  readonly delay_median: number | null;
  readonly delay_p95: number | null;
}

export interface ReportInput {
  readonly name: string;
  readonly format: string;
  readonly bytes: number;
  readonly accounting: Accounting;
  readonly not_understood: string | null;
  readonly lost: readonly string[];
  readonly malformed: readonly MalformedSample[];
}

export interface ReportData {
  readonly schema: 'smtp-enrich/report';
  readonly version: 1;
  readonly period: {
    /** As asked for, RFC 3339; null where not limited. */
    readonly since: string | null;
    readonly until: string | null;
    /** The first and last event; null where there is none. */
    readonly first: string | null;
    readonly last: string | null;
    /** The zone that hours and days are of: an IANA name. */
    readonly time_zone: string;
  };
  readonly log_hosts: readonly string[];
  readonly formats: readonly string[];
  readonly inputs: readonly ReportInput[];
  readonly accounting: Accounting;
  readonly totals: ReportTotals;
  readonly problems: readonly Problem[];
  readonly tables: readonly ReportTable[];
  readonly timeline: { readonly minutes: number; readonly rows: readonly TimelineRow[] };
  readonly delays: readonly DelayRow[];
  readonly warnings: readonly WarningReport[];
  /** Bounce notifications (sender `<>`) among the messages, where senders were read. */
  readonly bounce_notifications: { readonly messages: number; readonly attempts: number } | null;
  readonly suppression: SuppressionSummary;
}

export interface ReportOptions {
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
  readonly categories?: readonly CategoryRow[];
  /** Provider id → name. */
  readonly providerNames?: ReadonlyMap<string, string>;
  readonly warnings?: readonly WarningRow[];
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
  const tables = new Map<Dimension, ReportTable>();
  for (const key of Object.keys(sums.groups) as GroupKey[]) tables.set(key, groupTable(key, sums, options));
  tables.set('hour', timeTable('hour', traffic, zone));
  tables.set('day', timeTable('day', traffic, zone));
  const accounting = emptyAccounting();
  for (const input of options.inputs ?? []) addAccounting(accounting, input.accounting);
  const suppression = summariseSuppressions(options.ledger ?? sums.ledger.addresses.values(), options);
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
      ...traffic.totals,
      ...rates(traffic.totals),
      ...delayFigures(traffic.delays),
    },
    problems: findProblems(sums, tables, suppression, options),
    tables: (options.dimensions ?? DEFAULT_DIMENSIONS).flatMap((dimension) => tables.get(dimension) ?? []),
    delays: [...traffic.delays].map(([bucket, count]) => {
      const [from, to] = bucketRange(bucket);
      return { from: from / 1000, to: Number.isFinite(to) ? to / 1000 : null, count };
    }),
    suppression,
    timeline: timelineOf(traffic, zone),
    warnings: warningReports(sums.warnings, options),
    bounce_notifications: bounceNotifications(sums),
  };
}

function bounceNotifications(sums: ReportSums): ReportData['bounce_notifications'] {
  if (sums.groups.sender === undefined) return null;
  const counters = sums.groups.sender.groups.get('<>')?.counters;
  return { messages: counters?.messages ?? 0, attempts: counters?.attempts ?? 0 };
}

function warningReports(warnings: Warnings, options: ReportOptions): WarningReport[] {
  const known = new Map((options.warnings ?? []).map((row) => [row.id, row]));
  const time = (ms: number): string | null => isoLocal(ms, options.timeZone) || null;
  return [...warnings]
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

const HOUR_MS = 4 * QUARTER_MS;

/** Quarter hours up to twelve hours, hours up to four days, then days of 24 hours from the zone's first midnight. */
function timelineOf(traffic: Traffic, zone: string): ReportData['timeline'] {
  const quarters = [...traffic.quarters.keys()].filter((quarter) => quarter !== NO_TIME);
  if (quarters.length === 0) return { minutes: 15, rows: [] };
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const quarter of quarters) {
    first = Math.min(first, quarter * QUARTER_MS);
    last = Math.max(last, quarter * QUARTER_MS);
  }
  const span = last - first;
  const step = span <= 12 * HOUR_MS ? QUARTER_MS : span <= 96 * HOUR_MS ? HOUR_MS : 24 * HOUR_MS;
  // A zone's hours and days begin where its clocks show :00 and 00:00.
  const local = localTime(first, zone);
  first -= ((local.hour * HOUR_MS + local.minute * 60_000) % step) + ((local.second * 1000) % step);
  const rows: { start: string; delivered: number; deferrals: number; bounced: number; expired: number }[] = [];
  // A stamp of another century would make a million empty slices: a chart is no use then.
  const count = Math.min(MAX_SLICES, Math.floor((last - first) / step) + 1);
  for (let i = 0; i < count; i++)
    rows.push({ start: isoLocal(first + i * step, zone), delivered: 0, deferrals: 0, bounced: 0, expired: 0 });
  for (const quarter of quarters) {
    const row = rows[Math.min(count - 1, Math.floor((quarter * QUARTER_MS - first) / step))]!;
    const counters = traffic.quarters.get(quarter)!;
    row.delivered += counters.delivered;
    row.deferrals += counters.deferrals;
    row.bounced += counters.bounced;
    row.expired += counters.expired;
  }
  return { minutes: step / 60_000, rows };
}

const MAX_SLICES = 1000;

function groupTable(dimension: GroupKey, sums: ReportSums, options: ReportOptions): ReportTable {
  const table = sums.groups[dimension]!;
  const { overflow } = table;
  const name = (row: GroupRow): ReportRow => named(dimension, row, options);
  const limit = options.rows ?? Number.POSITIVE_INFINITY;
  // Categories and codes are no groups of messages: each counts the outcomes it explains.
  if (isOutcomeTable(dimension)) {
    const all = groupRows(table).map(name).sort(mostFirst);
    return { dimension, rows: all.slice(0, limit), total: all.length, omitted: 0, overflow };
  }
  const { rows, total } = worstGroups(table, limit, options.minMessages ?? 0);
  return { dimension, rows: rows.map(name), total, omitted: table.groups.size - total, overflow };
}

/** Tables whose rows are no groups of messages: each counts the outcomes it explains. */
export function isOutcomeTable(dimension: Dimension): boolean {
  return dimension === 'category' || dimension === 'code' || dimension === 'reject' || dimension === 'client';
}

function named(dimension: GroupKey, row: GroupRow, options: ReportOptions): ReportRow {
  if (dimension === 'category') {
    const known = options.categories?.find((category) => category.category === row.key);
    if (known === undefined) return row;
    const action = row.bounced + row.dropped > 0 ? known.action_5xx : known.action_4xx;
    return { ...row, ...(known.fault === undefined ? {} : { fault: known.fault }), action };
  }
  const name = dimension === 'provider' ? options.providerNames?.get(row.key) : undefined;
  return name === undefined ? row : { ...row, name };
}

function mostFirst(a: ReportRow, b: ReportRow): number {
  return b.attempts - a.attempts || b.rejected - a.rejected || b.expired - a.expired || compareText(a.key, b.key);
}

/** Hours and days of a zone, made of the quarter hours, in order. */
function timeTable(dimension: 'hour' | 'day', traffic: Traffic, zone: string): ReportTable {
  const buckets = new Map<string, Counters>();
  for (const [quarter, counters] of [...traffic.quarters].sort((a, b) => a[0] - b[0])) {
    const key = quarter === NO_TIME ? '(no time)' : timeKey(dimension, quarter * QUARTER_MS, zone);
    const sum = buckets.get(key);
    if (sum === undefined) buckets.set(key, { ...counters });
    else addCounters(sum, counters);
  }
  const rows = [...buckets].map(([key, counters]) => ({
    key,
    ...counters,
    ...rates(counters),
    delay_median: null,
    delay_p95: null,
    reasons: [],
  }));
  return { dimension, rows, total: rows.length, omitted: 0, overflow: false };
}

/** `2026-11-22`, or `2026-11-22T02+01:00`: the repeated hour when clocks go back is two hours. */
function timeKey(dimension: 'hour' | 'day', time: number, zone: string): string {
  if (dimension === 'day') return localTime(time, zone).date;
  const iso = isoLocal(time, zone);
  return `${iso.slice(0, 13)}:00${iso.slice(19)}`;
}

function summariseSuppressions(ledger: Iterable<LedgerAddress>, options: ReportOptions): SuppressionSummary {
  const since = options.since ?? Number.NEGATIVE_INFINITY;
  const byCategory = new Map<Category, { category: Category; listed: number; new: number }>();
  const { newest = 20 } = options;
  let fresh: Suppression[] = [];
  let listed = 0;
  let lifted = 0;
  for (const known of ledger) {
    const suppression = suppressionOf(known, options.policy, options.now);
    if (suppression?.state === 'lifted') lifted++;
    if (suppression?.state !== 'listed') continue;
    listed++;
    const row = byCategory.get(suppression.category) ?? { category: suppression.category, listed: 0, new: 0 };
    byCategory.set(suppression.category, row);
    row.listed++;
    if (!(suppression.since < since)) {
      row.new++;
      fresh.push(suppression);
      // Twice as many as wanted are gathered, then the newer half is kept.
      if (fresh.length >= 2 * newest + 1000) fresh = newestFirst(fresh).slice(0, newest);
    }
  }
  return {
    policy: options.policy.name,
    listed,
    new: [...byCategory.values()].reduce((sum, row) => sum + row.new, 0),
    lifted,
    by_category: [...byCategory.values()].sort((a, b) => b.listed - a.listed || compareText(a.category, b.category)),
    newest: newestFirst(fresh).slice(0, newest),
  };
}

function newestFirst(list: Suppression[]): Suppression[] {
  return list.sort((a, b) => b.since - a.since || compareText(a.address, b.address));
}

function findProblems(
  sums: ReportSums,
  tables: ReadonlyMap<Dimension, ReportTable>,
  suppression: SuppressionSummary,
  options: ReportOptions,
): Problem[] {
  const categories = new Map((options.categories ?? []).map((row) => [row.category, row]));
  const blocks: Problem[] = [];
  const expiries: Problem[] = [];
  for (const row of tables.get('category')?.rows ?? []) {
    const reason = row.reasons[0];
    if (reason === undefined) continue;
    const action = actionOf(reason, categories);
    if (action?.startsWith('fix_') && reason.count > 0)
      blocks.push(problem('sender_block', 'category', row, reason, reason.count, action, categories, options));
  }
  const { totals } = sums.traffic;
  const deferrals = deferralProblems(sums, categories, options);
  if (totals.expired > 0) {
    const where = rowsOf('domain', sums, options, (counters) => counters.expired > 0)
      .map((row) => [row.key, row.expired] as const)
      .sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]));
    expiries.push({
      ...nothing,
      kind: 'expired',
      count: totals.expired,
      expired: totals.expired,
      where,
    });
  }
  const most = (a: Problem, b: Problem): number => b.count - a.count || compareText(a.key, b.key);
  return [
    ...blocks.sort(most),
    ...deferrals.sort(most),
    ...expiries,
    ...(suppression.new > 0 ? [suppressionProblem(suppression)] : []),
  ];
}

/**
 * Domains that stand out, one problem for each reason they share: five domains held up by one provider's limit are one problem.
 * Then the providers that stand out for what no single domain showed: a thousand small domains, each deferred once.
 */
/** The rows of a table that may be part of a problem: not only those that are shown. */
function rowsOf(
  dimension: GroupKey,
  sums: ReportSums,
  options: ReportOptions,
  wanted: (counters: Readonly<Counters>) => boolean,
): ReportRow[] {
  const table = sums.groups[dimension];
  if (table === undefined) return [];
  const least = options.minMessages ?? 0;
  return groupsWhere(table, (counters) => counters.messages >= least && wanted(counters)).map((row) =>
    named(dimension, row, options),
  );
}

function deferralProblems(
  sums: ReportSums,
  categories: ReadonlyMap<Category, CategoryRow>,
  options: ReportOptions,
): Problem[] {
  const { totals } = sums.traffic;
  const mayStandOut = (counters: Readonly<Counters>): boolean => counters.messages_deferred >= PROBLEM_LIMITS.deferred;
  const byReason = new Map<string, { row: ReportRow; reason: ReasonRow }[]>();
  const shown = new Map<string, number>();
  for (const row of rowsOf('domain', sums, options, mayStandOut)) {
    const reason = dominating(row);
    if (reason === undefined || row.key === OTHER_KEY || !standsOut(row, totals)) continue;
    const same = `${reason.category} ${reason.example.evidence.rule}`;
    byReason.set(same, [...(byReason.get(same) ?? []), { row, reason }]);
    for (const [provider, count] of reason.partners) {
      const key = `${provider} ${reason.category}`;
      shown.set(key, (shown.get(key) ?? 0) + count);
    }
  }
  const found: Problem[] = [];
  for (const affected of byReason.values()) {
    affected.sort((a, b) => b.row.messages_deferred - a.row.messages_deferred || compareText(a.row.key, b.row.key));
    const sum = emptyCounters();
    for (const { row } of affected) addCounters(sum, row);
    const { row, reason } = affected[0]!;
    const whole: ReportRow = { ...row, ...sum, ...rates(sum), key: affected.length === 1 ? row.key : '' };
    const action = categories.get(reason.category)?.action_4xx ?? null;
    found.push({
      ...problem('deferral', 'domain', whole, reason, sum.messages_deferred, action, categories, options),
      deferrals: sum.deferrals,
      bounced: sum.bounced,
      expired: sum.expired,
      where: affected.map((one) => [one.row.key, one.row.messages_deferred, one.row.messages] as const),
    });
  }
  for (const row of rowsOf('provider', sums, options, mayStandOut)) {
    const reason = dominating(row);
    if (reason === undefined || row.key === OTHER_KEY || row.key === NO_KEY || !standsOut(row, totals)) continue;
    if ((shown.get(`${row.key} ${reason.category}`) ?? 0) * 2 >= reason.count) continue;
    const action = categories.get(reason.category)?.action_4xx ?? null;
    found.push({
      ...problem('deferral', 'provider', row, reason, row.messages_deferred, action, categories, options),
      deferrals: row.deferrals,
      bounced: row.bounced,
      expired: row.expired,
    });
  }
  return found;
}

/** The reason that weighs most among the deferrals of a row. */
export function dominating(row: GroupRow): ReasonRow | undefined {
  let most: ReasonRow | undefined;
  for (const reason of row.reasons) if (reason.deferrals > (most?.deferrals ?? 0)) most = reason;
  return most;
}

function standsOut(row: GroupRow, totals: Counters): boolean {
  if (row.messages_deferred < PROBLEM_LIMITS.deferred || row.deferral_rate_by_message === null) return false;
  if (row.deferral_rate_by_message >= PROBLEM_LIMITS.rate) return true;
  const others = totals.messages - row.messages;
  // Where (nearly) all mail takes one way, there is nothing to compare it with.
  if (others < PROBLEM_LIMITS.others || others < row.messages / 10) return false;
  const rest = others > 0 ? (totals.messages_deferred - row.messages_deferred) / others : 0;
  return (
    row.deferral_rate_by_message >= PROBLEM_LIMITS.lower_rate &&
    row.deferral_rate_by_message >= PROBLEM_LIMITS.times * rest
  );
}

const nothing: Problem = {
  kind: 'deferral',
  dimension: null,
  key: '',
  name: '',
  category: null,
  fault: null,
  action: null,
  count: 0,
  messages: 0,
  messages_deferred: 0,
  attempts: 0,
  deferrals: 0,
  bounced: 0,
  expired: 0,
  deferral_rate_by_message: null,
  deferral_rate_by_attempt: null,
  where: [],
  meaning: '',
  advice: '',
  answer: '',
  reply_code: 0,
  enhanced_code: '',
  rule: '',
  example_time: '',
  example_host: '',
  example_queue_id: '',
};

function problem(
  kind: Problem['kind'],
  dimension: Dimension,
  row: ReportRow,
  reason: ReasonRow,
  count: number,
  action: Action | null,
  categories: ReadonlyMap<Category, CategoryRow>,
  options: ReportOptions,
): Problem {
  const meaning = categories.get(reason.category);
  const { example } = reason;
  return {
    ...nothing,
    kind,
    dimension,
    key: row.key,
    name: row.name ?? row.key,
    category: reason.category,
    fault: meaning?.fault ?? null,
    action,
    count,
    messages: row.messages,
    messages_deferred: row.messages_deferred,
    attempts: row.attempts,
    deferrals: reason.deferrals,
    bounced: reason.bounced,
    expired: reason.expired,
    deferral_rate_by_message: row.deferral_rate_by_message,
    deferral_rate_by_attempt: row.deferral_rate_by_attempt,
    where: reason.partners
      .filter(([key]) => key !== NO_KEY)
      .map(([key, n]) => [options.providerNames?.get(key) ?? key, n] as const),
    meaning: meaning?.meaning ?? '',
    advice: meaning?.advice ?? '',
    answer: example.answer,
    reply_code: example.reply_code,
    enhanced_code: example.enhanced_code,
    rule: example.evidence.rule,
    example_time: isoLocal(example.time, options.timeZone),
    example_host: example.host,
    example_queue_id: example.queue_id,
  };
}

/** What a reason asks for: by its bounces, where it has any. */
export function actionOf(reason: ReasonRow, categories: ReadonlyMap<Category, CategoryRow>): Action | null {
  const row = categories.get(reason.category);
  if (row === undefined) return null;
  return reason.bounced + reason.dropped > 0 ? row.action_5xx : row.action_4xx;
}

function suppressionProblem(suppression: SuppressionSummary): Problem {
  return {
    ...nothing,
    kind: 'suppression',
    fault: 'recipient',
    action: 'suppress',
    count: suppression.new,
    where: suppression.by_category.filter((row) => row.new > 0).map((row) => [row.category, row.new] as const),
  };
}
