/** Queue ids, and the seed from which the keys of a host's queue ids are made (see event/keys.ts). */
export const HOST_SEED = 0x9e3779b9;

/**
 * Where a queue id ends, or -1. Short ids are hexadecimal, long ones (enable_long_queue_ids) base 52 with a `z` in them
 * (src/global/mail_queue.h); `NOQUEUE` is none. Followed by `: `.
 */
export function endOfQueueId(bytes: Buffer, start: number, end: number): number {
  let at = start;
  let digits = 0;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x30 && byte <= 0x39) digits++;
    else if (!((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a))) break;
  }
  const length = at - start;
  if (length < 5 || length > 32 || bytes[at] !== 0x3a || bytes[at + 1] !== 0x20) return -1;
  // `warning: ` and `NOQUEUE: ` look the same but for their letters: a short id is all digits and A-F.
  if (digits === 0) for (let i = start; i < at; i++) if (bytes[i]! < 0x41 || bytes[i]! > 0x46) return -1;
  return at;
}
