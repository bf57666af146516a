/** Where a thread begins, with as little as can be: see v8-flags.ts. What it does is in thread.ts. */
import { workerData } from 'node:worker_threads';
import { beginThread, type FlagsLeft } from './v8-flags.ts';

beginThread(workerData as FlagsLeft);
void import('./thread.ts');
