/**
 * Adds to each outcome of a batch what its answer means. Answers repeat: the same greylisting sentence stands in a log ten
 * thousand times. So the parser numbers them, and writes the verdict to the rows of all that it has been told of; here are those of which
 * it has not.
 */
import {
  COLUMN,
  decode,
  KIND,
  type LogRecord,
  type LogRowBatch,
  type LogRows,
  type Names,
  OUTCOMES,
  type Relay,
  UNDESCRIBED,
  type Verdict,
} from '../event/index.ts';
import type { ClassifyWarning } from './warnings.ts';

/** What enrichment asks of the classifier: see classify.ts. */
export interface AnswerClassifier {
  classify(
    response: string,
    context: {
      outcome: 'delivered' | 'deferred' | 'bounced' | 'dropped' | 'other';
      dsn?: string | undefined;
      relay_host?: string;
      program?: string;
    },
  ): Verdict;
}

const DELIVERED = OUTCOMES.indexOf('delivered');
const DEFERRED = OUTCOMES.indexOf('deferred');
const BOUNCED = OUTCOMES.indexOf('bounced');
const DISCARDED = OUTCOMES.indexOf('discarded');

/** The numbering of names and answers that a parser uses; see LineReader. Verdicts are those of one enricher. */
export interface Numbering {
  readonly names: Names;
  /** The rows of the last block that have no verdict, in order; undefined where all have to be looked at. */
  readonly unjudged: Int32Array | undefined;
  /** Numbers the answer of a row of a provider's, 0 for nobody's, and writes the verdict on it, or 0. */
  numberAnswer(rows: LogRows, row: number, provider: number): void;
  /** What the answer of a row comes down to; the same for all answers of one number. */
  answerText(rows: LogRows, row: number): string;
  /** Says what all answers of a number mean. */
  judgeAnswer(answer: number, verdict: number): void;
  answersAreFull(): void;
  describeRelay(relay: number, group: string, elsewhere: boolean, provider: number): void;
}

/**
 * Says of a relay what the parser did not say itself (src/parse/assembly/relays.ts). See GROUP_KEYS in src/aggregate/group-keys.ts for
 * what deliveries are grouped by.
 */
function describe(number: number, relay: Relay, provider: number, numbering: Numbering): void {
  const group = relay.provider ?? relay.host ?? relay.ip ?? '';
  // No socket, no transport of this machine, no private address.
  const elsewhere = relay.host !== undefined && relay.ip !== undefined && !relay.nearby && relay.text !== 'none';
  numbering.describeRelay(number, group, elsewhere, provider);
}

export class RowEnricher {
  /** What the verdict column counts, from 1. */
  readonly verdicts: Verdict[] = [];
  readonly #classifier: AnswerClassifier;
  readonly #warning: ClassifyWarning;
  readonly #numbers = new Map<Verdict, number>();
  readonly #doubted = new Map<number, number>();

  constructor(classifier: AnswerClassifier, warning: ClassifyWarning) {
    this.#classifier = classifier;
    this.#warning = warning;
  }

  enrich(batch: LogRowBatch, numbering: Numbering): void {
    const { unjudged } = numbering;
    if (unjudged !== undefined) for (const row of unjudged) this.#judge(batch, row, numbering);
    else for (let row = 0; row < batch.rows.length; row++) this.#judge(batch, row, numbering);
  }

  #judge(batch: LogRowBatch, index: number, numbering: Numbering): void {
    const { rows, bytes } = batch;
    const { numbers } = rows;
    const row = index * COLUMN.WIDTH;
    const kind = numbers[row + COLUMN.kind];
    if (kind === KIND.outcome || kind === KIND.rejected) {
      numbering.numberAnswer(rows, index, this.#providerOf(batch, index, numbering));
      let verdict = numbers[row + COLUMN.verdict]!;
      if (verdict === 0) {
        const answer = numbers[row + COLUMN.answer]!;
        verdict = this.#classify(batch, index, numbering.answerText(rows, index));
        if (answer > 0) numbering.judgeAnswer(answer, verdict);
        else numbering.answersAreFull();
      }
      numbers[row + COLUMN.verdict] = numbers[row + COLUMN.doubt] === 0 ? verdict : this.#inDoubt(verdict);
    } else if (kind === KIND.warning) {
      const start = numbers[row + COLUMN.response]!;
      const end = numbers[row + COLUMN.response + 1]!;
      if (this.#warning.isIdle(bytes, start, end)) return;
      const verdict = this.#warning(decode(bytes, start, end));
      if (verdict !== undefined) numbers[row + COLUMN.verdict] = this.#numberOf(verdict);
    }
  }

  /** The number of the provider of a row's relay, 0 for none. Describes the relay to the parser, where nobody has. */
  #providerOf(batch: LogRowBatch, index: number, numbering: Numbering): number {
    const relay = batch.rows.numbers[index * COLUMN.WIDTH + COLUMN.relay]!;
    const known = relay > 0 ? numbering.names.providerOf(relay) : UNDESCRIBED;
    if (known !== UNDESCRIBED) return known;
    const named = batch.relayOf(index);
    const id = named?.provider;
    const provider = id === undefined ? 0 : numbering.names.tools.providers.findIndex((row) => row.id === id) + 1;
    if (relay > 0 && named !== undefined) describe(relay, named, provider, numbering);
    return provider;
  }

  #classify(batch: LogRowBatch, index: number, response: string): number {
    const event = batch.rows.numbers[index * COLUMN.WIDTH + COLUMN.event]!;
    const { dsn, relay_host, program }: LogRecord = batch.record(index);
    const outcome =
      event === DELIVERED || event === DISCARDED
        ? 'delivered'
        : event === DEFERRED
          ? 'deferred'
          : event === BOUNCED
            ? 'bounced'
            : 'other';
    return this.#numberOf(
      this.#classifier.classify(response, {
        outcome,
        ...(dsn !== undefined ? { dsn } : {}),
        ...(relay_host !== undefined ? { relay_host } : {}),
        ...(program !== undefined ? { program } : {}),
      }),
    );
  }

  /** The verdict of a number for a recipient that may be somebody else: it asks for nothing that would harm that one. */
  #inDoubt(number: number): number {
    let doubted = this.#doubted.get(number);
    if (doubted === undefined) {
      const verdict = this.verdicts[number - 1]!;
      const action = verdict.action === 'suppress' ? 'review' : verdict.action;
      doubted = this.#numberOf({ ...verdict, action, confidence: 'low', recipient_doubtful: true });
      this.#doubted.set(number, doubted);
    }
    return doubted;
  }

  #numberOf(verdict: Verdict): number {
    let number = this.#numbers.get(verdict);
    if (number === undefined) {
      number = this.verdicts.push(verdict);
      this.#numbers.set(verdict, number);
    }
    return number;
  }
}
