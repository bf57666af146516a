/** What is kept of a failure: its kind, which is all that a policy can ask of it, and its evidence. */
import type { Category, DeliveryEvent, Fault, Layer, Verdict } from '../event/index.ts';
import { ownStart } from './own-string.ts';
import { ANSWER_LIMIT } from './reasons.ts';

/** What a policy can ask of a failure. Failures of an address that agree in all of this are added up in one entry. */
export interface FailureKind {
  readonly category: Category;
  readonly layer: Layer;
  readonly fault: Fault | '';
  /** 0 where no server answered. */
  readonly reply_code: number;
  /** '' where unknown. */
  readonly command: string;
  /** The answer was a code and nothing else. */
  readonly without_text: boolean;
  /** False where a domain was not found that is not the recipient's own. */
  readonly own_domain: boolean;
  /** The group of mail that an unsubscription is from; '' for everything, and for every other failure. */
  readonly unsubscribe_group: string;
  /**
   * It is of that group for certain. False where an ESP dropped a message to the group because the address had unsubscribed: it
   * does not say from what.
   */
  readonly group_only: boolean;
}

/** Whether an entry is no failure, but the end of an unsubscription from a group. */
export function isResubscription(kind: FailureKind): boolean {
  return kind.unsubscribe_group !== '' && kind.category === 'accepted';
}

/** The last failure, as proof. */
export interface FailureEvidence {
  readonly host: string;
  readonly queue_id: string;
  readonly format: string;
  readonly input: string;
  readonly answer: string;
  readonly enhanced_code: string;
  readonly layer: Layer;
  readonly rule: string;
  readonly matched: string;
}

/** What a failure says that is kept of it. */
export type Failing = Pick<
  DeliveryEvent,
  | 'event'
  | 'time'
  | 'verdict'
  | 'recipient'
  | 'domain'
  | 'response'
  | 'reply_text'
  | 'unsubscribe_group'
  | 'host'
  | 'queue_id'
  | 'format'
  | 'input'
>;

/** Characters of a group's name that are kept: SendGrid's are numbers, Mailgun's tags. */
const GROUP_LIMIT = 128;

/** The kind of every bounce with a verdict of which isKindOfVerdict holds. */
export function kindOfVerdict(verdict: Verdict): FailureKind {
  return kindOf(
    { event: 'bounced', verdict, reply_text: undefined, domain: undefined, unsubscribe_group: undefined },
    '',
  );
}

/** Whether the kind of every bounce with this verdict follows from the verdict alone, and it enters the ledger: see kindOf. */
export function isKindOfVerdict({ evidence, category, recipient_doubtful }: Verdict): boolean {
  return (
    recipient_doubtful !== true && evidence.layer !== 'reply' && category !== 'unknown' && category !== 'invalid_domain'
  );
}

const NAME_NOT_FOUND = /\bname=([^\s,;()]+)/i;

/** What the kind of a failure depends on, besides the answer. */
type OfKind = Pick<Failing, 'event' | 'verdict' | 'reply_text' | 'domain' | 'unsubscribe_group'>;

export function kindOf(event: OfKind, answer: string): FailureKind {
  const { verdict } = event;
  const reply = verdict.evidence.layer === 'reply';
  const resubscribed = event.event === 'resubscribed';
  const of_group = resubscribed || event.event === 'unsubscribed';
  const dropped = event.event === 'dropped' && verdict.category === 'unsubscribe';
  const unsubscribe_group = of_group || dropped ? ownStart(event.unsubscribe_group ?? '', GROUP_LIMIT) : '';
  const without_text = (reply || verdict.category === 'unknown') && !hasText(event, answer);
  const own_domain = verdict.category !== 'invalid_domain' || isOwnDomain(event, answer);
  const category = resubscribed ? 'accepted' : verdict.category;
  let same: FailureKind[] | undefined;
  if (unsubscribe_group === '') {
    same = kinds.get(verdict);
    if (same === undefined) {
      same = [];
      kinds.set(verdict, same);
    }
    for (const kind of same)
      if (kind.category === category && kind.without_text === without_text && kind.own_domain === own_domain)
        return kind;
  }
  const kind: FailureKind = {
    category,
    layer: verdict.evidence.layer,
    fault: verdict.fault ?? '',
    reply_code: verdict.reply_code ?? 0,
    command: verdict.command === undefined ? '' : verdict.command,
    without_text,
    own_domain,
    unsubscribe_group,
    group_only: of_group && unsubscribe_group !== '',
  };
  same?.push(kind);
  return kind;
}
/** Those of each verdict that are of no group: a log has ten thousand failures, and a dozen kinds of them. */
const kinds = new WeakMap<Verdict, FailureKind[]>();

/** Whether a server said anything besides codes: `554`, `554 5.0.0`, `554-` do not. */
function hasText(event: OfKind, answer: string): boolean {
  const text = event.reply_text ?? answer;
  return /[^\s\d.<>()-]/.test(text);
}

/** Postfix: `Name service error for name=example.com type=MX: Host not found`: is it the recipient's domain that is meant? */
function isOwnDomain(event: OfKind, answer: string): boolean {
  const named = NAME_NOT_FOUND.exec(answer);
  return named === null || named[1]!.toLowerCase().replace(/\.$/, '') === event.domain;
}

export function evidenceOf(event: Failing, answer: string): FailureEvidence {
  const { evidence } = event.verdict;
  return {
    host: event.host ?? '',
    queue_id: event.queue_id ?? '',
    format: event.format,
    input: event.input,
    answer: ownStart(answer, ANSWER_LIMIT),
    enhanced_code: event.verdict.enhanced_code ?? '',
    layer: evidence.layer,
    rule: evidence.rule,
    matched: evidence.matched,
  };
}

export function sameKind(a: FailureKind, b: FailureKind): boolean {
  if (a === b) return true;
  return (
    a.category === b.category &&
    a.layer === b.layer &&
    a.fault === b.fault &&
    a.reply_code === b.reply_code &&
    a.command === b.command &&
    a.without_text === b.without_text &&
    a.own_domain === b.own_domain &&
    a.unsubscribe_group === b.unsubscribe_group &&
    a.group_only === b.group_only
  );
}

export function compareEvidence(a: FailureEvidence, b: FailureEvidence): number {
  for (const member of ['queue_id', 'answer', 'host', 'input', 'rule', 'enhanced_code', 'format', 'matched'] as const)
    if (a[member] !== b[member]) return a[member] < b[member] ? -1 : 1;
  return 0;
}
