/** The house rules, as the design states them: who may import whom, and what the core may not touch. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parse } from 'acorn';
import { transformSync } from 'rolldown/utils';
import { describe, expect, test } from 'vitest';
import { ROOT } from './support/run.ts';

/** A folder's layer: what it may import besides itself. */
interface Layer {
  /** Other layers, or single files of them. */
  readonly layers: readonly string[];
  /** Packages; `node:*` for Node's own. */
  readonly packages: readonly string[];
}

const CORE = ['event', 'parse', 'enrich', 'correlate', 'aggregate', 'report'];

const LAYERS: Readonly<Record<string, Layer>> = {
  event: { layers: [], packages: [] },
  // Readers of other people's CSV exports are formats too.
  parse: { layers: ['event'], packages: ['csv-parse/sync'] },
  enrich: { layers: ['event'], packages: [] },
  correlate: { layers: ['event'], packages: [] },
  aggregate: { layers: ['event'], packages: [] },
  report: {
    layers: ['event', 'aggregate'],
    packages: [
      'csv-stringify/sync',
      'echarts/core',
      'echarts/charts',
      'echarts/components',
      'echarts/features',
      'echarts/renderers',
    ],
  },
  source: { layers: ['event'], packages: ['node:*'] },
  sink: { layers: ['event'], packages: ['node:*'] },
  store: { layers: ['event', 'correlate', 'aggregate'], packages: ['node:*', 'libsql'] },
  tables: { layers: ['event'], packages: ['node:*', 'csv-parse/sync'] },
  // Of source only its contract: what a source is, and where in it reading stands (docs/decisions/0007).
  stream: { layers: [...CORE, 'source/source.ts', 'source/position.ts'], packages: ['node:*', 'split2', 'through2'] },
  pipelines: { layers: [...CORE, 'source', 'sink', 'store', 'tables', 'stream'], packages: ['node:*', 'picocolors'] },
  cli: { layers: ['pipelines'], packages: ['node:*', 'yargs'] },
  /** src/index.ts, the library. */
  index: { layers: [...CORE, 'source', 'sink', 'store', 'tables', 'stream', 'pipelines'], packages: [] },
};

/** `src/parse/format.ts` → parse; `pipelines/report.ts` → pipelines; `src/index.ts` → index. */
function layerOf(file: string): string {
  const [top, folder, ...rest] = file.split('/');
  return top === 'pipelines' ? 'pipelines' : rest.length === 0 ? 'index' : folder!;
}

/** Every module that a piece of TypeScript names: import, import type, export from, import(). */
function importsIn(code: string): string[] {
  const text = code.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  return [
    ...[...text.matchAll(/^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'/gm)].map(([, name]) => name!),
    ...[...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)].map(([, name]) => name!),
  ];
}

/** What a file imports although it may not, a sentence each. */
function wrongImports(file: string, code: string): string[] {
  const layer = layerOf(file);
  const allowed = LAYERS[layer];
  if (allowed === undefined) return [`${file}: no rule for the folder ${layer}`];
  return importsIn(code).flatMap((name) => {
    if (!name.startsWith('.')) {
      const known = allowed.packages.some((one) => (one === 'node:*' ? name.startsWith('node:') : one === name));
      return known ? [] : [`${file}: ${layer} may not import ${name}`];
    }
    if (!name.endsWith('.ts')) return [`${file}: ${name} does not end with .ts`];
    const target = posix.join(posix.dirname(file), name);
    const to = layerOf(target);
    if (to === layer) {
      const formats = 'src/parse/formats/';
      if (file.startsWith(formats) && target.startsWith(formats) && !file.endsWith('/index.ts')) {
        return [`${file}: a format may not import another, ${target}`];
      }
      return [];
    }
    const known = allowed.layers.some((one) => one === to || (one.includes('/') && target === `src/${one}`));
    return known ? [] : [`${file}: ${layer} may not import ${to} (${name})`];
  });
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Globals that are a clock, an environment, a die, or a way out. */
const OUTSIDE = new Set([
  'process',
  'console',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
  'crypto',
  'require',
  '__dirname',
  'navigator',
  'eval',
  'Function',
]);

/** What a piece of JavaScript takes from the outside world without being given it. */
function outsideWorld(code: string): string[] {
  const found: string[] = [];
  const visit = (value: unknown, parent?: Node, key?: string): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, parent, key);
      return;
    }
    if (value === null || typeof value !== 'object' || !('type' in value)) return;
    const node = value as Node;
    if (node.type === 'Identifier' && OUTSIDE.has(node.name as string)) {
      const isName =
        (parent?.type === 'MemberExpression' && key === 'property' && parent.computed !== true) ||
        (parent?.type === 'Property' && key === 'key') ||
        (parent?.type === 'MethodDefinition' && key === 'key');
      if (!isName) found.push(node.name as string);
    }
    if (node.type === 'MemberExpression') {
      const object = (node.object as Node).name;
      const property = (node.property as Node).name;
      if (object === 'Date' && property === 'now') found.push('Date.now');
      if (object === 'Math' && property === 'random') found.push('Math.random');
    }
    if ((node.type === 'NewExpression' || node.type === 'CallExpression') && (node.callee as Node).name === 'Date') {
      if ((node.arguments as unknown[]).length === 0) found.push('new Date()');
    }
    for (const [name, child] of Object.entries(node)) visit(child, node, name);
  };
  visit(parse(code, { ecmaVersion: 2023, sourceType: 'module', allowHashBang: true }));
  return found;
}

function filesUnder(folder: string): string[] {
  return (
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      // AssemblyScript is another language.
      .filter((name) => name.endsWith('.ts') && !name.includes('/assembly/'))
      .sort()
  );
}

