/**
 * A text cut to `limit` UTF-16 units: an answer kept as evidence need not be a novel. What is cut is copied: an engine may
 * implement the start of a string as a view that keeps the whole alive.
 */
export function ownStart(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${Buffer.from(text.slice(0, limit - 1), 'utf16le').toString('utf16le')}…`;
}
