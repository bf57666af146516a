/**
 * Arguments in their plainest form, read by Node's own parser. yargs takes 20 ms to load, and is there for what people get wrong or
 * ask: whatever is not plain (an unknown option, a missing or odd value, --help) is left to it. What both understand they
 * understand alike; a test compares them.
 */
import { parseArgs } from 'node:util';
import type { OptionSpec, OptionSpecs } from '../../pipelines/pipeline.ts';

export interface Arguments {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

/** To yargs a question, or the value of the flag before. */
const SPECIAL = new Set(['help', 'version', 'true', 'false']);

/** Undefined where yargs should have a look. */
export function plainArguments(args: readonly string[], specs: OptionSpecs): Arguments | undefined {
  // Short options in one word are read in more than one way.
  if (args.some((arg) => /^-[^-]./.test(arg))) return undefined;
  let tokens: ReturnType<typeof parse>['tokens'];
  try {
    tokens = parse(args, specs).tokens;
  } catch {
    return undefined;
  }
  const values: Record<string, unknown> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option-terminator') return undefined;
    if (token.kind === 'positional') {
      positionals.push(token.value);
      continue;
    }
    const spec = specs[token.name]!;
    const value = plainValue(token.value, spec);
    if (value === undefined) return undefined;
    const list = values[token.name] as unknown[] | undefined;
    if (spec.array !== true) {
      if (list !== undefined) return undefined;
      values[token.name] = value;
    } else if (list === undefined) values[token.name] = [value];
    else list.push(value);
  }
  if (positionals.some((word) => SPECIAL.has(word))) return undefined;
  for (const [name, { default: value }] of Object.entries(specs))
    if (value !== undefined && !Object.hasOwn(values, name)) values[name] = value;
  return { values, positionals };
}

function parse(args: readonly string[], specs: OptionSpecs) {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { type, alias }]) => [
      name,
      { type: type === 'boolean' ? ('boolean' as const) : ('string' as const), ...(alias && { short: alias }) },
    ]),
  );
  return parseArgs({ args: [...args], options, allowPositionals: true, tokens: true });
}

/** Undefined for a value that is none of its option's, or could be read in two ways. */
function plainValue(text: string | undefined, spec: OptionSpec): string | number | boolean | undefined {
  if (spec.type === 'boolean') return text === undefined ? true : undefined;
  if (text === undefined || text === '' || /^[-'"]/.test(text)) return undefined;
  if (spec.type === 'number') return /^\d{1,15}(?:\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
  return spec.choices?.includes(text) === false ? undefined : text;
}
