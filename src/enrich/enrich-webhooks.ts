/** Adds to each webhook event what it means: by the server's answer where it carries one, else by the event itself. */
import type { Action, Category, Verdict, WebhookBatch, WebhookRecord } from '../event/index.ts';
import type { AnswerClassifier } from './enrich-rows.ts';

export interface WebhookClassifier extends AnswerClassifier {
  fixed(category: Category, rule: string, matched: string, over?: Partial<Verdict>): Verdict;
}

const HARD = new Set<Category>(['invalid_recipient', 'mailbox_moved', 'invalid_domain', 'null_mx', 'mailbox_disabled']);
const SENDERS_SIDE = new Set<Category>(['reputation', 'spam_content', 'rate_limited', 'auth_failure']);

export function enrichWebhooks(batch: WebhookBatch, classifier: WebhookClassifier): void {
  for (const record of batch.records) record.verdict = verdictOf(record, classifier);
}

function verdictOf(record: WebhookRecord, classifier: WebhookClassifier): Verdict {
  const { answer } = record;
  if (answer?.category !== undefined) {
    const over: { action?: Action } = answer.action === undefined ? {} : { action: answer.action };
    return classifier.fixed(answer.category, answer.rule ?? answer.category, matchedWords(record), over);
  }
  const outcome = record.event;
  const verdict = classifier.classify(record.response ?? '', {
    outcome:
      outcome === 'delivered' || outcome === 'deferred' || outcome === 'bounced' || outcome === 'dropped'
        ? outcome
        : 'other',
    ...(record.dsn === undefined ? {} : { dsn: record.dsn }),
  });
  // The provider's own word is better than a bare code, and than a dead mailbox where it holds the sender at fault.
  if (
    answer?.otherwise !== undefined &&
    (verdict.category === 'unknown' ||
      verdict.evidence.layer === 'reply' ||
      (verdict.action === 'suppress' && SENDERS_SIDE.has(answer.otherwise)))
  ) {
    return classifier.fixed(answer.otherwise, answer.rule ?? answer.otherwise, matchedWords(record), codesOf(verdict));
  }
  if (answer?.blocked !== true) return verdict;
  // The provider knows that it was a block. A text that reads like a dead mailbox is a block nonetheless, and suppresses nobody.
  if (HARD.has(verdict.category) || verdict.action === 'suppress') {
    return classifier.fixed('policy', 'sendgrid-blocked', 'type=blocked', codesOf(verdict));
  }
  return blockOf(verdict);
}

function matchedWords(record: WebhookRecord): string {
  return record.response ?? record.status ?? '';
}

function codesOf(verdict: Verdict): Partial<Verdict> {
  return { reply_code: verdict.reply_code, enhanced_code: verdict.enhanced_code, command: verdict.command };
}

const blocks = new WeakMap<Verdict, Verdict>();

/** The same verdict with the bounce type `block`: made once for each. */
function blockOf(verdict: Verdict): Verdict {
  let block = blocks.get(verdict);
  if (block === undefined) {
    block = { ...verdict, bounce_type: 'block' };
    blocks.set(verdict, block);
  }
  return block;
}
