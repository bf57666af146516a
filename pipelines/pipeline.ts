/**
 * What a pipeline is: a name, the options it understands, and a run that wires source, stages and sink together.
 * The command line is derived from these; nothing here knows how it is parsed.
 */
import type { Readable, Writable } from 'node:stream';

export interface OptionSpec {
  readonly type: 'string' | 'number' | 'boolean';
  readonly describe: string;
  readonly choices?: readonly string[];
  readonly default?: string | number | boolean;
  readonly alias?: string;
  /** May be given more than once; the value is then a list. */
  readonly array?: boolean;
  /** The value where the option is given without one; a value then needs its `=`, as in `--strict=5%`. */
  readonly implied?: string;
  /** How the value is named in the help: `--top N`. */
  readonly value?: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type Scalar<S extends OptionSpec> = S extends { type: 'number' }
  ? number
  : S extends { type: 'boolean' }
    ? boolean
    : S extends { choices: readonly (infer C)[] }
      ? C
      : string;

/** The values of a set of options, as `run` receives them. */
export type OptionValues<S extends OptionSpecs> = {
  readonly [K in keyof S]: S[K] extends { array: true }
    ? readonly Scalar<S[K]>[]
    : S[K] extends { default: string | number | boolean }
      ? Scalar<S[K]>
      : Scalar<S[K]> | undefined;
};

/** The outside world as a pipeline may see it: an argument, so that tests can hand in their own. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Milliseconds since 1970 UTC: the clock, read once. */
  readonly now: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks to be told when somebody wants the program to end (SIGTERM, SIGINT); until then it is ended at once. */
  readonly onStop?: (stop: () => void) => void;
}

export interface Pipeline<S extends OptionSpecs = OptionSpecs> {
  /** What comes after the command's name: `[files..]`, `[answer]`. */
  readonly positional:
    | { readonly name: string; readonly describe: string; readonly variadic: boolean; readonly files?: boolean }
    | undefined;
  readonly options: S;
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** Returns the exit code: 0 done, 1 only where asked for, 2 usage, 3 input lost or not understood, 4 I/O or state. */
  run(values: OptionValues<S>, positionals: readonly string[], io: Io): Promise<number>;
}

/** Keeps the option types while it checks the shape. */
export function definePipeline<const S extends OptionSpecs>(pipeline: Pipeline<S>): Pipeline<S> {
  return pipeline;
}
