/** What is plain is understood as yargs understands it, and what yargs would refuse or answer itself is not plain. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PIPELINES } from '../../pipelines/index.ts';
import type { OptionSpec } from '../../pipelines/pipeline.ts';
import { plainArguments } from '../../src/cli/plain-arguments.ts';
import { yargsArguments } from '../../src/cli/yargs-arguments.ts';
import { SEED } from '../support/seed.ts';

const REPORT = PIPELINES.find(({ name }) => name === 'report')!;
const report = await REPORT.load();
const specs = report.options as Record<string, OptionSpec>;

/** As the command line asks yargs; undefined where it has something to say. */
async function byYargs(args: readonly string[]) {
  try {
    const result = await yargsArguments(args, REPORT, report, '0.0.0');
    if (!('values' in result)) return undefined;
    const { values, positionals } = result;
    return { values: chosen(values), positionals };
  } catch {
    return undefined;
  }
}

/** Those that are given; a list for an option that may be given more than once. */
function chosen(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(specs)
      .filter((name) => values[name] !== undefined)
      .map((name) => [name, specs[name]!.array === true ? [values[name]].flat() : values[name]]),
  );
}

describe('plain arguments', () => {
  it.each([
    [[]],
    [['mail.log', 'mail.log.1']],
    [['-q', 'mail.log', '--top', '5', '--by=domain', '--by', 'sender', '-o', 'out.txt']],
    [['--fail-on', 'deferral-rate=20%,new-suppressions=100', '--quiet-if-ok', '--strict=1%', 'mail.log']],
    [['--since', '7d', '--tz', 'Europe/Berlin', '--year', '2026', '550', '1e3']],
  ])('%j', async (args) => {
    const plain = plainArguments(args, specs)!;
    expect({ values: chosen(plain.values), positionals: plain.positionals }).toEqual(await byYargs(args));
  });

  it.each([
    [['--help']],
    [['help']],
    [['--version']],
    [['--topp', '5']],
    [['--top']],
    [['--top', 'many']],
    [['--top', '-1']],
    [['--top', '1', '--top', '2']],
    [['--format', 'pdf']],
    [['--format']],
    [['--no-quiet']],
    [['--output', '-']],
    [['--', 'mail.log']],
    [['-x']],
  ])('not plain: %j', (args) => {
    expect(plainArguments(args, specs)).toBeUndefined();
  });

  it('whatever is plain, yargs reads alike', async () => {
    const names = Object.keys(specs);
    const word = fc.oneof(
      fc.constantFrom(
        'mail.log',
        'domain',
        'html',
        'help',
        'version',
        '5',
        '0x10',
        '1e3',
        '007',
        '1.50',
        'true',
        'false',
      ),
      fc.constantFrom(
        '',
        '-',
        '--',
        '-1',
        '"quoted"',
        "'a b'",
        'a=b',
        'ä',
        'a.b',
        'constructor',
        '__proto__',
        '\u0000-',
      ),
      fc.string({ maxLength: 4 }),
    );
    const option = fc.oneof(
      fc.constantFrom(...names),
      fc.constantFrom('no-quiet', 'unknown', 'a.b', '__proto__', 'constructor', 'top.x', 'help', 'version', 'h'),
    );
    const part = fc.oneof(
      word.map((text) => [text]),
      option.map((name) => [`--${name}`]),
      fc.tuple(option, word).map(([name, text]) => [`--${name}`, text]),
      fc.tuple(option, word).map(([name, text]) => [`--${name}=${text}`]),
      fc.tuple(fc.constantFrom('q', 'o', 'qo', 'x', 'oq'), word).map(([name, text]) => [`-${name}`, text]),
    );
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 4 }), async (parts) => {
        const args = parts.flat();
        const understood = plainArguments(args, specs);
        if (understood === undefined) return;
        plain++;
        expect({ values: chosen(understood.values), positionals: understood.positionals }).toEqual(await byYargs(args));
      }),
      { seed: SEED, numRuns: 5000 },
    );
    expect(plain).toBeGreaterThan(300); // not vacuous
  });
});
