// What stands in a message, told by its words.
import { CR, find, isDigit, matches, SPACE } from "../../event/assembly/bytes";

// Outcomes, see src/event/log-rows.ts.
export const DELIVERED = 0, DEFERRED = 1, BOUNCED = 2, PROBE = 3, DISCARDED = 4, OUTCOME_WARNING = 6;

/** What the statuses of src/global/log_adhoc.c and of verify(8) mean; −1 for those that are none. */
export function outcomeOf(start: usize, end: usize): i32 {
  switch (<i32>(end - start)) {
    case 4: return matches(start, end, "sent") ? DELIVERED : -1;
    case 7: return matches(start, end, "bounced") ? BOUNCED : -1;
    case 8: return matches(start, end, "deferred") ? DEFERRED : -1;
    // soft_bounce=yes: a bounce that is tried again, so no bounce (postconf(5))
    case 10: return matches(start, end, "SOFTBOUNCE") ? DEFERRED : -1;
    // sendmail -bv and address verification: nothing was to be delivered (verify(8))
    case 11: return matches(start, end, "deliverable") ? PROBE : -1;
    case 13: return matches(start, end, "undeliverable") ? PROBE : -1;
    case 28: return matches(start, end, "undeliverable-but-not-cached") ? PROBE : -1;
    default: return -1;
  }
}

export function isWarning(at: usize, end: usize, letter: u8): bool {
  switch (letter) {
    case 0x77: return matches(at, end, "warning: ");
    case 0x66: return matches(at, end, "fatal: ");
    case 0x70: return matches(at, end, "panic: ");
    case 0x63: return matches(at, end, "certificate verification failed for ") || matches(at, end, "connect to ");
    default: return false;
  }
}

/**
 * Whether a refusal may stand at `at`: its first word ends in `reject`, `hold` or `discard`, or is `reject_warning`; behind a queue
 * id, also what a check of the content says. The rest is looked at in ../postfix/inbound.ts.
 */
export function isRefusal(at: usize, end: usize, hasQueueId: bool): bool {
  if (matches(at, end, "NOQUEUE: ")) at += 9;
  const colon = find(0x3a, at, min(end, at + 16));
  return (
    (colon >= at + 6 && matches(colon - 6, end, "reject: ")) ||
    (colon >= at + 4 && matches(colon - 4, end, "hold: ")) ||
    (colon >= at + 7 && matches(colon - 7, end, "discard: ")) ||
    matches(at, end, "reject_warning: ") ||
    (hasQueueId && (matches(at, end, "warning: header ") || matches(at, end, "warning: body ")))
  );
}

/** `removed` and nothing else (postsuper(1) and qmgr(8) both write it so). */
export function isRemoved(at: usize, end: usize): bool {
  if (load<u8>(end - 1) == CR) end--;
  return at + 7 == end && matches(at, end, "removed");
}

/** Where the id in `queued as ID` starts, or 0. Looks at the end of the answer, where Postfix writes it. */
export function queuedAs(start: usize, end: usize): usize {
  if (end < start + 16) return 0;
  const from = max(start, end - 48);
  for (let at = end - 15; at >= from; at--)
    if (load<u64>(at) == 0x6120646575657571 && load<u16>(at + 8) == 0x2073) return at + 10; // "queued as "
  return 0;
}

export function endOfWord(at: usize, end: usize): usize {
  while (at < end) {
    const byte = load<u8>(at);
    if (byte == SPACE || byte == 0x29 || byte == 0x2c || byte == 0x3b) break;
    at++;
  }
  return at;
}

/** Whether a word of at most 40 bytes, a colon and `to=` stand at `at`. */
export function isListBehindWord(at: usize, end: usize): bool {
  const limit = min(end, at + 40);
  while (at < limit && load<u8>(at) != 0x3a && load<u8>(at) != SPACE) at++;
  return matches(at, end, ": to=");
}

/** Where the text of a line ends, without the spaces and the carriage return behind it. */
export function trimmedEnd(at: usize, end: usize): usize {
  while (end > at && (load<u8>(end - 1) == CR || load<u8>(end - 1) == SPACE)) end--;
  return end;
}

/** A delay as it is logged, `0.05` or `4200`, in ms; −1 where it is no plain decimal number of at most twelve characters. */
export function milliseconds(at: usize, end: usize): i32 {
  if (end == 0 || end - at > 12) return -1;
  let digits: i64 = 0;
  let scale: i64 = 1;
  let point = false;
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (isDigit(byte)) {
      digits = digits * 10 + <i64>(byte - 0x30);
      if (point) scale *= 10;
    } else if (byte == 0x2e && !point) point = true;
    else return -1;
  }
  const ms = Math.floor((<f64>digits / <f64>scale) * 1000 + 0.5);
  return ms < 2147483648 ? <i32>ms : -1;
}
