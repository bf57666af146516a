/** Of the rows that hold for an answer, the one that decides. */
import type { Category, CategoryRow, TableRow } from '../event/index.ts';
import { LAYERS } from '../event/index.ts';
import { isWordUnit } from './normalize.ts';
import type { CompiledRow } from './table-part.ts';

/** A row that holds for an answer. */
export interface Match {
  readonly row: CompiledRow;
  /** Of the row's words in the reply's text; -1 for a row without words. */
  readonly start: number;
  readonly end: number;
}

export const LAYER_USER = LAYERS.indexOf('user');
/** The last layer of words that leave no doubt. */
export const LAYER_PHRASE = LAYERS.indexOf('phrase');
const LAYER_ENHANCED = LAYERS.indexOf('enhanced');

/** Codes that carry blocks of the sender as often as dead mailboxes (the design's list): they leave doubt and contradict nothing. */
export const AMBIGUOUS = new Set(['X.0.0', 'X.1.0', 'X.2.0', 'X.2.1', 'X.4.1', 'X.5.0', 'X.7.0', 'X.7.1']);

/**
 * A row of doubts.csv: words that speak of something else than the recipient. They are known by asking for the whole class of final
 * answers; words that ask for one reply code say what that bare code means.
 */
export function isDoubt({ row }: CompiledRow): boolean {
  return row.layer === 'reply' && row.reply === '5xx' && row.phrase !== undefined;
}

/** Part of a URL or a host name, whose words rarely say anything about this answer: "case?i=ip", "filter.example.com". */
export function isInName(text: string, start: number, end: number): boolean {
  const before = text[start - 1];
  const after = text[end];
  return (
    (before !== undefined && '/=?&.#_@%'.includes(before)) ||
    (after !== undefined && ('/=&_@%'.includes(after) || (after === '.' && isWordUnit(text.charCodeAt(end + 1)))))
  );
}

function leavesNoDoubt({ enhanced, category }: TableRow): boolean {
  return category !== 'unknown' && (enhanced === undefined || !(AMBIGUOUS.has(enhanced) || enhanced.endsWith('X')));
}

export class Scales {
  readonly #categories: ReadonlyMap<Category, CategoryRow>;

  constructor(categories: ReadonlyMap<Category, CategoryRow>) {
    this.#categories = categories;
  }

  /** `candidates` stand in the order of the design: the stronger layer, more conditions, the longer phrase. */
  weigh(candidates: readonly Match[]): { readonly winner: Match; readonly objected: boolean } | undefined {
    const doubts = candidates.filter((m) => isDoubt(m.row));
    const first = candidates.find((m) => !isDoubt(m.row)) ?? doubts[0];
    if (first === undefined) return undefined;
    const winner = this.#plainer(first, candidates);
    const objection = this.#objection(winner, candidates, doubts);
    return { winner: objection ?? winner, objected: objection !== undefined };
  }

  suppresses(row: TableRow): boolean {
    return (row.action ?? this.#category(row).action_5xx) === 'suppress';
  }

  /** "5.7.25 Access denied": a code that leaves no doubt says more than general words, in which any refusal may be given. */
  #plainer(first: Match, candidates: readonly Match[]): Match {
    if (first.row.layer !== LAYER_ENHANCED || first.start === -1) return first;
    const code = candidates.find((m) => m.start === -1 && m.row.layer === LAYER_ENHANCED && leavesNoDoubt(m.row.row));
    // "5.1.1 Invalid recipient": both say the same, and the words say it to people.
    return code === undefined || (this.suppresses(code.row.row) && this.suppresses(first.row.row)) ? first : code;
  }

  /**
   * Two voices in one text: the address is not given up while the sender may be the reason. So what speaks of the sender's side, in
   * words or by a code that leaves no doubt, counts against any row that suppresses; and where only a code suppresses, or words that
   * say no more than one, so does every word that speaks of something else. Where nothing else says what the matter is, a doubt at
   * least names a likely one.
   */
  #objection(first: Match, candidates: readonly Match[], doubts: readonly Match[]): Match | undefined {
    const { layer, row } = first.row;
    if (layer === LAYER_USER) return undefined;
    const named = doubts.find((m) => m.row.row.category !== 'unknown');
    if (!this.suppresses(row)) return layer > LAYER_PHRASE && row.category === 'unknown' ? named : undefined;
    const inside = (m: Match) => m.start >= first.start && m.end <= first.end;
    const sender = candidates.find(
      (m) =>
        this.#sendersSide(m.row.row) &&
        (m.start === -1 ? leavesNoDoubt(m.row.row) : m.row.layer <= LAYER_ENHANCED && !inside(m)),
    );
    if (sender !== undefined) return sender;
    const apart = (m: Match) => m.start >= 0 && (m.end <= first.start || m.start >= first.end);
    if (layer <= LAYER_PHRASE) return doubts.find((m) => m.row.row.category === 'invalid_sender' && !inside(m));
    const general = candidates.find((m) => m.row.layer === LAYER_ENHANCED && apart(m) && !this.suppresses(m.row.row));
    return general ?? (named !== undefined && apart(named) ? named : doubts.find(apart));
  }

  /**
   * The sender, its configuration or the message. Neither a protocol fault ("Need RCPT" after "User unknown") nor the receiver's own
   * rule ("refused") is another reason.
   */
  #sendersSide(row: TableRow): boolean {
    const { bounce_type, fault } = this.#category(row);
    return fault === 'content' || (bounce_type === 'block' && fault !== 'receiver');
  }

  #category(row: TableRow): CategoryRow {
    return this.#categories.get(row.category) as CategoryRow;
  }
}
