/**
 * What a log says a server answered → reply code, enhanced code, words, command, host.
 *
 * The text is written by whoever answered, so nothing here backtracks: every step is an index search, or a sticky pattern whose
 * repetitions are bounded, tried at most once per position. An answer of 1 MB costs what its length costs.
 */
import { COMMANDS, type SmtpReply } from '../event/index.ts';

/** How Postfix begins a deferral that only repeats why the destination was put aside (qmgr_defer.c). */
const SUSPENDED = 'delivery temporarily suspended: ';
/** Heads and tails are written by the logging server: a host name and an address long, no more. */
const HEAD_LIMIT = 600;
const TAIL_LIMIT = 60;

/**
 * Takes apart what Postfix logs between the brackets after `status=`, or what an ESP hands on as the reason.
 *
 * Understands Postfix's own sentences (smtp_proto.c, smtp_connect.c, smtp_addr.c), the diagnostic codes of delivery status
 * notifications (RFC 3464 section 2.3.6), Exim's and qmail's quotations, and bare answers (RFC 5321 section 4.2).
 */
export function parseSmtpReply(response: string): SmtpReply {
  const { start, end, code, command, host, suspended } = takeApart(response);
  return {
    reply_code: code?.code,
    enhanced_code: findEnhanced(response, start, end, code),
    text: joinLines(response, start, end, code),
    command: command ?? commandInText(response, start, end),
    host,
    suspended,
    start,
    end,
  };
}

/** The server's own words alone: what `parseSmtpReply` gives as `text`. */
export function replyText(response: string): string {
  const { start, end, code } = takeApart(response);
  return joinLines(response, start, end, code);
}

/** Where the answer stands in what was logged, and what the logging server said around it. */
interface Parts {
  readonly start: number;
  readonly end: number;
  readonly code: Code | undefined;
  readonly command: string | undefined;
  readonly host: string | undefined;
  readonly suspended: boolean;
}

function takeApart(response: string): Parts {
  let start = skipSpace(response, 0);
  let end = response.length;
  while (end > start && isSpace(response.charCodeAt(end - 1))) end--;

  let suspended = false;
  while (startsWithNoCase(response, SUSPENDED, start)) {
    suspended = true;
    start = skipSpace(response, start + SUSPENDED.length);
  }

  let command: string | undefined;
  let host: string | undefined;
  let code = readCode(response, start, end, undefined);
  if (code === undefined) {
    const head = readHead(response, start);
    host = head.host;
    command = head.command;
    start = Math.min(head.start, end);
    code = readCode(response, start, end, undefined);
  }

  // "… (in reply to RCPT TO command)": appended by the SMTP client that logs, hence always last.
  const close = response.endsWith(' command)', end) ? end - 9 : response.endsWith(' command))', end) ? end - 10 : -1;
  const tail = close === -1 ? -1 : response.lastIndexOf('(in reply to ', close);
  if (tail >= start && close - tail <= TAIL_LIMIT) {
    command = canonicalCommand(response.slice(tail + 13, close));
    end = tail;
    while (end > start && isSpace(response.charCodeAt(end - 1))) end--;
  }

  if (code === undefined || code.at >= end) code = findCode(response, start, end);
  return { start, end, code, command, host, suspended };
}

interface Code {
  readonly code: number;
  /** Where the three digits stand. */
  readonly at: number;
  /** Behind the digits and what separates them from the words. */
  readonly next: number;
  /** `550-`: more lines follow. */
  readonly continued: boolean;
}

