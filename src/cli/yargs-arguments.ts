/** What yargs makes of arguments: values, the help that was asked for, or what is wrong with them. */
import yargs, { type Argv, type Options } from 'yargs';
import type { PipelineEntry } from '../../pipelines/index.ts';
import type { OptionSpec, Pipeline } from '../../pipelines/pipeline.ts';
import type { Arguments } from './plain-arguments.ts';

/** @throws Error, plain, for what its checks find */
export async function yargsArguments(
  args: readonly string[],
  entry: PipelineEntry,
  pipeline: Pipeline,
  version: string,
): Promise<Arguments | { readonly failure: string } | { readonly shown: string }> {
  let failure: string | undefined;
  let shown: string | undefined;
  const values = (await parserOf(entry, pipeline, version)
    .fail((message, error) => {
      // A missing value comes as an error of yargs' own, what its checks throw as a plain one.
      if (error != null && error.name !== 'YError') throw error;
      failure = message ?? error?.message;
    })
    .parseAsync([...args], {}, (_error, _values, output) => {
      if (output !== '') shown = output;
    })) as Record<string, unknown> & { _: (string | number)[] };
  if (failure !== undefined) return { failure };
  if (shown !== undefined) return { shown };
  return { values, positionals: values._.map(String) };
}

function parserOf(entry: PipelineEntry, pipeline: Pipeline, version: string): Argv {
  const { positional } = pipeline;
  const words = positional === undefined ? '' : ` [${positional.name}${positional.variadic ? '..' : ''}]`;
  let parser = yargs()
    .scriptName('smtp-enrich')
    .locale('en')
    .usage(
      `smtp-enrich ${entry.name}${words} [options]\n\n${entry.describe}.${positional === undefined ? '' : `\n\n  ${positional.name}  ${positional.describe}`}`,
    )
    .version(version)
    .help()
    .alias('help', 'h')
    .exitProcess(false)
    .strictOptions()
    .parserConfiguration({
      'duplicate-arguments-array': true,
      'camel-case-expansion': false,
      'parse-positional-numbers': false,
    })
    .wrap(100);
  for (const [name, spec] of Object.entries(pipeline.options)) parser = parser.option(name, yargsOption(spec));
  for (const [command, what] of pipeline.examples) parser = parser.example(command, what);
  parser = parser.check((values) => {
    for (const [name, spec] of Object.entries(pipeline.options)) {
      const value = (values as Record<string, unknown>)[name];
      if (spec.type === 'number' && value !== undefined && Number.isNaN(value))
        throw new Error(`--${name}: expected a number`);
      if (spec.type === 'number' && (value as number) < 0) throw new Error(`--${name}: expected no less than 0`);
      if (spec.array !== true && Array.isArray(value)) throw new Error(`--${name} was given more than once`);
    }
    return true;
  });
  return parser;
}

function yargsOption(spec: OptionSpec): Options {
  return {
    type: spec.type,
    describe: spec.describe,
    requiresArg: spec.type !== 'boolean',
    ...(spec.choices === undefined ? {} : { choices: spec.choices }),
    ...(spec.default === undefined ? {} : { default: spec.default }),
    ...(spec.alias === undefined ? {} : { alias: spec.alias }),
  };
}
