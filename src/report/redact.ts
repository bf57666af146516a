/**
 * Events and texts without anyone's name: local parts of addresses become keyed hashes, `h:3f2a…@example.com`. The same key gives
 * the same hash, so two nights' reports can be compared; without the key nobody can try names out.
 */
import type { DeliveryEvent, Evidence, Verdict } from '../event/index.ts';

/** A keyed hash of a text, in characters that an address may hold. The pipelines make one of node:crypto's HMAC. */
export type KeyedHash = (text: string) => string;

/** Redacts whatever it is given; made once for a run. */
export interface Redactor {
  address(address: string): string;
  /** Every address in a text; of the `known` ones also the local part alone, as in `User ann is over quota`. */
  text(text: string, ...known: readonly (string | undefined)[]): string;
  /** The name of an input: without its folders, which are often somebody's home. */
  fileName(path: string): string;
  event(event: DeliveryEvent): DeliveryEvent;
}

// What reads like an address in free text, generously: also `ann%example.com@relay`, `<"a b"@example.com>`, and IDN.
/** An @ as logs, links and quoted-printable text write it. */
const AT = /@|%40|=40|&#64;/gi;
/** What follows it. */
const DOMAIN = /(?:[\p{L}\p{N}_-]{1,63}\.){0,12}[\p{L}\p{N}_-]{1,63}|\[[0-9a-fA-F:.]{2,60}\]/uy;
/** What ends a local part that is not quoted. An = may be inside one: `bounce-ann=example.com@lists`, `prvs=1234=ann@example.com`. */
const NOT_LOCAL = /[\s<>()[\]{},;:"'\\@?&/]/;
/** Words before an = that name what follows it. */
const KEY =
  /^(?:from|to|orig_to|sender|recipient|rcpt|user(?:name)?|sasl_(?:username|sender)|e?-?mail|address|addr|a|e|u)$/i;
/** `<bob>... User unknown`: somebody's name, or a host's; hosts that are told in brackets are no loss. */
const ALONE_IN_BRACKETS = /<([^\s<>@[\]:/]{1,64})>/g;
const LONGEST_LOCAL = 256;

/**
 * Replaces the local part of every address: from one @ to the next, so that a text costs its length. A pattern for the whole
 * would be tried at every place of a text that strangers wrote.
 */
function replaceLocals(text: string, replace: (local: string) => string): string {
  let out = '';
  let done = 0;
  AT.lastIndex = 0;
  for (let found = AT.exec(text); found !== null; found = AT.exec(text)) {
    const at = found.index;
    DOMAIN.lastIndex = at + found[0].length;
    if (!DOMAIN.test(text)) continue;
    const start = startOfLocal(text, done, at);
    if (start === at) continue;
    const end = DOMAIN.lastIndex;
    out += `${text.slice(done, start)}${replace(text.slice(start, at))}${text.slice(at, end)}`;
    done = end;
    AT.lastIndex = end;
  }
  return out + text.slice(done);
}

/** Where the local part before `at` starts, not before `from`; `at` where there is none. */
function startOfLocal(text: string, from: number, at: number): number {
  const limit = Math.max(from, at - LONGEST_LOCAL);
  if (text[at - 1] === '"') {
    //  <"ann \"b\" c"@example.com>
    //   ^            ^
    for (let i = at - 2; i >= limit && text[i] !== '\n'; i--) if (text[i] === '"' && text[i - 1] !== '\\') return i;
    return at;
  }
  let start = at;
  while (start > limit && !NOT_LOCAL.test(text[start - 1]!)) start--;
  //  to=ann@example.com        prvs=1234=ann@example.com
  //     ^                      ^
  const equals = text.indexOf('=', start);
  return equals >= 0 && equals < at && KEY.test(text.slice(start, equals)) ? equals + 1 : start;
}

export function createRedactor(hash: KeyedHash): Redactor {
  const done = new Map<string, string>();
  const hashed = (local: string): string => {
    const key = local.toLowerCase();
    let found = done.get(key);
    if (found === undefined) {
      found = `h:${hash(key)}`;
      // Bounded: a log may hold millions of names.
      if (done.size >= 50_000) done.clear();
      done.set(key, found);
    }
    return found;
  };

  function address(whole: string): string {
    const at = whole.lastIndexOf('@');
    if (whole === '') return '';
    return at < 0 ? hashed(whole) : `${hashed(whole.slice(0, at))}${whole.slice(at)}`;
  }

  function text(whole: string, ...known: readonly (string | undefined)[]): string {
    let out = replaceLocals(whole, hashed);
    if (out.includes('<')) out = out.replace(ALONE_IN_BRACKETS, (_, name: string) => `<${hashed(name)}>`);
    for (const local of new Set(known.flatMap(namesIn))) {
      if (!out.toLowerCase().includes(local)) continue;
      const alone = new RegExp(`(?<![\\p{L}\\p{N}])${escapeRegExp(local)}(?![\\p{L}\\p{N}])`, 'giu');
      out = out.replace(alone, () => hashed(local));
    }
    return out;
  }

  function fileName(path: string): string {
    return text(path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1));
  }

  function optional(value: string | undefined, how: (text: string) => string): string | undefined {
    return value === undefined ? undefined : how(value);
  }

  function event(from: DeliveryEvent): DeliveryEvent {
    const free = (value: string): string => text(value, from.recipient, from.original_recipient, from.sender);
    // Words of the log's own: an address in them is somebody's doing.
    const word = (value: string | undefined): string | undefined =>
      value?.includes('@') === true ? text(value) : value;
    const { verdict } = from;
    const matched = free(verdict.evidence.matched);
    const evidence: Evidence =
      matched === verdict.evidence.matched ? verdict.evidence : { ...verdict.evidence, matched };
    const redacted: Verdict = evidence === verdict.evidence ? verdict : { ...verdict, evidence };
    return {
      time: from.time,
      first: from.first,
      input: fileName(from.input),
      verdict: redacted,
      format: from.format,
      host: word(from.host),
      program: word(from.program),
      queue_id: word(from.queue_id),
      event: from.event,
      status: word(from.status),
      recipient: optional(from.recipient, address),
      original_recipient: optional(from.original_recipient, address),
      stage: from.stage,
      domain: word(from.domain),
      relay: word(from.relay),
      relay_host: word(from.relay_host),
      relay_ip: from.relay_ip,
      relay_port: from.relay_port,
      provider: from.provider,
      delay: from.delay,
      delays: from.delays,
      tls: from.tls,
      connection_use: from.connection_use,
      dsn: from.dsn,
      response: optional(from.response, free),
      reply_code: from.reply_code,
      enhanced_code: from.enhanced_code,
      reply_text: optional(from.reply_text, free),
      command: from.command,
      category: from.category,
      root_cause: from.root_cause,
      bounce_type: from.bounce_type,
      fault: from.fault,
      action: from.action,
      retryable: from.retryable,
      confidence: from.confidence,
      evidence: from.evidence === undefined ? undefined : evidence,
      timestamp: from.timestamp,
      sender: optional(from.sender, address),
      // Many programs put the sender's or recipient's name into it.
      message_id: optional(from.message_id, free),
      size: from.size,
      unsubscribe_group: from.unsubscribe_group,
      corrects: from.corrects,
    };
  }

  return { address, text, fileName, event };
}

/** The names in an address that may stand alone in a text: its local part, and that without its `+tag`; in lower case. */
function namesIn(address: string | undefined): string[] {
  if (address === undefined) return [];
  const at = address.lastIndexOf('@');
  const local = (at < 0 ? address : address.slice(0, at)).toLowerCase();
  const plus = local.indexOf('+');
  // A name of one or two letters is in every word.
  return [local, plus > 0 ? local.slice(0, plus) : ''].filter((name) => name.length > 2);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
