/** What is begun, and asked, before the program is loaded. */
import { statSync } from 'node:fs';
import { isPipeFull } from '../src/source/ahead.ts';
import { isLarge } from '../src/store/large.ts';
import { LARGE_INPUT, MOST_THREADS, startThreads, usualThreads } from '../src/stream/threads.ts';

/** Prepares for a large input: starts the threads that it will want. Only a guess from the arguments: threads that nobody takes harm nobody. */
export function startEarly(args: readonly string[]): void {
  const threads = threadsIn(args);
  if (threads === 0) return;
  const total = logsIn(args).reduce((sum, path) => sum + sizeOf(path), 0);
  if (total >= LARGE_INPUT || (readsStdin(args) && isPipeFull())) startThreads(threads);
}

/** What may be a log: a state is large as well, and is not read by threads. */
function logsIn(args: readonly string[]): readonly string[] {
  if (args[0] === 'state') return [];
  return args.filter((arg, index) => !arg.startsWith('-') && args[index - 1] !== '--state');
}

/**
 * With these alone, a command reads logs from its standard input, as nothing can be wrong with them. All else may be a file, or an error: then
 * what stands there is somebody else's, a shell's loop's.
 */
const OF_ALL = /^(?:-q|--quiet|--inbound|--tz=UTC|--year=(?:19[7-9]|20\d)\d|--threads=[1-9])$/;
const OF_COMMAND: Readonly<Record<string, RegExp>> = {
  enrich: /^(?:--no-correlate|--format=(?:ndjson|text|csv))$/,
  report: /^(?:--top=\d{1,4}|--format=(?:text|json|markdown))$/,
};

/** Whether the arguments leave no doubt that logs are read from standard input. */
function readsStdin(args: readonly string[]): boolean {
  const isNamed = args[0] === 'enrich' || args[0] === 'report';
  const command = OF_COMMAND[isNamed ? args[0]! : 'enrich']!;
  const options = isNamed ? args.slice(1) : args;
  const names = new Set(options.map((option) => option.replace(/=.*/, '')));
  return names.size === options.length && options.every((option) => OF_ALL.test(option) || command.test(option));
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
