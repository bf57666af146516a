/** What needs a person: found among the sums of a report, the most urgent first. */
import type { Action, Category } from '../event/index.ts';
import { answers, type Cause, causePartners } from './causes.ts';
import { addCounters, type Counters, countersAt, emptyCounters, rate } from './counters.ts';
import { type GroupKey, NO_KEY } from './group-keys.ts';
import { compareText, enoughDeferred, type GroupRow, groupsReaching, type ReasonRow, rates } from './groups.ts';
import { type Example, OTHER_KEY } from './reasons.ts';
import type { ReportSums } from './report-fold.ts';
import { dominating, type Problem, type SuppressionSummary } from './report-model.ts';
import type { TableOptions } from './report-tables.ts';
import { isoLocal } from './time-zone.ts';

/** When a deferral rate (by message) stands out. */
export const PROBLEM_LIMITS = {
  /** From this rate on, whatever the others do (where enough were deferred to speak of a rate: see enoughDeferred). */
  rate: 0.2,
  /** Or from this rate on, where it is so many times that of all others together. */
  lower_rate: 0.05,
  times: 3,
  /** Of so many messages at least. */
  others: 20,
  /** A reason that holds up so much of all attempts, beside what stands out, is a problem though no domain has more than others. */
  widespread: 0.075,
} as const;

type Options = Pick<TableOptions, 'timeZone' | 'minMessages' | 'meanings' | 'providerNames'>;

export function findProblems(sums: ReportSums, suppression: SuppressionSummary, options: Options): Problem[] {
  const most = (a: Problem, b: Problem): number => b.count - a.count || compareText(a.key, b.key);
  return [
    ...senderBlocks(sums, options).sort(most),
    ...deferralProblems(sums, options).sort(most),
    ...(totalsOf(sums).expired > 0 ? [expiryProblem(sums, options)] : []),
    ...(suppression.new > 0 ? [suppressionProblem(suppression)] : []),
  ];
}

/** One for each category and what its answers ask for, where that is something to mend on this side. */
function senderBlocks(sums: ReportSums, options: Options): Problem[] {
  const byAction = new Map<string, { action: Action; causes: Cause[] }>();
  const { meanings } = options;
  for (const cause of sums.causes.values()) {
    const action = meanings.actionOf(cause);
    // What is told among the warnings, with what mends it, need not be told twice.
    if (action === null || !action.startsWith('fix_') || answers(cause) === 0 || meanings.isWarning(cause.rule))
      continue;
    const key = `${cause.category} ${action}`;
    const same = byAction.get(key) ?? { action, causes: [] };
    byAction.set(key, same);
    same.causes.push(cause);
  }
  return [...byAction.values()].map(({ action, causes }) => {
    const sum = sumOf(causes);
    return {
      ...explained(causes, action, options),
      kind: 'sender_block',
      dimension: 'category',
      key: sum.category,
      name: sum.category,
      count: answers(sum),
      ...figures({ ...emptyCounters(), ...sum, attempts: sum.deferrals + sum.bounced }),
    };
  });
}

/** Everything that causes of one category have in common, added up. */
function sumOf(
  causes: readonly Cause[],
): Pick<Cause, 'category' | 'messages' | 'messages_deferred' | 'deferrals' | 'bounced' | 'expired' | 'dropped'> {
  const sum = { messages: 0, messages_deferred: 0, deferrals: 0, bounced: 0, expired: 0, dropped: 0 };
  for (const cause of causes)
    for (const figure of Object.keys(sum) as (keyof typeof sum)[]) sum[figure] += cause[figure];
  return { category: causes[0]!.category, ...sum };
}

/** What causes of one category and action mean: the heaviest one's answer, the meaning of its row where it is the only one. */
function explained(causes: readonly Cause[], action: Action | null, options: Options): Problem {
  const [heaviest] = [...causes].sort((a, b) => answers(b) - answers(a) || compareText(a.rule, b.rule));
  const partners = new Map<string, number>();
  for (const cause of causes)
    for (const [key, count] of causePartners(cause)) partners.set(key, (partners.get(key) ?? 0) + count);
  const where = [...partners].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]));
  return {
    ...described(
      heaviest!.category,
      action,
      causes.length === 1 ? heaviest!.rule : undefined,
      heaviest!.example,
      options,
    ),
    where: providersOf(where, options),
  };
}

