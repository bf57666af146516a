import type { Suppression } from '../../aggregate/suppression-list.ts';
import { isoLocal } from '../../aggregate/time-zone.ts';
import { quoted } from '../event-ndjson.ts';

/**
 * The suppression list for programs: one object per line, with all that is known; times in `zone`. Each line is what
 * `suppressionDocument` says of its entry: a list has millions, so the lines are written member by member, and what stands in one
 * line as in the line before is not written anew.
 */
export function renderSuppressionNdjson(entries: readonly Suppression[], zone: string): string {
  const time = (ms: number): string => {
    const text = isoLocal(ms, zone);
    return text === '' ? 'null' : `"${text}"`;
  };
  const first = repeated(time);
  const last = repeated(time);
  const since = repeated(time);
  const delivery = repeated(time);
  const answer = repeated(quoted);
  const rule = repeated(quoted);
  const matched = repeated(quoted);
  const host = repeated(orNull);
  const input = repeated(quoted);
  let lines = '';
  for (const entry of entries) {
    const { evidence } = entry;
    const group = entry.unsubscribe_group === '' ? '' : `,"unsubscribe_group":${quoted(entry.unsubscribe_group)}`;
    lines +=
      `{"address":${quoted(entry.address)}${group},"state":"${entry.state}"` +
      `,"first_bounce":${first(entry.first)},"last_bounce":${last(entry.last)},"count":${entry.count}` +
      `,"category":${quoted(entry.category)},"reply_code":${entry.reply_code || null}` +
      `,"enhanced_code":${orNull(evidence.enhanced_code)},"answer":${answer(evidence.answer)}` +
      `,"evidence":{"layer":${quoted(evidence.layer)},"rule":${rule(evidence.rule)},"matched":${matched(evidence.matched)}}` +
      `,"policy_rule":${quoted(entry.policy_rule)},"permanent":${entry.permanent},"since":${since(entry.since)}` +
      `,"last_delivery":${delivery(entry.last_delivery)},"host":${host(evidence.host)}` +
      `,"queue_id":${orNull(evidence.queue_id)},"format":${quoted(evidence.format)},"input":${input(evidence.input)}}\n`;
  }
  return lines;
}

function orNull(text: string): string {
  return text === '' ? 'null' : quoted(text);
}

/** A function that is asked for the same value again and again: it remembers its last answer. */
function repeated<T extends string | number>(write: (value: T) => string): (value: T) => string {
  let value: T | undefined;
  let written = '';
  return (next) => {
    if (next !== value) {
      value = next;
      written = write(next);
    }
    return written;
  };
}
