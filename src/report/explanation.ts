/** One classified answer, explained: as text for a person, as one line of JSON for a program. */
import type { Action, Explanation, Fault, Layer, TableRow } from '../event/index.ts';
import { safeJson } from './event-ndjson.ts';
import { neutral } from './neutral.ts';
import type { Style } from './style.ts';
import { displayWidth } from './table.ts';

const LAYER_NAMES: Readonly<Record<Layer, string>> = {
  user: 'your own table',
  provider: "the provider's phrases",
  phrase: 'the general phrases',
  enhanced: 'the enhanced status codes',
  reply: 'the reply codes',
  event: 'the outcome itself',
};

const FAULT_NAMES: Readonly<Record<Fault, string>> = {
  recipient: "the recipient's address",
  sender: 'the sender: its IP, domain or way of sending',
  content: 'the message itself',
  receiver: 'the receiving system',
  network: 'the network between the servers',
  local: "the sending server's configuration",
};

const ACTION_NAMES: Readonly<Record<Action, string>> = {
  none: 'Nothing to do',
  retry: 'Retry',
  throttle: 'Throttle: send this domain less',
  watch: 'Watch: the policy decides over time',
  suppress: 'Suppress',
  fix_auth: 'Fix authentication',
  fix_content: 'Fix the content',
  fix_reputation: 'Fix the reputation',
  fix_config: 'Fix the configuration',
  review: 'Review',
};

const LABEL = 11;

/** Several aligned lines, the matched words marked beneath; ends with a line end. */
export function renderExplanationText(explanation: Explanation, style: Style): string {
  const { verdict, row, category, reply, runner_up: runnerUp } = explanation;
  const { color } = style;
  const lines: string[] = [];
  const say = (label: string, text: string, paint: (text: string) => string = (t) => t) => {
    wrap(text, style.width - LABEL).forEach((line, i) => {
      lines.push(`${color.dim((i === 0 ? label : '').padEnd(LABEL))}${paint(line)}`);
    });
  };
  lines.push(...markedAnswer(explanation, style));
  say('Means', row.meaning || category.meaning, color.bold);
  say(
    'Category',
    [
      verdict.category,
      verdict.bounce_type === undefined ? '' : ` (${verdict.bounce_type} bounce)`,
      `, confidence ${verdict.confidence}`,
    ].join(''),
  );
  if (verdict.fault !== undefined) say('At fault', FAULT_NAMES[verdict.fault]);
  else if (verdict.category !== 'accepted') say('At fault', 'the answer does not say');
  say(
    'Do now',
    whatToDo(explanation),
    verdict.action === 'suppress' ? color.red : verdict.action === 'none' ? color.green : color.yellow,
  );
  if (verdict.category === 'expired') say('Retry', 'it was given up: only if it is sent anew');
  else if (verdict.category !== 'accepted')
    say('Retry', verdict.retryable ? 'yes, it may pass later' : 'no, the answer is final');
  const codes = [reply.reply_code, reply.enhanced_code].filter((code) => code !== undefined).join(' ');
  if (codes !== '') say('Codes', reply.command === undefined ? codes : `${codes}, in reply to ${reply.command}`);
  if (explanation.provider !== undefined) say('Provider', explanation.provider);
  const matched = verdict.evidence.matched === '' ? '' : `, by ${JSON.stringify(neutral(verdict.evidence.matched))}`;
  say('Said by', `${named(row)}${matched}`);
  if (row.reference !== undefined) say('Reference', neutral(row.reference));
  if (runnerUp !== undefined) say('Otherwise', otherwise(runnerUp));
  return `${lines.join('\n')}\n`;
}

function otherwise(row: TableRow): string {
  return `${named(row)} would say ${row.category}: ${neutral(row.meaning)}`;
}

/** The row and where it stands; words stand among the codes where they say no more than a code. */
function named({ id, layer, phrase }: TableRow): string {
  const words = phrase !== undefined && phrase !== '{empty}' && (layer === 'enhanced' || layer === 'reply');
  return `row ${neutral(id)} of ${words ? 'the general words beside ' : ''}${LAYER_NAMES[layer]}`;
}

