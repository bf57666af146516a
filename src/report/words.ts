/** The sentences that the text, Markdown and HTML reports share. Their parts come from logs: each renderer makes them safe. */
import type { ReasonRow } from '../aggregate/groups.ts';
import {
  type Dimension,
  isOutcomeTable,
  type Problem,
  type ReportData,
  type ReportRow,
  type ReportTable,
} from '../aggregate/report-model.ts';
import type { Category, NoticeRule } from '../event/index.ts';
import { bytes, integer, percent, plural } from './figures.ts';

export const TABLE_TITLES: Readonly<Record<Dimension, string>> = {
  domain: 'BY RECIPIENT DOMAIN',
  provider: 'BY PROVIDER',
  sender: 'BY SENDER',
  sender_domain: 'BY DOMAIN OF THE SENDER',
  recipient: 'BY RECIPIENT',
  relay: 'BY RELAY',
  host: 'BY LOG HOST',
  category: 'BY CATEGORY',
  code: 'BY CODE',
  answer: 'WHAT SERVERS ANSWERED',
  hour: 'BY HOUR',
  day: 'BY DAY',
  refusal: 'REJECTED ON THE WAY IN, BY REASON',
  reject_warning: 'WARNED OF ON THE WAY IN, NOT REJECTED',
  reject: 'REJECTED ON THE WAY IN, BY CODE',
  client: 'ON THE WAY IN, BY CLIENT',
};

/** How the keys of a table are headed. */
export const KEY_NAMES: Readonly<Record<Dimension, string>> = {
  domain: 'domain',
  provider: 'provider',
  sender: 'sender',
  sender_domain: 'sender domain',
  recipient: 'recipient',
  relay: 'relay',
  host: 'host',
  category: 'category',
  code: 'code',
  answer: 'rule',
  hour: 'hour',
  day: 'day',
  refusal: 'what was done, and why',
  reject_warning: 'warning, and why',
  reject: 'code',
  client: 'client',
};

/** What most answers of a category ask for; `…` where some ask for something else. */
export function actionText(row: ReportRow): string {
  return `${row.action ?? ''}${(row.actions?.length ?? 0) > 1 ? ', …' : ''}`;
}

/** The same in full, where there is room. */
export function actionsText({ action, actions }: ReportRow): string {
  if (actions === undefined || actions.length < 2) return action ?? '';
  return actions.map((one) => `${one.action} ${integer(one.count)}`).join(', ');
}

/** What each kind of notice tells. */
export const NOTICE_TITLES: Readonly<Record<NoticeRule, string>> = {
  unreached: 'SERVERS THAT COULD NOT BE CONNECTED TO',
  'other-warning': 'OTHER WARNINGS',
};

/** How often a reason was given; an expiry repeats what the deferrals before it were told. */
export function reasonCount(reason: ReasonRow): number {
  return reason.count > 0 ? reason.count : reason.expired;
}

/** How many domains, recipients and senders had mail: what is known of it. */
export function distinctText({ distinct }: Pick<ReportData, 'distinct'>): string {
  const { domains, recipients, senders, sender_domains } = distinct;
  return [
    domains === null || domains === 0 ? '' : `to ${plural(domains, 'domain')}`,
    recipients === null ? '' : plural(recipients, 'recipient'),
    senders === null || senders === 0 ? '' : `from ${plural(senders, 'sender')}`,
    sender_domains === null || sender_domains === 0 ? '' : plural(sender_domains, 'sender domain'),
  ]
    .filter((text) => text !== '')
    .join(', ');
}

/** `933 lines, 279 events, all understood` */
export function readText(data: ReportData): string {
  const { accounting, inputs, formats, totals } = data;
  const trouble = [
    accounting.malformed > 0 ? plural(accounting.malformed, 'malformed line') : '',
    accounting.truncated > 0 ? plural(accounting.truncated, 'over-long line') : '',
    ...inputs.filter((input) => input.not_understood !== null).map(({ name }) => name),
  ].filter((text) => text !== '');
  const logs = formats.filter((format) => format === 'postfix').length;
  const unit = logs === formats.length ? 'line' : logs === 0 ? 'object' : 'line or object';
  return `${plural(accounting.lines, unit, unit === 'line or object' ? 'lines and objects' : `${unit}s`)}, ${plural(totals.events, 'event')}${
    trouble.length > 0 ? `; not understood: ${trouble.join(', ')}` : ', all understood'
  }`;
}

/** In place of figures that would all be nought. */
export function nothingText({ inputs }: Pick<ReportData, 'inputs'>): string {
  return inputs.some((input) => input.not_understood !== null)
    ? 'No event: what was given was not understood.'
    : 'Nothing happened: there is no event in this period.';
}

/** Whether a table says something to a reader: one day needs no table of days, and what nobody named no table of names. */
export function isTelling({ dimension, rows }: ReportTable): boolean {
  if (rows.length === 0 || (dimension === 'day' && rows.length < 2)) return false;
  return dimension === 'code' || dimension === 'category' || rows.some(({ key }) => !isUnnamed(key));
}

function isUnnamed(key: string): boolean {
  return key === '(none)' || key === '(unknown)';
}