function isSpace(c: number): boolean {
  return c <= 32 || c === 0xa0;
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function isWord(c: number): boolean {
  return isDigit(c) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
}

function skipSpace(s: string, at: number): number {
  while (at < s.length && isSpace(s.charCodeAt(at))) at++;
  return at;
}

function startsWithNoCase(s: string, lower: string, at: number): boolean {
  if (s.length - at < lower.length) return false;
  for (let i = 0; i < lower.length; i++) {
    const c = s.charCodeAt(at + i);
    if ((c >= 65 && c <= 90 ? c + 32 : c) !== lower.charCodeAt(i)) return false;
  }
  return true;
}

/** `550`, `550-` or `550:` at `at`; `only` asks for that very code. */
function readCode(s: string, at: number, end: number, only: number | undefined): Code | undefined {
  if (at + 3 > end) return undefined;
  const a = s.charCodeAt(at);
  const b = s.charCodeAt(at + 1);
  const c = s.charCodeAt(at + 2);
  if (a < 50 || a > 53 || b < 48 || b > 53 || !isDigit(c)) return undefined;
  const code = (a - 48) * 100 + (b - 48) * 10 + (c - 48);
  if (only !== undefined && code !== only) return undefined;
  const after = at + 3 < end ? s.charCodeAt(at + 3) : 32;
  if (isWord(after)) return undefined;
  if (after === 46 /* . */ && at + 4 < end && isWord(s.charCodeAt(at + 4))) return undefined;
  const continued = after === 45; /* - */
  let next = at + 3;
  // "550 - text", "550-text", "550: text", "550, text"
  while (next < end && (isSpace(s.charCodeAt(next)) || '-:,'.includes(s[next] as string))) next++;
  return { code, at, next, continued };
}

/** `5.1.1`, `#5.1.1`, `(#5.1.1)`, `[5.1.1]` at `at`; `next` is behind it and its brackets. */
function readEnhanced(s: string, at: number, end: number): { code: string; next: number } | undefined {
  let i = at;
  const open = i < end ? s.charCodeAt(i) : 0;
  if (open === 40 /* ( */ || open === 91 /* [ */ || open === 60 /* < */) i++;
  if (i < end && s.charCodeAt(i) === 35 /* # */) i++;
  const first = i < end ? s.charCodeAt(i) : 0;
  if ((first !== 50 && first !== 52 && first !== 53) || i + 1 >= end || s.charCodeAt(i + 1) !== 46) return undefined;
  const subject = i + 2;
  const dot = endOfNumber(s, subject, end);
  // RFC 3463 section 3: the subject is 0 to 7; anything else is a version or an address.
  if (dot === subject || dot >= end || s.charCodeAt(dot) !== 46 || Number(s.slice(subject, dot)) > 7) return undefined;
  const detail = dot + 1;
  let next = endOfNumber(s, detail, end);
  if (next === detail) return undefined;
  const behind = next < s.length ? s.charCodeAt(next) : 0;
  // More digits, or a dot and a digit behind it: a longer number, an address.
  if (isDigit(behind) || (behind === 46 && isDigit(s.charCodeAt(next + 1)))) return undefined;
  if (next < end && isWord(behind)) return undefined;
  const code = `${s[i]}.${Number(s.slice(subject, dot))}.${Number(s.slice(detail, next))}`;
  if (next < end && i > at && (behind === 41 || behind === 93 || behind === 62)) next++;
  return { code, next };
}

/** Behind one to three digits (RFC 3463 section 2); where none stand, `at` itself. */
function endOfNumber(s: string, at: number, end: number): number {
  const limit = Math.min(end, at + 3);
  while (at < limit && isDigit(s.charCodeAt(at))) at++;
  return at;
}

/** What the logging server put before the answer: who was asked, and at which command. */
function readHead(
  s: string,
  start: number,
): { start: number; host?: string | undefined; command?: string | undefined } {
  const head = s.slice(start, start + HEAD_LIMIT);
  let m = /^(?:smtp|lmtp|x-[\w-]{1,30}) ?; ?/i.exec(head);
  if (m !== null) {
    // RFC 3464: the diagnostic type, then the diagnostic; which may be a log sentence again.
    const inner = readCode(s, skipSpace(s, start + m[0].length), s.length, undefined);
    if (inner !== undefined) return { start: inner.at };
    const more = readHead(s, start + m[0].length);
    return more;
  }
  const said = head.indexOf(' said: ');
  // "host H[ip] said:", "SASL authentication failed; server H[ip] said:"; not qmail's "… Remote host said:", whose head has a say too.
  if (said > 0 && endsWithHost(head.slice(0, said)))
    return { start: skipSpace(s, start + said + 7), host: lastHost(head.slice(0, said)) };
  const refused = head.indexOf(' refused to talk to me: ');
  if (refused > 0)
    return {
      start: refusal(s, skipSpace(s, start + refused + 24)),
      host: refusedBy(head.slice(0, refused)),
      command: 'CONNECT',
    };
  m = /^(?:lost connection|conversation) with ([^\s[\]]{1,255})/.exec(head);
  if (m !== null) return { start, host: m[1], command: commandWhile(head) };
  m = /^connect to ([^\s[\]:]{1,255})/.exec(head);
  if (m !== null) return { start, host: m[1], command: 'CONNECT' };
  m = /\bby host ([^\s[\]]{1,255})/.exec(head);
  if (m !== null) return { start, host: m[1], command: undefined };
  return { start };
}

/** `connect to H[ip]: server refused to talk to me` is how old Postfix put it; newer: `host H[ip] refused to talk to me`. */
function refusedBy(head: string): string | undefined {
  const m = /^connect to ([^\s[\]:]{1,255})/.exec(head);
  return m === null ? lastHost(head) : m[1];
}

/** "220-mx 421 4.2.1 refused": a greeting that begins politely; the refusal is what counts. */
function refusal(s: string, at: number): number {
  const first = readCode(s, at, s.length, undefined);
  if (first === undefined || first.code >= 400) return at;
  for (let i = first.next; i + 3 <= Math.min(s.length, at + HEAD_LIMIT); i++) {
    const code = s.charCodeAt(i - 1) <= 32 ? readCode(s, i, s.length, undefined) : undefined;
    if (code !== undefined && code.code >= 400) return i;
  }
  return at;
}

/** `… host mx.example.com[192.0.2.1]` or `… server …`: the last word, and what it is called. */
function endsWithHost(s: string): boolean {
  const space = s.lastIndexOf(' ');
  return space > 0 && space + 1 < s.length && /\b(?:host|server)$/.test(s.slice(Math.max(0, space - 7), space));
}

/** `host mx.example.com[192.0.2.1]` → `mx.example.com`. */
function lastHost(s: string): string | undefined {
  const bracket = s.endsWith(']') ? s.lastIndexOf('[') : s.length;
  const name = s.slice(s.lastIndexOf(' ', bracket - 2) + 1, bracket === -1 ? s.length : bracket);
  return name === '' ? undefined : name;
}

/** `… while sending RCPT TO`, `… while receiving the initial server greeting` (smtp_proto.c's state names). */
function commandWhile(head: string): string | undefined {
  const at = head.indexOf(' while ');
  if (at === -1) return undefined;
  const doing = head.slice(at + 7, at + 80);
  if (doing.startsWith('receiving the initial')) return 'CONNECT';
  const m =
    /^(?:sending|performing the) (MAIL FROM|RCPT TO|DATA|end of data|message body|EHLO|HELO|LHLO|RSET|QUIT|STARTTLS)/i.exec(
      doing,
    );
  return m === null ? undefined : canonicalCommand(m[1] as string);
}

const CANONICAL: ReadonlyMap<string, string> = new Map(
  COMMANDS.map((c): [string, string] => [c.toLowerCase(), c]).concat([
    ['message body', 'end of DATA'],
    ['end of message', 'end of DATA'],
    ['mail', 'MAIL FROM'],
    ['rcpt', 'RCPT TO'],
    ['initial server greeting', 'CONNECT'],
  ]),
);

/** A command as Postfix names it; what it does not know stays as it was read, in capitals. */
function canonicalCommand(name: string): string {
  const key = name.trim().toLowerCase();
  return CANONICAL.get(key) ?? key.toUpperCase();
}

/** Where no log sentence names the command: `SMTP error from remote mail server after RCPT TO:<…>` (Exim's deliver.c). */
function commandInText(s: string, start: number, end: number): string | undefined {
  const head = s.slice(start, Math.min(end, start + HEAD_LIMIT));
  const m = /\bafter (?:pipelined )?(initial connection|MAIL FROM|RCPT TO|DATA|end of data|EHLO|HELO|STARTTLS)\b/i.exec(
    head,
  );
  if (m === null) return undefined;
  return (m[1] as string).toLowerCase() === 'initial connection' ? 'CONNECT' : canonicalCommand(m[1] as string);
}

const QUOTED_BY = /(?:[:;'"(<>=]|\b(?:error|code|reply|said|returned|response|smtp))[ :#]{0,2}$/i;

/** A refusal's code that does not stand first: quoted behind a colon, or followed by an enhanced code of its own class. */
function findCode(s: string, start: number, end: number): Code | undefined {
  for (let i = start; i + 3 <= end; i++) {
    const c = s.charCodeAt(i);
    if (c < 52 || c > 53 || (i > start && (isWord(s.charCodeAt(i - 1)) || '.-@_'.includes(s[i - 1] as string))))
      continue;
    const code = readCode(s, i, end, undefined);
    if (code === undefined) continue;
    const enhanced = readEnhanced(s, code.next, end);
    if (enhanced !== undefined && enhanced.code.charCodeAt(0) === c) return code;
    if (i === start || QUOTED_BY.test(s.slice(Math.max(start, i - 12), i))) return code;
  }
  return undefined;
}

/** The last enhanced code of the reply's own class: beside a code first, anywhere in the words else. */
function findEnhanced(s: string, start: number, end: number, code: Code | undefined): string | undefined {
  const wanted = code === undefined ? 0 : 48 + Math.floor(code.code / 100);
  let beside: string | undefined;
  let alone: string | undefined;
  for (let i = code?.at ?? start; i < end; i++) {
    const c = s.charCodeAt(i);
    if (!isDigit(c)) continue;
    const before = i === start ? 32 : s.charCodeAt(i - 1);
    if (isWord(before) || before === 46) {
      continue;
    }
    const line = code === undefined ? undefined : readCode(s, i, end, code.code);
    if (line !== undefined && (i === code?.at || before <= 32)) {
      const found = readEnhanced(s, line.next, end);
      if (found !== undefined && (wanted === 0 || found.code.charCodeAt(0) === wanted)) beside = found.code;
      i = Math.max(i, line.next - 1);
      if (found !== undefined) i = found.next - 1;
      continue;
    }
    if (before === 45 || before === 64 || before === 95 || before === 47) continue; // part of a name: "-5.1.1", "/5.1.1"
    const found = readEnhanced(s, i, end);
    if (found === undefined) continue;
    if (alone === undefined && (wanted === 0 || found.code.charCodeAt(0) === wanted)) alone = found.code;
    i = found.next - 1;
  }
  return beside ?? alone;
}

/** The words without the codes that begin each line (RFC 5321 section 4.2.1): Postfix joins the lines with a space. */
function joinLines(s: string, start: number, end: number, code: Code | undefined): string {
  if (code === undefined) return s.slice(start, end);
  let text = '';
  let from = start;
  const quoted = code.at > start;
  if (!quoted) from = skipCodes(s, code, end);
  // One line, the common case: its code stands nowhere else.
  if (!quoted && s.indexOf(String(code.code), from) < 0) return s.slice(from, end).trim();
  for (let i = from; i + 3 < end; i++) {
    if (!isDigit(s.charCodeAt(i)) || (i > start && s.charCodeAt(i - 1) > 32)) continue;
    const line = readCode(s, i, end, code.code);
    if (line === undefined) continue;
    const next = skipCodes(s, line, end);
    // Inside one line a number may stand for itself ("error 550 was given"): it is a line's code only where lines continue,
    // or where an enhanced code follows it.
    if (!(quoted && i === code.at) && !code.continued && !line.continued && next === line.next) continue;
    text += s.slice(from, i);
    if (quoted && i === code.at) text = text.trimEnd().concat(' ');
    from = next;
    i = next - 1;
  }
  return (text + s.slice(from, end)).trim();
}

/** Behind a line's reply code and enhanced code, however often both are repeated. */
function skipCodes(s: string, code: Code, end: number): number {
  let next = code.next;
  for (let again = 0; again < 4; again++) {
    const enhanced = readEnhanced(s, next, end);
    if (enhanced !== undefined) {
      next = enhanced.next;
      while (
        next < end &&
        (isSpace(s.charCodeAt(next)) || (s[next] === '-' && isSpace(s.charCodeAt(next + 1))) || s[next] === ':')
      )
        next++;
    }
    const repeated = readCode(s, next, end, code.code);
    if (repeated === undefined) break;
    next = repeated.next;
  }
  return next;
}
