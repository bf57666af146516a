/** Runs the command line in this process, with the outside world in memory. */
import { Readable, Writable } from 'node:stream';
import { runCommandLine } from '../../src/cli/command-line.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runPipeline(args: readonly string[], input: string | Buffer = ''): Promise<Outcome> {
  const out = collector();
  const err = collector();
  const code = await runCommandLine(args, '0.0.0', {
    stdin: Readable.from(input === '' ? [] : [Buffer.from(input)], { objectMode: false }),
    stdout: out.stream,
    stderr: err.stream,
    now: Date.UTC(2026, 10, 23),
    env: {},
  });
  return { code, stdout: out.text(), stderr: err.text() };
}

function collector(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  return {
    stream: new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        done();
      },
    }),
    text: () => Buffer.concat(chunks).toString(),
  };
}
