/** One answer and the code table → what it means, whose fault it is, what to do, and which row says so. */
import type {
  Category,
  CategoryRow,
  Confidence,
  Explanation,
  Fault,
  SmtpReply,
  TableRow,
  Verdict,
} from '../event/index.ts';
import type { CompiledTable } from './code-table.ts';
import { classOf, classSaid, codeKeys, conditionsHold, hasWords } from './conditions.ts';
import { isWordUnit, normalize, normalizeUnits, normalizeWithMap } from './normalize.ts';
import { place } from './place.ts';
import { Recent } from './recent.ts';
import { type CompiledPhrase, type CompiledRow, outranks } from './table-part.ts';
import { UnitBuffer } from './unit-buffer.ts';
import { AMBIGUOUS, isDoubt, isInName, LAYER_PHRASE, LAYER_USER, type Match, Scales } from './weigh.ts';

/** What is known of an answer besides its words. */
export interface AnswerContext {
  readonly outcome: 'delivered' | 'deferred' | 'bounced' | 'dropped' | 'other';
  /** The enhanced code beside the answer (Postfix's `dsn=`), used where the answer has none of its own. */
  readonly dsn?: string | undefined;
  readonly relay_host?: string | undefined;
  /** The id of the receiving system, where the caller knows it; else it is told from `relay_host`. */
  readonly provider?: string | undefined;
  /** Who logged it. Kept for tables to come; no row asks for it yet. */
  readonly program?: string | undefined;
}

/** What Postfix writes to `dsn=` where the server named no enhanced code (src/smtp/smtp_chat.c): it says no more than the reply code. */
const MADE_UP: ReadonlySet<string | undefined> = new Set(['2.0.0', '4.0.0', '5.0.0']);
/** At these commands no recipient has been named yet, so nothing said there can be about one. */
const BEFORE_RECIPIENT = new Set(['CONNECT', 'EHLO', 'HELO', 'LHLO', 'STARTTLS', 'MAIL FROM']);
/** Longer answers are classified each time: rare, and a cache of them would be large. */
const LONGEST_CACHED = 2048;
/** A table and the codes that servers send make some hundred; one that makes up codes gets no more memory than this. */
const KEPT_VERDICTS = 8192;
const LOWER: Readonly<Record<Confidence, Confidence>> = { high: 'medium', medium: 'low', low: 'low' };

/** The verdicts given on one text, one for each context it came in; nearly always one. */
interface Seen {
  readonly outcome: string;
  readonly dsn: string | undefined;
  readonly provider: string | undefined;
  readonly verdict: Verdict;
  readonly next: Seen | undefined;
}

interface Decision {
  readonly reply: SmtpReply;
  readonly winner: Match;
  readonly runnerUp: Match | undefined;
  readonly provider: string | undefined;
  readonly verdict: Verdict;
}

export class Classifier {
  readonly #table: CompiledTable;
  readonly #parseReply: (response: string) => SmtpReply;
  readonly #scales: Scales;
  readonly #answer = new UnitBuffer();
  readonly #template = new UnitBuffer();
  /** The answer that `#answers` is asked for. */
  #wanted = '';
  /** By the answer as it came, then by its template. */
  readonly #answers = new Recent<string, Seen>((text) => text === this.#wanted);
  readonly #templates = new Recent<Int32Array, Seen>((copy) => this.#template.equals(copy));
  readonly #verdicts = new Map<string, Verdict>();

  /** `parseReply` is `parseSmtpReply`, handed in: enrich does not import parse. */
  constructor(table: CompiledTable, parseReply: (response: string) => SmtpReply) {
    this.#table = table;
    this.#scales = new Scales(table.byCategory);
    this.#parseReply = parseReply;
  }

