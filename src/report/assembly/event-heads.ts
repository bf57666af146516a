// Writes the beginnings of NDJSON lines from rows, compiled by scripts/build-wasm.mjs into ../event-heads.wasm.ts; see ../event-heads.ts,
// which prepares the pieces: what names and verdicts stand for, as JSON.
import * as COLUMN from "../../event/row-layout";
import { find, isDigit } from "../../event/assembly/bytes";
import { Dictionary, entryAt, HOST_AND_ADDRESS, PLAIN, PROVIDER } from "../../event/assembly/dictionary";
import { goTo, KEY_BYTES, putByte, putInteger, putKey, putQuoted, putSpan, to, useKeys } from "./output";
import { writeWords } from "./reply-text";

/** See KIND of src/event/log-rows.ts. */
const OUTCOME: i32 = 1;

// What stands before a value, in the order of KEYS of ../event-heads.ts.
const FORMAT = 0, QUEUE_ID = 1, STATUS = 2, RECIPIENT = 3, ORIGINAL_RECIPIENT = 4, DELAY = 5, DELAYS = 6, TLS = 7, CONNECTION_USE = 8;
const DSN = 9, RESPONSE = 10, REPLY_TEXT = 11, DOMAIN = 12, RELAY = 13, RELAY_HOST = 14, RELAY_IP = 15;
const RELAY_PORT = 16, PROVIDER_ID = 17, EVENT = 18;

const OPEN: u8 = 0x5b, CLOSE: u8 = 0x5d;

// Where pieces are found: of each, where its bytes lie, how many there are.
/** The names themselves. */
let dictionary: usize = 0;
/** By the number of a name. */
let names: usize = 0;
/** Two by the number of a verdict, up to so many: the codes, and all that stands behind the text. */
let verdicts: usize = 0;
let mostVerdicts: i32 = 0;

export function create(dictionaryAt: usize, keysAt: usize, namesAt: usize, verdictsAt: usize, most: i32): void {
  dictionary = dictionaryAt;
  useKeys(keysAt);
  names = namesAt;
  verdicts = verdictsAt;
  mostVerdicts = most;
}

/** Where the bytes end that were written. */
export function written(): usize {
  return to;
}

/**
 * Writes the heads of the rows in [row, end) to `from` and on, up to `limit`; where each stands goes to its row.
 * @returns `end`, or the row that is not of the plain kind, or of which a piece is missing, or for which there is no room
 */
export function writeHeads(row: usize, end: usize, from: usize, limit: usize): usize {
  goTo(from);
  for (; row < end; row += COLUMN.WIDTH * 4) {
    if (load<i32>(row + COLUMN.kind * 4) != OUTCOME) {
      // A refusal; 8 in KIND.
      if (load<i32>(row + COLUMN.kind * 4) == 8) return row;
      continue;
    }
    const head = to;
    if (!writeHead(row, limit)) {
      goTo(head);
      return row;
    }
    store<u32>(row + COLUMN.head * 4, <u32>head);
    store<u32>(row + COLUMN.head * 4 + 4, <u32>to);
  }
  return end;
}

function writeHead(row: usize, limit: usize): bool {
  if (load<i32>(row + COLUMN.plain * 4) != 1) return false;
  const verdict = load<i32>(row + COLUMN.verdict * 4);
  if (verdict <= 0 || verdict >= mostVerdicts) return false;
  const codes = verdicts + <usize>verdict * 16, meaning = codes + 8;
  const host = pieceOf(row, COLUMN.host), program = pieceOf(row, COLUMN.program);
  const number = load<i32>(row + COLUMN.relay * 4);
  if (host == 0 || program == 0 || number < 0 || load<u32>(codes) == 0) return false;
  const relay = names + <usize>number * 8;
  const line = <usize>(load<u32>(row + COLUMN.lineEnd * 4) - load<u32>(row + COLUMN.lineStart * 4));
  const pieces = load<u32>(host + 4) + load<u32>(program + 4) + load<u32>(relay + 4) + load<u32>(codes + 4) + load<u32>(meaning + 4);
  // The answer stands in it twice, and so do the domain and the relay; copies run over by up to 31 bytes.
  if (to + 3 * line + pieces + 20 * KEY_BYTES + 64 > limit) return false;

  putKey(FORMAT);
  putPiece(host);
  putPiece(program);
  putText(row, COLUMN.queueId, QUEUE_ID);
  putKey(EVENT + load<i32>(row + COLUMN.event * 4));
  putText(row, COLUMN.status, STATUS);
  putText(row, COLUMN.recipient, RECIPIENT);
  putText(row, COLUMN.originalRecipient, ORIGINAL_RECIPIENT);
  if (!putDomain(row)) return false;
  if (!putRelay(row, number, relay)) return false;
  if (!putNumbers(row, COLUMN.delay, DELAY, false) || !putNumbers(row, COLUMN.delays, DELAYS, true)) return false;
  putText(row, COLUMN.tls, TLS);
  const use = load<i32>(row + COLUMN.connectionUse * 4);
  if (use != 0) {
    putKey(CONNECTION_USE);
    putInteger(use);
  }
  putText(row, COLUMN.dsn, DSN);
  putText(row, COLUMN.response, RESPONSE);
  putPiece(codes);
  const responseEnd = <usize>load<u32>(row + COLUMN.response * 4 + 4);
  if (responseEnd != 0) {
    putKey(REPLY_TEXT);
    const end = writeWords(load<u32>(row + COLUMN.response * 4), responseEnd, to);
    if (end == 0) return false;
    goTo(end);
    putByte(0x22);
  }
  putPiece(meaning);
  return true;
}