/** The category's advice, but where a row asks for another action than its category does. */
function whatToDo({ verdict, row, category }: Explanation): string {
  if (verdict.action === 'none') return category.advice;
  if (row.action === 'suppress') return `${ACTION_NAMES.suppress}. Stop mailing this address.`;
  return row.action === undefined
    ? `${ACTION_NAMES[verdict.action]}. ${category.advice}`
    : `${ACTION_NAMES[verdict.action]}.`;
}

/** The longest answer that is shown whole; of a longer one, the part around the match. */
const SHOWN = 1200;

/** The answer, wrapped, with carets beneath what was matched. */
function markedAnswer({ response, match }: Explanation, { width, color }: Style): string[] {
  let from = 0;
  let to = response.length;
  if (to > SHOWN) {
    from = match === undefined ? 0 : Math.max(0, match.start - SHOWN / 2);
    to = Math.min(to, from + SHOWN);
  }
  const cut = (a: number, b: number) => neutral(response.slice(Math.max(a, from), Math.min(b, to)));
  const start = match?.start ?? to;
  const end = match?.end ?? to;
  const before = (from > 0 ? '… ' : '') + cut(from, start);
  const words = cut(start, end);
  const after = cut(end, to) + (to < response.length ? ' …' : '');
  const whole = before + words + after;
  if (whole.trim() === '') return [`${color.dim('Answer'.padEnd(LABEL))}${color.dim('(empty)')}`];
  const lines: string[] = [];
  let at = 0;
  for (const line of wrapExactly(whole, width - LABEL)) {
    const label = color.dim((lines.length === 0 ? 'Answer' : '').padEnd(LABEL));
    const a = Math.min(Math.max(before.length - at, 0), line.length);
    const b = Math.min(Math.max(before.length + words.length - at, 0), line.length);
    const text = line.trimEnd();
    lines.push(`${label}${text.slice(0, a)}${a < b ? color.bold(color.cyan(text.slice(a, b))) : ''}${text.slice(b)}`);
    const carets = displayWidth(text.slice(a, b));
    if (carets > 0)
      lines.push(`${' '.repeat(LABEL + displayWidth(text.slice(0, a)))}${color.cyan('^'.repeat(carets))}`);
    at += line.length;
  }
  return lines;
}

/** Lines of at most `width`, broken at spaces where there are any; the parts put together are the text again. */
function wrapExactly(text: string, width: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length; ) {
    let next = Math.min(at + width, text.length);
    if (next < text.length) {
      const space = text.lastIndexOf(' ', next);
      if (space > at) next = space + 1;
      // Never between the halves of a character outside the basic plane.
      else if (text.codePointAt(next - 1)! > 0xffff) next--;
    }
    lines.push(text.slice(at, next));
    at = next;
  }
  return lines;
}

function wrap(text: string, width: number): string[] {
  return wrapExactly(neutral(text), width).map((line) => line.trimEnd());
}

/** One line of JSON, without its line end. Control characters are escaped: a terminal must not obey them. */
export function renderExplanationNdjson(explanation: Explanation): string {
  const { verdict, row, category, reply, runner_up: runnerUp } = explanation;
  return safeJson({
    category: verdict.category,
    bounce_type: verdict.bounce_type,
    fault: verdict.fault,
    action: verdict.action,
    retryable: verdict.retryable,
    confidence: verdict.confidence,
    evidence: verdict.evidence,
    reply_code: verdict.reply_code,
    enhanced_code: verdict.enhanced_code,
    reply_text: reply.text,
    command: verdict.command,
    host: reply.host,
    provider: explanation.provider,
    suspended: verdict.suspended,
    meaning: row.meaning || category.meaning,
    advice: category.advice,
    reference: row.reference,
    match: explanation.match,
    runner_up:
      runnerUp === undefined ? undefined : { layer: runnerUp.layer, rule: runnerUp.id, category: runnerUp.category },
  });
}
