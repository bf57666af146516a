/** What is begun, and asked, before the program is loaded. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { isLarge } from '../src/store/large.ts';
import { LARGE_INPUT, startThreads, usualThreads } from '../src/stream/threads.ts';

/** Prepares for a large input: starts the threads that it will want. Only a guess from the arguments: threads that nobody takes harm nobody. */
export function startEarly(args: readonly string[]): void {
  const inputs = args.filter((arg) => !arg.startsWith('-')).map(inputAt);
  const size = (of: readonly { size: number }[]): number => of.reduce((sum, one) => sum + one.size, 0);
  if (size(inputs) < LARGE_INPUT) return;
  // What is hot in the report of a log is WebAssembly: to optimise what merely runs once, if long, costs more than it gains. What
  // makes events of JSON, or writes lines, is hot itself, and keeps the usual 132 KB.
  if (args[0] === 'report' && size(inputs.filter(({ json }) => !json)) >= LARGE_INPUT)
    setFlagsFromString('--interrupt-budget=400000');
  if (!args.some((arg) => arg.startsWith('--threads'))) startThreads(usualThreads());
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

/** How large an input is, and whether it may be JSON; 0 for what is no file that can be looked at: whoever reads it will say so. */
function inputAt(path: string): { size: number; json: boolean } {
  let file: number;
  let size: number;
  try {
    const info = statSync(path);
    if (!info.isFile() || info.size < LEAST) return NOTHING;
    size = info.size;
    file = openSync(path, 'r');
  } catch {
    return NOTHING;
  }
  try {
    const first = Buffer.alloc(1);
    readSync(file, first, 0, 1, 0);
    return { size, json: first[0] === OBJECT || first[0] === ARRAY };
  } catch {
    return NOTHING;
  } finally {
    closeSync(file);
  }
}

const NOTHING = { size: 0, json: false };
/** Of smaller files it would take too many to look into each. */
const LEAST = 1 << 20;
const OBJECT = 0x7b;
const ARRAY = 0x5b;
