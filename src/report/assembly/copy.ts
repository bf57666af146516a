/** Copies [from, end) to `to`, sixteen bytes a step: up to fifteen too many are written. Returns where the copy ends. */
export function copy(from: usize, end: usize, to: usize): usize {
  if (from >= end) return to;
  const copied = to + (end - from);
  for (; from < end; from += 16, to += 16) v128.store(to, v128.load(from));
  return copied;
}