function deferralProblems(sums: ReportSums, options: Options): Problem[] {
  const domains = standingOut('domain', sums, options);
  // What the domains show already: a provider stands out only for what no single domain did.
  const shown = new Map<string, number>();
  for (const { reason } of domains)
    for (const [provider, count] of reason.partners) {
      const key = `${provider} ${reason.category}`;
      shown.set(key, (shown.get(key) ?? 0) + count);
    }
  const providers = standingOut('provider', sums, options).filter(
    ({ row, reason }) => row.key !== NO_KEY && (shown.get(`${row.key} ${reason.category}`) ?? 0) * 2 < reason.count,
  );
  return [
    ...shared('domain', domains, options),
    ...shared('provider', providers, options),
    ...widespread(sums, [...domains, ...providers], options),
  ];
}

function totalsOf(sums: ReportSums): Counters {
  return countersAt(sums.traffic.totals);
}

/** A group whose deferral rate stands out, and the reason that weighs most. */
interface Outlier {
  readonly row: GroupRow;
  readonly reason: ReasonRow;
}

function standingOut(dimension: GroupKey, sums: ReportSums, options: Options): Outlier[] {
  const totals = totalsOf(sums);
  const enough = enoughDeferred(totals.messages);
  return rowsOf(dimension, sums, options, { messages_deferred: enough }).flatMap((row) => {
    const reason = dominating(row);
    return reason === undefined || row.key === OTHER_KEY || !standsOut(row, totals) ? [] : [{ row, reason }];
  });
}

/** The rows of a table that may be part of a problem: not only those that are shown. */
function rowsOf(
  dimension: GroupKey,
  sums: ReportSums,
  options: Options,
  least: Readonly<Partial<Counters>>,
): GroupRow[] {
  const table = sums.groups[dimension];
  if (table === undefined) return [];
  return groupsReaching(table, { ...least, messages: options.minMessages });
}

function standsOut(row: GroupRow, totals: Counters): boolean {
  const own = row.deferral_rate_by_message;
  if (own === null) return false;
  if (own >= PROBLEM_LIMITS.rate) return true;
  const others = totals.messages - row.messages;
  // Where (nearly) all mail takes one way, there is nothing to compare it with.
  if (others < PROBLEM_LIMITS.others || others < row.messages / 10) return false;
  const rest = others > 0 ? (totals.messages_deferred - row.messages_deferred) / others : 0;
  return own >= PROBLEM_LIMITS.lower_rate && own >= PROBLEM_LIMITS.times * rest;
}

/** One problem for each reason that outliers share: five domains held up by one provider's limit are one problem. */
function shared(dimension: 'domain' | 'provider', outliers: readonly Outlier[], options: Options): Problem[] {
  const byReason = new Map<string, Outlier[]>();
  for (const outlier of outliers) {
    const { category, example } = outlier.reason;
    const same = `${category} ${example.action} ${example.evidence.rule}`;
    byReason.set(same, [...(byReason.get(same) ?? []), outlier]);
  }
  const nameOf = (row: GroupRow): string =>
    (dimension === 'provider' ? options.providerNames.get(row.key) : undefined) ?? row.key;
  return [...byReason.values()].map((affected) => {
    affected.sort((a, b) => b.row.messages_deferred - a.row.messages_deferred || compareText(a.row.key, b.row.key));
    const sum = emptyCounters();
    for (const { row } of affected) addCounters(sum, row);
    const { row, reason } = affected[0]!;
    const { rule } = reason.example.evidence;
    const action = options.meanings.action(reason.category, reason.example.action, rule, false);
    const one = affected.length === 1;
    return {
      ...described(reason.category, action, rule, reason.example, options),
      kind: 'deferral',
      dimension,
      key: one ? row.key : '',
      name: one ? nameOf(row) : '',
      count: sum.messages_deferred,
      ...figures(sum),
      where:
        one && dimension === 'provider'
          ? reason.partners.filter(([key]) => key !== NO_KEY)
          : affected.map((each) => [nameOf(each.row), each.row.messages_deferred, each.row.messages] as const),
    };
  });
}

