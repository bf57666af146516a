/**
 * What Postfix writes when it refuses a client or a message: smtpd and its milters (src/smtpd/smtpd_check.c log_whatsup),
 * postscreen, cleanup's header and body checks (src/cleanup/cleanup_message.c cleanup_act_log). Clients choose addresses,
 * HELO and headers, so each part is read where it must stand, front to back; nothing is searched for behind it.
 */

/** Start and end in the block's bytes. */
export type Span = readonly [start: number, end: number];

export interface Reject {
  /** reject, reject_warning, hold, discard, milter-reject, … */
  readonly action: Span;
  /** CONNECT, HELO, MAIL, RCPT, …: what the client was at; `header` or `body`, where that is what was looked at. */
  readonly stage: Span | undefined;
  /** `host[address]`, with the port where postscreen names it. */
  readonly client: Span | undefined;
  /** What the client was told; what was found, where a check of the content says no words of its own. */
  readonly answer: Span;
  readonly from: Span | undefined;
  readonly to: Span | undefined;
}

const ACTIONS = [
  'reject: ',
  'hold: ',
  'discard: ',
  'milter-reject: ',
  'milter-hold: ',
  'milter-discard: ',
  'proxy-reject: ',
  'reject_warning: ',
  // header_checks and body_checks, see below; anything else behind `warning: ` is the server's word on itself.
  'warning: ',
];

/** Reads the line from its action on; undefined where it is no refusal. Time linear in the line's length. */
export function readReject(bytes: Buffer, start: number, end: number): Reject | undefined {
  const line = bytes.toString('latin1', start, end).trimEnd();
  const action = ACTIONS.find((text) => line.startsWith(text));
  if (action === undefined) return undefined;
  const span = (from: number, to: number): Span => [start + from, start + Math.max(from, to)];
  const at = action.length;
  const stageEnd = endOfStage(line, at);
  if (action === 'warning: ' && !/^(?:header|body) /.test(line.slice(at, at + 7))) return undefined;
  let client: Span | undefined;
  let answer: number;
  if (line.startsWith(' from ', stageEnd)) {
    //  reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@b>: Recipient address rejected: …; from=<c@d> to=<a@b> proto=ESMTP helo=<e>
    //               ^                        ^
    const clientStart = stageEnd + 6;
    const bracket = line.indexOf(']', clientStart);
    const clientEnd = bracket < 0 ? -1 : line.indexOf(': ', bracket);
    if (clientEnd < 0) return undefined;
    client = span(clientStart, clientEnd);
    answer = clientEnd + 2;
  } else if (stageEnd > at && line.startsWith(': ', stageEnd)) {
    //  proxy-reject: END-OF-MESSAGE: 554 5.7.0 Reject; from=<> to=<a@b> proto=SMTP helo=<e>
    //                                ^
    answer = stageEnd + 2;
  } else {
    return readContentCheck(line, at, action, span);
  }
  const answerEnd = endOfAnswer(line, answer);
  const tail = readTail(line, answerEnd, span);
  return {
    action: span(0, action.length - 2),
    stage: span(at, stageEnd),
    client,
    answer: span(answer, answerEnd),
    from: tail.from,
    to: tail.to,
  };
}

//  reject: header Subject: a gift from me from unknown[192.0.2.7]; from=<c@d> to=<a@b> proto=ESMTP helo=<e>: 5.7.1 no gifts
//          ^                                   ^                 ^                                           ^
/** The header or body that stands in front is the sender's: client and envelope are looked for from behind. */
function readContentCheck(
  line: string,
  at: number,
  action: string,
  span: (from: number, to: number) => Span,
): Reject | undefined {
  const tailStart = line.lastIndexOf('; from=<');
  const contentEnd = line.lastIndexOf(' from ', tailStart < 0 ? line.length : tailStart);
  if (contentEnd <= at) return undefined;
  const clientEnd = tailStart < 0 ? line.length : tailStart;
  const tail = tailStart < 0 ? { end: line.length } : readTail(line, tailStart, span);
  const words = line.indexOf(': ', tail.end);
  const word = line.indexOf(' ', at);
  return {
    action: span(0, action.length - 2),
    stage: word > at ? span(at, word) : undefined,
    client: span(contentEnd + 6, clientEnd),
    answer: words === tail.end ? span(words + 2, line.length) : span(at, contentEnd),
    from: tail.from,
    to: tail.to,
  };
}

/** RCPT, END-OF-MESSAGE: behind the capitals. */
function endOfStage(line: string, at: number): number {
  for (; at < line.length; at++) {
    const c = line.charCodeAt(at);
    if (!(c >= 65 && c <= 90) && c !== 45) break;
  }
  return at;
}

/** Where the envelope starts: at `; from=<`, `; to=<` or `; proto=`, but for inside a quoted address. */
function endOfAnswer(line: string, at: number): number {
  let quotesPair = true;
  for (; at < line.length; at++) {
    const c = line[at];
    if (c === '<' && line[at + 1] === '"' && quotesPair) {
      const close = closingQuote(line, at + 2);
      if (close < 0) quotesPair = false;
      else at = close;
    } else if (c === ';' && (line.startsWith(' from=<', at + 1) || line.startsWith(' to=<', at + 1))) return at;
    else if (c === ';' && line.startsWith(' proto=', at + 1)) return at;
  }
  return line.length;
}

interface Tail {
  readonly from?: Span | undefined;
  readonly to?: Span | undefined;
  /** Behind the last key. */
  readonly end: number;
}

//  ; from=<c@d> to=<a@b> proto=ESMTP helo=<e>      ; from=<c@d>, to=<a@b>, proto=ESMTP, helo=<e>
//  ^                                               ^
/** Reads the envelope: the keys in their order, each where the one before ends. */
function readTail(line: string, at: number, span: (from: number, to: number) => Span): Tail {
  let from: Span | undefined;
  let to: Span | undefined;
  at += 1;
  for (const key of [' from=<', ' to=<', ' proto=', ' helo=<']) {
    if (!line.startsWith(key, at)) continue;
    const start = at + key.length;
    if (key === ' proto=') {
      at = start;
      while (at < line.length && line[at] !== ' ' && line[at] !== ',' && line[at] !== ':') at++;
    } else {
      const close = closeOfAddress(line, start);
      if (key === ' from=<') from = span(start, close);
      else if (key === ' to=<') to = span(start, close);
      at = Math.min(line.length, close + 1);
    }
    if (line[at] === ',') at++;
  }
  return { from, to, end: at };
}

/** The `>` that ends an address: not inside its quotes, and before a space, a comma, a colon or the end. */
function closeOfAddress(line: string, at: number): number {
  if (line[at] === '"') at = Math.max(at, closingQuote(line, at + 1));
  for (; at < line.length; at++) {
    const next = line[at + 1];
    if (line[at] === '>' && (next === undefined || next === ' ' || next === ',' || next === ':')) return at;
  }
  return line.length;
}

function closingQuote(line: string, at: number): number {
  while (at < line.length && line[at] !== '"') at += line[at] === '\\' ? 2 : 1;
  return at < line.length ? at : -1;
}
