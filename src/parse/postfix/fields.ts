/**
 * The `key=value, key=value` list that Postfix's delivery agents write (src/global/log_adhoc.c, src/global/defer.c,
 * src/global/sent.c), read by the names of the keys, in any order, with keys of releases to come passed over. Reads bytes in
 * one pass, from the start of the list: what a server or a user put into a value cannot pose as a key, because a value ends
 * where its own syntax ends.
 */

/** The last list that was read: where each value stands, start and end; both 0 where it is absent. One object, reused. */
export class DeliveryFields {
  toStart = 0;
  toEnd = 0;
  fromStart = 0;
  fromEnd = 0;
  origToStart = 0;
  origToEnd = 0;
  relayStart = 0;
  relayEnd = 0;
  connUseStart = 0;
  connUseEnd = 0;
  delayStart = 0;
  delayEnd = 0;
  delaysStart = 0;
  delaysEnd = 0;
  tlsStart = 0;
  tlsEnd = 0;
  dsnStart = 0;
  dsnEnd = 0;
  sizeStart = 0;
  sizeEnd = 0;
  nrcptStart = 0;
  statusStart = 0;
  statusEnd = 0;
  /** What stands in the parentheses behind the status. */
  responseStart = 0;
  responseEnd = 0;

  /**
   * Reads the list that starts at `at`; the line ends at `end` (its line feed).
   * @returns false where no `key=` of a queue manager or a delivery agent stands at the start
   */
  read(bytes: Buffer, at: number, end: number): boolean {
    this.toStart = this.toEnd = this.fromStart = this.fromEnd = this.origToStart = this.origToEnd = 0;
    this.relayStart = this.relayEnd = this.connUseStart = this.connUseEnd = this.delayStart = this.delayEnd = 0;
    this.delaysStart = this.delaysEnd = this.tlsStart = this.tlsEnd = this.dsnStart = this.dsnEnd = 0;
    this.sizeStart = this.sizeEnd = this.nrcptStart = this.statusStart = this.statusEnd = 0;
    this.responseStart = this.responseEnd = 0;

    for (let first = true; at < end; first = false) {
      //  to=<user@example.org>, relay=…
      //  ^ ^
      const keyStart = at;
      let byte = bytes[at]!;
      while (
        at < end &&
        ((byte >= 0x61 && byte <= 0x7a) || byte === 0x5f || (byte >= 0x30 && byte <= 0x39 && at > keyStart))
      ) {
        byte = bytes[++at]!;
      }
      if (byte !== EQUALS || at === keyStart || at >= end) return !first;
      const keyLength = at - keyStart;
      const valueStart = at + 1;

      if (keyLength === 6 && isKey(bytes, keyStart, STATUS)) {
        //  status=sent (250 2.0.0 Ok)
        //  ^
        this.#readStatus(bytes, valueStart, end);
        return true;
      }
      //  client=unknown[192.0.2.7], sasl_method=PLAIN, sasl_username=…      uid=0 from=<root>
      //  ^                                                                  ^       smtpd's and pickup's: what follows is a client's
      if (
        first &&
        (keyLength === 6 ? isKey(bytes, keyStart, CLIENT) : keyLength === 3 && isKey(bytes, keyStart, UID))
      ) {
        return false;
      }
      const valueEnd =
        bytes[valueStart] === LESS ? endOfAddress(bytes, valueStart, end) : endOfValue(bytes, valueStart, end);
      this.#keep(bytes, keyStart, keyLength, valueStart, valueEnd);
      at = valueEnd;
      if (bytes[at] !== COMMA) return true;
      at++;
      while (bytes[at] === SPACE) at++;
    }
    return true;
  }