/** Reasons that hold up much of all mail, and no domain or provider much more than others: an own network or resolver, say. */
function widespread(sums: ReportSums, shown: readonly Outlier[], options: Options): Problem[] {
  const totals = totalsOf(sums);
  const explainedAlready = new Map<Category, number>();
  for (const { row } of shown)
    for (const reason of row.reasons)
      explainedAlready.set(reason.category, (explainedAlready.get(reason.category) ?? 0) + reason.deferrals);
  const byReason = new Map<string, { action: Action | null; causes: Cause[] }>();
  for (const cause of sums.causes.values()) {
    if (cause.deferrals === 0) continue;
    const action = options.meanings.action(cause.category, cause.action, cause.rule, false);
    // Those are problems anyhow: see senderBlocks.
    if (action?.startsWith('fix_')) continue;
    const key = `${cause.category} ${action}`;
    const same = byReason.get(key) ?? { action, causes: [] };
    byReason.set(key, same);
    same.causes.push(cause);
  }
  return [...byReason.values()].flatMap(({ action, causes }) => {
    const sum = sumOf(causes);
    const left = sum.deferrals - (explainedAlready.get(sum.category) ?? 0);
    if (left < PROBLEM_LIMITS.widespread * totals.attempts || sum.messages_deferred < enoughDeferred(totals.messages))
      return [];
    return {
      ...explained(causes, action, options),
      kind: 'deferral',
      dimension: 'category',
      key: sum.category,
      name: sum.category,
      count: sum.messages_deferred,
      // Of all mail, not of what the category counts.
      messages: totals.messages,
      messages_deferred: sum.messages_deferred,
      attempts: totals.attempts,
      deferrals: sum.deferrals,
      bounced: sum.bounced,
      expired: sum.expired,
      deferral_rate_by_message: rate(sum.messages_deferred, totals.messages),
      deferral_rate_by_attempt: rate(sum.deferrals, totals.attempts),
    };
  });
}

function expiryProblem(sums: ReportSums, options: Options): Problem {
  const { expired } = totalsOf(sums);
  const where = rowsOf('domain', sums, options, { expired: 1 })
    .map((row) => [row.key, row.expired] as const)
    .sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]));
  const { meanings } = options;
  const causes = [...sums.causes.values()].filter((cause) => cause.expired > 0);
  const last = new Map<Category, number>();
  for (const cause of causes) {
    const category = meanings.categoryOf(cause.rule) ?? cause.category;
    last.set(category, (last.get(category) ?? 0) + cause.expired);
  }
  const [category] = [...last].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]))[0] ?? [];
  const [heaviest] = causes
    .filter((cause) => (meanings.categoryOf(cause.rule) ?? cause.category) === category)
    .sort((a, b) => b.expired - a.expired || compareText(a.rule, b.rule));
  const known =
    heaviest === undefined || category === undefined
      ? NOTHING
      : described(category, meanings.actionOf(heaviest), heaviest.rule, heaviest.example, options);
  return { ...known, kind: 'expired', count: expired, expired, where };
}

function suppressionProblem(suppression: SuppressionSummary): Problem {
  return {
    ...NOTHING,
    kind: 'suppression',
    fault: 'recipient',
    action: 'suppress',
    count: suppression.new,
    where: suppression.by_category.filter((row) => row.new > 0).map((row) => [row.category, row.new] as const),
  };
}

const NOTHING: Problem = {
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

/** What a reason means, and the answer that stands for it. */
function described(
  category: Category,
  action: Action | null,
  rule: string | undefined,
  example: Example,
  { meanings, timeZone }: Options,
): Problem {
  return {
    ...NOTHING,
    category,
    action,
    ...meanings.of(category, action, rule),
    answer: example.answer,
    reply_code: example.reply_code,
    enhanced_code: example.enhanced_code,
    rule: example.evidence.rule,
    example_time: isoLocal(example.time, timeZone),
    example_host: example.host,
    example_queue_id: example.queue_id,
  };
}

function figures(
  counters: Readonly<Counters>,
): Pick<
  Problem,
  | 'messages'
  | 'messages_deferred'
  | 'attempts'
  | 'deferrals'
  | 'bounced'
  | 'expired'
  | 'deferral_rate_by_message'
  | 'deferral_rate_by_attempt'
> {
  const { messages, messages_deferred, attempts, deferrals, bounced, expired } = counters;
  const { deferral_rate_by_message, deferral_rate_by_attempt } = rates(counters);
  return {
    messages,
    messages_deferred,
    attempts,
    deferrals,
    bounced,
    expired,
    deferral_rate_by_message,
    deferral_rate_by_attempt,
  };
}

function providersOf(
  where: readonly (readonly [key: string, count: number])[],
  options: Options,
): readonly (readonly [key: string, count: number])[] {
  return where
    .filter(([key]) => key !== NO_KEY)
    .map(([key, count]) => [options.providerNames.get(key) ?? key, count] as const);
}
