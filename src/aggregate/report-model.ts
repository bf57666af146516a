/** What a report says, as data: what each renderer is given, and what a store must be able to fill from its own tables. */
import type { Accounting, Action, Category, Fault, MalformedSample, NoticeRule } from '../event/index.ts';
import type { Counters } from './counters.ts';
import { type GroupKey, INBOUND_EVENTS } from './group-keys.ts';
import type { GroupRow, ReasonRow } from './groups.ts';
import type { Suppression } from './suppression-list.ts';

/** What tables can be keyed by. */
export const DIMENSIONS = [
  'domain',
  'provider',
  'sender',
  'sender_domain',
  'recipient',
  'relay',
  'host',
  'category',
  'code',
  'answer',
  'hour',
  'day',
  'refusal',
  'reject_warning',
  'reject',
  'client',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Whether a table is made of groups of events; the others are made of the whole's quarter hours and causes. */
export function isGroupKey(dimension: Dimension): dimension is GroupKey {
  return dimension !== 'hour' && dimension !== 'day' && dimension !== 'answer';
}

/** Whether a table tells of what was turned away, or warned of, on the way in, which concerns no mail of ours. */
export function isInbound(dimension: Dimension): boolean {
  return isGroupKey(dimension) && INBOUND_EVENTS[dimension] !== undefined;
}

/** The tables of a report that asks for nothing else. */
export const DEFAULT_DIMENSIONS: readonly Dimension[] = ['domain', 'provider', 'category', 'code', 'hour', 'day'];

/** A row of a table: a key, its counters and rates, why its mail was not delivered. */
export interface ReportRow extends GroupRow {
  /** What the key is called by people: the provider's name. */
  readonly name?: string;
  /** Of a category or an answer: whose fault it is, and what most of it asks for. */
  readonly fault?: Fault;
  readonly action?: Action;
  /** Of a category, what its answers and expiries ask for: most first. */
  readonly actions?: readonly { readonly action: Action; readonly count: number }[];
}

export interface ReportTable {
  readonly dimension: Dimension;
  /** The first of them, where not all were asked for. */
  readonly rows: readonly ReportRow[];
  /** How many rows the whole table has. */
  readonly total: number;
  /** How many rows had fewer messages than `--min-messages`: they are no part of the table. */
  readonly omitted: number;
  /** True where keys beyond `--max-keys` were added to `(other)`. */
  readonly overflow: boolean;
}

/** Something that needs a person. */
export interface Problem {
  /**
   * `sender_block`: a provider refuses for a reason that the sender can mend. `deferral`: a domain or provider whose deferral
   * rate stands out, or a reason that many of them share. `expired`: messages given up. `suppression`: addresses not to be mailed again.
   */
  readonly kind: 'sender_block' | 'deferral' | 'expired' | 'suppression';
  /** What `key` is a key of; empty where several domains share the problem. */
  readonly dimension: Dimension | null;
  readonly key: string;
  readonly name: string;
  readonly category: Category | null;
  readonly fault: Fault | null;
  readonly action: Action | null;
  /** How many messages, attempts or addresses it concerns; problems are sorted by it within their kind. */
  readonly count: number;
  readonly messages: number;
  readonly messages_deferred: number;
  readonly attempts: number;
  readonly deferrals: number;
  readonly bounced: number;
  readonly expired: number;
  readonly deferral_rate_by_message: number | null;
  readonly deferral_rate_by_attempt: number | null;
  /**
   * Most first. For a block or a widespread reason: the providers (domains, where an ESP does not name them); for a deferral: the domains or providers, with the messages
   * deferred of how many (for one provider: its domains, with the attempts refused); for an expiry: the domains; for suppressions:
   * the categories.
   */
  readonly where: readonly (readonly [key: string, count: number, of?: number])[];
  /** What it means, and what to do, in a sentence each. */
  readonly meaning: string;
  readonly advice: string;
  readonly answer: string;
  readonly reply_code: number;
  readonly enhanced_code: string;
  readonly rule: string;
  readonly example_time: string;
  readonly example_host: string;
  readonly example_queue_id: string;
}

export interface SuppressionSummary {
  readonly policy: string;
  /** On the list at the end of the period. */
  readonly listed: number;
  /** Of those, listed within the period. */
  readonly new: number;
  readonly lifted: number;
  readonly by_category: readonly { readonly category: Category; readonly listed: number; readonly new: number }[];
  /** The newest first, cut to `--top`. */
  readonly newest: readonly Suppression[];
}

/** A cause that a mail server complained of, and what mends it. */
export interface WarningReport {
  /** The id of the row of warnings.csv. */
  readonly rule: string;
  readonly cause: string;
  readonly remedy: string;
  readonly reference: string | null;
  readonly count: number;
  readonly first: string | null;
  readonly last: string | null;
  /** The first, in the server's words. */
  readonly text: string;
  readonly host: string | null;
}

/** What servers said that asks for nothing by itself: counted by its words. Read where details are asked for. */
export interface NoticeReport {
  readonly rule: NoticeRule;
  readonly count: number;
  readonly first: string | null;
  readonly last: string | null;
  /** How many different texts. */
  readonly total: number;
  /** The most frequent of them. */
  readonly texts: readonly { readonly text: string; readonly count: number }[];
}

/** A slice of time, for charts: without gaps. */
export interface TimelineRow {
  /** RFC 3339 in the report's zone. */
  readonly start: string;
  readonly delivered: number;
  readonly deferrals: number;
  readonly bounced: number;
  readonly expired: number;
}

export interface DelayRow {
  /** Seconds: from (inclusive) to (exclusive; null: no end). */
  readonly from: number;
  readonly to: number | null;
  readonly count: number;
}

export interface ReportTotals extends Counters {
  readonly events: number;
  readonly warnings: number;
  readonly deferral_rate_by_message: number | null;
  readonly deferral_rate_by_attempt: number | null;
  readonly bounce_rate: number | null;
  /** Seconds. */
  readonly delay_median: number | null;
  readonly delay_p95: number | null;
  /** An upper bound, at most 10% above the longest. */
  readonly delay_max: number | null;
}

export interface ReportInput {
  readonly name: string;
  readonly format: string;
  readonly bytes: number;
  readonly accounting: Accounting;
  readonly not_understood: string | null;
  readonly lost: readonly string[];
  readonly malformed: readonly MalformedSample[];
}

export interface ReportData {
  readonly schema: 'smtp-enrich/report';
  readonly version: 1;
  readonly period: {
    /** As asked for, RFC 3339; null where not limited. */
    readonly since: string | null;
    readonly until: string | null;
    /** The first and last event; null where there is none. */
    readonly first: string | null;
    readonly last: string | null;
    /** The zone that hours and days are of: an IANA name. */
    readonly time_zone: string;
  };
  readonly log_hosts: readonly string[];
  readonly formats: readonly string[];
  readonly inputs: readonly ReportInput[];
  readonly accounting: Accounting;
  readonly totals: ReportTotals;
  readonly problems: readonly Problem[];
  readonly tables: readonly ReportTable[];
  readonly timeline: { readonly minutes: number; readonly rows: readonly TimelineRow[] };
  readonly delays: readonly DelayRow[];
  readonly warnings: readonly WarningReport[];
  readonly notices: readonly NoticeReport[];
  /** How many of each had mail; null where that was not read. */
  readonly distinct: Readonly<Record<'domains' | 'recipients' | 'senders' | 'sender_domains', number | null>>;
  /** Bounce notifications (sender `<>`) among the messages, where senders were read. */
  readonly bounce_notifications: { readonly messages: number; readonly attempts: number } | null;
  readonly suppression: SuppressionSummary;
  /** What became of what `totals.rejected` counts: `reject`, `hold`, `milter-reject`, …; null where it was not read so. */
  readonly rejected_by_action: readonly { readonly action: string; readonly count: number }[] | null;
}

/** Tables whose rows are no groups of messages: each counts the outcomes it explains. */
export function isOutcomeTable(dimension: Dimension): boolean {
  return dimension === 'category' || dimension === 'code' || dimension === 'answer' || isInbound(dimension);
}

/** The reason that weighs most among the deferrals of a row. */
export function dominating(row: GroupRow): ReasonRow | undefined {
  let most: ReasonRow | undefined;
  for (const reason of row.reasons) if (reason.deferrals > (most?.deferrals ?? 0)) most = reason;
  return most;
}
