/** What a policy makes of a ledger: which addresses are on the suppression list, since when, by which failures. */
import type { Category, Fault } from '../event/index.ts';
import { compareEvidence, type FailureEvidence, type FailureKind, isResubscription } from './failure.ts';
import type { LayerConditions, Policy, PolicyRule } from './policy.ts';
import { DAY_MS, type Ledger, type LedgerAddress, type LedgerEntry, UNDATED } from './suppression.ts';

/** An address under a policy: why it is, or was, on the list. */
export interface Suppression {
  readonly address: string;
  /** The group of mail it is for; '' for all mail. */
  readonly unsubscribe_group: string;
  /** `listed`: not to be mailed. `lifted`: was listed, and took mail (or subscribed to the group) since. `ended`: its time is over. */
  readonly state: 'listed' | 'lifted' | 'ended';
  readonly category: Category;
  /** The first and last failure that the rule counts, ms since 1970 UTC; NaN where no time is known. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** When the failure came that put it on the list (to the day, where several days had to fail), ms since 1970 UTC. */
  readonly since: number;
  /** No delivery lifts it. */
  readonly permanent: boolean;
  /** The id of the policy's rule. */
  readonly policy_rule: string;
  /** 0 where no server answered. */
  readonly reply_code: number;
  readonly fault: Fault | '';
  /** ms since 1970 UTC; −Infinity where no delivery is known. */
  readonly last_delivery: number;
  readonly evidence: FailureEvidence;
}

/**
 * What a policy makes of a ledger: one row for each address that it lists or once listed, in alphabetical order; after it one for
 * each group of mail that the address unsubscribed from.
 * `now` (ms since 1970 UTC) is needed for rules that end after some days.
 */
export function suppressions(ledger: Ledger, policy: Policy, now: number): Suppression[] {
  const found: Suppression[] = [];
  for (const known of ledger.addresses.values()) found.push(...suppressionsOf(known, policy, now));
  return found.sort((a, b) => compareAddress(a.address, b.address));
}