/** The piece of the name in a column; 0 where it is missing. No name has an empty piece, which is always there. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function pieceOf(row: usize, column: i32): usize {
  const number = load<i32>(row + column * 4);
  if (number < 0) return 0;
  const piece = names + <usize>number * 8;
  return load<u32>(piece) == 0 ? 0 : piece;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function putPiece(piece: usize): void {
  const from = <usize>load<u32>(piece);
  putSpan(from, from + load<u32>(piece + 4));
}

/** The domain, which most often is what it is called; false where it is not, and no piece says what it is. */
function putDomain(row: usize): bool {
  const number = load<i32>(row + COLUMN.domain * 4);
  if (number == 0) return true;
  if (number < 0) return false;
  const name = entryAt(changetype<Dictionary>(dictionary), number);
  if ((name.flags & PLAIN) == 0) {
    const piece = pieceOf(row, COLUMN.domain);
    if (piece == 0) return false;
    putPiece(piece);
    return true;
  }
  putKey(DOMAIN);
  putSpan(name.at, name.at + name.length);
  putByte(0x22);
  return true;
}

//  gmail-smtp-in.l.google.com[2607:f8b0:400e:c04::1b]:25
//  ^                         ^                      ^
/** The relay; false where it is none that is known to be written like that, and no piece says what it is. Reads as src/event/relay.ts does. */
function putRelay(row: usize, number: i32, piece: usize): bool {
  if (load<u32>(piece) != 0) {
    putPiece(piece);
    return true;
  }
  const known = entryAt(changetype<Dictionary>(dictionary), number);
  if ((known.flags & HOST_AND_ADDRESS) == 0 || load<i32>(row + COLUMN.unreached * 4) != 0) return false;
  const start = <usize>load<u32>(row + COLUMN.relayStart * 4), end = <usize>load<u32>(row + COLUMN.relayEnd * 4);
  const open = find(OPEN, start, end), close = find(CLOSE, open, end);
  for (let at = start; at < open; at++) if (<u8>(load<u8>(at) - 0x41) < 26) return false;
  const port = close + 2;
  const hasPort = port < end && port + 5 >= end && load<u8>(close + 1) == 0x3a && areDigits(port, end);
  if (hasPort && load<u8>(port) == 0x30 && end - port > 1) return false;
  putQuoted(RELAY, start, end);
  putQuoted(RELAY_HOST, start, open);
  putQuoted(RELAY_IP, open + 1, close);
  if (hasPort) {
    putKey(RELAY_PORT);
    putSpan(port, end);
  }
  if (known.flags >> PROVIDER != 0) {
    const id = entryAt(changetype<Dictionary>(dictionary), known.group);
    putQuoted(PROVIDER_ID, id.at, id.at + id.length);
  }
  return true;
}

function areDigits(at: usize, end: usize): bool {
  for (; at < end; at++) if (!isDigit(load<u8>(at))) return false;
  return true;
}

/** A field of the line, where it has it. */
function putText(row: usize, column: i32, key: i32): void {
  const end = <usize>load<u32>(row + column * 4 + 4);
  if (end == 0) return;
  putQuoted(key, load<u32>(row + column * 4), end);
}

/**
 * A number, or several between slashes as a list; false where one of them is no plain decimal number, or so long that JSON would write
 * another.
 */
function putNumbers(row: usize, column: i32, key: i32, several: bool): bool {
  const end = <usize>load<u32>(row + column * 4 + 4);
  if (end == 0) return true;
  let at = <usize>load<u32>(row + column * 4);
  putKey(key);
  for (;;) {
    const start = at;
    while (at < end && isDigit(load<u8>(at))) putByte(load<u8>(at++));
    if (at == start || at - start > 9 || (load<u8>(start) == 0x30 && at - start > 1)) return false;
    if (at < end && load<u8>(at) == 0x2e) {
      putByte(0x2e);
      const point = ++at;
      while (at < end && isDigit(load<u8>(at))) putByte(load<u8>(at++));
      if (at == point || at - point > 5) return false;
      // `0.60` is 0.6, and `1.00` is 1.
      while (load<u8>(to - 1) == 0x30) goTo(to - 1);
      if (load<u8>(to - 1) == 0x2e) goTo(to - 1);
    }
    if (at == end) break;
    if (!several || load<u8>(at) != 0x2f) return false;
    putByte(0x2c);
    at++;
  }
  if (several) putByte(0x5d);
  return true;
}
