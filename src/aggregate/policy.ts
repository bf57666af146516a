/** When do failures put an address on the suppression list, and what lifts it: rules as data, read and checked here. */
import {
  CATEGORIES,
  type Category,
  COMMANDS,
  FAULTS,
  type Fault,
  LAYERS,
  type Layer,
  SmtpEnrichError,
} from '../event/index.ts';
import { POLICIES } from './policies.ts';

export interface LayerConditions {
  /** `550` or a class, `5xx`. Absent: any, or none. */
  readonly reply_codes?: readonly string[];
  /** The command that was answered, as Postfix names it; `""` stands for an unknown one. Absent: any. */
  readonly commands?: readonly string[];
}

/** A rule: which failures it counts, and how many of them, on how many distinct days (UTC), put an address on the list. */
export interface PolicyRule {
  readonly id: string;
  readonly describe?: string;
  readonly categories?: readonly Category[];
  readonly layers?: readonly Layer[];
  readonly faults?: readonly Fault[];
  readonly reply_codes?: readonly string[];
  /** Only answers that consist of a code and nothing else. */
  readonly without_text?: boolean;
  /** Only where the domain that was not found is the recipient's own (not a relay's). */
  readonly own_domain?: boolean;
  readonly failures: number;
  readonly days: number;
  /** A delivery later than the failures takes the address off the list. */
  readonly lifted_by_delivery: boolean;
  /** Days after the last failure at which the entry ends; absent: it does not. */
  readonly for_days?: number;
}

export interface Policy {
  readonly name: string;
  /** The evidence layers that count at all, each with its conditions. A layer not named here never suppresses. */
  readonly layers: Readonly<Partial<Record<Layer, LayerConditions>>>;
  /** In order: the first rule that lists an address gives the reason. */
  readonly rules: readonly PolicyRule[];
}

/** The names of the built-in policies. */
export const POLICY_NAMES: readonly string[] = POLICIES.map((policy) => policy.name);

/** A built-in policy. */
export function policyNamed(name: string): Policy | undefined {
  return POLICIES.find((policy) => policy.name === name);
}

const REPLY_CODE = /^(?:[2-5]\d\d|[2-5]xx)$/;

/**
 * Reads a policy from the text of a JSON file. Every fault is named with its place, what was read and what was expected, in one
 * error of code TABLE.
 */
export function parsePolicy(text: string, source: string): Policy {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SmtpEnrichError(
      'TABLE',
      `${source}: not JSON: ${(error as Error).message}`,
      'A policy is a JSON object with name, layers and rules.',
    );
  }
  const faults: string[] = [];
  const policy = readPolicy(value, faults);
  if (faults.length > 0)
    throw new SmtpEnrichError(
      'TABLE',
      `${source}: ${faults.join(`\n${source}: `)}`,
      'A rule has an id, categories or other conditions, failures, days and lifted_by_delivery; layers names those that count, as in {"phrase": {}}.',
    );
  return policy;
}

function readPolicy(value: unknown, faults: string[]): Policy {
  const object = asObject(value, '$', ['name', 'layers', 'rules'], faults);
  const name = asText(object.name, 'name', faults);
  const layers: Partial<Record<Layer, LayerConditions>> = {};
  for (const [layer, conditions] of Object.entries(asObject(object.layers, 'layers', LAYERS, faults))) {
    const place = `layers.${layer}`;
    const read = asObject(conditions, place, ['reply_codes', 'commands'], faults);
    layers[layer as Layer] = {
      ...optional('reply_codes', replyCodes(read.reply_codes, `${place}.reply_codes`, faults)),
      ...optional('commands', texts(read.commands, `${place}.commands`, [...COMMANDS, ''], faults)),
    };
  }
  const list = object.rules;
  if (!Array.isArray(list)) faults.push(`rules: must be a list of rules, got ${shown(list)}`);
  const rules = (Array.isArray(list) ? list : []).map((rule, index) => readRule(rule, `rules[${index}]`, faults));
  const seen = new Set<string>();
  for (const rule of rules) {
    if (seen.has(rule.id)) faults.push(`rules: two rules are called ${shown(rule.id)}`);
    seen.add(rule.id);
  }
  return { name, layers, rules };
}