const FILES = ['src', 'pipelines'].flatMap(filesUnder);
const source = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
/** Without its types. */
const plain = (file: string): string => transformSync(file, source(file)).code;

test('every file imports only what its layer may', () => {
  expect(FILES.length).toBeGreaterThan(80);
  expect(FILES.flatMap((file) => wrongImports(file, source(file)))).toEqual([]);
});

test('every rule is about a folder that there is', () => {
  expect(Object.keys(LAYERS).filter((layer) => !FILES.some((file) => layerOf(file) === layer))).toEqual([]);
});

test('no layer imports itself in a circle through another', () => {
  const edges = new Map<string, Set<string>>();
  for (const file of FILES) {
    const from = layerOf(file);
    for (const name of importsIn(source(file)).filter((one) => one.startsWith('.'))) {
      const to = layerOf(posix.join(posix.dirname(file), name));
      if (to !== from) edges.set(from, (edges.get(from) ?? new Set()).add(to));
    }
  }
  const reach = (from: string, seen = new Set<string>()): Set<string> => {
    for (const to of edges.get(from) ?? []) if (!seen.has(to)) reach(to, seen.add(to));
    return seen;
  };
  expect([...edges.keys()].filter((layer) => reach(layer).has(layer))).toEqual([]);
});

test('the core asks nobody: no clock, no environment, no chance, no console', () => {
  const core = FILES.filter((file) => CORE.includes(layerOf(file)));
  expect(core.length).toBeGreaterThan(50);
  expect(core.flatMap((file) => outsideWorld(plain(file)).map((what) => `${file}: ${what}`))).toEqual([]);
});

test('only the command line sets the exit code, and nobody exits', () => {
  for (const file of FILES) {
    const code = source(file);
    expect([file, /process\.exit\s*\(/.test(code)]).toEqual([file, false]);
    if (layerOf(file) !== 'cli') expect([file, /process\.exitCode/.test(code)]).toEqual([file, false]);
  }
});

describe('planted', () => {
  test.each<[file: string, code: string, wrong: RegExp]>([
    ['src/event/x.ts', "import { parse } from '../parse/x.ts';", /event may not import parse/],
    ['src/parse/x.ts', "import type { Verdict } from '../enrich/classify.ts';", /parse may not import enrich/],
    ['src/parse/x.ts', "import { readFileSync } from 'node:fs';", /parse may not import node:fs/],
    ['src/parse/formats/a.ts', "import { b } from './b.ts';", /a format may not import another/],
    ['src/enrich/x.ts', "export * from '../correlate/clock.ts';", /enrich may not import correlate/],
    ['src/correlate/x.ts', "const x = await import('../parse/format.ts');", /correlate may not import parse/],
    ['src/aggregate/x.ts', "import {\n  a,\n  b,\n} from '../report/table.ts';", /aggregate may not import report/],
    ['src/report/html/x.ts', "import x from '../../tables/load.ts';", /report may not import tables/],
    ['src/report/x.ts', "import through2 from 'through2';", /report may not import through2/],
    ['src/source/x.ts', "import { lift } from '../stream/lift.ts';", /source may not import stream/],
    ['src/sink/x.ts', "import 'yargs';", /sink may not import yargs/],
    ['src/store/x.ts', "import { x } from '../parse/format.ts';", /store may not import parse/],
    ['src/tables/x.ts', "import { x } from '../enrich/code-table.ts';", /tables may not import enrich/],
    ['src/stream/x.ts', "import { x } from '../tables/load.ts';", /stream may not import tables/],
    ['src/stream/x.ts', "import { x } from '../source/file.ts';", /stream may not import source/],
    ['src/cli/x.ts', "import { x } from '../event/index.ts';", /cli may not import event/],
    ['pipelines/x.ts', "import { x } from '../src/cli/command-line.ts';", /pipelines may not import cli/],
    ['pipelines/x.ts', "import yargs from 'yargs';", /pipelines may not import yargs/],
    ['src/parse/x.ts', "import { x } from './y.js';", /does not end with \.ts/],
    ['src/parse/x.ts', "import { x } from './y';", /does not end with \.ts/],
    ['src/magic/x.ts', '', /no rule for the folder magic/],
  ])('%s: %s', (file, code, wrong) => {
    expect(wrongImports(file, code)).toEqual([expect.stringMatching(wrong)]);
  });

  test('what is right is not said to be wrong', () => {
    expect(
      wrongImports(
        'src/parse/x.ts',
        "import { a } from '../event/index.ts';\n// import { b } from '../enrich/x.ts';\n/* import 'yargs' */\nimport { c } from './format.ts';",
      ),
    ).toEqual([]);
    expect(
      wrongImports(
        'src/stream/x.ts',
        "import type { Source } from '../source/source.ts';\nimport { Readable } from 'node:stream';",
      ),
    ).toEqual([]);
  });

  test.each<[code: string, found: string]>([
    ['export const a = () => Date.now();', 'Date.now'],
    ['export const a = () => new Date();', 'new Date()'],
    ['export const a = Math.random();', 'Math.random'],
    ['if (process.env.X) x();', 'process'],
    ['console.error(1);', 'console'],
    ['setTimeout(x, 1);', 'setTimeout'],
  ])('the outside world: %s', (code, found) => {
    expect(outsideWorld(code)).toEqual([found]);
  });

  test('a date that is given is no clock, and a member of that name no global', () => {
    expect(outsideWorld('new Date(1); a.process; ({ process: 1 }); Date.UTC(1, 2);')).toEqual([]);
  });
});
