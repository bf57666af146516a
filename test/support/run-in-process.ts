/** Runs a pipeline as the command line does, with streams of its own instead of the process's. */
import { Readable, Writable } from 'node:stream';
import type { Io } from '../../pipelines/pipeline.ts';
import { runCommandLine } from '../../src/cli/command-line.ts';

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Buffer;
  readonly terminal?: boolean;
  readonly columns?: number;
  /** Milliseconds since 1970 UTC; noon of the day after the samples' by default. */
  readonly now?: number;
  readonly env?: Record<string, string>;
}

export const NOW = Date.UTC(2026, 10, 23, 12);

/** @param args as after `smtp-enrich` */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const collect = (chunks: Buffer[], terminal: boolean): Writable & { isTTY?: boolean; columns?: number } =>
    Object.assign(
      new Writable({
        write(chunk: Buffer | string, _encoding, done) {
          chunks.push(Buffer.from(chunk));
          done();
        },
      }),
      terminal ? { isTTY: true, columns: options.columns ?? 80 } : {},
    );
  const io: Io = {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout: collect(out, options.terminal === true),
    stderr: collect(err, false),
    now: options.now ?? NOW,
    env: options.env ?? {},
  };
  const code = await runCommandLine(args, '0.0.0', io);
  return { code, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') };
}
