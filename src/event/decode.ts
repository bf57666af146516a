/** The bytes as text: pure ASCII by the short way, all else as UTF-8, where bytes that are none become U+FFFD. */
export function decode(bytes: Buffer, start: number, end: number): string {
  for (let i = start; i < end; i++) if (bytes[i]! >= 0x80) return bytes.toString('utf8', start, end);
  return bytes.toString('latin1', start, end);
}