  /** Length and first letter lead to the only key it can be; the rest of its letters decide. */
  #keep(bytes: Buffer, key: number, length: number, start: number, end: number): void {
    const letter = bytes[key];
    let from = start;
    let to = end;
    if (bytes[start] === LESS && bytes[end - 1] === GREATER && end - start >= 2) {
      from++;
      to--;
    }
    switch (length) {
      case 2:
        if (this.toEnd === 0 && isKey(bytes, key, TO)) {
          this.toStart = from;
          this.toEnd = to;
        }
        break;
      case 3:
        if (letter === 0x64) {
          if (!isKey(bytes, key, DSN)) break;
          this.dsnStart = start;
          this.dsnEnd = end;
        } else if (isKey(bytes, key, TLS)) {
          this.tlsStart = start;
          this.tlsEnd = end;
        }
        break;
      case 4:
        if (letter === 0x66) {
          if (this.fromEnd > 0 || !isKey(bytes, key, FROM)) break;
          this.fromStart = from;
          this.fromEnd = to;
        } else if (isKey(bytes, key, SIZE)) {
          this.sizeStart = start;
          this.sizeEnd = end;
        }
        break;
      case 5:
        if (letter === 0x72) {
          if (!isKey(bytes, key, RELAY)) break;
          this.relayStart = start;
          this.relayEnd = end;
        } else if (letter === 0x64) {
          if (!isKey(bytes, key, DELAY)) break;
          this.delayStart = start;
          this.delayEnd = end;
        } else if (isKey(bytes, key, NRCPT)) this.nrcptStart = start;
        break;
      case 6:
        if (isKey(bytes, key, DELAYS)) {
          this.delaysStart = start;
          this.delaysEnd = end;
        }
        break;
      case 7:
        if (isKey(bytes, key, ORIG_TO)) {
          this.origToStart = from;
          this.origToEnd = to;
        }
        break;
      case 8:
        if (isKey(bytes, key, CONN_USE)) {
          this.connUseStart = start;
          this.connUseEnd = end;
        }
        break;
    }
  }

  //  status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 … (in reply to RCPT TO command))
  //         ^       ^
  #readStatus(bytes: Buffer, at: number, end: number): void {
    this.statusStart = at;
    while (at < end && isStatusByte(bytes[at]!)) at++;
    this.statusEnd = at;
    if (bytes[at] !== SPACE || bytes[at + 1] !== LEFT_PAREN) return;
    const start = at + 2;
    this.responseStart = start;
    while (end > start && (bytes[end - 1] === CR || bytes[end - 1] === SPACE)) end--;
    this.responseEnd = end > start && bytes[end - 1] === RIGHT_PAREN ? end - 1 : closingParenthesis(bytes, start, end);
  }
}

const TO = Buffer.from('to');
const DSN = Buffer.from('dsn');
const TLS = Buffer.from('tls');
const FROM = Buffer.from('from');
const SIZE = Buffer.from('size');
const RELAY = Buffer.from('relay');
const DELAY = Buffer.from('delay');
const NRCPT = Buffer.from('nrcpt');
const DELAYS = Buffer.from('delays');
const STATUS = Buffer.from('status');
const ORIG_TO = Buffer.from('orig_to');
const CONN_USE = Buffer.from('conn_use');
const CLIENT = Buffer.from('client');
const UID = Buffer.from('uid');

/** Whether the key at `at`, known to be as long as `name`, is `name`. */
function isKey(bytes: Buffer, at: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false;
  return true;
}

const SPACE = 0x20;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const LESS = 0x3c;
const GREATER = 0x3e;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const AT = 0x40;
const LEFT_PAREN = 0x28;
const RIGHT_PAREN = 0x29;
const CR = 0x0d;

/** sent, SOFTBOUNCE, undeliverable-but-not-cached */
function isStatusByte(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x2d || byte === 0x5f;
}

/**
 * Where an address in angle brackets ends: behind its `>`. Postfix quotes a local part that holds anything special
 * (info_log_addr_form=external, Postfix 3.5): it then starts with a quote, and what stands inside the quotes is text. Older
 * releases do not quote: where the quotes do not pair up, the first `>` before a comma or the end is taken.
 */
function endOfAddress(bytes: Buffer, start: number, end: number): number {
  //  to=<"a>, b"@example.org>, relay=…
  //      ^     ^^
  if (bytes[start + 1] === QUOTE) {
    let at = start + 2;
    while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    if (at + 1 < end && (bytes[at + 1] === AT || bytes[at + 1] === GREATER)) {
      const close = closingBracket(bytes, at + 1, end);
      if (close > 0) return close;
    }
  }
  const close = closingBracket(bytes, start + 1, end);
  return close > 0 ? close : endOfValue(bytes, start, end);
}

/** Behind the first `>` that ends a value, or 0. */
function closingBracket(bytes: Buffer, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    if (bytes[i] === GREATER && (i + 1 === end || bytes[i + 1] === COMMA || bytes[i + 1] === CR)) return i + 1;
  }
  return 0;
}

/** Where any other value ends: before `, `, or at the end of the line. */
function endOfValue(bytes: Buffer, start: number, end: number): number {
  for (let i = start; i < end; i++) if (bytes[i] === COMMA && (bytes[i + 1] === SPACE || i + 1 === end)) return i;
  while (end > start && bytes[end - 1] === CR) end--;
  return end;
}

/**
 * Where the answer ends in a line that does not end with a parenthesis: at the one that closes it, if text follows that;
 * else the answer was cut (Postfix logs at most 2,000 bytes) and runs to the end of the line.
 */
function closingParenthesis(bytes: Buffer, start: number, end: number): number {
  let depth = 1;
  for (let i = start; i < end; i++) {
    if (bytes[i] === LEFT_PAREN) depth++;
    else if (bytes[i] === RIGHT_PAREN && --depth === 0) return i;
  }
  return end;
}
