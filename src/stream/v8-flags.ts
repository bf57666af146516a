/**
 * Flags of V8. They count for the whole process, and V8 takes what it has compiled earlier only where they are as they were then: a thread that
 * starts when one has been set compiles Node's own modules anew, which takes as long as all else that it loads. So where a thread is on its
 * way, flags are left to it: it sets them when Node has started there, before its own code is loaded.
 */

/**
 * What is hot in the report of a log is WebAssembly: to optimise what merely runs once, if long, costs more than it gains.
 */
const OPTIMISE_LESS = '--interrupt-budget=400000';

/** Shared by the threads of a process: one of these. */
export type FlagsLeft = Int32Array;
const NOT_ASKED = 0;
const LEFT_TO_THREADS = 1;
/** A thread has begun: whoever wants flags sets them. */
const BEGUN = 2;

export function flagsLeft(): FlagsLeft {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** In the main thread. @param left what threads that have been started, and not had their setup, know of; absent where there are none */
export function setFlags(left: FlagsLeft | undefined): void {
  if (left !== undefined && Atomics.compareExchange(left, 0, NOT_ASKED, LEFT_TO_THREADS) !== BEGUN) return;
  // Later releases of V8 than that of Node 20 know no such flag, and would say so.
  if (process.versions.v8.startsWith('11.')) process.getBuiltinModule('node:v8').setFlagsFromString(OPTIMISE_LESS);
}

/** In a thread, before it loads its code. */
export function beginThread(left: FlagsLeft): void {
  if (Atomics.exchange(left, 0, BEGUN) === LEFT_TO_THREADS) setFlags(undefined);
}
