/**
 * What was added up of deferrals and bounces by their numbers, told as reasons and causes: of each domain, provider, category and code,
 * and of the rules of the code table. Of a log's ten thousand domains a report shows twenty: a row's reasons are made when it
 * is looked at, and all is added up by numbers before anything is named.
 */
import type { Category, Verdict } from '../event/index.ts';
import { addCausePartner, type Causes, causeOf } from './causes.ts';
import { codeOf, type GroupKey, PARTNERS } from './group-keys.ts';
import type { GroupTable } from './group-table.ts';
import { ownStart } from './own-string.ts';
import type { PlainDeliveries } from './plain-deliveries.ts';
import {
  ANSWER_LIMIT,
  addPartner,
  addToReasons,
  type Example,
  eachReason,
  earlier,
  mergeReasons,
  OTHER_KEY,
  type Reason,
} from './reasons.ts';
import type { Refusals } from './refusal-rows.ts';

/** The parts of a report's sums that deferrals and bounces are in. */
interface Sums {
  readonly groups: Partial<Record<GroupKey, GroupTable>>;
  readonly causes: Causes;
}

/** Adds what was counted to the causes at once, and to a table's reasons when they are asked for. To be called once. */
export function addRefusals(sums: Sums, plain: PlainDeliveries): void {
  const refusals = plain.refusals();
  if (refusals === undefined) return;
  const { domain, provider } = sums.groups as Record<'domain' | 'provider', GroupTable>;
  const examples = new Map<number, Example>();
  const exampleOf = (refusal: number): Example => {
    let example = examples.get(refusal);
    if (example === undefined) {
      example = makeExample(refusals, refusal, plain);
      examples.set(refusal, example);
    }
    return example;
  };

  const byVerdict = new Map<Verdict, Together>();
  for (let i = 0; i < refusals.length; i++) gather(byVerdict, refusals.verdict(i), refusals, i, exampleOf, false);
  for (const [verdict, together] of byVerdict) {
    const { deferrals, bounced, firstDeferrals, firstBounced, earliest } = together;
    const cause = causeOf(sums.causes, verdict, () => exampleOf(earliest), refusals.time(earliest));
    cause.deferrals += deferrals;
    cause.bounced += bounced;
    cause.messages += firstDeferrals + firstBounced;
    cause.messages_deferred += firstDeferrals;
    for (const [row, times] of together.partners) addCausePartner(cause, provider.keyOf(row), times);
  }

  for (const [name, table] of Object.entries(sums.groups)) {
    const key = name as GroupKey;
    const rowOf = rowsOf(key, table, refusals);
    if (rowOf === undefined) continue;
    const byDomain = PARTNERS[key] === 'domain';
    const partners = byDomain ? domain : provider;
    // Row → the first of its refusals, refusal → the next: as numbers + 1, so that 0 is none.
    const firsts = new Int32Array(table.size);
    const nexts = new Int32Array(refusals.length);
    for (let i = refusals.length - 1; i >= 0; i--) {
      const row = rowOf(i);
      nexts[i] = firsts[row]!;
      firsts[row] = i + 1;
    }
    table.reasonsOfMore = (row, own) => {
      const byCategory = new Map<Category, Together>();
      for (let i = firsts[row] ?? 0; i > 0; i = nexts[i - 1]!)
        gather(byCategory, refusals.verdict(i - 1).category, refusals, i - 1, exampleOf, byDomain);
      return mergeReasons(own, reasonsOf(byCategory, partners, exampleOf, refusals));
    };
  }
}

/** Refusals that are told as one. */
interface Together {
  deferrals: number;
  bounced: number;
  /** Those that were their message's first record. */
  firstDeferrals: number;
  firstBounced: number;
  /** The refusal with the earliest answer. */
  earliest: number;
  /** Row of who else has to do with it → how often. */
  readonly partners: Map<number, number>;
}

/** Adds a refusal to those of its key. @param byDomain whether its partner is the domain; else it is the provider */
function gather<Key>(
  all: Map<Key, Together>,
  key: Key,
  refusals: Refusals,
  refusal: number,
  exampleOf: (refusal: number) => Example,
  byDomain: boolean,
): void {
  let together = all.get(key);
  if (together === undefined) {
    const partners = new Map<number, number>();
    together = { deferrals: 0, bounced: 0, firstDeferrals: 0, firstBounced: 0, earliest: refusal, partners };
    all.set(key, together);
  } else {
    const time = refusals.time(refusal);
    const best = refusals.time(together.earliest);
    if (time < best) together.earliest = refusal;
    else if (time === best) {
      const example = exampleOf(refusal);
      if (earlier(exampleOf(together.earliest), example) === example) together.earliest = refusal;
    }
  }
  const times = refusals.times(refusal);
  if (refusals.kind(refusal) === 'bounced') {
    together.bounced += times;
    together.firstBounced += refusals.first(refusal);
  } else {
    together.deferrals += times;
    together.firstDeferrals += refusals.first(refusal);
  }
  const partner = byDomain ? refusals.domain(refusal) : refusals.provider(refusal);
  together.partners.set(partner, (together.partners.get(partner) ?? 0) + times);
}

function reasonsOf(
  byCategory: ReadonlyMap<Category, Together>,
  partners: GroupTable,
  exampleOf: (refusal: number) => Example,
  refusals: Refusals,
): Reason | null {
  let first: Reason | null = null;
  for (const [category, { deferrals, bounced, earliest, ...together }] of byCategory) {
    const example = (): Example => exampleOf(earliest);
    const time = refusals.time(earliest);
    first = addToReasons(first, category, 'deferrals', deferrals, example, time, undefined);
    first = addToReasons(first, category, 'bounced', bounced, example, time, undefined);
    for (const reason of eachReason(first))
      if (reason.category === category)
        for (const [row, times] of together.partners) addPartner(reason, partners.keyOf(row), times);
  }
  return first;
}

/** Which row of a table a refusal belongs to; undefined where it is in none of it. */
function rowsOf(key: GroupKey, table: GroupTable, refusals: Refusals): ((refusal: number) => number) | undefined {
  if (key === 'domain') return (refusal) => refusals.domain(refusal);
  if (key === 'provider') return (refusal) => refusals.provider(refusal);
  if (key !== 'category' && key !== 'code') return undefined;
  const rows = new Map<Verdict, number>();
  return (refusal) => {
    const verdict = refusals.verdict(refusal);
    let row = rows.get(verdict);
    if (row === undefined) {
      row = table.find(key === 'category' ? verdict.category : codeOf(verdict));
      if (row < 0) row = table.find(OTHER_KEY);
      rows.set(verdict, row);
    }
    return row;
  };
}

function makeExample(refusals: Refusals, refusal: number, plain: PlainDeliveries): Example {
  const verdict = refusals.verdict(refusal);
  return {
    time: refusals.time(refusal),
    answer: ownStart(refusals.answer(refusal), ANSWER_LIMIT),
    host: plain.hostOf(refusals.host(refusal)),
    queue_id: refusals.queueId(refusal),
    reply_code: verdict.reply_code ?? 0,
    enhanced_code: verdict.enhanced_code ?? '',
    evidence: verdict.evidence,
    action: verdict.action,
  };
}
