/**
 * Adds to each outcome of a batch what its answer means. Answers repeat: the same greylisting sentence stands in a log ten
 * thousand times. So the parser numbers them, and only an answer never seen goes to the classifier.
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

/** The numbering of names and answers that a parser uses; see LineReader. */
export interface Numbering {
  readonly names: Names;
  readonly mostAnswers: number;
  /** What the answer of a row comes down to; the same for all answers of one number. */
  answerText(rows: LogRows, row: number): string;
  readonly generation: number;
  answersAreFull(): void;
  describeRelay(relay: number, group: string, elsewhere: boolean, provider: number): void;
}

/** What is known of a parser's numbers. */
interface Known {
  generation: number;
  /** Number of a provider → answer → the number of its verdict: the same words may mean something else from somebody else. */
  readonly verdicts: Int32Array[];
  /** Relay → that array for its provider. */
  byRelay: (Int32Array | undefined)[];
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
  readonly #known = new WeakMap<Numbering, Known>();
  readonly #doubted = new Map<number, number>();

  constructor(classifier: AnswerClassifier, warning: ClassifyWarning) {
    this.#classifier = classifier;
    this.#warning = warning;
  }

  enrich(batch: LogRowBatch, numbering: Numbering): void {
    let known = this.#known.get(numbering);
    if (known === undefined || known.generation !== numbering.generation) {
      known = { generation: numbering.generation, verdicts: [], byRelay: [] };
      this.#known.set(numbering, known);
    }
    const { numbers, length } = batch.rows;
    for (let index = 0, row = 0; index < length; index++, row += COLUMN.WIDTH) {
      const kind = numbers[row + COLUMN.kind];
      if (kind === KIND.outcome || kind === KIND.rejected) {
        const answer = numbers[row + COLUMN.answer]!;
        const verdicts = this.#verdictsOf(known, numbers[row + COLUMN.relay]!, batch, index, numbering);
        let verdict = answer > 0 ? verdicts[answer]! : 0;
        if (verdict === 0) {
          verdict = this.#classify(batch, index, numbering.answerText(batch.rows, index));
          if (answer > 0) verdicts[answer] = verdict;
          else numbering.answersAreFull();
        }
        numbers[row + COLUMN.verdict] = numbers[row + COLUMN.doubt] === 0 ? verdict : this.#inDoubt(verdict);
      } else if (kind === KIND.warning) {
        const start = numbers[row + COLUMN.response]!;
        const end = numbers[row + COLUMN.response + 1]!;
        if (this.#warning.isIdle(batch.bytes, start, end)) continue;
        const verdict = this.#warning(decode(batch.bytes, start, end));
        if (verdict !== undefined) numbers[row + COLUMN.verdict] = this.#numberOf(verdict);
      }
    }
  }

  #verdictsOf(known: Known, relay: number, batch: LogRowBatch, index: number, numbering: Numbering): Int32Array {
    const found = relay >= 0 ? known.byRelay[relay] : undefined;
    if (found !== undefined) return found;
    let provider = relay > 0 ? numbering.names.providerOf(relay) : UNDESCRIBED;
    if (provider === UNDESCRIBED) {
      const named = batch.relayOf(index);
      const id = named?.provider;
      provider = id === undefined ? 0 : numbering.names.tools.providers.findIndex((row) => row.id === id) + 1;
      if (relay > 0 && named !== undefined) describe(relay, named, provider, numbering);
    }
    let verdicts = known.verdicts[provider];
    if (verdicts === undefined) {
      verdicts = new Int32Array(numbering.mostAnswers + 1);
      known.verdicts[provider] = verdicts;
    }
    if (relay >= 0) known.byRelay[relay] = verdicts;
    return verdicts;
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
