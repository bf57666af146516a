/** One pass over the events for everything a report needs. */
import type { DeliveryEvent, DeliveryNumbers } from '../event/index.ts';
import { type Causes, foldCauses } from './causes.ts';
import type { TallyFold } from './combine.ts';
import { Tally } from './counters.ts';
import { delayBucket } from './delays.ts';
import type { GroupKey } from './group-keys.ts';
import type { GroupTable } from './group-table.ts';
import { DEFAULT_MAX_KEYS, foldGroups } from './groups.ts';
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

export interface ReportFold extends TallyFold<ReportSums, ReportSums> {
  /** Counts a message's delivery at its first record by its numbers, where all is known that it counts for; see CountDelivery. */
  count(sums: ReportSums, delivery: DeliveryNumbers): boolean;
}

/** One pass for everything a report needs. */
export function foldReport(options: ReportFoldOptions = {}): ReportFold {
  // Domains, providers and categories are where the problems are found: always needed.
  const keys = new Set<GroupKey>(['domain', 'provider', 'category']);
  for (const dimension of options.dimensions ?? DEFAULT_DIMENSIONS) if (isGroupKey(dimension)) keys.add(dimension);
  const traffic = foldTraffic();
  const ledger = foldSuppression();
  const warnings = foldWarnings(options.warningRules);
  const causes = foldCauses();
  const groups = [...keys].map((key) => ({ key, fold: foldGroups(key, options.maxKeys ?? DEFAULT_MAX_KEYS) }));
  const since = options.since ?? Number.NEGATIVE_INFINITY;
  const until = options.until ?? Number.POSITIVE_INFINITY;
  const bounded = options.since !== undefined || options.until !== undefined;
  const own = new Tally();
  return {
    create: () => ({
      traffic: traffic.create(),
      groups: Object.fromEntries(groups.map(({ key, fold }) => [key, fold.create()])),
      ledger: ledger.create(),
      warnings: warnings.create(),
      causes: causes.create(),
    }),
    add(sums: ReportSums, event: DeliveryEvent, tally = own.of(event)): void {
      if (bounded) {
        if (!(event.time < until)) return;
        ledger.add(sums.ledger, event);
        if (!(event.time >= since)) return;
      } else ledger.add(sums.ledger, event);
      traffic.add(sums.traffic, event, tally);
      warnings.add(sums.warnings, event, tally);
      causes.add(sums.causes, event, tally);
      for (const { key, fold } of groups) fold.add(sums.groups[key]!, event, tally);
    },
    count(sums, delivery) {
      if (bounded || !traffic.knows(sums.traffic, delivery) || !ledger.isUnknown(sums.ledger, delivery.recipientKey))
        return false;
      for (const { key, fold } of groups) if (!fold.knows(sums.groups[key]!, delivery)) return false;
      const bucket = delayBucket(delivery.delayMs);
      traffic.countKnown(sums.traffic, delivery, bucket);
      for (const { key, fold } of groups) fold.countKnown(sums.groups[key]!, delivery, bucket);
      return true;
    },
    merge(a, b) {
      traffic.merge(a.traffic, b.traffic);
      ledger.merge(a.ledger, b.ledger);
      warnings.merge(a.warnings, b.warnings);
      causes.merge(a.causes, b.causes);
      for (const { key, fold } of groups) fold.merge(a.groups[key]!, b.groups[key]!);
      return a;
    },
    extract: (sums) => sums,
  };
}
