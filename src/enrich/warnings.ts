/** What a mail server's warning about itself means: literals of warnings.csv, the longest that the text contains. */
import type { Tables, Verdict, WarningRow } from '../event/index.ts';

/**
 * @returns a function from a warning's text to its verdict; undefined for a warning that names no cause a postmaster can mend.
 *   One verdict object for each row.
 */
export function compileWarnings(tables: Tables): (text: string) => Verdict | undefined {
  const categories = new Map(tables.categories.map((row) => [row.category, row]));
  const rows = tables.warnings
    .map((row) => ({ row, phrase: row.phrase.toLowerCase(), verdict: verdictOf(row) }))
    .sort((a, b) => b.phrase.length - a.phrase.length);
  return (text) => {
    const lower = text.toLowerCase();
    return rows.find(({ phrase }) => lower.includes(phrase))?.verdict;
  };

  function verdictOf(row: WarningRow): Verdict {
    const category = categories.get(row.category);
    return {
      category: row.category,
      bounce_type: undefined,
      fault: category?.fault,
      action: row.action,
      retryable: false,
      confidence: 'high',
      evidence: { layer: 'phrase', rule: row.id, matched: row.phrase },
    };
  }
}
