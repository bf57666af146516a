// Builds dist/: bundles the program, its worker thread, and the library, into few files (Node takes about half a millisecond for
// each module it loads, and there are two hundred), writes the library's types, puts the data tables where the code looks for them,
// and last what V8 makes of the program's chunks beside them (src/cli/chunks.ts).
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { rolldown } from 'rolldown';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
/** Those with files of their own that they look for, loaded when they are needed. */
const EXTERNAL = [/^echarts(?:\/|$)/, 'libsql'];

/** A copy of node:stream for places that have none. */
const ALIAS = { 'readable-stream': 'node:stream' };

/** `import.meta.url` of a module stays that of dist/, its own path; wherever its code ends up: tables and workers are found by it. */
const ownUrls = {
  name: 'own-urls',
  transform(code, id) {
    if (!id.startsWith(root) || id.includes('node_modules') || !code.includes('import.meta.url')) return undefined;
    return code.replaceAll('import.meta.url', `__urlOf(${JSON.stringify(relative(root, id))})`);
  },
  renderChunk(code, chunk, { format }) {
    const own = format === 'cjs' ? 'require("node:url").pathToFileURL(__filename)' : 'import.meta.url';
    return code.replaceAll(/__urlOf\("([^"]+)"\)/g, (_, module) => {
      const path = relative(dirname(chunk.fileName), module).replaceAll(sep, '/').replace(/\.ts$/, '.js');
      return `new URL(${JSON.stringify(path)}, ${own}).href`;
    });
  },
};

/**
 * What goes into one file: what is always loaded together. Left to itself the bundler makes one for each combination of commands
 * that share a module, thirty in all. A module that several match, or what they import, goes into the first.
 */
const GROUPS = {
  early: /pipelines\/early\.ts|src\/(?:stream\/(?:threads|v8-flags)|store\/large|source\/ahead)\.ts/,
  /** What answers are understood by. */
  core: /src\/(?:event|enrich(?!\/check-table))\/|src\/parse\/(?:smtp-reply|addresses)\.ts|rolldown\/runtime/,
  /** What lines and records are read by. */
  reading:
    /src\/parse\/(?:postfix|sendgrid|scan)\/|src\/parse\/(?:row-formats|formats\/(?:postfix|sendgrid))\.ts|src\/stream\/(?:parsing|block-pool|heads|messages)\.ts/,
  /** What every command needs: the code table, what writes for people. */
  base: /src\/(?:enrich|tables)\/|src\/report\/(?:neutral|figures|words|style|table|event-ndjson)\.ts|src\/sink\/stdout|pipelines\/(?:failure|pipeline|terminal|code-table)\.ts|csv-parse|csv-stringify|picocolors/,
  /** From files to events. */
  events:
    /src\/stream\/(?!lines\.)|src\/parse\/|src\/source\/(?!log-file|lineage)|src\/correlate\/|src\/aggregate\/(?:polic|time-zone)|pipelines\/(?:options|output|moment|state-options)\.ts|through2/,
  /** What reports count. */
  sums: /src\/aggregate\/(?!report-(?:data|tables)|problems|timeline)/,
  /** What they tell. */
  telling: /src\/aggregate\/|src\/report\/report-|src\/report\/text\//,
};

/**
 * Makes of a chunk of the program what src/cli/chunks.ts takes, and has the two files that Node itself loads ask there for chunks.
 * All of it in ASCII: V8 keeps such a text in half the memory, and reads it faster.
 */
