/**
 * Why mail was not delivered, by the row of the code table that said so. A category may ask for different things: of messages that
 * are malformed, some want their content mended, others a line of configuration. So each row keeps the action of its own verdicts.
 */
import type { Action, Category, DeliveryEvent, Verdict } from '../event/index.ts';
import type { TallyFold } from './combine.ts';
import { Tally } from './counters.ts';
import { GROUP_KEYS, NO_KEY } from './group-keys.ts';
import { type Example, earlier, exampleOf, MAX_PARTNERS, OTHER_KEY } from './reasons.ts';

export interface Cause {
  readonly category: Category;
  readonly rule: string;
  /** `none` where the sums come from a store that does not keep it. */
  readonly action: Action;
  /** Messages whose first record it is, and those of them that were deferred: see Counters. */
  messages: number;
  messages_deferred: number;
  deferrals: number;
  bounced: number;
  expired: number;
  dropped: number;
  /** The earliest. */
  example: Example;
  /** Who said so, and how often, but for what is added when that is asked: see causePartners. */
  partners: Map<string, number>;
  more?: (() => void)[] | undefined;
}

export type Causes = Map<string, Cause>;

const COUNTED = { deferred: 'deferrals', bounced: 'bounced', expired: 'expired', dropped: 'dropped' } as const;
const FIGURES = ['messages', 'messages_deferred', ...Object.values(COUNTED)] as const;

export function foldCauses(): TallyFold<Causes, Causes> {
  const own = new Tally();
  return {
    create: () => new Map(),
    add(causes, event, tally = own.of(event)) {
      const kind = COUNTED[event.event as keyof typeof COUNTED] as (typeof COUNTED)[keyof typeof COUNTED] | undefined;
      // A correcting event takes back the message that a first deferral counted: see Counters.
      const takenBack = event.event === 'internal' && event.corrects === 'deferred';
      if (kind === undefined && !takenBack) return;
      const { times } = tally;
      if (kind === undefined) {
        // The deferral itself stays, and with it its example.
        const example = (): Example => ({ ...exampleOf(event, tally), time: Number.NaN });
        const cause = causeOf(causes, event.verdict, example, Number.NaN);
        cause.messages -= times;
        cause.messages_deferred -= times;
        return;
      }
      const cause = causeOf(causes, event.verdict, () => exampleOf(event, tally), event.time);
      cause[kind] += times;
      if (event.first && kind !== 'dropped') {
        cause.messages += times;
        if (kind === 'deferrals') cause.messages_deferred += times;
      }
      // An expiry only ends what the deferrals began.
      if (kind !== 'expired') addCausePartner(cause, saidBy(event), times);
    },
    merge(a, b) {
      for (const [key, theirs] of b) {
        const mine = a.get(key);
        if (mine === undefined) a.set(key, { ...theirs, partners: new Map(causePartners(theirs)), more: undefined });
        else {
          for (const figure of FIGURES) mine[figure] += theirs[figure];
          mine.example = earlier(mine.example, theirs.example);
          for (const [partner, count] of causePartners(theirs)) addCausePartner(mine, partner, count);
        }
      }
      return a;
    },
    extract: (causes) => causes,
  };
}

/**
 * What events of a verdict are added to.
 * @param example the earliest of them, made where it is wanted
 * @param time its moment, ms since 1970 UTC; NaN where it has none
 */
export function causeOf(causes: Causes, verdict: Verdict, example: () => Example, time: number): Cause {
  const key = `${verdict.category} ${verdict.action} ${verdict.evidence.rule}`;
  let cause = causes.get(key);
  if (cause === undefined) {
    cause = newCause(verdict, example());
    causes.set(key, cause);
  } else if (time <= cause.example.time || Number.isNaN(cause.example.time))
    cause.example = earlier(cause.example, example());
  return cause;
}

/** Who said so, and how often. */
export function causePartners(cause: Cause): ReadonlyMap<string, number> {
  const { more = [] } = cause;
  cause.more = undefined;
  for (const add of more) add();
  return cause.partners;
}

/** Adds to who said so. */
export function addCausePartner({ partners }: Cause, name: string, count: number): void {
  const key = partners.has(name) || partners.size < MAX_PARTNERS ? name : OTHER_KEY;
  partners.set(key, (partners.get(key) ?? 0) + count);
}

/** Who said so: the provider; the domain where an ESP does not tell which server it asked. */
function saidBy(event: DeliveryEvent): string {
  const provider = GROUP_KEYS.provider.of(event);
  return provider === NO_KEY ? GROUP_KEYS.domain.of(event) : provider;
}

function newCause({ category, action, evidence }: Verdict, example: Example): Cause {
  return {
    category,
    rule: evidence.rule,
    action,
    messages: 0,
    messages_deferred: 0,
    deferrals: 0,
    bounced: 0,
    expired: 0,
    dropped: 0,
    example,
    partners: new Map(),
  };
}

/** Deferrals, bounces and drops: what was answered; expiries are not answers. */
export function answers(cause: Readonly<Pick<Cause, 'deferrals' | 'bounced' | 'dropped'>>): number {
  return cause.deferrals + cause.bounced + cause.dropped;
}
