import type { Verdict } from './delivery-event.ts';
import type { SmtpReply } from './smtp-reply.ts';
import type { CategoryRow, TableRow } from './table-row.ts';

/** Why an answer was classified as it was: everything a person needs to check the decision. */
export interface Explanation {
  readonly response: string;
  readonly reply: SmtpReply;
  readonly verdict: Verdict;
  /** The row that decided. */
  readonly row: TableRow;
  /** What the row's category implies. */
  readonly category: CategoryRow;
  /** Where in the response the matched words or code stand (UTF-16 offsets); absent where nothing in it was matched. */
  readonly match?: { readonly start: number; readonly end: number } | undefined;
  /** The row that would have decided, had the winner not been there. */
  readonly runner_up?: TableRow | undefined;
  /** The id of the receiving system, where its host name or its words gave it away. */
  readonly provider?: string | undefined;
}