function compareAddress(a: string, b: string): number {
  const x = a.toLowerCase();
  const y = b.toLowerCase();
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The rows of one address: for all mail, then for each group, in order of their names. */
export function suppressionsOf(known: LedgerAddress, policy: Policy, now: number): Suppression[] {
  const all = suppressionOf(known, policy, now);
  const groups = [...groupsOf(known)].sort(([a], [b]) => (a < b ? -1 : 1));
  const ofGroups = groups.map(([group, entries]) => judgeAll(known, entries, policy, now, group));
  return [all, ...ofGroups].filter((row) => row !== undefined);
}

/** One address under a policy, for all mail; undefined where no rule ever listed it. */
export function suppressionOf(known: LedgerAddress, policy: Policy, now: number): Suppression | undefined {
  const groups = groupsOf(known);
  const entries =
    groups.size === 0 ? known.entries : known.entries.filter(({ kind }) => !groups.has(kind.unsubscribe_group));
  return judgeAll(known, entries, policy, now, '');
}

/**
 * Looks at one address after the other for what a summary tells of it: the same as suppressionOf, for all mail, without making a
 * row of each. Nearly all have failed once, in one way.
 */
export class Standing {
  category: Category = 'unknown';
  /** See Suppression. */
  since = Number.NaN;
  readonly #policy: Policy;
  readonly #now: number;
  /** A kind of failure → the rules that count it; undefined where it is not for all mail. */
  readonly #rules = new Map<FailureKind, readonly PolicyRule[] | undefined>();

  constructor(policy: Policy, now: number) {
    this.#policy = policy;
    this.#now = now;
  }

  /**
   * The same of an address that has failed once, and has taken no mail since.
   * @param known the address, where more has to be known of it
   */
  ofOne(kind: FailureKind, time: number, known: () => LedgerAddress): Suppression['state'] | undefined {
    const rules = this.#rulesOf(kind);
    const rule = rules?.find(({ failures, days }) => failures === 1 && days === 1);
    if (rules !== undefined && rule === undefined) return undefined;
    if (rule === undefined || rule.for_days !== undefined || time === UNDATED) return this.of(known());
    this.category = kind.category;
    this.since = time;
    return 'listed';
  }

  /** The state of an address; undefined where no rule ever listed it. Category and since are those of this object then. */
  of(known: LedgerAddress): Suppression['state'] | undefined {
    const { entries } = known;
    if (entries.length === 1) {
      const { kind, first, last, count, days } = entries[0]!;
      const rules = this.#rulesOf(kind);
      let i = 0;
      if (rules !== undefined)
        for (; i < rules.length; i++) {
          const rule = rules[i]!;
          if (count >= rule.failures && days.length >= rule.days) break;
        }
      const rule = rules?.[i];
      if (rules !== undefined && rule === undefined) return undefined;
      // One failure lists it, on the day it came, and nothing has ended that.
      if (
        rule !== undefined &&
        rule.failures === 1 &&
        rule.days === 1 &&
        rule.for_days === undefined &&
        days.length === 1 &&
        last !== UNDATED &&
        !(rule.lifted_by_delivery && known.last_delivery >= last)
      ) {
        this.category = kind.category;
        this.since = first;
        return 'listed';
      }
    }
    const row = suppressionOf(known, this.#policy, this.#now);
    if (row === undefined) return undefined;
    this.category = row.category;
    this.since = row.since;
    return row.state;
  }

  #rulesOf(kind: FailureKind): readonly PolicyRule[] | undefined {
    if (kind.group_only) return undefined;
    let rules = this.#rules.get(kind);
    if (rules === undefined) {
      // A state makes a kind for each of its entries.
      if (this.#rules.size >= MOST_KINDS) this.#rules.clear();
      rules = this.#policy.rules.filter((rule) => counts(kind, rule, this.#policy));
      this.#rules.set(kind, rules);
    }
    return rules;
  }
}
const MOST_KINDS = 1000;

const NO_GROUPS: ReadonlyMap<string, readonly LedgerEntry[]> = new Map();

/**
 * The entries of each group that an address is known to have unsubscribed from. A message to such a group that was dropped because
 * the address had unsubscribed is one of them; where nothing else is known of the group, it may as well be from everything.
 */
function groupsOf(known: LedgerAddress): ReadonlyMap<string, readonly LedgerEntry[]> {
  if (!known.entries.some(({ kind }) => kind.group_only)) return NO_GROUPS;
  const groups = new Map<string, LedgerEntry[]>();
  for (const { kind } of known.entries) if (kind.group_only) groups.set(kind.unsubscribe_group, []);
  for (const entry of known.entries) groups.get(entry.kind.unsubscribe_group)?.push(entry);
  return groups;
}

function judgeAll(
  known: LedgerAddress,
  entries: readonly LedgerEntry[],
  policy: Policy,
  now: number,
  group: string,
): Suppression | undefined {
  let past: Suppression | undefined;
  for (const rule of policy.rules) {
    const counted = entries.filter((entry) => counts(entry.kind, rule, policy));
    if (counted.length === 0) continue;
    const found = judge(known, counted, rule, now, group, resubscription(entries));
    if (found?.state === 'listed') return found;
    past ??= found;
  }
  return past;
}

/** The moment up to which a resubscription lifts. Of what came in the same second the unsubscription holds: times are in seconds. */
function resubscription(entries: readonly LedgerEntry[]): number {
  return entries.reduce(
    (last, { kind, last: time }) => (isResubscription(kind) ? Math.max(last, time - 1) : last),
    Number.NEGATIVE_INFINITY,
  );
}

function judge(
  known: LedgerAddress,
  entries: readonly LedgerEntry[],
  rule: PolicyRule,
  now: number,
  group: string,
  resubscribed: number,
): Suppression | undefined {
  const days =
    entries.length === 1
      ? entries[0]!.days
      : [...new Set(entries.flatMap((entry) => entry.days))].sort((a, b) => a - b);
  const count = entries.reduce((sum, entry) => sum + entry.count, 0);
  if (count < rule.failures || days.length < rule.days) return undefined;
  const first = entries.reduce((min, entry) => Math.min(min, entry.first), Number.POSITIVE_INFINITY);
  const latest = entries.reduce((max, entry) => (laterEntry(entry, max) ? entry : max));
  // Nobody knows whether a delivery came before or after a failure without a date: it does not lift it.
  const isDated = latest.last !== UNDATED;
  const delivered = Math.max(
    isDated && rule.lifted_by_delivery ? known.last_delivery : Number.NEGATIVE_INFINITY,
    isDated ? resubscribed : Number.NEGATIVE_INFINITY,
  );
  // A delivery ends what was before it. Of its own day, the ledger knows only whether the last failure came later.
  const standing = days.filter((day) => (day + 1) * DAY_MS > delivered);
  const listed = latest.last > delivered && standing.length >= rule.days;
  const ended = rule.for_days !== undefined && now > latest.last + rule.for_days * DAY_MS;
  return {
    address: known.address,
    unsubscribe_group: group,
    state: !listed ? 'lifted' : ended ? 'ended' : 'listed',
    category: latest.kind.category,
    first: dated(first),
    last: dated(latest.last),
    count,
    since: dated(listedSince(first, latest.last, listed && delivered > first ? standing : days, rule)),
    permanent: !rule.lifted_by_delivery,
    policy_rule: rule.id,
    reply_code: latest.kind.reply_code,
    fault: latest.kind.fault,
    last_delivery: known.last_delivery,
    evidence: latest.evidence,
  };
}

function dated(time: number): number {
  return time === UNDATED ? Number.NaN : time;
}

function laterEntry(a: LedgerEntry, b: LedgerEntry): boolean {
  return a.last > b.last || (a.last === b.last && compareEvidence(a.evidence, b.evidence) > 0);
}

function listedSince(first: number, last: number, days: readonly number[], rule: PolicyRule): number {
  const day = days[rule.days - 1] ?? days.at(-1) ?? 0;
  // The failure itself, where it is the first or the last that is known; else its day.
  if (day === Math.floor(first / DAY_MS)) return rule.failures === 1 ? first : Math.min(last, (day + 1) * DAY_MS - 1);
  if (day === Math.floor(last / DAY_MS)) return last;
  return day * DAY_MS;
}

function counts(kind: FailureKind, rule: PolicyRule, policy: Policy): boolean {
  if (isResubscription(kind)) return false;
  const conditions = policy.layers[kind.layer];
  if (conditions === undefined || !meets(kind, conditions)) return false;
  // One temporary answer lists nobody, even where it was a message's last (a relay gave up on a 450): only time tells.
  if (rule.failures === 1 && kind.reply_code >= 400 && kind.reply_code < 500) return false;
  return (
    (rule.categories === undefined || rule.categories.includes(kind.category)) &&
    (rule.layers === undefined || rule.layers.includes(kind.layer)) &&
    (rule.faults === undefined || (kind.fault !== '' && rule.faults.includes(kind.fault))) &&
    (rule.reply_codes === undefined || hasReplyCode(kind.reply_code, rule.reply_codes)) &&
    (rule.without_text !== true || kind.without_text) &&
    (rule.own_domain !== true || kind.own_domain)
  );
}

function meets(kind: FailureKind, conditions: LayerConditions): boolean {
  return (
    (conditions.reply_codes === undefined || hasReplyCode(kind.reply_code, conditions.reply_codes)) &&
    (conditions.commands === undefined || conditions.commands.includes(kind.command))
  );
}

function hasReplyCode(code: number, wanted: readonly string[]): boolean {
  const text = String(code);
  return wanted.some(
    (pattern) => pattern === text || (pattern.endsWith('xx') && pattern[0] === text[0] && code >= 200),
  );
}
