/**
 * No pattern can backtrack: log text is written by strangers, and one pattern whose cost is its input's length squared stops a
 * server's report. Every regular expression of the program is read from its code and checked.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'acorn';
import { checkSync } from 'recheck';
import { transformSync } from 'rolldown/utils';
import { describe, expect, test } from 'vitest';
import { ROOT } from './support/run.ts';

interface Pattern {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

// The checker in JavaScript, not the one that starts Java or a binary.
process.env.RECHECK_BACKEND = 'pure';

/** All patterns in a piece of JavaScript: literals, and what is given to RegExp. Others than these are an error. */
function patternsIn(code: string, file: string): Pattern[] {
  const found: Pattern[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    if (value === null || typeof value !== 'object' || !('type' in value)) return;
    const node = value as Node;
    if (node.type === 'Literal' && node.regex !== undefined) {
      const { pattern, flags } = node.regex as { pattern: string; flags: string };
      found.push({ file, source: pattern, flags });
    }
    if ((node.type === 'NewExpression' || node.type === 'CallExpression') && (node.callee as Node).name === 'RegExp') {
      const [source, flags] = node.arguments as Node[];
      const text = sourceOf(source!);
      if (text === undefined)
        throw new Error(`${file}: a pattern made while the program runs: ${JSON.stringify(source)}`);
      if (text !== '') found.push({ file, source: text, flags: (flags?.value as string | undefined) ?? '' });
    }
    for (const key of Object.keys(node)) if (key !== 'type') visit(node[key]);
  };
  visit(parse(code, { ecmaVersion: 2023, sourceType: 'module', allowHashBang: true }));
  return found;
}

/** A string, a template whose gaps are escaped literals, or the source of another pattern (which is checked where it stands: ''). */
function sourceOf(node: Node): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral' && (node.expressions as Node[]).every(isEscaped)) {
    return (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join('a[.]b');
  }
  if (node.type === 'MemberExpression' && (node.property as Node).name === 'source') return '';
  return undefined;
}

function isEscaped(node: Node): boolean {
  return node.type === 'CallExpression' && (node.callee as Node).name === 'escapeRegExp';
}

/** What recheck says against a pattern: that its cost can grow faster than the length of what it reads, and on which text. */
function trouble({ source, flags }: Pattern): string | undefined {
  const result = checkSync(source, flags, { timeout: 60_000, randomSeed: 1 });
  if (result.status === 'safe') return undefined;
  return result.status === 'vulnerable'
    ? `${result.complexity.summary} on ${result.attack.pattern}`
    : result.error.kind;
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.includes('assembly'))
    .map((name) => join(folder, name))
    .sort();
}

const patterns = ['src', 'pipelines'].flatMap(filesUnder).flatMap((file) => {
  return patternsIn(transformSync(file, readFileSync(join(ROOT, file), 'utf8')).code, file);
});

describe('every pattern', () => {
  test.each(patterns.map((pattern) => [pattern.file, `/${pattern.source}/${pattern.flags}`, pattern] as const))(
    '%s: %s',
    (_file, _text, pattern) => {
      expect(trouble(pattern)).toBeUndefined();
    },
  );

  test('there are some, in more than one folder', () => {
    expect(patterns.length).toBeGreaterThan(30);
    expect(new Set(patterns.map(({ file }) => file.split('/')[1])).size).toBeGreaterThan(4);
  });
});

describe('the check itself', () => {
  test.each([
    '(a+)+$',
    '^(a|a)*$',
    '^\\s*(.*)\\s*$',
    '(\\w+\\s?)*:',
    '^(?:[a-z]+)*@',
    '\\d+\\d+x',
    '(?:x?){20}x{20}$',
    '.*.*=.*',
  ])('finds %s', (source) => {
    expect(trouble({ file: 'planted', source, flags: '' })).toBeDefined();
  });

  test('sees literals and constructors in code, and refuses what it cannot see', () => {
    expect(
      patternsIn(
        'const a = /x(y)/gi; const b = "/no/"; // /comment/\nnew RegExp("z+", "u"); new RegExp(a.source)',
        'f',
      ),
    ).toEqual([
      { file: 'f', source: 'x(y)', flags: 'gi' },
      { file: 'f', source: 'z+', flags: 'u' },
    ]);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code
    expect(patternsIn('new RegExp(`^${escapeRegExp(x)}$`, "i")', 'f')).toEqual([
      { file: 'f', source: '^a[.]b$', flags: 'i' },
    ]);
    expect(() => patternsIn('new RegExp(input)', 'f')).toThrow(/while the program runs/);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code
    expect(() => patternsIn('RegExp(`${input}+`)', 'f')).toThrow(/while the program runs/);
  });
});
