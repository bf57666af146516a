import { type ErrorCode, isClosedPipe, SmtpEnrichError } from '../../pipelines/failure.ts';
import { PIPELINES } from '../../pipelines/index.ts';
import type { Io, OptionSpecs } from '../../pipelines/pipeline.ts';
import { meantCommand } from './meant-command.ts';
import { plainArguments } from './plain-arguments.ts';

export const EXIT_USAGE = 2;
const EXIT_CODES: Readonly<Record<ErrorCode, number>> = { USAGE: EXIT_USAGE, TABLE: EXIT_USAGE, IO: 4, STATE: 4 };

/** yargs 18 drops a lone `-`: it travels under another name. */
const DASH = '\u0000-';

/** Runs what the arguments ask for. Returns the exit code; never throws, never exits. */
export async function runCommandLine(args: readonly string[], version: string, io: Io): Promise<number> {
  // A reader that has gone (`| head -1`) is noticed at the next write; without this listener it would be an uncaught error.
  let unwritten: unknown;
  io.stdout.on('error', (error) => {
    unwritten ??= error;
  });
  try {
    const status = await run(args, version, io);
    await written(io.stdout);
    // A full disk is no reader that has gone: what was asked for is not there.
    if (unwritten !== undefined && !isClosedPipe(unwritten)) throw unwritten;
    return status;
  } catch (error) {
    const status = explainFailure(error, io);
    if (status !== 0) suggest(args, io);
    return status;
  }
}

/** A command that was mistyped is taken for a file of the default command: the failure alone would puzzle. */
function suggest(args: readonly string[], io: Io): void {
  const meant = meantCommand(
    args[0],
    PIPELINES.map(({ name }) => name),
  );
  if (meant !== undefined) io.stderr.write(`Did you mean: smtp-enrich ${meant}\n`);
}

/** Until all that was written has been taken, or has failed. An error is told one turn after the write that failed. */
async function written(stdout: Io['stdout']): Promise<void> {
  if (!stdout.destroyed) await new Promise<void>((resolve) => void stdout.write('', () => resolve()));
  await new Promise<void>((resolve) => setImmediate(resolve));
}

async function run(args: readonly string[], version: string, io: Io): Promise<number> {
  const entry = PIPELINES.find(({ name }) => name === args[0]);
  const chosen = entry ?? PIPELINES[0]!;
  const rest = entry === undefined ? args : args.slice(1);
  // Help about everything: no pipeline needs to be loaded for it.
  if (entry === undefined && (rest[0] === '--help' || rest[0] === '-h' || rest[0] === 'help')) {
    io.stdout.write(`${await overview(version)}\n`);
    return 0;
  }
  const pipeline = await chosen.load();
  const spelt = spellOut(rest, pipeline.options);
  const understood =
    plainArguments(spelt, pipeline.options) ??
    (await (await import('./yargs-arguments.ts')).yargsArguments(spelt, chosen, pipeline, version));
  if ('failure' in understood) {
    io.stderr.write(
      `smtp-enrich: ${understood.failure}\nTry: smtp-enrich ${entry === undefined ? '' : `${chosen.name} `}--help\n`,
    );
    suggest(args, io);
    return EXIT_USAGE;
  }
  if ('shown' in understood) {
    io.stdout.write(`${understood.shown}\n`);
    return 0;
  }
  const { values } = understood;
  const positionals = understood.positionals.map((word) => (word === DASH ? '-' : word));
  const { positional } = pipeline;
  if (positional === undefined ? positionals.length > 0 : !positional.variadic && positionals.length > 1) {
    io.stderr.write(
      `smtp-enrich: unexpected argument ${JSON.stringify(positionals.at(-1))}\nTry: smtp-enrich ${chosen.name} --help\n`,
    );
    return EXIT_USAGE;
  }
  const elsewhere = values.state !== undefined && chosen.name !== 'ingest';
  if (positional?.files === true && positionals.length === 0 && io.stdin.isTTY === true && !elsewhere) {
    io.stderr.write(`${await overview(version)}\n\nsmtp-enrich: no input: name a log file, or pipe one in\n`);
    return EXIT_USAGE;
  }
  return pipeline.run(optionValues(pipeline.options, values), positionals, io);
}

/** Says what no parser can know: a lone `-`, and the value of an option that may be given without one. */
function spellOut(args: readonly string[], options: OptionSpecs): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return args.map((arg, index) => {
    if (arg === '-') return DASH;
    const implied = index < end && arg.startsWith('--') ? options[arg.slice(2)]?.implied : undefined;
    return implied === undefined ? arg : `${arg}=${implied}`;
  });
}

/** Only what the pipeline declares; a list for an option that may be given more than once. */
function optionValues(specs: OptionSpecs, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const value = values[name];
      return [name, spec.array === true ? (value === undefined ? [] : [value].flat()) : value];
    }),
  );
}

/** The help that a first run shows. */
async function overview(version: string): Promise<string> {
  const width = Math.max(...PIPELINES.map(({ name }) => name.length));
  return [
    `smtp-enrich ${version}: what the receiving mail servers answered, what it means, and what to do about it`,
    '',
    'Usage: cat maillog | smtp-enrich [command] [files..] [options]',
    '',
    'Commands:',
    ...PIPELINES.map(
      ({ name, describe }, index) => `  ${name.padEnd(width)}  ${describe}${index === 0 ? ' (the default)' : ''}`,
    ),
    '',
    'Try it on a sample:   smtp-enrich demo',
    'On your own log:      smtp-enrich report /var/log/mail.log*',
    'About one answer:     smtp-enrich explain "550 5.1.1 User unknown"',
    'About a command:      smtp-enrich report --help',
  ].join('\n');
}

/** Says it for people; returns the exit code. */
export function explainFailure(error: unknown, io: Pick<Io, 'stderr'>): number {
  if (isClosedPipe(error)) return 0;
  if (error instanceof SmtpEnrichError) {
    io.stderr.write(`smtp-enrich: ${error.message}\n${error.hint === '' ? '' : `${error.hint}\n`}`);
    return EXIT_CODES[error.code];
  }
  // yargs throws plain errors for what its checks find.
  if (error instanceof Error && /^--/.test(error.message)) {
    io.stderr.write(`smtp-enrich: ${error.message}\n`);
    return EXIT_USAGE;
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined) {
    io.stderr.write(`smtp-enrich: ${(error as Error).message}\n`);
    return 4;
  }
  io.stderr.write(
    `smtp-enrich: this should not have happened: ${String((error as Error | undefined)?.stack ?? error)}\nPlease report it with the line of the log that led to it.\n`,
  );
  return 4;
}
