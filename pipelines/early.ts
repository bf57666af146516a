/** What is begun, and asked, before the program is loaded. */
import { statSync } from 'node:fs';
import { isPipeFull } from '../src/source/ahead.ts';
import { isLarge } from '../src/store/large.ts';
import { LARGE_INPUT, MOST_THREADS, startThreads, usualThreads } from '../src/stream/threads.ts';

/** Prepares for a large input: starts the threads that it will want. Only a guess from the arguments: threads that nobody takes harm nobody. */
export function startEarly(args: readonly string[]): void {
  const total = args.reduce((sum, arg) => sum + (arg.startsWith('-') ? 0 : sizeOf(arg)), 0);
  if (total < LARGE_INPUT && !(readsStdin(args) && isPipeFull())) return;
  startThreads(threadsIn(args));
}

/** Words that leave a command reading logs from its standard input; none takes a value that stands apart. */
const OF_STDIN: ReadonlySet<string> = new Set([
  'enrich',
  'report',
  '-q',
  '--quiet',
  '--no-correlate',
  '--inbound',
  '--detail',
]);

/** Whether the command reads its standard input, for sure: not that of a shell's loop around it. */
function readsStdin(args: readonly string[]): boolean {
  return args.every((arg) => OF_STDIN.has(arg) || /^--(?:format|top|year|tz|threads)=[\w+/-]+$/.test(arg));
}

/** How many threads the arguments ask for. */
function threadsIn(args: readonly string[]): number {
  const at = args.findLastIndex((arg) => arg === '--threads' || arg.startsWith('--threads='));
  if (at < 0) return usualThreads();
  const asked = Number(args[at] === '--threads' ? args[at + 1] : args[at]!.slice('--threads='.length));
  return Number.isInteger(asked) && asked >= 0 ? Math.min(asked, MOST_THREADS) : 0;
}

/** The large state that the arguments name; undefined where they name none. A guess, as above: yargs may know better. */
export function largeStateIn(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => arg === '--state' || arg.startsWith('--state='));
  const path = args[at] === '--state' ? args[at + 1] : args[at]?.slice('--state='.length);
  try {
    return path !== undefined && isLarge(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** 0 for what is no file that can be looked at: whoever reads it will say so. */
function sizeOf(path: string): number {
  try {
    const info = statSync(path);
    return info.isFile() && info.size >= LEAST ? info.size : 0;
  } catch {
    return 0;
  }
}

/** Smaller files are not counted: each hardly needs a thread. */
const LEAST = 1 << 20;
