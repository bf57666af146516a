/** What a category, or one row of the code table, means and asks for: from the tables, for people. */
import type { Action, Category, CategoryRow, Fault, TableRow, WarningRow } from '../event/index.ts';
import type { Cause } from './causes.ts';

export interface KnownTables {
  readonly categories?: readonly CategoryRow[];
  /** The row of the code table, the user's too, that has an id. */
  readonly codeRow?: (id: string) => TableRow | undefined;
  readonly warnings?: readonly WarningRow[];
}

export interface Meaning {
  readonly fault: Fault | null;
  readonly meaning: string;
  /** What to do, in a sentence; '' where the tables have none for this action. */
  readonly advice: string;
}

export class Meanings {
  readonly #categories: ReadonlyMap<Category, CategoryRow>;
  readonly #codeRow: (id: string) => TableRow | undefined;
  /** Those asked for so far. */
  readonly #rows = new Map<string, TableRow | undefined>();
  readonly #warnings: ReadonlyMap<string, WarningRow>;

  constructor(tables: KnownTables) {
    this.#categories = new Map((tables.categories ?? []).map((row) => [row.category, row]));
    this.#codeRow = tables.codeRow ?? (() => undefined);
    this.#warnings = new Map((tables.warnings ?? []).map((row) => [row.id, row]));
  }

  #row(id: string): TableRow | undefined {
    if (!this.#rows.has(id)) this.#rows.set(id, this.#codeRow(id));
    return this.#rows.get(id);
  }

  /**
   * What verdicts of a category ask for that took these actions.
   * @param rule the one row that gave them all; absent where there are several
   */
  of(category: Category, action: Action | null, rule?: string): Meaning {
    const known = this.#categories.get(category);
    const fault = known?.fault ?? null;
    const warning = rule === undefined ? undefined : this.#warnings.get(rule);
    if (warning !== undefined) return { fault, meaning: warning.cause, advice: warning.remedy };
    // The category's advice belongs to its own actions: a row that asks for another is not served by it.
    const own = known !== undefined && (action === null || action === known.action_4xx || action === known.action_5xx);
    const row = rule === undefined ? undefined : this.#row(rule);
    return { fault, meaning: row?.meaning || (known?.meaning ?? ''), advice: own ? known.advice : '' };
  }

  /** The category that a row of the code table gives; undefined where there is no such row. */
  categoryOf(rule: string): Category | undefined {
    return this.#row(rule)?.category;
  }

  /** Whether a rule is one of those that are told among the warnings, with what mends them. */
  isWarning(rule: string): boolean {
    return this.#warnings.has(rule);
  }

  /** The action of a cause: its verdicts' own; from the tables, as the classifier takes it, where a store has not kept it. */
  actionOf(cause: Cause): Action | null {
    return this.action(cause.category, cause.action, cause.rule, cause.bounced + cause.dropped > 0);
  }

  /** See actionOf; `final`: where a 5xx, not a 4xx, was answered. */
  action(category: Category, kept: Action, rule: string, final: boolean): Action | null {
    if (kept !== 'none' || category === 'accepted') return kept;
    const row = this.#row(rule);
    const named = this.#warnings.get(rule)?.action ?? row?.action;
    // An expiry asks for what its last answer asked for, and that was a temporary one.
    const known = this.#categories.get(category === 'expired' ? (row?.category ?? category) : category);
    if (category === 'expired' && known?.fault === 'recipient') return 'watch';
    if (named !== undefined) return named === 'suppress' && !final ? 'watch' : named;
    return known === undefined ? null : final ? known.action_5xx : known.action_4xx;
  }
}
