/** The tables of a report: the groups of each key as rows, causes by their answers, hours and days of a zone. */
import { type Action, CATEGORIES } from '../event/index.ts';
import { answers, type Cause, causePartners } from './causes.ts';
import { addCounters, type Counters, countersAt, emptyCounters } from './counters.ts';
import { type GroupKey, PARTNERS } from './group-keys.ts';
import {
  compareText,
  firstGroups,
  type GroupRow,
  groupRows,
  type Order,
  type ReasonRow,
  type RowWords,
  rates,
} from './groups.ts';
import type { Meanings } from './meanings.ts';
import type { ReportSums } from './report-fold.ts';
import { type Dimension, isGroupKey, isOutcomeTable, type ReportRow, type ReportTable } from './report-model.ts';
import { isoLocal, localTime } from './time-zone.ts';
import { NO_TIME, QUARTER_MS, type Traffic } from './traffic.ts';

export interface TableOptions {
  readonly timeZone: string;
  /** Groups with fewer are left out. */
  readonly minMessages: number;
  /** So many rows of each table are made. */
  readonly rows: number;
  readonly order: Order;
  readonly meanings: Meanings;
  /** Provider id → name. */
  readonly providerNames: ReadonlyMap<string, string>;
}

export function reportTable(dimension: Dimension, sums: ReportSums, options: TableOptions): ReportTable {
  if (isGroupKey(dimension)) return groupTable(dimension, sums, options);
  return dimension === 'answer' ? answerTable(sums, options) : timeTable(dimension, sums.traffic, options.timeZone);
}

function groupTable(dimension: GroupKey, sums: ReportSums, options: TableOptions): ReportTable {
  const table = sums.groups[dimension]!;
  const { overflow } = table;
  const words: RowWords = {
    reasons: (reasons) => explained(reasons, options, PARTNERS[dimension] === 'provider'),
    ...(dimension === 'provider' ? { name: (key) => options.providerNames.get(key) } : {}),
  };
  // Categories and codes are no groups of messages: each counts the outcomes it explains.
  if (isOutcomeTable(dimension)) {
    const all: ReportRow[] = groupRows(table, words).sort(mostFirst);
    const rows = all.slice(0, options.rows);
    return {
      dimension,
      rows: dimension === 'category' ? rows.map((row) => withActions(row, sums, options.meanings)) : rows,
      total: all.length,
      omitted: 0,
      overflow,
    };
  }
  const { rows, total } = firstGroups(table, options.rows, options.minMessages, options.order, words);
  return { dimension, rows, total, omitted: table.size - total, overflow };
}

/** Reasons with what they ask for, and the providers that gave them by their names. */
function explained(
  reasons: readonly ReasonRow[],
  { meanings, providerNames }: TableOptions,
  fromProviders: boolean,
): readonly ReasonRow[] {
  return reasons.map((reason): ReasonRow => {
    const { category, deferrals, bounced, expired, dropped, rejected, count, example } = reason;
    const final = reason.bounced + reason.dropped + reason.rejected > 0;
    const action = meanings.action(category, example.action, example.evidence.rule, final) ?? example.action;
    return {
      category,
      deferrals,
      bounced,
      expired,
      dropped,
      rejected,
      example: { ...example, action },
      count,
      get partners() {
        const { partners } = reason;
        if (!fromProviders) return partners;
        return partners.map(([key, times]) => [providerNames.get(key) ?? key, times] as const);
      },
    };
  });
}

function withActions(row: GroupRow, sums: ReportSums, meanings: Meanings): ReportRow {
  const category = CATEGORIES.find((known) => known === row.key);
  if (category === undefined) return row;
  const counts = new Map<Action, number>();
  for (const cause of sums.causes.values()) {
    const action = cause.category === category ? meanings.actionOf(cause) : null;
    if (action !== null) counts.set(action, (counts.get(action) ?? 0) + answers(cause) + cause.expired);
  }
  const actions = [...counts]
    .map(([action, count]) => ({ action, count }))
    .sort((a, b) => b.count - a.count || compareText(a.action, b.action));
  // What is only delivered, complained of or unsubscribed from has no cause: there the category speaks.
  const action = actions[0]?.action ?? meanings.action(category, 'none', '', true);
  const { fault } = meanings.of(category, null);
  return {
    ...row,
    ...(fault === null ? {} : { fault }),
    ...(action === null ? {} : { action }),
    ...(actions.length === 0 ? {} : { actions }),
  };
}

function mostFirst(a: ReportRow, b: ReportRow): number {
  return (
    b.attempts - a.attempts ||
    b.rejected - a.rejected ||
    b.reject_warnings - a.reject_warnings ||
    b.expired - a.expired ||
    b.processed - a.processed ||
    compareText(a.key, b.key)
  );
}

/** One row for each row of the code table that explained a failure: what servers said, in their words. */
function answerTable(sums: ReportSums, options: TableOptions): ReportTable {
  const all = [...sums.causes.values()].map((cause) => answerRow(cause, options)).sort(mostAnswersFirst);
  return { dimension: 'answer', rows: all.slice(0, options.rows), total: all.length, omitted: 0, overflow: false };
}

function answerRow(cause: Cause, options: TableOptions): ReportRow {
  const { meanings } = options;
  const { category, rule, deferrals, bounced, expired, dropped, example } = cause;
  const counters: Counters = {
    ...emptyCounters(),
    attempts: deferrals + bounced,
    deferrals,
    bounced,
    expired,
    dropped,
  };
  const action = meanings.actionOf(cause);
  const { fault } = meanings.of(category, action);
  let partners: ReasonRow['partners'] | undefined;
  const reason: ReasonRow = {
    category,
    deferrals,
    bounced,
    expired,
    dropped,
    rejected: 0,
    count: answers(cause),
    example,
    get partners() {
      partners ??= [...causePartners(cause)].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]));
      return partners;
    },
  };
  return {
    key: rule,
    ...counters,
    ...NO_RATES,
    ...(fault === null ? {} : { fault }),
    ...(action === null ? {} : { action }),
    reasons: explained([reason], options, true),
  };
}

const NO_RATES = {
  deferral_rate_by_message: null,
  deferral_rate_by_attempt: null,
  bounce_rate: null,
  delay_median: null,
  delay_p95: null,
  delay_max: null,
} as const;

function mostAnswersFirst(a: ReportRow, b: ReportRow): number {
  return answers(b) - answers(a) || b.expired - a.expired || compareText(a.key, b.key);
}

/** Hours and days of a zone, made of the quarter hours, in order. */
function timeTable(dimension: 'hour' | 'day', traffic: Traffic, zone: string): ReportTable {
  const buckets = new Map<string, Counters>();
  for (const [quarter, sums] of [...traffic.quarters].sort((a, b) => a[0] - b[0])) {
    const counters = countersAt(sums);
    const key = quarter === NO_TIME ? '(no time)' : timeKey(dimension, quarter * QUARTER_MS, zone);
    const sum = buckets.get(key);
    if (sum === undefined) buckets.set(key, counters);
    else addCounters(sum, counters);
  }
  const rows = [...buckets].map(([key, counters]) => ({
    key,
    ...counters,
    ...NO_RATES,
    ...rates(counters),
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
