/**
 * Adds to each outcome of a batch what its answer means. Answers repeat: the same greylisting sentence stands in a log ten
 * thousand times. So the bytes of an answer are looked up first, and only an answer never seen goes to the classifier.
 */
import {
  ByteDictionary,
  COLUMN,
  type Dictionaries,
  decode,
  KIND,
  type LogRowBatch,
  OUTCOMES,
  ROW_WIDTH,
  type Verdict,
} from '../event/index.ts';

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
  providerOf(relayHost: string | undefined, response?: string): string | undefined;
}

/** Says what a warning of a mail server means; undefined where nobody can mend anything. See warnings.ts. */
export type ClassifyWarning = (text: string, program: string) => Verdict | undefined;

/** So many answers are remembered; a log whose every answer is new starts over then. */
const REMEMBERED_ANSWERS = 32_768;

const DELIVERED = OUTCOMES.indexOf('delivered');
const DEFERRED = OUTCOMES.indexOf('deferred');
const BOUNCED = OUTCOMES.indexOf('bounced');
const DISCARDED = OUTCOMES.indexOf('discarded');

export class RowEnricher {
  readonly #classifier: AnswerClassifier;
  readonly #warning: ClassifyWarning;
  readonly #dictionaries: Dictionaries;
  /** Verdict → its number + 1. */
  readonly #numbers = new Map<Verdict, number>();
  /** By provider of the relay: the same words may mean something else from somebody else. */
  #answers = new Map<string | undefined, ByteDictionary<number>>();
  /** Relays whose provider has been looked up. */
  #relays = 0;

  constructor(classifier: AnswerClassifier, warning: ClassifyWarning, dictionaries: Dictionaries) {
    this.#classifier = classifier;
    this.#warning = warning;
    this.#dictionaries = dictionaries;
  }

  enrich(batch: LogRowBatch): void {
    const { relays } = this.#dictionaries;
    for (; this.#relays < relays.length; this.#relays++) {
      const relay = relays[this.#relays]!;
      relay.provider = this.#classifier.providerOf(relay.host);
    }
    const { numbers, length } = batch.rows;
    for (let row = 0, last = length * ROW_WIDTH; row < last; row += ROW_WIDTH) {
      const kind = numbers[row + COLUMN.kind];
      if (kind === KIND.outcome || kind === KIND.rejected) {
        numbers[row + COLUMN.verdict] = this.#verdictOf(batch, row);
      } else if (kind === KIND.warning) {
        const text = decode(batch.bytes, numbers[row + COLUMN.response]!, numbers[row + COLUMN.response + 1]!);
        const program = this.#dictionaries.programs[numbers[row + COLUMN.program]! - 1] ?? '';
        const verdict = this.#warning(text, program);
        if (verdict !== undefined) numbers[row + COLUMN.verdict] = this.#numberOf(verdict);
      }
    }
  }

  #verdictOf(batch: LogRowBatch, row: number): number {
    const { numbers } = batch.rows;
    const { bytes } = batch;
    const event = numbers[row + COLUMN.event]!;
    const relay = this.#dictionaries.relays[numbers[row + COLUMN.relay]! - 1];
    let answers = this.#answers.get(relay?.provider);
    if (answers === undefined || answers.size > REMEMBERED_ANSWERS) {
      answers = new ByteDictionary<number>(() => 0);
      this.#answers.set(relay?.provider, answers);
    }
    const delivered = event === DELIVERED || event === DISCARDED;
    const responseStart = numbers[row + COLUMN.response]!;
    // What was accepted is accepted whatever else the server says: only its codes count, the queue id behind them is new each time.
    const responseEnd = delivered
      ? endOfCodes(bytes, responseStart, numbers[row + COLUMN.response + 1]!)
      : numbers[row + COLUMN.response + 1]!;
    //  dsn=4.2.2, status=deferred (host … said: …
    //      ^                                     ^      dsn, status and answer stand together: one run of bytes, looked up at once
    const dsnStart = numbers[row + COLUMN.dsn]!;
    const dsnEnd = numbers[row + COLUMN.dsn + 1]!;
    const start = dsnStart > 0 && dsnStart < responseStart ? dsnStart : numbers[row + COLUMN.status]!;
    const id = answers.idOf(bytes, start, Math.max(start, responseEnd));
    const known = answers.values[id]!;
    if (known > 0) return known;

    const program = this.#dictionaries.programs[numbers[row + COLUMN.program]! - 1];
    const verdict = this.#classifier.classify(decode(bytes, responseStart, responseEnd), {
      outcome: delivered ? 'delivered' : event === DEFERRED ? 'deferred' : event === BOUNCED ? 'bounced' : 'other',
      ...(dsnEnd > 0 ? { dsn: decode(bytes, dsnStart, dsnEnd) } : {}),
      ...(relay?.host !== undefined ? { relay_host: relay.host } : {}),
      ...(program !== undefined ? { program } : {}),
    });
    const number = this.#numberOf(verdict);
    answers.values[id] = number;
    return number;
  }

  #numberOf(verdict: Verdict): number {
    let number = this.#numbers.get(verdict);
    if (number === undefined) {
      number = this.#dictionaries.verdicts.push(verdict);
      this.#numbers.set(verdict, number);
    }
    return number;
  }
}

//  250 2.0.0 Ok: queued as 4jXCQh6Ds3zJT8B
//           ^
/** Where reply code and enhanced code end; the start where there is no reply code. */
function endOfCodes(bytes: Buffer, start: number, end: number): number {
  if (start + 3 > end || !isDigit(bytes[start]) || !isDigit(bytes[start + 1]) || !isDigit(bytes[start + 2]))
    return start;
  let at = start + 3;
  if (at < end && bytes[at] !== 0x20 && bytes[at] !== 0x2d) return start;
  if (isDigit(bytes[at + 1]) && bytes[at + 2] === 0x2e) {
    let codeEnd = at + 3;
    while (codeEnd < end && codeEnd < at + 10 && (isDigit(bytes[codeEnd]) || bytes[codeEnd] === 0x2e)) codeEnd++;
    if (codeEnd === end || bytes[codeEnd] === 0x20) at = codeEnd;
  }
  return at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
