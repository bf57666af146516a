/** Adds to each webhook event what it means: by the server's answer where it carries one, else by the event itself. */
import type { Action, Category, Verdict, WebhookAnswer, WebhookBatch, WebhookRecord } from '../event/index.ts';
import type { AnswerClassifier } from './enrich-rows.ts';

export interface WebhookClassifier extends AnswerClassifier {
  fixed(category: Category, rule: string, matched: string, over?: Partial<Verdict>): Verdict;
}

const HARD = new Set<Category>(['invalid_recipient', 'mailbox_moved', 'invalid_domain', 'null_mx', 'mailbox_disabled']);
const SENDERS_SIDE = new Set<Category>(['reputation', 'spam_content', 'rate_limited', 'auth_failure']);

//  250 2.0.0 OK  1795000000 d2e1-5c6dsi123.45 - gsmtp
//           ^   where what differs in each answer begins, if another enhanced code cannot come
const CODES = /^\d{3} (?:[245]\.\d{1,3}\.\d{1,3}(?= )|(?=[^.]*$))/;

export class WebhookEnricher {
  readonly #classifier: WebhookClassifier;
  /** The last verdict on each kind of event that needs no answer: two events of five are `processed`. */
  readonly #fixed = new WeakMap<WebhookAnswer, Verdict>();
  /** What the numbers of answers mean, by outcome. */
  #answers: object | undefined;
  #verdicts: Record<Outcome, (Verdict | undefined)[]> = noVerdicts();

  constructor(classifier: WebhookClassifier) {
    this.#classifier = classifier;
  }

  enrich(batch: WebhookBatch): void {
    const { answers } = batch.records;
    if (answers !== this.#answers) {
      this.#answers = answers;
      this.#verdicts = noVerdicts();
    }
    for (let i = 0; i < batch.length; i++) {
      const record = batch.record(i);
      record.verdict = this.#verdictOf(record, batch, i);
    }
  }

  #verdictOf(record: WebhookRecord, batch: WebhookBatch, index: number): Verdict {
    const { answer } = record;
    if (answer?.category !== undefined) {
      const matched = matchedWords(record);
      const known = this.#fixed.get(answer);
      if (known !== undefined && known.evidence.matched === matched) return known;
      const over: { action?: Action } = answer.action === undefined ? {} : { action: answer.action };
      const verdict = this.#classifier.fixed(answer.category, answer.rule ?? answer.category, matched, over);
      this.#fixed.set(answer, verdict);
      return verdict;
    }
    const { event } = record;
    const outcome =
      event === 'delivered' || event === 'deferred' || event === 'bounced' || event === 'dropped' ? event : 'other';
    const said = this.#classify(record, outcome, batch, index);
    // What was accepted is accepted whatever else is said of it.
    return outcome === 'delivered' ? said : overruled(said, record, answer, this.#classifier);
  }

  #classify(record: WebhookRecord, outcome: Outcome, batch: WebhookBatch, index: number): Verdict {
    const number = record.answerNumber;
    if (number <= 0) {
      const { response = '', dsn } = record;
      // Of what was accepted only the codes count, the rest is new each time.
      const text = outcome === 'delivered' ? (CODES.exec(response)?.[0] ?? response) : response;
      return this.#classifier.classify(text, { outcome, dsn });
    }
    const known = this.#verdicts[outcome];
    let verdict = known[number];
    if (verdict === undefined) {
      verdict = this.#classifier.classify(batch.records.answerText!(index), { outcome, dsn: record.dsn });
      known[number] = verdict;
    }
    return verdict;
  }
}

type Outcome = 'delivered' | 'deferred' | 'bounced' | 'dropped' | 'other';

function noVerdicts(): Record<Outcome, (Verdict | undefined)[]> {
  return { delivered: [], deferred: [], bounced: [], dropped: [], other: [] };
}

/** The verdict on a server's answer, weighed against what the provider says of it. */
function overruled(
  verdict: Verdict,
  record: WebhookRecord,
  answer: WebhookAnswer | undefined,
  classifier: WebhookClassifier,
): Verdict {
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