  /** The verdict on an answer. The same kind of answer gives the very same object. */
  classify(response: string, context: AnswerContext): Verdict {
    const provider =
      context.provider ?? (context.relay_host === undefined ? undefined : this.#table.hosts.find(context.relay_host));
    const { outcome, dsn } = context;
    const text = this.#answer;
    text.set(response);
    const cached = response.length <= LONGEST_CACHED;
    const textHash = cached ? text.hash() : 0;
    this.#wanted = response;
    const textPlace = cached ? this.#answers.find(textHash) : -1;
    const seen = this.#answers.at(textPlace);
    const again = verdictIn(seen, outcome, dsn, provider);
    if (again !== undefined) return again;

    const template = this.#template;
    normalizeUnits(text, template);
    if (!cached) return this.#decide(template.toString(), outcome, dsn, provider).verdict;
    const hash = template.hash();
    const place = this.#templates.find(hash);
    const known = this.#templates.at(place);
    let verdict = verdictIn(known, outcome, dsn, provider);
    if (verdict === undefined) {
      verdict = this.#decide(template.toString(), outcome, dsn, provider).verdict;
      const value = { outcome, dsn, provider, verdict, next: bounded(known) };
      this.#templates.put(place, hash, () => template.copy(), value);
    }
    const value = { outcome, dsn, provider, verdict, next: bounded(seen) };
    this.#answers.put(textPlace, textHash, () => response, value);
    return verdict;
  }

  /** The same decision with its reasons. */
  explain(response: string, context: AnswerContext): Explanation {
    const host =
      context.provider ?? (context.relay_host === undefined ? undefined : this.#table.hosts.find(context.relay_host));
    const { template, map } = normalizeWithMap(response);
    const { winner, runnerUp, provider, verdict, reply } = this.#decide(template, context.outcome, context.dsn, host);
    return {
      response,
      reply: this.#parseReply(response),
      verdict,
      row: winner.row.row,
      category: this.#category(verdict.category),
      match: place(template, reply, winner, verdict.evidence.matched, map),
      runner_up: runnerUp?.row.row,
      provider,
    };
  }

  /** The id of the receiving system: from the relay's host name, else from the words of the answer. */
  providerOf(relayHost: string | undefined, response?: string): string | undefined {
    const byHost = relayHost === undefined ? undefined : this.#table.hosts.find(relayHost);
    if (byHost !== undefined || response === undefined) return byHost;
    const text = normalize(response);
    const reply = this.#parseReply(text);
    if (reply.host !== undefined) {
      const bySaid = this.#table.hosts.find(reply.host);
      if (bySaid !== undefined) return bySaid;
    }
    let provider: string | undefined;
    this.#scan(reply.text, (phrase, _start, _end, inside) => {
      provider ??= phrase.providers.find((mark) => mark.open || inside === 0)?.id;
    });
    return provider;
  }

