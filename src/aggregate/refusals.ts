/**
 * What was added up of deferrals and bounces by their numbers, told as reasons and causes: of each domain, provider, category and code,
 * and of the rules of the code table. Of a log's sixty thousand domains a report shows twenty: a row's reasons are made when it is
 * looked at, and who had to do with one when that is asked.
 */
import type { Category } from '../event/index.ts';
import { addCausePartner, type Causes, causeOf } from './causes.ts';
import { codeOf, type GroupKey } from './group-keys.ts';
import type { GroupTable } from './group-table.ts';
import { ownStart } from './own-string.ts';
import type { PlainDeliveries } from './plain-deliveries.ts';
import {
  ANSWER_LIMIT,
  addPartner,
  addToReasons,
  type Example,
  eachReason,
  MAX_PARTNERS,
  mergeReasons,
  OTHER_KEY,
  type Reason,
} from './reasons.ts';
import { OF_ALL, OF_DOMAIN, OF_PROVIDER, type Refusals, type RefusalsOf, type RefusedTimes } from './refusal-rows.ts';

/** The parts of a report's sums that deferrals and bounces are in. */
interface Sums {
  readonly groups: Partial<Record<GroupKey, GroupTable>>;
  readonly causes: Causes;
}

/** Adds what was counted to the causes at once, and to a table's reasons when they are asked for. To be called once. */
export function addRefusals(sums: Sums, plain: PlainDeliveries): void {
  const { domain, provider } = sums.groups as Record<'domain' | 'provider', GroupTable>;
  const refusals = plain.refusals.sum(domain.size, provider.size);
  if (refusals === undefined) return;
  const all = refusals.gather(OF_ALL, 0);
  for (const refused of all) addToCauses(sums.causes, refused, refusals, provider);
  for (const [name, table] of Object.entries(sums.groups)) {
    const reasonsOf = reasonsIn(name as GroupKey, table, all, refusals, { domain, provider });
    if (reasonsOf !== undefined)
      table.reasonsOfMore = (row, own) => (own === null ? reasonsOf(row) : mergeReasons(own, reasonsOf(row)));
  }
}

function addToCauses(causes: Causes, refused: RefusedTimes, refusals: Refusals, provider: GroupTable): void {
  const { verdict, kind, times, first, earliest } = refused;
  const cause = causeOf(causes, verdict, () => exampleOf(refused, refusals), refusals.time(earliest));
  cause[kind] += times;
  cause.messages += first;
  if (kind === 'deferrals') cause.messages_deferred += first;
  cause.more ??= [];
  cause.more.push(() =>
    refusals.partners(OF_ALL, 0, [refused.number], MAX_PARTNERS + 1, (row, count) =>
      addCausePartner(cause, row < 0 ? OTHER_KEY : provider.keyOf(row), count),
    ),
  );
}

/** What makes the reasons of a row of a table; undefined where no deferral or bounce is in it. */
function reasonsIn(
  key: GroupKey,
  table: GroupTable,
  all: readonly RefusedTimes[],
  refusals: Refusals,
  { domain, provider }: Record<'domain' | 'provider', GroupTable>,
): ((row: number) => Reason | null) | undefined {
  if (key === 'domain') return (row) => reasonsOf(refusals.gather(OF_DOMAIN, row), refusals, OF_DOMAIN, row, provider);
  if (key === 'provider')
    return (row) => reasonsOf(refusals.gather(OF_PROVIDER, row), refusals, OF_PROVIDER, row, domain);
  if (key !== 'category' && key !== 'code') return undefined;
  const byRow = new Map<number, RefusedTimes[]>();
  for (const refused of all) {
    const { verdict } = refused;
    let row = table.find(key === 'category' ? verdict.category : codeOf(verdict));
    if (row < 0) row = table.find(OTHER_KEY);
    const same = byRow.get(row);
    if (same === undefined) byRow.set(row, [refused]);
    else same.push(refused);
  }
  return (row) => reasonsOf(byRow.get(row) ?? [], refusals, OF_ALL, 0, provider);
}

/** Refusals by verdict as reasons, one for each category. @param partners the table of those who had to do with them */
function reasonsOf(
  all: readonly RefusedTimes[],
  refusals: Refusals,
  by: RefusalsOf,
  row: number,
  partners: GroupTable,
): Reason | null {
  const byCategory = new Map<Category, RefusedTimes[]>();
  for (const refused of all) {
    const { category } = refused.verdict;
    const same = byCategory.get(category);
    if (same === undefined) byCategory.set(category, [refused]);
    else same.push(refused);
  }
  let first: Reason | null = null;
  for (const [category, same] of byCategory) {
    let earliest = same[0]!;
    for (const one of same) if (refusals.isEarlier(one.earliest, earliest.earliest)) earliest = one;
    const example = (): Example => exampleOf(earliest, refusals);
    const time = refusals.time(earliest.earliest);
    for (const { kind, times } of same) first = addToReasons(first, category, kind, times, example, time, undefined);
    for (const reason of eachReason(first))
      if (reason.category === category)
        reason.more = () => {
          const numbers = same.map(({ number }) => number);
          refusals.partners(by, row, numbers, MAX_PARTNERS + 1, (partner, count) =>
            addPartner(reason, partner < 0 ? OTHER_KEY : partners.keyOf(partner), count),
          );
        };
  }
  return first;
}

function exampleOf({ verdict, earliest }: RefusedTimes, refusals: Refusals): Example {
  return {
    time: refusals.time(earliest),
    answer: ownStart(refusals.answer(earliest), ANSWER_LIMIT),
    host: refusals.host(earliest),
    queue_id: refusals.queueId(earliest),
    reply_code: verdict.reply_code ?? 0,
    enhanced_code: verdict.enhanced_code ?? '',
    evidence: verdict.evidence,
    action: verdict.action,
  };
}
