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
  /** Every address in a text; of `known` also the local part alone, as in `<ann>... User unknown`. */
  text(text: string, known?: string): string;
  event(event: DeliveryEvent): DeliveryEvent;
}

// What reads like an address in free text, generously: also `ann%example.com@relay`, `<"a b"@example.com>`, and IDN.
/** What follows the @. */
const DOMAIN = /(?:[\p{L}\p{N}_-]{1,63}\.){0,12}[\p{L}\p{N}_-]{1,63}|\[[0-9a-fA-F:.]{2,60}\]/uy;
/** What ends a local part that is not quoted. */
const NOT_LOCAL = /[\s<>()[\]{},;:"'\\@=]/;
const LONGEST_LOCAL = 256;

/**
 * Replaces the local part of every address: from one @ to the next, so that a text costs its length. A pattern for the whole
 * would be tried at every place of a text that strangers wrote.
 */
function replaceLocals(text: string, replace: (local: string) => string): string {
  let out = '';
  let done = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    DOMAIN.lastIndex = at + 1;
    if (!DOMAIN.test(text)) continue;
    const end = DOMAIN.lastIndex;
    const start = startOfLocal(text, done, at);
    if (start === at) continue;
    out += `${text.slice(done, start)}${replace(text.slice(start, at))}${text.slice(at, end)}`;
    done = end;
    at = end - 1;
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
  return start;
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

  function text(whole: string, known?: string): string {
    let out = whole;
    if (out.includes('@')) out = replaceLocals(out, hashed);
    if (known !== undefined && known !== '') {
      const local = known.slice(0, known.lastIndexOf('@') < 0 ? undefined : known.lastIndexOf('@'));
      // A name of one or two letters is in every word.
      if (local.length > 2 && out.toLowerCase().includes(local.toLowerCase()))
        out = out.replace(new RegExp(`(?<![\\p{L}\\p{N}])${escapeRegExp(local)}(?![\\p{L}\\p{N}])`, 'giu'), () =>
          hashed(local),
        );
    }
    return out;
  }

  function optional(value: string | undefined, how: (text: string) => string): string | undefined {
    return value === undefined ? undefined : how(value);
  }

  function event(from: DeliveryEvent): DeliveryEvent {
    const known = from.recipient;
    const free = (value: string): string => text(value, known);
    const { verdict } = from;
    const matched = free(verdict.evidence.matched);
    const evidence: Evidence =
      matched === verdict.evidence.matched ? verdict.evidence : { ...verdict.evidence, matched };
    const redacted: Verdict = evidence === verdict.evidence ? verdict : { ...verdict, evidence };
    return {
      time: from.time,
      first: from.first,
      input: from.input,
      verdict: redacted,
      format: from.format,
      host: from.host,
      program: from.program,
      queue_id: from.queue_id,
      event: from.event,
      status: from.status,
      recipient: optional(from.recipient, address),
      original_recipient: optional(from.original_recipient, address),
      domain: from.domain,
      relay: from.relay,
      relay_host: from.relay_host,
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
      message_id: optional(from.message_id, (id) => text(id, known)),
      size: from.size,
      unsubscribe_group: from.unsubscribe_group,
      corrects: from.corrects,
    };
  }

  return { address, text, event };
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
