/** One pass over the events for everything a report needs. */
import type { DeliveryEvent } from '../event/index.ts';
import { type Causes, foldCauses } from './causes.ts';
import type { TallyFold } from './combine.ts';
import { Tally } from './counters.ts';
import { type GroupKey, INBOUND_EVENTS, NO_KEY } from './group-keys.ts';
import type { GroupTable } from './group-table.ts';
import { DEFAULT_MAX_KEYS, foldGroups, type GroupFold, isCounted } from './groups.ts';
import type { PlainDeliveries } from './plain-deliveries.ts';
import { OTHER_KEY } from './reasons.ts';
import { addRefusals } from './refusals.ts';
import { DEFAULT_DIMENSIONS, type Dimension, isGroupKey } from './report-model.ts';
import { foldSuppression, type Ledger } from './suppression.ts';
import { foldTraffic, type Traffic } from './traffic.ts';
import { foldWarnings, type Warnings } from './warnings.ts';

/** The sums behind a report. */
export interface ReportSums {
  traffic: Traffic;
  groups: Partial<Record<GroupKey, GroupTable>>;
  ledger: Ledger;
  warnings: Warnings;
  causes: Causes;
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

/**
 * One pass for everything a report needs.
 * @param plain counts deliveries by their numbers in the accumulator that is then made: one only. See `canCount`.
 */
export function foldReport(
  options: ReportFoldOptions = {},
  plain?: PlainDeliveries,
): TallyFold<ReportSums, ReportSums> {
  const keys = keysOf(options);
  const maxKeys = options.maxKeys ?? DEFAULT_MAX_KEYS;
  const traffic = foldTraffic(plain);
  const ledger = foldSuppression({}, plain);
  const warnings = foldWarnings(options.warningRules);
  const causes = foldCauses();
  const groups: GroupEntry[] = keys.map((key) => ({ key, fold: foldGroups(key, maxKeys, plain) }));
  const since = options.since ?? Number.NEGATIVE_INFINITY;
  const until = options.until ?? Number.POSITIVE_INFINITY;
  const bounded = isBounded(options);
  const own = new Tally();
  const [{ fold: byDomain }, { fold: byProvider }] = groups as [GroupEntry, GroupEntry];

  /** Whether a deferral or bounce was added to those that are counted: these tell its reason and its cause. */
  function gather({ groups: tables }: ReportSums, event: DeliveryEvent, counts: PlainDeliveries): boolean {
    const refused = counts.refusals.enter(event);
    if (refused === 0 || !counts.refusals.gathers) return false;
    const provider = byProvider.rowOf(tables.provider!, event);
    // Those without a provider, or with one that has no row of its own, are never counted: each event names its own.
    const name = tables.provider!.keyOf(provider);
    if (name === NO_KEY || name === OTHER_KEY) return false;
    return counts.refusals.add(event, refused, byDomain.rowOf(tables.domain!, event), provider);
  }

  return {
    create() {
      const sums: ReportSums = {
        traffic: traffic.create(),
        groups: Object.fromEntries(groups.map(({ key, fold }) => [key, fold.create()])),
        ledger: ledger.create(),
        warnings: warnings.create(),
        causes: causes.create(),
      };
      // Who failed, and why, is kept of each bounce, counted by its event or not.
      if (plain !== undefined) plain.onFailure = (event) => ledger.add(sums.ledger, event);
      return sums;
    },
    add(sums: ReportSums, event: DeliveryEvent, tally = own.of(event)): void {
      if (bounded) {
        if (!(event.time < until)) return;
        ledger.add(sums.ledger, event);
        if (!(event.time >= since)) return;
      } else ledger.add(sums.ledger, event);
      traffic.add(sums.traffic, event, tally);
      warnings.add(sums.warnings, event, tally);
      const gathered = plain !== undefined && gather(sums, event, plain);
      if (!gathered) causes.add(sums.causes, event, tally);
      for (const { key, fold } of groups) fold.add(sums.groups[key]!, event, tally, gathered);
    },
    merge(a, b) {
      traffic.merge(a.traffic, b.traffic);
      ledger.merge(a.ledger, b.ledger);
      warnings.merge(a.warnings, b.warnings);
      causes.merge(a.causes, b.causes);
      for (const { key, fold } of groups) fold.merge(a.groups[key]!, b.groups[key]!);
      return a;
    },
    extract(sums) {
      traffic.extract(sums.traffic);
      if (plain !== undefined) addRefusals(sums, plain);
      return sums;
    },
  };
}

interface GroupEntry {
  readonly key: GroupKey;
  readonly fold: GroupFold;
}

/** Whether all that is counted of a delivery can be counted by its numbers. */
export function canCount(options: ReportFoldOptions): boolean {
  const { maxKeys = DEFAULT_MAX_KEYS } = options;
  return (
    !isBounded(options) &&
    maxKeys <= MOST_COUNTED_KEYS &&
    keysOf(options).every((key) => INBOUND_EVENTS[key] !== undefined || isCounted(key))
  );
}

/** Names that parsers number: more keys than that are no names. */
const MOST_COUNTED_KEYS = 1 << 18;

function isBounded({ since, until }: ReportFoldOptions): boolean {
  return since !== undefined || until !== undefined;
}

/** Domains, providers and categories are where the problems are found: always needed. */
function keysOf({ dimensions = DEFAULT_DIMENSIONS }: ReportFoldOptions): readonly GroupKey[] {
  return [...new Set<GroupKey>(['domain', 'provider', 'category', ...dimensions.filter(isGroupKey)])];
}
