/** What is begun before the program is loaded. */
import { statSync } from 'node:fs';
import { LARGE_INPUT, startThreads, usualThreads } from '../src/stream/threads.ts';

/** Starts the threads that a large input will want. Only a guess from the arguments: threads that nobody takes harm nobody. */
export function startEarly(args: readonly string[]): void {
  if (args.some((arg) => arg.startsWith('--threads'))) return;
  const sizes = args.map((arg) => (arg.startsWith('-') ? 0 : (statSync(arg, { throwIfNoEntry: false })?.size ?? 0)));
  if (sizes.reduce((sum, size) => sum + size, 0) >= LARGE_INPUT) startThreads(usualThreads());
}
