// Queue ids (src/global/mail_queue.h).
import { COLON, SPACE } from "../../event/assembly/bytes";

/**
 * Where a queue id ends, or 0. Short ids are hexadecimal, long ones (enable_long_queue_ids) base 52 with a `z` in them;
 * `NOQUEUE` is none. Followed by `: `.
 */
export function endOfQueueId(start: usize, end: usize): usize {
  let at = start;
  let digits = 0;
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (<u8>(byte - 0x30) < 10) digits++;
    else if (<u8>((byte | 0x20) - 0x61) >= 26) break;
  }
  const length = at - start;
  if (length < 5 || length > 32 || load<u8>(at) != COLON || load<u8>(at + 1) != SPACE) return 0;
  // `warning: ` and `NOQUEUE: ` look the same but for their letters: a short id is all digits and A-F.
  if (digits == 0) for (let i = start; i < at; i++) if (<u8>(load<u8>(i) - 0x41) > 5) return 0;
  return at;
}
