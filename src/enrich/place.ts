import type { SmtpReply } from '../event/index.ts';

/** Where in the response the winner's words, or its code, stand. */
export function place(
  template: string,
  reply: SmtpReply,
  winner: { readonly start: number; readonly end: number },
  code: string,
  map: Int32Array,
): { start: number; end: number } | undefined {
  const range = (from: number, length: number) => ({ start: map[from] as number, end: endOf(map, from + length) });
  if (winner.start >= 0) {
    const words = reply.text.slice(winner.start, winner.end);
    const at = template.indexOf(words, reply.start);
    if (at !== -1) return range(at, words.length);
    // The words run over a line's end, where the next line's codes stand between them: mark the part before, and what follows.
    for (let cut = words.lastIndexOf(' '); cut > 0; cut = words.lastIndexOf(' ', cut - 1)) {
      const first = template.indexOf(words.slice(0, cut), reply.start);
      if (first === -1) continue;
      const rest = template.indexOf(words.slice(cut + 1), first + cut);
      return rest === -1
        ? range(first, cut)
        : { start: map[first] as number, end: endOf(map, rest + words.length - cut - 1) };
    }
    return undefined;
  }
  if (code === '') return undefined;
  const at = template.indexOf(code, reply.start);
  return at === -1 ? undefined : range(at, code.length);
}

/** Behind the unit before: a sign stands for several characters, which end where the next unit starts. */
function endOf(map: Int32Array, unit: number): number {
  return map[unit] as number;
}
