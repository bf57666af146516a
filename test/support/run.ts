/** Runs the built program, as a user would: arguments, standard input, what comes out, the exit code. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/main.cjs', import.meta.url));

export interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** The environment a test runs in must not show: neither its zone nor its colours. */
const ENV = { ...process.env, TZ: 'UTC', NO_COLOR: '1', FORCE_COLOR: undefined };

export function run(args: readonly string[], input: string | Buffer = '', cwd = ROOT): Run {
  const result: SpawnSyncReturns<Buffer> = spawnSync(process.execPath, [PROGRAM, ...args], {
    input,
    cwd,
    env: ENV,
    maxBuffer: 1 << 28,
  });
  return { stdout: result.stdout.toString(), stderr: result.stderr.toString(), status: result.status };
}

/** The events that a run wrote, one JSON object a line. */
export function eventsOf(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** No stack trace ever reaches a user. */
export function hasStackTrace(text: string): boolean {
  return /^\s+at .+:\d+:\d+\)?$/m.test(text) || text.includes('should not have happened');
}
