/**
 * Starting threads. One needs some 40 ms from its start to its first line, much the same as this program needs to load itself: so
 * whoever knows early that there is much to read starts them first and loads the rest meanwhile.
 */
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { type FlagsLeft, flagsLeft, setFlags } from './v8-flags.ts';

/** From so many bytes on, starting threads pays. */
export const LARGE_INPUT = 32 * 1024 * 1024;
/** The same of an input whose size cannot be known: what has handed over so much mostly has much more. */
export const LARGE_STREAM = 2 * 1024 * 1024;

/** The memory that threads share has room for so many and for what is counted; the one that settles the events is busy with three. */
export const MOST_THREADS = 16;

/** One for each further processor, at most three. */
export function usualThreads(): number {
  return Math.min(3, availableParallelism() - 1);
}

/** Made when the first thread is started. */
let left: FlagsLeft | undefined;
/** Started, and not yet taken. */
const idle: Worker[] = [];

/** Starts threads that wait for their first message. They end with the program, whether they are taken or not. */
export function startThreads(count: number): void {
  for (let i = 0; i < count; i++) {
    const worker = start();
    worker.unref();
    // One that could not begin is taken by nobody.
    worker.once('error', () => {
      if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
    });
    idle.push(worker);
  }
}

/** Whether threads have been started that nobody has taken yet. */
export function areStarted(): boolean {
  return idle.length > 0;
}

/** From now on, V8 is to optimise less: see v8-flags.ts. */
export function optimiseLess(): void {
  setFlags(areStarted() ? left : undefined);
}

/** A thread, whose first message is to be its setup; and whether it was started early, so that it will soon be there. */
export function takeThread(): { readonly worker: Worker; readonly isEarly: boolean } {
  const early = idle.pop();
  const worker = early ?? start();
  worker.ref();
  return { worker, isEarly: early !== undefined };
}

/** A thread's garbage dies young, and is little: a small nursery does, and touches less memory (docs/decisions/0061). */
const NURSERY_MB = 2;

function start(): Worker {
  // Not before there is much to read: it takes as long to load as all that `--version` says.
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  left ??= flagsLeft();
  return new Worker(new URL('./worker.cjs', import.meta.url), {
    workerData: left,
    resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MB },
    // It writes nothing. Where these are not asked for, Node listens to standard output once more for each, and says that it may be a leak.
    stdout: true,
    stderr: true,
  });
}
