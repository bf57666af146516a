/**
 * A copy of a string that keeps nothing else alive. An engine may implement a substring as a view on the whole: a 20-byte map
 * key would hold on to the 64 KiB block of log that it was cut from.
 */
export function ownString(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'utf16le').toString('utf16le');
}

/** The same, cut to `limit` UTF-16 units: an answer kept as evidence need not be a novel. */
export function ownStart(text: string, limit: number): string {
  return text.length <= limit ? ownString(text) : `${ownString(text.slice(0, limit - 1))}…`;
}
