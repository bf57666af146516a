/** Events as NDJSON, written by hand: several times faster than building an object for JSON.stringify, and in a fixed order. */
import type { DeliveryEvent, Evidence } from '../event/index.ts';

/**
 * One event as one line of JSON, without its line end. What JSON.stringify would write for an object of the EVENT_FIELDS
 * (undefined ones left out), except that DEL, C1 controls and U+2028/2029 are escaped too: a terminal must not obey them.
 */
export function renderEventNdjson(event: DeliveryEvent): string {
  return renderHead(event) + renderTail(event);
}

/** What of a line its record says alone, before order and earlier lines are known: the members up to `evidence`. */
export function renderHead(event: DeliveryEvent): string {
  // Each member begins with a comma; `format` is always there.
  const write = event.plain === true ? quotedPlain : quoted;
  let json = `{"format":${quoted(event.format)}`;
  json += PIECES.host(event) + PIECES.program(event);
  let text = event.queue_id;
  if (text !== undefined) json += `,"queue_id":${write(text)}`;
  json += `,"event":"${event.event}"`;
  text = event.status;
  if (text !== undefined) json += `,"status":${write(text)}`;
  text = event.recipient;
  if (text !== undefined) json += `,"recipient":${write(text)}`;
  text = event.original_recipient;
  if (text !== undefined) json += `,"original_recipient":${write(text)}`;
  json += PIECES.domain(event) + PIECES.relay(event);
  json += delayMembers(event);
  text = event.tls;
  if (text !== undefined) json += `,"tls":${write(text)}`;
  const use = event.connection_use;
  if (use !== undefined) json += `,"connection_use":${numeric(use)}`;
  text = event.dsn;
  if (text !== undefined) json += `,"dsn":${write(text)}`;
  text = event.response;
  if (text !== undefined) json += `,"response":${write(text)}`;
  json += PIECES.codes(event);
  text = event.reply_text;
  if (text !== undefined) json += `,"reply_text":${write(text)}`;
  return json + PIECES.verdict(event);
}

/** Numbers as Postfix logs them that JSON would write in no other way; one, or several between slashes. */
const JSON_NUMBERS = /^(?:0|[1-9]\d{0,8})(?:\.\d{0,4}[1-9])?(?:\/(?:0|[1-9]\d{0,8})(?:\.\d{0,4}[1-9])?)*$/;

function delayMembers(event: DeliveryEvent): string {
  let json = '';
  let text = event.delayText;
  if (text !== undefined && JSON_NUMBERS.test(text) && !text.includes('/')) json += `,"delay":${text}`;
  else {
    const { delay } = event;
    if (delay !== undefined) json += `,"delay":${numeric(delay)}`;
  }
  text = event.delaysText;
  if (text !== undefined && JSON_NUMBERS.test(text)) json += `,"delays":[${text.replaceAll('/', ',')}]`;
  else {
    const { delays } = event;
    if (delays !== undefined) json += `,"delays":[${delays.map(numeric).join(',')}]`;
  }
  return json;
}

/** What many events share is written once: by the numbers of their scope, see EventShortcuts. */
class Shared {
  /** Whether anything has been written that is not all ASCII. */
  static beyondAscii = false;
  readonly #write: (event: DeliveryEvent) => string;
  readonly #numberOf: (event: DeliveryEvent) => number | undefined;
  #scope: object | undefined;
  #written: (string | undefined)[] = [];
  readonly #scopes = new WeakMap<object, (string | undefined)[]>();

  constructor(write: (event: DeliveryEvent) => string, numberOf: (event: DeliveryEvent) => number | undefined) {
    this.#write = write;
    this.#numberOf = numberOf;
  }

