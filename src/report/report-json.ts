/** The report as one JSON document, versioned; `report.schema.json` describes it. */
import type { ReasonRow } from '../aggregate/groups.ts';
import type { Dimension, Problem, ReportData, ReportRow } from '../aggregate/report-model.ts';
import type { Suppression } from '../aggregate/suppression-list.ts';
import { isoLocal } from '../aggregate/time-zone.ts';
import { safeJson } from './event-ndjson.ts';

/** The name of each table in the document; its rows carry their key under the name of the dimension. */
export const TABLE_NAMES: Readonly<Record<Dimension, string>> = {
  domain: 'domains',
  provider: 'providers',
  sender: 'senders',
  sender_domain: 'sender_domains',
  recipient: 'recipients',
  relay: 'relays',
  host: 'hosts',
  category: 'categories',
  code: 'codes',
  answer: 'answers',
  hour: 'hours',
  day: 'days',
  refusal: 'refusals',
  reject_warning: 'reject_warnings',
  reject: 'rejects',
  client: 'clients',
};

/** Texts are handed on from so many characters on. */
const PART = 1 << 16;

/**
 * The report as indented JSON, with its line end, in parts: with all its rows it may be longer than a string can be.
 * `top` cuts each table after that many rows.
 */
export function* renderReportJson(
  data: ReportData,
  options: { readonly top?: number | undefined } = {},
): IterableIterator<string> {
  let part = '';
  for (const text of partsOf(reportDocument(data, options.top), '', 2)) {
    part += text;
    if (part.length < PART) continue;
    yield part;
    part = '';
  }
  yield `${part}\n`;
}

/** As JSON.stringify writes it. @param depth so deep, members of objects are written one by one; those of Rows always are */
function* partsOf(value: unknown, by: string, depth: number): IterableIterator<string> {
  const isList = value instanceof Rows;
  if (!isList && (depth === 0 || typeof value !== 'object' || value === null || Array.isArray(value))) {
    // What is not between the parts of JSON is escaped in it.
    yield safeJson(value, 2).replaceAll('\n', `\n${by}`);
    return;
  }
  const inner = `${by}  `;
  let open = isList ? '[' : '{';
  if (isList)
    for (const row of value) {
      yield `${open}\n${inner}`;
      open = ',';
      yield* partsOf(row, inner, 0);
    }
  else
    for (const [name, member] of Object.entries(value as object)) {
      if (member === undefined) continue;
      yield `${open}\n${inner}${safeJson(name)}: `;
      open = ',';
      yield* partsOf(member, inner, depth - 1);
    }
  if (open === ',') yield `\n${by}${isList ? ']' : '}'}`;
  else yield isList ? '[]' : '{}';
}

/** A list whose members are made one by one. */
class Rows {
  readonly #make: () => Iterator<unknown>;
  constructor(make: () => Iterator<unknown>) {
    this.#make = make;
  }
  [Symbol.iterator](): Iterator<unknown> {
    return this.#make();
  }
}

function eachOf<Row>(rows: readonly Row[], make: (row: Row) => unknown): Rows {
  return new Rows(function* () {
    for (const row of rows) yield make(row);
  });
}

/** The document; long lists are Rows. */
function reportDocument(data: ReportData, top = Number.POSITIVE_INFINITY): Record<string, unknown> {
  const { tables, suppression, problems, ...rest } = data;
  const zone = data.period.time_zone;
  const document: Record<string, unknown> = {
    ...rest,
    problems: problems.map(problemDocument),
    suppression: { ...suppression, newest: eachOf(suppression.newest, (s) => suppressionDocument(s, zone)) },
    tables: tables.map((table) => ({
      name: TABLE_NAMES[table.dimension],
      rows: table.total,
      omitted: table.omitted,
      overflow: table.overflow,
    })),
  };
  for (const { dimension, rows } of tables)
    document[TABLE_NAMES[dimension]] = eachOf(rows.slice(0, top), (row) => rowDocument(dimension, row, zone));
  return document;
}

function rowDocument(dimension: Dimension, row: ReportRow, zone: string): Record<string, unknown> {
  const { key, name, fault, action, actions, reasons, ...figures } = row;
  return {
    [dimension]: key,
    ...(name === undefined ? {} : { name }),
    ...(fault === undefined ? {} : { fault }),
    ...(action === undefined ? {} : { action }),
    ...(actions === undefined ? {} : { actions }),
    ...figures,
    reasons: reasons.map((reason) => reasonDocument(reason, zone)),
  };
}

function reasonDocument(reason: ReasonRow, zone: string): Record<string, unknown> {
  const { category, deferrals, bounced, expired, dropped, rejected, count, example } = reason;
  return {
    category,
    deferrals,
    bounced,
    expired,
    dropped,
    rejected,
    count,
    answer: example.answer,
    reply_code: example.reply_code || null,
    enhanced_code: example.enhanced_code || null,
    evidence: example.evidence,
    action: example.action,
    first: isoLocal(example.time, zone) || null,
    host: example.host || null,
    queue_id: example.queue_id || null,
  };
}

function problemDocument(problem: Problem): Record<string, unknown> {
  return {
    ...problem,
    reply_code: problem.reply_code || null,
    enhanced_code: problem.enhanced_code || null,
    where: problem.where.map(([key, count, of]) => ({ key, count, ...(of === undefined ? {} : { of }) })),
  };
}

/** A suppression as JSON: the members of the CSV, and the rest of what is known. */
export function suppressionDocument(suppression: Suppression, zone: string): Record<string, unknown> {
  const { evidence } = suppression;
  return {
    address: suppression.address,
    ...(suppression.unsubscribe_group === '' ? {} : { unsubscribe_group: suppression.unsubscribe_group }),
    state: suppression.state,
    first_bounce: isoLocal(suppression.first, zone) || null,
    last_bounce: isoLocal(suppression.last, zone) || null,
    count: suppression.count,
    category: suppression.category,
    reply_code: suppression.reply_code || null,
    enhanced_code: evidence.enhanced_code || null,
    answer: evidence.answer,
    evidence: { layer: evidence.layer, rule: evidence.rule, matched: evidence.matched },
    policy_rule: suppression.policy_rule,
    permanent: suppression.permanent,
    since: isoLocal(suppression.since, zone) || null,
    last_delivery: isoLocal(suppression.last_delivery, zone) || null,
    host: evidence.host || null,
    queue_id: evidence.queue_id || null,
    format: evidence.format,
    input: evidence.input,
  };
}
