import type { Action, BounceType, Category, Fault, Layer } from './vocabulary.ts';

/** One row of a code table: the conditions under which it holds, and what it says. An empty condition is absent. */
export interface TableRow {
  readonly id: string;
  readonly layer: Layer;
  /** A reply code (`550`) or class (`5xx`). */
  readonly reply?: string | undefined;
  /** An enhanced code, its class left open with `X` (`X.1.1`) or its detail (`5.7.X`). */
  readonly enhanced?: string | undefined;
  /** The id of a row of providers.csv. */
  readonly provider?: string | undefined;
  /** As Postfix names it: `RCPT TO`, `end of DATA`, … */
  readonly command?: string | undefined;
  /** A literal, matched on the normalised answer. */
  readonly phrase?: string | undefined;
  readonly category: Category;
  /** Where the row's own action differs from the category's. */
  readonly action?: Action | undefined;
  readonly meaning: string;
  readonly reference?: string | undefined;
  /** An answer that must classify to this very row. */
  readonly example?: string | undefined;
}

/** A row of categories.csv. */
export interface CategoryRow {
  readonly category: Category;
  readonly bounce_type?: BounceType | undefined;
  /** The bounce type where a 5xx says it, if it differs. */
  readonly bounce_type_5xx?: BounceType | undefined;
  readonly fault?: Fault | undefined;
  readonly action_4xx: Action;
  readonly action_5xx: Action;
  /** One sentence for a person: what it means. */
  readonly meaning: string;
  /** One sentence for a person: what to do now. */
  readonly advice: string;
}

/** A row of providers.csv: how a receiving system is known. */
export interface ProviderRow {
  readonly id: string;
  readonly name: string;
  /** Suffixes of relay host names, lower case, space separated. */
  readonly hosts: readonly string[];
  /** Literals in an answer that give the system away. */
  readonly marks: readonly string[];
  readonly reference?: string | undefined;
}

/** A row of warnings.csv: a warning of a mail server about itself, and what mends its cause. */
export interface WarningRow {
  readonly id: string;
  /** A literal, compared without case. */
  readonly phrase: string;
  readonly category: Category;
  readonly action: Action;
  /** What is wrong, one sentence. */
  readonly cause: string;
  /** The step, or the line of configuration, that mends it. */
  readonly remedy: string;
  readonly reference?: string | undefined;
  readonly example: string;
}

/** All tables, as read and checked, before they are compiled for matching. */
export interface Tables {
  readonly categories: readonly CategoryRow[];
  readonly providers: readonly ProviderRow[];
  /** Strongest layer first; in file order within a layer. */
  readonly rows: readonly TableRow[];
  readonly warnings: readonly WarningRow[];
}
