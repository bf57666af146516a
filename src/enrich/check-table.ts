/** What no single cell shows: rows of a user's table that say the same thing, that another row always beats, that nothing can match. */
import type { SmtpReply, TableRow } from '../event/index.ts';
import { Classifier } from './classify.ts';
import { type CompiledTable, putBefore } from './code-table.ts';
import { EMPTY_PHRASE, normalizePhrase } from './phrase.ts';

export interface TableFinding {
  /** Index of the row in the list that was checked. */
  readonly index: number;
  readonly kind: 'duplicate' | 'shadowed' | 'never matches' | 'example';
  readonly column: keyof TableRow;
  readonly read: string;
  readonly expected: string;
}

/** Tries each row of a user's table on its example, or on an answer made of its conditions. */
export function checkTable(
  rows: readonly TableRow[],
  builtIn: CompiledTable,
  parseReply: (response: string) => SmtpReply,
): TableFinding[] {
  const findings: TableFinding[] = [];
  const classifier = new Classifier(putBefore(rows, builtIn), parseReply);
  const same = new Map<string, number>();
  rows.forEach((row, index) => {
    const key = JSON.stringify([row.reply, row.enhanced, row.provider, row.command, phraseKey(row.phrase)]);
    const first = same.get(key);
    if (first !== undefined) {
      findings.push({
        index,
        kind: 'duplicate',
        column: row.phrase === undefined ? 'id' : 'phrase',
        read: row.phrase ?? row.id,
        expected: `conditions of its own: row ${rows[first]!.id} has the same`,
      });
      return;
    }
    same.set(key, index);
    const impossible = whyNever(row);
    if (impossible !== undefined) {
      findings.push({ index, kind: 'never matches', ...impossible });
      return;
    }
    const outcome = row.category === 'accepted' ? 'delivered' : 'other';
    const won = classifier.explain(row.example ?? answerFor(row), {
      outcome,
      provider: row.example === undefined ? row.provider : undefined,
    }).row;
    if (won.id === row.id && won.layer === 'user') return;
    if (row.example !== undefined)
      findings.push({
        index,
        kind: 'example',
        column: 'example',
        read: row.example,
        expected: `an answer that this row decides: row ${won.id} (${won.layer}) decides this one`,
      });
    else if (won.layer !== 'user')
      findings.push({
        index,
        kind: 'never matches',
        column: row.phrase === undefined ? 'id' : 'phrase',
        read: row.phrase ?? row.id,
        expected: 'conditions that some answer meets',
      });
    else if (covers(won, row))
      findings.push({
        index,
        kind: 'shadowed',
        column: row.phrase === undefined ? 'id' : 'phrase',
        read: row.phrase ?? row.id,
        expected: `conditions that can win: row ${won.id} holds wherever this row does, and comes first`,
      });
  });
  return findings;
}

/** Whether `wide` holds for every answer for which `narrow` holds. */
function covers(wide: TableRow, narrow: TableRow): boolean {
  return (
    (wide.reply === undefined ||
      wide.reply === narrow.reply ||
      (wide.reply.endsWith('xx') && wide.reply[0] === narrow.reply?.[0])) &&
    (wide.enhanced === undefined ||
      (narrow.enhanced !== undefined &&
        wide.enhanced.split('.').every((part, i) => part === 'X' || part === narrow.enhanced!.split('.')[i]))) &&
    (wide.provider === undefined || wide.provider === narrow.provider) &&
    (wide.command === undefined || wide.command === narrow.command) &&
    (wide.phrase === undefined ||
      (narrow.phrase !== undefined && normalizePhrase(narrow.phrase).text.includes(normalizePhrase(wide.phrase).text)))
  );
}

function phraseKey(phrase: string | undefined): string | undefined {
  return phrase === undefined || phrase === EMPTY_PHRASE ? phrase : JSON.stringify(normalizePhrase(phrase));
}

/** Conditions that exclude each other, and phrases that no normalised answer contains. */
function whyNever(row: TableRow): { column: keyof TableRow; read: string; expected: string } | undefined {
  const { reply, enhanced, phrase } = row;
  if (reply !== undefined && enhanced !== undefined && enhanced[0] !== 'X' && enhanced[0] !== reply[0])
    return { column: 'enhanced', read: enhanced, expected: `a code of the class of reply ${reply}` };
  if (phrase === undefined || phrase === EMPTY_PHRASE) return undefined;
  const { text } = normalizePhrase(phrase);
  if (text === '') return { column: 'phrase', read: phrase, expected: 'at least one letter or sign' };
  if (phrase.includes('@'))
    return { column: 'phrase', read: phrase, expected: 'no part of an address: whole addresses are matched as {addr}' };
  return undefined;
}

/** The shortest answer that meets the row's conditions. */
function answerFor(row: TableRow): string {
  const reply = row.reply?.replace('xx', '50');
  const enhanced = row.enhanced?.replace(/^X/, reply?.[0] ?? '5').replaceAll('X', '0');
  const words =
    row.phrase === EMPTY_PHRASE
      ? ''
      : (row.phrase ?? '')
          .replace(/^\*|\*$/g, '')
          .replaceAll('{addr}', '<user@example.com>')
          .replaceAll('{ip}', '192.0.2.1')
          .replaceAll('{id}', '4jXCQj0FqPzJTWD')
          .replaceAll('{n}', '12345');
  const code = reply ?? (enhanced === undefined ? undefined : `${enhanced[0]}50`);
  const answer = [code, enhanced, words].filter((part) => part !== undefined && part !== '').join(' ');
  return row.command === undefined
    ? answer
    : `host mx.example.com[192.0.2.1] said: ${answer} (in reply to ${row.command} command)`;
}
