#!/usr/bin/env node
/** The command line: derives yargs from the list of pipelines, runs one, sets the exit code. */
import { readFileSync } from 'node:fs';
import type { Io } from '../../pipelines/pipeline.ts';

const argv = process.argv.slice(2);
// `--version` is asked by scripts: answered before anything is loaded.
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) console.log(version());
else void start();

async function start(): Promise<void> {
  // As Node ends a program that waits for what never comes: whoever is done says how it went.
  process.exitCode = 13;
  const { largeStateIn, startEarly } = await import('../../pipelines/early.ts');
  const state = largeStateIn(argv);
  if (state === undefined) return run(startEarly);
  const { isApart, runApart, stderrApart } = await import('./apart.ts');
  if (isApart()) return run(startEarly, stderrApart());
  const code = await runApart(state);
  if (code === undefined) return run(startEarly);
  process.exitCode = code;
}

/** @param apart in a process apart, what it writes on for people; a signal may come twice there: from a terminal, and passed on */
async function run(startEarly: (args: readonly string[]) => void, apart?: Io['stderr']): Promise<void> {
  startEarly(argv);
  const { runCommandLine } = await import('./command-line.ts');
  process.exitCode = await runCommandLine(argv, version(), {
    // Made by Node when it is first asked for: who names files has no use of it.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: apart ?? process.stderr,
    now: Date.now(),
    env: process.env,
    onStop: (stop) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process[apart === undefined ? 'once' : 'on'](signal, stop);
    },
  });
}

function version(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as { version: string }).version;
    } catch {
      // not here: run from source the package is two folders up, built it is three
    }
  }
  return 'unknown';
}
