/**
 * Work on a large state is done by a process of its own. The driver ends its process where a text in the file is no UTF-8, and
 * a large state is not read through each time before it is used: the process that is left says what has happened.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Tells a process that it is the one apart. */
const MARK = 'SMTP_ENRICH_APART';
/** What ends a process that has met what it did not expect. */
const CRASHES: ReadonlySet<string> = new Set(['SIGABRT', 'SIGBUS', 'SIGILL', 'SIGSEGV', 'SIGTRAP']);
const PASSED_ON = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Whether this is the process apart; if so, it ends as suddenly as the one that started it. */
export function isApart(): boolean {
  if (process.env[MARK] === undefined) return false;
  delete process.env[MARK];
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel?.unref();
  return true;
}

/**
 * Runs this very command in a process of its own, with the same input and output. Returns its exit code, or dies as it died;
 * undefined where no process can be started.
 */
export async function runApart(state: string): Promise<number | undefined> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [MARK]: '1' },
  });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of PASSED_ON) process.on(signal, pass);
  const end = await new Promise<[number | null, NodeJS.Signals | null] | undefined>((resolve) => {
    child.on('error', () => child.pid === undefined && resolve(undefined));
    child.on('exit', (...how) => resolve(how));
  });
  for (const signal of PASSED_ON) process.off(signal, pass);
  if (end === undefined) return undefined;
  const [code, signal] = end;
  if (signal === null) return code ?? 0;
  if (CRASHES.has(signal)) {
    try {
      const { checkApart } = await import('../../pipelines/soundness.ts');
      checkApart(state);
    } catch (error) {
      const { explainFailure } = await import('./command-line.ts');
      return explainFailure(error, process);
    }
  }
  process.kill(process.pid, signal);
  return 128 + constants.signals[signal];
}
