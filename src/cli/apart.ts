/**
 * Work on a large state is done by a process of its own. The driver ends its process where a text in the file is no UTF-8, and
 * a large state is not read through each time before it is used: the process that is left says what has happened.
 */
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import { Writable } from 'node:stream';
import { isatty, WriteStream } from 'node:tty';

/** Tells a process that it is the one apart. */
const MARK = 'SMTP_ENRICH_APART';
/** What ends a process that has met what it did not expect. */
const CRASHES: ReadonlySet<string> = new Set(['SIGABRT', 'SIGBUS', 'SIGILL', 'SIGSEGV', 'SIGTRAP']);
const PASSED_ON = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/**
 * Where the process apart writes for people, the standard error of the one that started it. Its own one is left to the driver, which
 * panics there at length before it ends the process; that is held back, and shown where nothing better can be said.
 */
const FOR_PEOPLE = 4;
/** Characters held back at most: the last ones. */
const HELD_BACK = 65_536;
/** Milliseconds until a full pipe is tried again. */
const FULL_FOR = 5;

/** Whether this is the process apart; if so, it ends as suddenly as the one that started it. */
export function isApart(): boolean {
  if (process.env[MARK] === undefined) return false;
  delete process.env[MARK];
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel?.unref();
  return true;
}

/** What the process apart writes on for people: at once, as Node's own standard error does. */
export function stderrApart(): Writable & { readonly isTTY?: boolean } {
  if (isatty(FOR_PEOPLE)) return new WriteStream(FOR_PEOPLE);
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (let at = 0; at < chunk.length; ) {
        try {
          at += writeSync(FOR_PEOPLE, chunk, at);
        } catch (error) {
          // Nobody reads it any more: not worth an error of its own.
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') break;
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_FOR);
        }
      }
      done();
    },
  });
}

/**
 * Runs this very command in a process of its own, with the same input and output. Returns its exit code, or dies as it died;
 * undefined where no process can be started.
 */
export async function runApart(state: string): Promise<number | undefined> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'pipe', 'ipc', process.stderr.fd],
    env: { ...process.env, [MARK]: '1' },
  });
  let heldBack = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    heldBack = (heldBack + text).slice(-HELD_BACK);
  });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of PASSED_ON) process.on(signal, pass);
  const end = await new Promise<[number | null, NodeJS.Signals | null] | undefined>((resolve) => {
    child.on('error', () => child.pid === undefined && resolve(undefined));
    child.on('close', (...how) => resolve(how));
  });
  for (const signal of PASSED_ON) process.off(signal, pass);
  if (end === undefined) return undefined;
  const [code, signal] = end;
  if (signal !== null && CRASHES.has(signal)) {
    try {
      const { checkApart } = await import('../../pipelines/soundness.ts');
      checkApart(state);
    } catch (error) {
      const { explainFailure } = await import('./command-line.ts');
      return explainFailure(error, process);
    }
  }
  process.stderr.write(heldBack);
  if (signal === null) return code ?? 0;
  process.kill(process.pid, signal);
  return 128 + constants.signals[signal];
}
