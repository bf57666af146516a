/** Whether a row of the table holds for an answer, and where to look for the rows that may. */
import type { SmtpReply } from '../event/index.ts';
import { isWordUnit } from './normalize.ts';
import type { CompiledRow } from './table-part.ts';

/** 2, 4 or 5: what the outcome, the reply code, the enhanced code say, in this order; undefined where nobody answered. */
export function classOf(outcome: string, code: number | undefined, enhanced: string | undefined): number | undefined {
  if (outcome === 'delivered') return 2;
  // Postfix retries what it logs as deferred, whatever the code (soft_bounce, a 5xx greeting).
  if (outcome === 'deferred') return 4;
  if (code !== undefined && code >= 400) return Math.floor(code / 100);
  if (enhanced !== undefined) {
    const digit = enhanced.charCodeAt(0) - 48;
    if (digit === 4 || digit === 5) return digit;
  }
  if (outcome === 'bounced' || outcome === 'dropped') return 5;
  return code === undefined ? undefined : 2;
}

/** The class that the server itself named: what a row's `5xx` asks for. "Connection refused" without a code is the network's. */
export function classSaid({ reply_code: code, enhanced_code: enhanced }: SmtpReply): number | undefined {
  if (code !== undefined) return Math.floor(code / 100);
  return enhanced === undefined ? undefined : enhanced.charCodeAt(0) - 48;
}

export function hasWords(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (isWordUnit(text.charCodeAt(i)) || text.charCodeAt(i) >= 0x80) return true;
  return false;
}

export interface Subject {
  readonly reply: SmtpReply;
  readonly code: number | undefined;
  readonly enhanced: string | undefined;
  readonly replyClass: number | undefined;
  readonly providers: readonly string[];
  readonly words: boolean;
}

export function conditionsHold(compiled: CompiledRow, s: Subject): boolean {
  const { row } = compiled;
  if (compiled.empty && s.words) return false;
  if (row.reply !== undefined) {
    if (row.reply.charCodeAt(1) === 120 /* 5xx */) {
      if (s.replyClass !== row.reply.charCodeAt(0) - 48) return false;
    } else if (s.code !== Number(row.reply)) return false;
  }
  if (row.enhanced !== undefined && (s.enhanced === undefined || !enhancedMatches(row.enhanced, s.enhanced)))
    return false;
  if (row.provider !== undefined && !s.providers.includes(row.provider)) return false;
  return row.command === undefined || row.command === s.reply.command;
}

/** `X.1.1` and `5.7.X` against `5.1.1`; no code contains an X. */
function enhancedMatches(pattern: string, code: string): boolean {
  let c = 0;
  for (let p = 0; p < pattern.length; p++) {
    if (pattern.charCodeAt(p) === 88 /* X */) {
      while (c < code.length && code.charCodeAt(c) !== 46) c++;
    } else if (pattern.charCodeAt(p) !== code.charCodeAt(c++)) return false;
  }
  return c === code.length;
}

/** Under which keys rows without a phrase may stand for this answer. */
export function codeKeys(
  code: number | undefined,
  enhanced: string | undefined,
  kind: number | undefined,
  providers: readonly string[],
  command: string | undefined,
): string[] {
  const keys: string[] = [...providers];
  if (enhanced !== undefined) {
    const [a, b, c] = enhanced.split('.');
    keys.push(enhanced, `X.${b}.${c}`, `${a}.${b}.X`, `X.${b}.X`, `${a}.X.X`, 'X.X.X');
  }
  if (code !== undefined) keys.push(String(code));
  if (kind !== undefined) keys.push(`${kind}xx`);
  if (command !== undefined) keys.push(command);
  keys.push('');
  return keys;
}