/** The rows that say something: one without mail tried or received, in a table of mail, has only zeros to show. */
export function tellingRows({ dimension, rows }: ReportTable): readonly ReportRow[] {
  if (isOutcomeTable(dimension) || dimension === 'hour' || dimension === 'day') return rows;
  return rows.filter((row) => row.messages + row.attempts + row.processed + row.dropped + row.complained > 0);
}

/** Whether any row knows how long deliveries took: an ESP does not tell. */
export function hasDelays(rows: readonly ReportRow[]): boolean {
  return rows.some((row) => row.delay_median !== null);
}

/** What an ESP took is a request; what a mail server took in has a size. */
export function receivedLabel({ formats }: Pick<ReportData, 'formats'>): string {
  return formats.some((format) => format === 'postfix') ? 'Received' : 'Processed';
}

/** `12.3 MB` of what was received; nothing where sizes are not known. */
export function receivedNote({ totals }: Pick<ReportData, 'totals'>): string {
  return totals.bytes_received > 0 ? bytes(totals.bytes_received) : '';
}

/** `reject 12, milter-reject 3, hold 1` */
export function rejectionsText(rejections: ReportData['rejected_by_action']): string {
  return (rejections ?? []).map(({ action, count }) => `${action} ${integer(count)}`).join(', ');
}

/** What mail is held up or refused for, as a sentence names it. Tables name the categories themselves. */
const CATEGORY_WORDS: Readonly<Record<Category, string>> = {
  accepted: 'nothing',
  invalid_recipient: 'unknown recipients',
  mailbox_moved: 'mailboxes that have moved',
  invalid_domain: 'unknown domains',
  null_mx: 'domains that take no mail',
  mailbox_disabled: 'disabled mailboxes',
  mailbox_full: 'full mailboxes',
  dns_failure: 'DNS failures',
  connection_failure: 'failed connections',
  greylisted: 'greylisting',
  rate_limited: 'rate limits',
  reputation: 'reputation',
  auth_failure: 'authentication',
  missing_ptr: 'a missing PTR record',
  invalid_sender: 'the sender address',
  relay_denied: 'relaying',
  spam_content: 'content taken for spam',
  malicious_content: 'content taken for malicious',
  message_too_large: 'message size',
  message_format: 'message format',
  policy: 'policy',
  protocol_error: 'protocol errors',
  tls_failure: 'TLS failures',
  routing_loop: 'routing loops',
  system_error: 'errors of receiving systems',
  expired: 'expiry',
  complaint: 'complaints',
  unsubscribe: 'unsubscriptions',
  esp_suppressed: 'suppression by the ESP',
  unknown: 'reasons unknown',
};

/** One line: what is wrong. */
export function problemTitle(problem: Problem, { totals }: Pick<ReportData, 'totals'>): string {
  const cause = problem.category === null ? '' : CATEGORY_WORDS[problem.category];
  switch (problem.kind) {
    case 'sender_block':
      return `Refused for ${cause}: ${outcomes(problem)}`;
    case 'deferral': {
      const others = totals.messages - problem.messages;
      const elsewhere =
        others > 0 ? `, elsewhere ${percent((totals.messages_deferred - problem.messages_deferred) / others)}` : '';
      const share = `${integer(problem.messages_deferred)} of ${plural(problem.messages, 'message')} (${percent(problem.deferral_rate_by_message)}${elsewhere})`;
      const attempts = `${percent(problem.deferral_rate_by_attempt)} of attempts`;
      if (problem.dimension === 'category') return `Deferred everywhere for ${cause}: ${share}, ${attempts}`;
      return problem.key === ''
        ? `${problem.where.length} ${problem.dimension}s defer ${share}, ${attempts}, most for ${cause}`
        : `${problem.name} defers ${share}, ${attempts}, most for ${cause}`;
    }
    case 'expired':
      return `${plural(problem.count, 'message')} given up after every retry${cause === '' || problem.category === 'expired' ? '' : `, most for ${cause}`}`;
    case 'suppression':
      return `${plural(problem.count, 'address', 'addresses')} new on the suppression list`;
  }
}

/** A place of a problem and how much of it: `gmail.com 12/24`. */
export function whereText([key, count, of]: Problem['where'][number]): string {
  return of === undefined ? `${key} ${integer(count)}` : `${key} ${integer(count)}/${integer(of)}`;
}

/** The answer without what the log says around it: `host H said: …`, `(in reply to RCPT TO command)`. */
export function serverWords(answer: string): string {
  return answer.replace(/^host \S+ (?:said|refused to talk to me): /, '').replace(/ \(in reply to [^()]+\)$/, '');
}

function outcomes(problem: Problem): string {
  const dropped = problem.count - problem.bounced - problem.deferrals;
  const parts = [
    problem.bounced > 0 ? `${integer(problem.bounced)} bounced` : '',
    problem.deferrals > 0 ? plural(problem.deferrals, 'deferral') : '',
    dropped > 0 ? `${integer(dropped)} dropped by the ESP` : '',
  ].filter((text) => text !== '');
  return parts.join(', ') || plural(problem.count, 'message');
}

/** What to do about it. */
export function adviceText(problem: Problem): string {
  if (problem.kind === 'suppression')
    return 'smtp-enrich suppress lists them, with the evidence; --for writes an import file.';
  if (problem.action === null) return problem.advice;
  return problem.advice === '' ? problem.action : `${problem.action}: ${problem.advice}`;
}
