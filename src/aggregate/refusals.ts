/**
 * What was added up of deferrals and bounces by their numbers, told as reasons and causes: of each domain, provider, category and code, and of the
 * rules of the code table. Of a log's ten thousand domains a report shows twenty: a row's reasons are made when it is looked at.
 */
import type { Category, Verdict } from '../event/index.ts';
import { addCause, type Causes } from './causes.ts';
import { codeOf, type GroupKey, PARTNERS } from './group-keys.ts';
import type { GroupTable } from './group-table.ts';
import { ownStart } from './own-string.ts';
import type { PlainDeliveries, Refusal } from './plain-deliveries.ts';
import {
  ANSWER_LIMIT,
  addPartner,
  addToReasons,
  type Example,
  eachReason,
  MAX_PARTNERS,
  mergeReasons,
  OTHER_KEY,
  type Reason,
} from './reasons.ts';

/** The parts of a report's sums that deferrals are in. */
interface Sums {
  readonly groups: Partial<Record<GroupKey, GroupTable>>;
  readonly causes: Causes;
}

/** Adds what was counted to the causes at once, and to a table's reasons when they are asked for. To be called once. */
export function addRefusals(sums: Sums, plain: PlainDeliveries): void {
  const list = [...plain.refusals()];
  if (list.length === 0) return;
  const { domain, provider } = sums.groups as Record<'domain' | 'provider', GroupTable>;
  const examples = new Map<Refusal, Example>();
  const exampleOf = (refusal: Refusal): Example => {
    let example = examples.get(refusal);
    if (example === undefined) {
      example = makeExample(refusal, plain);
      examples.set(refusal, example);
    }
    return example;
  };
  for (const refusal of list) {
    const { verdict, kind, times, first } = refusal;
    const counts = { [kind]: times, messages: first, messages_deferred: kind === 'deferrals' ? first : 0 };
    addCause(sums.causes, verdict, counts, () => exampleOf(refusal), refusal.time, provider.keyOf(refusal.provider));
  }
  for (const [name, table] of Object.entries(sums.groups)) {
    const key = name as GroupKey;
    const rowOf = rowsOf(key, table);
    if (rowOf === undefined) continue;
    const partner = PARTNERS[key] === 'domain' ? domain : provider;
    const partnerIs = PARTNERS[key];
    // Row → the first of its refusals, refusal → the next: as numbers + 1, so that 0 is none.
    const firsts = new Int32Array(table.size);
    const nexts = new Int32Array(list.length);
    for (let i = list.length - 1; i >= 0; i--) {
      const row = rowOf(list[i]!);
      nexts[i] = firsts[row]!;
      firsts[row] = i + 1;
    }
    table.reasonsOfMore = (row, own) => {
      let first: Reason | null = null;
      // Partners are added up by their rows first: a category has ten thousand.
      const partners = new Map<Category, Map<number, number>>();
      for (let i = firsts[row] ?? 0; i > 0; i = nexts[i - 1]!) {
        const refusal = list[i - 1]!;
        const { verdict, kind, times, time } = refusal;
        first = addToReasons(first, verdict.category, kind, times, () => exampleOf(refusal), time, undefined);
        let rows = partners.get(verdict.category);
        if (rows === undefined) {
          rows = new Map();
          partners.set(verdict.category, rows);
        }
        const partnerRow = partnerIs === 'domain' ? refusal.domain : refusal.provider;
        rows.set(partnerRow, (rows.get(partnerRow) ?? 0) + times);
      }
      for (const reason of eachReason(first))
        for (const [partnerRow, times] of partners.get(reason.category)!) {
          const isKept = (reason.partners?.size ?? 0) < MAX_PARTNERS;
          addPartner(reason, isKept ? partner.keyOf(partnerRow) : OTHER_KEY, times);
        }
      return mergeReasons(own, first);
    };
  }
}

/** Which row of a table a refusal belongs to; undefined where it is in none of it. */
function rowsOf(key: GroupKey, table: GroupTable): ((refusal: Refusal) => number) | undefined {
  if (key === 'domain') return ({ domain }) => domain;
  if (key === 'provider') return ({ provider }) => provider;
  if (key !== 'category' && key !== 'code') return undefined;
  const rows = new Map<Verdict, number>();
  return ({ verdict }) => {
    let row = rows.get(verdict);
    if (row === undefined) {
      row = table.find(key === 'category' ? verdict.category : codeOf(verdict));
      if (row < 0) row = table.find(OTHER_KEY);
      rows.set(verdict, row);
    }
    return row;
  };
}

function makeExample({ time, answer, host, queueId, verdict }: Refusal, plain: PlainDeliveries): Example {
  return {
    time,
    answer: ownStart(answer, ANSWER_LIMIT),
    host: plain.hostOf(host),
    queue_id: queueId,
    reply_code: verdict.reply_code ?? 0,
    enhanced_code: verdict.enhanced_code ?? '',
    evidence: verdict.evidence,
    action: verdict.action,
  };
}
