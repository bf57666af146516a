/**
 * Why mail was not delivered, by the row of the code table that said so. A category may ask for different things: of messages that
 * are malformed, some want their content mended, others a line of configuration. So each row keeps the action of its own verdicts.
 */
import type { Action, Category, DeliveryEvent } from '../event/index.ts';
import type { CombineFn } from './combine.ts';
import { addPartner, type Example, earlier, GROUP_KEYS, makeExample, NO_KEY } from './groups.ts';

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
  /** Who said so, and how often: see saidBy. */
  partners: Map<string, number>;
}

export type Causes = Map<string, Cause>;

const COUNTED = { deferred: 'deferrals', bounced: 'bounced', expired: 'expired', dropped: 'dropped' } as const;
const FIGURES = ['messages', 'messages_deferred', ...Object.values(COUNTED)] as const;

export function foldCauses(): CombineFn<Causes, Causes> {
  return {
    create: () => new Map(),
    add(causes, event) {
      const kind = COUNTED[event.event as keyof typeof COUNTED] as (typeof COUNTED)[keyof typeof COUNTED] | undefined;
      if (kind === undefined) return;
      const { category, action, evidence } = event.verdict;
      const key = `${category} ${action} ${evidence.rule}`;
      let cause = causes.get(key);
      if (cause === undefined) {
        cause = newCause(event);
        causes.set(key, cause);
      } else if (event.time <= cause.example.time || Number.isNaN(cause.example.time))
        cause.example = earlier(cause.example, makeExample(event));
      cause[kind]++;
      if (event.first && kind !== 'dropped') {
        cause.messages++;
        if (kind === 'deferrals') cause.messages_deferred++;
      }
      // An expiry only ends what the deferrals began.
      if (kind !== 'expired') addPartner(cause.partners, saidBy(event), 1);
    },
    merge(a, b) {
      for (const [key, theirs] of b) {
        const mine = a.get(key);
        if (mine === undefined) a.set(key, { ...theirs, partners: new Map(theirs.partners) });
        else {
          for (const figure of FIGURES) mine[figure] += theirs[figure];
          mine.example = earlier(mine.example, theirs.example);
          for (const [partner, count] of theirs.partners) addPartner(mine.partners, partner, count);
        }
      }
      return a;
    },
    extract: (causes) => causes,
  };
}

/** Who said so: the provider; the domain where an ESP does not tell which server it asked. */
function saidBy(event: DeliveryEvent): string {
  const provider = GROUP_KEYS.provider(event);
  return provider === NO_KEY ? GROUP_KEYS.domain(event) : provider;
}

function newCause(event: DeliveryEvent): Cause {
  const { category, action, evidence } = event.verdict;
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
    example: makeExample(event),
    partners: new Map(),
  };
}

/** Deferrals, bounces and drops: what was answered; expiries are not answers. */
export function answers(cause: Readonly<Pick<Cause, 'deferrals' | 'bounced' | 'dropped'>>): number {
  return cause.deferrals + cause.bounced + cause.dropped;
}