  /** The verdict on what an ESP's event says without any answer: a complaint, an unsubscribe, a drop. */
  fixed(category: Category, rule: string, matched: string, over: Partial<Verdict> = {}): Verdict {
    const row = this.#category(category);
    return this.#intern({
      category,
      bounce_type: row.bounce_type_5xx ?? row.bounce_type,
      fault: row.fault,
      action: row.action_5xx,
      retryable: false,
      confidence: 'high',
      evidence: { layer: 'event', rule, matched },
      ...over,
    });
  }

  #category(category: Category): CategoryRow {
    return this.#table.category(category);
  }

  #scan(text: string, found: (phrase: CompiledPhrase, start: number, end: number, whole: number) => void): void {
    for (const part of this.#table.parts)
      part.automaton.scan(text, (number, end) => {
        const phrase = part.phrase(number);
        const start = end - phrase.text.length;
        let whole = 0;
        if (phrase.wordStart && start > 0 && isWordUnit(text.charCodeAt(start - 1))) whole |= 1;
        if (phrase.wordEnd && end < text.length && isWordUnit(text.charCodeAt(end))) whole |= 2;
        found(phrase, start, end, whole);
      });
  }

  #decide(template: string, outcome: string, dsn: string | undefined, hostProvider: string | undefined): Decision {
    const reply = this.#parseReply(template);
    const code = reply.reply_code;
    const enhanced = reply.enhanced_code ?? (code !== undefined && MADE_UP.has(dsn) ? undefined : dsn);
    const delivered = outcome === 'delivered' || (outcome === 'other' && code !== undefined && code < 300);
    const kind = classOf(outcome, code, enhanced);
    const bySaid = hostProvider ?? (reply.host === undefined ? undefined : this.#table.hosts.find(reply.host));
    const providers: string[] = bySaid === undefined ? [] : [bySaid];

    // All phrases first: some of them are the marks by which a provider is known, on which rows depend.
    const matches: { row: CompiledRow; start: number; end: number }[] = [];
    const seen = new Set<CompiledRow>();
    this.#scan(reply.text, (phrase, start, end, inside) => {
      for (const { id, open } of phrase.providers)
        if ((inside === 0 || open) && !providers.includes(id)) providers.push(id);
      for (const row of phrase.rows) {
        if (seen.has(row)) continue;
        if ((inside & 1 && !row.openStart) || (inside & 2 && !row.openEnd)) continue;
        if (isDoubt(row) && isInName(reply.text, start, end)) continue;
        seen.add(row);
        matches.push({ row, start, end });
      }
    });
    const subject = { reply, code, enhanced, replyClass: classSaid(reply), providers, words: hasWords(reply.text) };
    const holds = (row: CompiledRow): boolean =>
      conditionsHold(row, subject) &&
      (row.row.category === 'accepted') === delivered &&
      (row.layer === LAYER_USER || !this.#tooEarly(row.row, reply.command));
    const candidates: Match[] = matches.filter((m) => holds(m.row));
    for (const key of codeKeys(code, enhanced, kind, providers, reply.command))
      for (const row of this.#table.rowsFor(key)) if (holds(row)) candidates.push({ row, start: -1, end: -1 });
    candidates.sort((a, b) => (outranks(a.row, b.row) ? -1 : 1));
    const weighed = this.#scales.weigh(candidates);
    if (weighed === undefined) {
      const verdict = this.#undecided(delivered, reply, kind, subject.words);
      const row = this.#fallbackRow(verdict);
      return { reply, winner: { row, start: -1, end: -1 }, runnerUp: undefined, provider: providers[0], verdict };
    }
    const { winner, objected } = weighed;
    // A row that would say "unknown" is no other opinion.
    const runnerUp = candidates.find(
      (m) => m.row.row.category !== winner.row.row.category && m.row.row.category !== 'unknown',
    );
    // A message given up after many tries says little; what the tries were answered often stands beside it.
    const cause =
      winner.row.row.category === 'expired'
        ? candidates.find(
            (m) =>
              m.start >= 0 && m.row.row.category !== 'expired' && m.row.row.category !== 'unknown' && !isDoubt(m.row),
          )
        : undefined;
    const verdict = this.#verdict(winner.row, reply, enhanced, kind, objected, cause?.row.row);
    return { reply, winner, runnerUp, provider: providers[0], verdict };
  }

  /** A row about a recipient, where no recipient had been named. */
  #tooEarly(row: TableRow, command: string | undefined): boolean {
    return (
      command !== undefined &&
      BEFORE_RECIPIENT.has(command) &&
      row.command === undefined &&
      this.#category(row.category).fault === 'recipient'
    );
  }

  #verdict(
    compiled: CompiledRow,
    reply: SmtpReply,
    enhanced: string | undefined,
    kind: number | undefined,
    doubt: boolean,
    cause: TableRow | undefined,
  ): Verdict {
    const { row } = compiled;
    const category = this.#category(row.category);
    let action = row.action ?? (kind === 4 ? category.action_4xx : category.action_5xx);
    let { fault } = category;
    if (cause !== undefined) {
      // It was retried, so each answer was a temporary one.
      const root = this.#category(cause.category);
      fault = root.fault;
      action = fault === 'recipient' ? 'watch' : (cause.action ?? root.action_4xx);
    }
    if (action === 'suppress' && kind === 4) action = 'watch';
    let confidence: Confidence = compiled.layer <= LAYER_PHRASE ? 'high' : row.layer === 'enhanced' ? 'medium' : 'low';
    if (
      row.layer === 'enhanced' &&
      row.enhanced !== undefined &&
      enhanced !== undefined &&
      AMBIGUOUS.has(`X${enhanced.slice(1)}`)
    )
      confidence = 'low';
    if (row.category === 'accepted')
      confidence = 'high'; // a 250 leaves nothing to guess
    else if (doubt || this.#contradicted(compiled, enhanced, kind)) confidence = LOWER[confidence];
    return this.#intern({
      category: row.category,
      bounce_type: kind === 5 ? (category.bounce_type_5xx ?? category.bounce_type) : category.bounce_type,
      fault,
      action,
      // Without any class no server has answered: asking again may help, but for a name that does not exist.
      retryable: row.category !== 'accepted' && (kind === 4 || (kind === undefined && category.bounce_type !== 'hard')),
      confidence,
      evidence: { layer: row.layer, rule: row.id, matched: matchedWords(row, reply, enhanced) },
      reply_code: reply.reply_code,
      enhanced_code: reply.enhanced_code,
      command: reply.command,
      suspended: reply.suspended ? true : undefined,
    });
  }

  /** The words say one thing and the code another that leaves no doubt. */
  #contradicted({ row, layer }: CompiledRow, enhanced: string | undefined, kind: number | undefined): boolean {
    const category = this.#category(row.category);
    if (layer === LAYER_USER) return false; // whoever wrote the row has weighed that
    if (category.bounce_type === 'hard' && kind === 4) return true;
    if (row.category === 'greylisted' && kind === 5) return true;
    if (layer > LAYER_PHRASE || enhanced === undefined || row.enhanced !== undefined) return false;
    const open = `X${enhanced.slice(1)}`;
    if (AMBIGUOUS.has(open)) return false;
    const says = this.#table.rowsFor(open).find((r) => r.row.layer === 'enhanced')?.row;
    if (says === undefined || says.category === 'unknown' || says.category === row.category) return false;
    const other = this.#category(says.category);
    return other.fault !== category.fault && !bothSendersSide(other.fault, category.fault);
  }

  #undecided(delivered: boolean, reply: SmtpReply, kind: number | undefined, words: boolean): Verdict {
    const category = this.#category(delivered ? 'accepted' : 'unknown');
    return this.#intern({
      category: category.category,
      bounce_type: category.bounce_type,
      fault: category.fault,
      action: kind === 4 ? category.action_4xx : category.action_5xx,
      retryable: !delivered && (kind === 4 || kind === undefined),
      confidence: delivered ? 'high' : 'low',
      evidence: {
        layer: delivered ? 'event' : 'reply',
        rule: delivered ? 'delivered' : 'other',
        matched: words ? '' : '(no words)',
      },
      reply_code: reply.reply_code,
      enhanced_code: reply.enhanced_code,
      command: reply.command,
      suspended: reply.suspended ? true : undefined,
    });
  }

  #fallbackRow(verdict: Verdict): CompiledRow {
    const { evidence, category } = verdict;
    const row = this.#table.rowsFor('').find((r) => r.row.id === evidence.rule && r.row.layer === evidence.layer);
    if (row !== undefined) return row;
    const made: TableRow = {
      id: evidence.rule,
      layer: evidence.layer,
      category,
      meaning: this.#category(category).meaning,
    };
    return {
      row: made,
      layer: 5,
      conditions: 0,
      length: 0,
      exact: 0,
      order: 0,
      empty: false,
      openStart: false,
      openEnd: false,
    };
  }

  #intern(verdict: Verdict): Verdict {
    const { evidence } = verdict;
    const key = `${evidence.layer} ${evidence.rule}\n${evidence.matched}\n${verdict.category} ${verdict.bounce_type} ${verdict.fault} ${verdict.action} ${verdict.retryable} ${verdict.confidence} ${verdict.reply_code} ${verdict.enhanced_code} ${verdict.suspended} ${verdict.command}`;
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    Object.freeze(verdict.evidence);
    Object.freeze(verdict);
    if (this.#verdicts.size >= KEPT_VERDICTS) this.#verdicts.clear();
    this.#verdicts.set(key, verdict);
    return verdict;
  }
}

function verdictIn(
  seen: Seen | undefined,
  outcome: string,
  dsn: string | undefined,
  provider: string | undefined,
): Verdict | undefined {
  for (let s = seen; s !== undefined; s = s.next)
    if (s.outcome === outcome && s.dsn === dsn && s.provider === provider) return s.verdict;
  return undefined;
}

/** A text seen in many contexts keeps the last few of them. */
function bounded(seen: Seen | undefined): Seen | undefined {
  let depth = 0;
  for (let s = seen; s !== undefined; s = s.next) if (++depth >= 8) return undefined;
  return seen;
}

function bothSendersSide(a: Fault | undefined, b: Fault | undefined): boolean {
  const side = (f: Fault | undefined) => f === 'sender' || f === 'content' || f === 'local' || f === 'receiver';
  return side(a) && side(b);
}

function matchedWords(row: TableRow, reply: SmtpReply, enhanced: string | undefined): string {
  if (row.phrase !== undefined && row.phrase !== '{empty}') return row.phrase;
  if (row.enhanced !== undefined && enhanced !== undefined) return enhanced;
  if (row.reply !== undefined && reply.reply_code !== undefined) return String(reply.reply_code);
  return row.provider ?? row.command ?? '';
}
