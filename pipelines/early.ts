/** What is begun before the program is loaded. */
import { statSync } from 'node:fs';
import { LARGE_INPUT, startThreads, usualThreads } from '../src/stream/threads.ts';

/** Starts the threads that a large input will want. Only a guess from the arguments: threads that nobody takes harm nobody. */
export function startEarly(args: readonly string[]): void {
  if (args.some((arg) => arg.startsWith('--threads'))) return;
  const total = args.reduce((sum, arg) => sum + (arg.startsWith('-') ? 0 : sizeOf(arg)), 0);
  if (total >= LARGE_INPUT) startThreads(usualThreads());
}

/** 0 for what is no file that can be looked at: whoever reads it will say so. */
function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