const RULE_MEMBERS = [
  'id',
  'describe',
  'categories',
  'layers',
  'faults',
  'reply_codes',
  'without_text',
  'own_domain',
  'failures',
  'days',
  'lifted_by_delivery',
  'for_days',
] as const;

function readRule(value: unknown, place: string, faults: string[]): PolicyRule {
  const rule = asObject(value, place, RULE_MEMBERS, faults);
  const failures = asCount(rule.failures ?? 1, `${place}.failures`, faults);
  const days = asCount(rule.days ?? 1, `${place}.days`, faults);
  if (days > failures) faults.push(`${place}.days: ${failures} failure(s) cannot fall on ${days} distinct days`);
  if (days > DAYS_KEPT) faults.push(`${place}.days: the ledger keeps ${DAYS_KEPT} days of failures, got ${days}`);
  if (rule.categories === undefined && rule.reply_codes === undefined)
    faults.push(`${place}: names neither categories nor reply_codes, so it would suppress every failure`);
  return {
    id: asText(rule.id, `${place}.id`, faults),
    ...optional(
      'describe',
      rule.describe === undefined ? undefined : asText(rule.describe, `${place}.describe`, faults),
    ),
    ...optional('categories', texts(rule.categories, `${place}.categories`, CATEGORIES, faults)),
    ...optional('layers', texts(rule.layers, `${place}.layers`, LAYERS, faults)),
    ...optional('faults', texts(rule.faults, `${place}.faults`, FAULTS, faults)),
    ...optional('reply_codes', replyCodes(rule.reply_codes, `${place}.reply_codes`, faults)),
    ...optional('without_text', flag(rule.without_text, `${place}.without_text`, faults)),
    ...optional('own_domain', flag(rule.own_domain, `${place}.own_domain`, faults)),
    failures,
    days,
    lifted_by_delivery: flag(rule.lifted_by_delivery, `${place}.lifted_by_delivery`, faults) ?? true,
    ...optional(
      'for_days',
      rule.for_days === undefined ? undefined : asCount(rule.for_days, `${place}.for_days`, faults),
    ),
  };
}

/** How many failure days the ledger keeps per address and kind of failure. */
export const DAYS_KEPT = 31;

function optional<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: V };
}

function asObject(
  value: unknown,
  place: string,
  members: readonly string[],
  faults: string[],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    faults.push(`${place}: must be an object, got ${shown(value)}`);
    return {};
  }
  for (const name of Object.keys(value))
    if (!members.includes(name)) faults.push(`${place}: knows no ${shown(name)}; known: ${members.join(', ')}`);
  return Object.fromEntries(Object.entries(value).filter(([name]) => members.includes(name)));
}

function asText(value: unknown, place: string, faults: string[]): string {
  if (typeof value === 'string' && value !== '') return value;
  faults.push(`${place}: must be a text, got ${shown(value)}`);
  return '';
}

function asCount(value: unknown, place: string, faults: string[]): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
  faults.push(`${place}: must be a whole number from 1, got ${shown(value)}`);
  return 1;
}

function flag(value: unknown, place: string, faults: string[]): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  faults.push(`${place}: must be true or false, got ${shown(value)}`);
  return undefined;
}

function texts<const T extends string>(
  value: unknown,
  place: string,
  known: readonly T[] | undefined,
  faults: string[],
): readonly T[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length === 0) {
    faults.push(`${place}: must be a list with at least one entry, got ${shown(value)}`);
    return undefined;
  }
  for (const entry of value)
    if (typeof entry !== 'string' || (known !== undefined && !known.includes(entry as T)))
      faults.push(
        `${place}: ${shown(entry)} is none of ${known?.map((text) => text || '""').join(', ') ?? 'its texts'}`,
      );
  return value as T[];
}

function replyCodes(value: unknown, place: string, faults: string[]): readonly string[] | undefined {
  const codes = texts<string>(value, place, undefined, faults);
  for (const code of codes ?? [])
    if (!REPLY_CODE.test(code))
      faults.push(`${place}: must be a reply code such as 550 or a class such as 5xx, got ${shown(code)}`);
  return codes;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 80) ?? String(value));
}
