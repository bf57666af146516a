// What an answer comes down to, so that answers that say the same are the same.
import { findEither, findLast, GREATER, isDigit, LESS, same } from "../../event/assembly/bytes";

const HYPHEN: u8 = 0x2d, SLASH: u8 = 0x2f, AT: u8 = 0x40;

/**
 * Writes the text in [from, end) to `to`; what it repeats of the recipient, the address, or its domain in a URL, is made one. Never
 * longer than it was.
 * @returns where it ends
 */
export function withoutRecipient(to: usize, from: usize, end: usize, recipient: usize, recipientEnd: usize): usize {
  const domain = findLast(AT, recipient, recipientEnd) + 1;
  for (let next = findEither(LESS, SLASH, from, end); next < end; next = findEither(LESS, SLASH, next + 1, end)) {
    if (load<u8>(next) == LESS) {
      //  450 4.2.0 <user@example.org>: Recipient address rejected: …
      //            ^                ^
      const close = next + 1 + (recipientEnd - recipient);
      if (recipientEnd < recipient + 5 || close >= end || load<u8>(close) != GREATER || !same(next + 1, recipient, recipientEnd - recipient)) continue;
      to = writeText(copy(to, from, next), "<a@b.c>");
      from = close + 1;
    } else {
      //  … Greylisted, see http://postgrey.schweikert.ch/help/example.org.html
      //                                                       ^          ^
      const close = next + 1 + (recipientEnd - domain);
      if (domain <= recipient || recipientEnd < domain + 3 || close > end || !same(next + 1, domain, recipientEnd - domain)) continue;
      // `//example.org` is whose page it is, and may be what tells who refused; `/example.organic` is another name.
      if ((next > from && load<u8>(next - 1) == SLASH) || (close < end && isNameByte(load<u8>(close)))) continue;
      to = writeText(copy(to, from, next), "/b.c");
      from = close;
    }
    next = from - 1;
  }
  return copy(to, from, end);
}

function isNameByte(byte: u8): bool {
  return isDigit(byte) || <u8>((byte | 0x20) - 0x61) < 26 || byte == HYPHEN;
}

/** What is written behind the end is written over. Too short for memory.copy, which is a call, to pay. */
export function copy(to: usize, from: usize, end: usize): usize {
  if (end <= from) return to;
  const moved = to - from;
  for (let at = from; at < end; at += 16) v128.store(at + moved, v128.load(at));
  return end + moved;
}

export function writeText(to: usize, text: string): usize {
  for (let i = 0; i < text.length; i++) store<u8>(to + i, <u8>text.charCodeAt(i));
  return to + text.length;
}