  of(event: DeliveryEvent): string {
    const { scope } = event;
    const number = scope === undefined ? -1 : (this.#numberOf(event) ?? -1);
    if (number < 0) return this.#write(event);
    if (scope !== this.#scope) {
      this.#written = this.#scopes.get(scope!) ?? [];
      this.#scopes.set(scope!, this.#written);
      this.#scope = scope;
    }
    const known = this.#written[number];
    if (known !== undefined) return known;
    const written = this.#write(event);
    this.#written[number] = written;
    if (!ASCII.test(written)) Shared.beyondAscii = true;
    return written;
  }
}

const relays = new Shared(
  (event) => {
    let json = '';
    let text = event.relay;
    if (text !== undefined) json += `,"relay":${quoted(text)}`;
    text = event.relay_host;
    if (text !== undefined) json += `,"relay_host":${quoted(text)}`;
    text = event.relay_ip;
    if (text !== undefined) json += `,"relay_ip":${quoted(text)}`;
    const number = event.relay_port;
    if (number !== undefined) json += `,"relay_port":${numeric(number)}`;
    text = event.provider;
    if (text !== undefined) json += `,"provider":${quoted(text)}`;
    return json;
  },
  (event) => event.relayNumber,
);

const codes = new Shared(
  (event) => {
    let json = '';
    const number = event.reply_code;
    if (number !== undefined) json += `,"reply_code":${numeric(number)}`;
    const text = event.enhanced_code;
    if (text !== undefined) json += `,"enhanced_code":${quoted(text)}`;
    return json;
  },
  (event) => event.verdictNumber,
);

const verdicts = new Shared(
  (event) => {
    let json = '';
    let text: string | undefined = event.command;
    if (text !== undefined) json += `,"command":${quoted(text)}`;
    text = event.category;
    if (text !== undefined) json += `,"category":"${text}"`;
    text = event.root_cause;
    if (text !== undefined) json += `,"root_cause":"${text}"`;
    text = event.bounce_type;
    if (text !== undefined) json += `,"bounce_type":"${text}"`;
    text = event.fault;
    if (text !== undefined) json += `,"fault":"${text}"`;
    text = event.action;
    if (text !== undefined) json += `,"action":"${text}"`;
    const retryable = event.retryable;
    if (retryable !== undefined) json += retryable ? ',"retryable":true' : ',"retryable":false';
    text = event.confidence;
    if (text !== undefined) json += `,"confidence":"${text}"`;
    const evidence = event.evidence;
    if (evidence !== undefined) json += evidenceJson(evidence);
    return json;
  },
  (event) => event.verdictNumber,
);

/** Those parts of a line that many lines share: each the same for all events of one name or verdict. */
export const PIECES = {
  host: ({ host }: DeliveryEvent): string => (host === undefined ? '' : `,"host":${quoted(host)}`),
  program: ({ program }: DeliveryEvent): string => (program === undefined ? '' : `,"program":${quoted(program)}`),
  domain: ({ domain }: DeliveryEvent): string => (domain === undefined ? '' : `,"domain":${quoted(domain)}`),
  relay: (event: DeliveryEvent): string => relays.of(event),
  codes: (event: DeliveryEvent): string => codes.of(event),
  verdict: (event: DeliveryEvent): string => verdicts.of(event),
} as const;

/** The rest of the line. */
export function renderTail(event: DeliveryEvent): string {
  let json = '';
  let text = event.timestamp;
  if (text !== undefined) json += `,"timestamp":${quoted(text)}`;
  text = event.sender;
  if (text !== undefined) json += `,"sender":${quoted(text)}`;
  text = event.message_id;
  if (text !== undefined) json += `,"message_id":${quoted(text)}`;
  const number = event.size;
  if (number !== undefined) json += `,"size":${numeric(number)}`;
  text = event.unsubscribe_group;
  if (text !== undefined) json += `,"unsubscribe_group":${quoted(text)}`;
  text = event.corrects;
  if (text !== undefined) json += `,"corrects":"${text}"`;
  return `${json}}`;
}

const ASCII = /^[\x00-\x7f]*$/;

/**
 * Writes the heads of a block's events, in the thread that has read it, into memory that other threads see.
 */
export class HeadWriter {
  readonly #bytes: Buffer;
  readonly #end: number;
  /** Where the next head goes. */
  at: number;

  /** Heads go to [start, end) of the memory. */
  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
  }

  /** @returns false where there is no room left: the event is rendered by who writes its line */
  add(event: DeliveryEvent): boolean {
    const text = renderHead(event);
    // A plain line's fields are ASCII, which needs no encoding.
    const ascii = event.plain === true && !Shared.beyondAscii;
    if (this.at + (ascii ? text.length : text.length * 3) > this.#end) return false;
    this.at += this.#bytes.write(text, this.at, ascii ? 'latin1' : 'utf8');
    return true;
  }
}

/** One object serves every event with the same kind of answer (see Verdict): written once. */
const evidences = new WeakMap<Evidence, string>();

function evidenceJson(evidence: Evidence): string {
  let json = evidences.get(evidence);
  if (json === undefined) {
    json = `,"evidence":{"layer":"${evidence.layer}","rule":${quoted(evidence.rule)},"matched":${quoted(evidence.matched)}}`;
    evidences.set(evidence, json);
  }
  return json;
}

const NEEDS_ESCAPE = /["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]/;
const NEEDS_MORE = /[\x7f-\x9f\u2028\u2029]/g;

function quotedPlain(text: string): string {
  return `"${text}"`;
}

/** A JSON string. */
export function quoted(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(NEEDS_MORE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function numeric(value: number): string {
  return Number.isFinite(value) ? String(value) : 'null';
}

/** Any value as JSON that no terminal obeys: see `renderEventNdjson`. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    NEEDS_MORE,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
