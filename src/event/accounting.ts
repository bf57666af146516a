/** Where the lines (for JSON: the objects) of an input went. The five buckets add up to `lines`. */
export interface Accounting {
  lines: number;
  /** Gave an event. */
  event: number;
  /** Gave a record but no event of its own: a sender, `removed`, … */
  context: number;
  /** Not asked for, or not of a mail server. */
  ignored: number;
  /** Bears the mark of a delivery record and cannot be read. */
  malformed: number;
  /** Longer than the limit: cut, not read. */
  truncated: number;
}

/** Three samples of each malformed shape, for stderr. */
export interface MalformedSample {
  readonly reason: string;
  readonly text: string;
}

/** How one input was understood, for stderr and `report --format json`. */
export interface InputReport {
  readonly name: string;
  readonly format: string;
  readonly bytes: number;
  readonly accounting: Accounting;
  readonly malformed: readonly MalformedSample[];
  /** Why the input is held for not understood, a whole sentence; absent where it was understood. */
  readonly not_understood?: string | undefined;
  /** What was lost on the way (a damaged gz, say), a whole sentence each. */
  readonly lost: readonly string[];
}

export function emptyAccounting(): Accounting {
  return { lines: 0, event: 0, context: 0, ignored: 0, malformed: 0, truncated: 0 };
}

/** Adds `more` to `sum` in place. */
export function addAccounting(sum: Accounting, more: Readonly<Accounting>): void {
  sum.lines += more.lines;
  sum.event += more.event;
  sum.context += more.context;
  sum.ignored += more.ignored;
  sum.malformed += more.malformed;
  sum.truncated += more.truncated;
}