const programChunks = {
  name: 'program-chunks',
  resolveId: (source) =>
    source.endsWith('/report-html.ts')
      ? { id: CHARTS, external: true }
      : source === './thread.ts'
        ? { id: THREAD, external: true }
        : undefined,
  generateBundle(_options, chunks) {
    for (const chunk of Object.values(chunks)) {
      const code = chunk.code
        .replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        // Node's own modules without its loader of ES modules, which takes milliseconds to start.
        .replaceAll(/\bimport\(([`"]node:[^`"]+[`"])\)/g, 'Promise.resolve(require($1))')
        .replaceAll(/\bimport\([`"]chunks\/report-html\.js[`"]\)/g, `importModule("../${CHARTS}")`)
        .replaceAll(/\bimport\([`"]program\/thread\.cjs[`"]\)/g, `require("../../${THREAD}")`);
      if (chunk.isEntry && chunk.fileName !== THREAD) {
        const loader = relative(dirname(chunk.fileName), LOADER).replaceAll(sep, '/');
        const [, hashbang = '', rest] = /^(#![^\n]*\n)?(.*)$/s.exec(code);
        chunk.code = `${hashbang}require = require("${loader}").requireChunks(require, __filename);\n${rest}`;
      } else chunk.code = `(function (exports, require, module, __filename, importModule) {${code}\n})`;
    }
  },
};
const LOADER = 'program/load.cjs';
/** All that a worker thread needs: it starts while the program loads, and all wait for its first answer. */
const THREAD = 'program/thread.cjs';
/** An ES module of its own: so is its library of charts, which no release before Node 22.12 but 20.19 loads from CommonJS. */
const CHARTS = 'chunks/report-html.js';

async function bundle(input, output, plugins = []) {
  const build = await rolldown({
    input,
    cwd: root,
    platform: 'node',
    external: EXTERNAL,
    resolve: { alias: ALIAS },
    plugins: [ownUrls, ...plugins],
    // yargs asks where a configuration is that another extends; nobody extends any here.
    checks: { emptyImportMeta: false },
  });
  const written = await build.write({
    dir: dist,
    format: 'esm',
    chunkFileNames: 'chunks/[name].js',
    codeSplitting: { groups: Object.entries(GROUPS).map(([name, test]) => ({ name, test })) },
    ...output,
  });
  await build.close();
  return written.output;
}

/** Whose code is in the bundle: each licence asks that its text goes with it. */
function licences(chunks) {
  const folders = new Set(
    chunks.flatMap(({ moduleIds = [] }) =>
      moduleIds.map((id) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]).filter((folder) => folder),
    ),
  );
  return [...folders]
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? '' : `\n\n${readFileSync(join(folder, file), 'utf8').trim()}`;
      return `${name} ${version} (${license})${text}\n`;
    })
    .sort()
    .join(`\n${'-'.repeat(72)}\n\n`);
}

rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
const cjs = {
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: 'program/[name].cjs',
  // What is read at each start is a quarter shorter without comments and white space. Names stay, for profiles.
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  minifyInternalExports: false,
};
const library = await bundle({
  'src/index': 'src/index.ts',
  [CHARTS.replace(/\.js$/, '')]: 'src/report/report-html.ts',
});
await bundle({ [LOADER.replace(/\.cjs$/, '')]: 'src/cli/chunks.ts' }, cjs);
const program = await bundle({ 'src/cli/main': 'src/cli/main.ts' }, cjs, [programChunks]);
const alone = { ...cjs, codeSplitting: false };
const thread = await bundle({ [THREAD.replace(/\.cjs$/, '')]: 'src/stream/thread.ts' }, alone, [programChunks]);
await bundle({ 'src/stream/worker': 'src/stream/worker.ts' }, alone, [programChunks]);
writeFileSync(join(dist, 'LICENSES'), licences([...library, ...program, ...thread]));
mkdirSync(join(dist, 'src/tables'), { recursive: true });
for (const name of readdirSync(join(root, 'src/tables')).filter((n) => n.endsWith('.csv')))
  cpSync(join(root, 'src/tables', name), join(dist, 'src/tables', name));
chmodSync(join(dist, 'src/cli/main.cjs'), 0o755);

// The built-in tables, compiled: read from the CSV files where the code looks for them.
await bundle(
  {
    'compiler/load': 'src/tables/load.ts',
    'compiler/image': 'src/tables/image.ts',
    'compiler/compile': 'src/enrich/code-table.ts',
  },
  { chunkFileNames: 'compiler/[name].js', codeSplitting: {} },
);
const [{ readBuiltInTables }, { TABLE_IMAGE }, { compileTable }] = await Promise.all(
  ['load', 'image', 'compile'].map((name) => import(`../dist/compiler/${name}.js`)),
);
const [{ numbers, text }] = compileTable(readBuiltInTables()).image;
writeFileSync(join(dist, 'src/tables', TABLE_IMAGE), Buffer.concat([numbers, text]));
rmSync(join(dist, 'compiler'), { recursive: true });

// In a process of its own, for the chunks it loads.
execFileSync(process.execPath, [join(root, 'scripts/write-code-cache.mjs')], { cwd: root, stdio: 'inherit' });
