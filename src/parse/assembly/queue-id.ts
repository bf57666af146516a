// Queue ids (src/global/mail_queue.h).
import { COLON, SPACE } from "../../event/assembly/bytes";

/**
 * Where a queue id ends, or 0. Short ids are hexadecimal, long ones (enable_long_queue_ids) base 52 with a `z` in them;
 * `NOQUEUE` is none. Followed by `: `.
 */
export function endOfQueueId(start: usize, end: usize): usize {
  let at = start;
  let hasDigit = false;
  // Sixteen bytes a step: how many are digits and letters. At the end of the line there is neither; nor is a longer id looked at to its end.
  for (; at < end && at < start + 32; at += 16) {
    const bytes = v128.load(at);
    const digits = <u32>i8x16.bitmask(i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10)));
    const lower = v128.or(bytes, i8x16.splat(0x20));
    const letters = <u32>i8x16.bitmask(i8x16.lt_u(i8x16.sub(lower, i8x16.splat(0x61)), i8x16.splat(26)));
    const others = ~(digits | letters);
    const count = ctz(others); // 16 at most
    if ((digits & ((1 << count) - 1)) != 0) hasDigit = true;
    if (count < 16) {
      at += count;
      break;
    }
  }
  if (at - start < 5 || load<u8>(at) != COLON || load<u8>(at + 1) != SPACE) return 0;
  // `warning: ` and `NOQUEUE: ` look the same but for their letters: a short id is all digits and A-F.
  if (!hasDigit) for (let i = start; i < at; i++) if (<u8>(load<u8>(i) - 0x41) > 5) return 0;
  return at;
}
