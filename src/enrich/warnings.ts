/**
 * What a mail server's warning about itself means: the literal of warnings.csv that stands first in it. First, because Postfix
 * puts its own words in front, and what a client said behind them.
 */
import type { Action, Category, Tables, Verdict, WarningRow } from '../event/index.ts';

/** See compileWarnings. */
export interface ClassifyWarning {
  (text: string): Verdict | undefined;
  isIdle(bytes: Buffer, start: number, end: number): boolean;
}

/** Warnings that quote a client or a message, and name nothing to mend. */
const QUOTING = [
  //  4104E3D: warning: header Subject: … from unknown[192.0.2.7]; …      (header_checks(5) with WARN)
  //           ^
  'warning: header ',
  'warning: nested header ',
  'warning: mime header ',
  'warning: body ',
  //  warning: hostname host7.example.net does not resolve to address 192.0.2.7: Name or service not known
  //  ^
  'warning: hostname ',
  //  warning: non-SMTP command from unknown[192.0.2.7]: GET / HTTP/1.1
  //  ^
  'warning: non-smtp command from ',
  'warning: illegal address syntax from ',
];

/**
 * What is worth counting where somebody asks for details, though no line of the table says what mends it: a server that a delivery
 * went past, and any other warning. Told from the rest by their rules.
 */
export const UNREACHED: Verdict = noticeOf('unreached', 'connection_failure', 'retry');
export const OTHER_WARNING: Verdict = noticeOf('other-warning', 'unknown', 'review');

function noticeOf(rule: string, category: Category, action: Action): Verdict {
  const evidence = { layer: 'event', rule, matched: '' } as const;
  return { category, action, retryable: false, confidence: 'low', evidence };
}

/** What most warnings start with that come to nothing: told by their bytes, before they are cut into texts. */
const USUAL = ['connect to ', 'warning: hostname '].map((start) => Buffer.from(start));

function isUsual(bytes: Buffer, start: number, end: number): boolean {
  return USUAL.some((usual) => {
    if (end - start < usual.length) return false;
    for (let i = 0; i < usual.length; i++) if (bytes[start + i] !== usual[i]) return false;
    return true;
  });
}

/** How bad it is, which is no cause: decides only where nothing else does. */
const isSeverity = (phrase: string): boolean => phrase === 'fatal:' || phrase === 'panic:';

/**
 * @param notices whether warnings that name nothing to mend are told as well
 * @returns a function from a warning's text to its verdict; undefined for a warning that names no cause a postmaster can mend.
 *   One verdict object for each row. Its `isIdle` tells the most frequent of those by their bytes.
 */
export function compileWarnings(tables: Tables, notices = false): ClassifyWarning {
  const categories = new Map(tables.categories.map((row) => [row.category, row]));
  const rows = tables.warnings
    .map((row) => ({ row, phrase: row.phrase.toLowerCase(), verdict: verdictOf(row) }))
    .sort((a, b) => b.phrase.length - a.phrase.length);
  const severities = rows.filter(({ phrase }) => isSeverity(phrase));
  const causes = rows.filter(({ phrase }) => !isSeverity(phrase));
  const other = notices ? OTHER_WARNING : undefined;
  const isIdle = notices ? () => false : isUsual;
  return Object.assign(classify, { isIdle });

  function classify(text: string): Verdict | undefined {
    //  connect to mx1.example.org[192.0.2.1]:25: Connection timed out
    if (text.startsWith('connect to ')) return notices ? UNREACHED : undefined;
    const lower = text.toLowerCase();
    if (QUOTING.some((start) => lower.startsWith(start))) return other;
    let first = lower.length;
    let verdict: Verdict | undefined;
    // Of two that start at the same place the longer wins: it comes first.
    for (const cause of causes) {
      const at = lower.indexOf(cause.phrase);
      if (at >= 0 && at < first) {
        first = at;
        verdict = cause.verdict;
      }
    }
    return verdict ?? severities.find(({ phrase }) => lower.startsWith(phrase))?.verdict ?? other;
  }

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
