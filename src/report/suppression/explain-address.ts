/** Why an address is, or is not, on the suppression list: `suppress --explain`. */

import { type FailureKind, isResubscription } from '../../aggregate/failure.ts';
import type { Policy } from '../../aggregate/policy.ts';
import type { LedgerAddress } from '../../aggregate/suppression.ts';
import { suppressionsOf } from '../../aggregate/suppression-list.ts';
import { isoLocal } from '../../aggregate/time-zone.ts';
import { neutral } from '../neutral.ts';

/** Everything known of one address, and what the policy makes of it. */
export function explainAddress(
  known: LedgerAddress | undefined,
  text: string,
  policy: Policy,
  timeZone: string,
  now: number,
): string {
  if (known === undefined) return `${neutral(text)}: no failure is known\n`;
  const rows = suppressionsOf(known, policy, now);
  const entry = rows.find((row) => row.unsubscribe_group === '');
  const at = (time: number): string => isoLocal(time, timeZone) || 'never';
  const verdict =
    entry === undefined
      ? `not on the list: no rule of the policy ${policy.name} lists it`
      : entry.state === 'listed'
        ? `on the list since ${at(entry.since)}, by the rule ${entry.policy_rule} of the policy ${policy.name}`
        : entry.state === 'lifted'
          ? `not on the list: it was, by the rule ${entry.policy_rule} of the policy ${policy.name}, and took mail since`
          : `not on the list: it was, by the rule ${entry.policy_rule} of the policy ${policy.name}, and its time is over`;
  const lines = [`${neutral(known.address)}: ${verdict}`];
  for (const { unsubscribe_group: group, state, since, policy_rule } of rows)
    if (group !== '')
      lines.push(
        state === 'listed'
          ? `  group ${neutral(group)}: on the list of --groups since ${at(since)}, by the rule ${policy_rule}`
          : `  group ${neutral(group)}: not on the list of --groups: it was, and ${state === 'lifted' ? 'subscribed again' : 'its time is over'}`,
      );
  lines.push(`  last delivery: ${at(known.last_delivery)}`);
  for (const { kind, first, last, count, days, evidence } of [...known.entries].sort((a, b) => b.last - a.last)) {
    lines.push(
      `  ${isResubscription(kind) ? 'subscribed again' : kind.category}${groupOf(kind)}: ${count === 1 ? 'once' : `${count} times, on ${days.length} ${days.length === 1 ? 'day' : 'days'}`}, ${
        count === 1 ? at(last) : `${at(first)} to ${at(last)}`
      }`,
      `    answer:  ${neutral(evidence.answer) || '(none)'}`,
      `    because: ${evidence.layer} rule ${neutral(evidence.rule)}, matched ${JSON.stringify(neutral(evidence.matched))}`,
      `    log:     ${neutral([evidence.host, evidence.queue_id, evidence.input].filter((part) => part !== '').join(' '))}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function groupOf({ unsubscribe_group: group, group_only }: FailureKind): string {
  if (group === '') return '';
  return group_only ? ` (group ${neutral(group)})` : ` (a message to group ${neutral(group)})`;
}
