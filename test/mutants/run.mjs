#!/usr/bin/env node
// Shows that the tests of the state can go red: breaks the program in one place, runs them, expects a failure. Each mutant is a
// copy of the project, so nothing here is touched.
//   npm run test:mutants [-- NAME…]
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const MUTANTS = [
  {
    name: 'offset-before-rollup',
    what: 'the offset is saved before the rollup',
    file: 'src/store/sqlite.ts',
    from: "      this.#failpoint('batch-read');\n",
    to: "      this.#failpoint('batch-read');\n      this.#checkpoints.write(commit.checkpoints, commit.now);\n      this.#db.exec('COMMIT; BEGIN IMMEDIATE');\n",
  },
  {
    name: 'no-tail-guard',
    what: 'a file is known by its first bytes alone',
    file: 'src/source/lineage.ts',
    from: 'if (fingerprint(placed.start.tail) === tail) {',
    to: 'if (tail !== "") {',
  },
  {
    name: 'no-transaction',
    what: 'each part of a commit stands for itself',
    file: 'src/store/sqlite.ts',
    from: "      this.#failpoint('rollup-written');\n",
    to: "      this.#db.exec('COMMIT; BEGIN IMMEDIATE');\n      this.#failpoint('rollup-written');\n",
  },
  {
    name: 'by-name',
    what: 'a content is looked for under its old name only',
    file: 'src/source/lineage.ts',
    from: '.filter((known) => known.head_length <= head.length)',
    to: '.filter((known) => known.path === file.path && known.head_length <= head.length)',
  },
  {
    name: 'by-inode',
    what: 'an inode is taken for a proof',
    file: 'src/source/lineage.ts',
    from: '.filter((known) => known.head_hash === fingerprint(head.subarray(0, known.head_length)))',
    to: '.filter((known) => isSameFile(known, file))',
  },
  {
    name: 'part-of-a-line',
    what: 'a last line without its line feed is counted on a live file',
    file: 'src/stream/blocks.ts',
    from: 'cut < end && input.live !== true',
    to: 'cut < end',
  },
  {
    name: 'no-clock',
    what: 'the year of a log is guessed anew at each run',
    file: 'pipelines/ingestion.ts',
    from: 'if (start.offset > 0) this.#correlator.resumeClock',
    to: 'if (start.offset < 0) this.#correlator.resumeClock',
    tests: ['test/store/resume.test.ts'],
  },
  {
    name: 'no-open-messages',
    what: 'what correlate remembers is not stored',
    file: 'src/store/correlate-tables.ts',
    from: 'for (const [key, value] of log[part].put)',
    to: 'for (const [key, value] of log[part].put.slice(0, 0))',
  },
  {
    name: 'no-cut',
    what: 'a log that was cut is read again from its beginning',
    file: 'src/source/lineage.ts',
    from: 'for (const checkpoint of lost)\n',
    to: 'for (const checkpoint of lost.slice(0, 0))\n',
  },
  {
    name: 'silent-gap',
    what: 'a lost content is not reported',
    file: 'pipelines/ingestion.ts',
    from: 'for (const checkpoint of missing()) {',
    to: 'for (const checkpoint of missing().slice(0, 0)) {',
  },
  {
    name: 'part-proves',
    what: 'part of a line, counted as one, identifies a content',
    file: 'src/source/lineage.ts',
    from: 'if (placed.start.part === 0 || ',
    to: 'if (placed.start.part >= 0 || ',
    tests: ['test/store/resume.test.ts'],
  },
  {
    name: 'copy-settles',
    what: 'a copy of the beginning of a log settles the log',
    file: 'pipelines/ingestion.ts',
    from: 'if (!this.#lineage.isIn(checkpoint, file)) continue;',
    to: '',
    tests: ['test/store/resume.test.ts'],
  },
  {
    name: 'first-alike',
    what: 'a log that was cut is taken for another that begins like it',
    file: 'src/source/lineage.ts',
    from: 'for (const item of items) {',
    to: 'for (const item of items.filter((one) => one.checkpoint.id === 0)) {',
    tests: ['test/store/resume.test.ts'],
  },
  {
    name: 'said-twice',
    what: 'what was said to be gone is told again where the rest of it is found',
    file: 'pipelines/ingestion.ts',
    from: 'if (!cut.isSaid) tell',
    to: 'tell',
    tests: ['test/store/resume.test.ts'],
  },
  {
    name: 'gone-for-good',
    what: 'what was said to be gone is not looked for in its own file again',
    file: 'src/source/lineage.ts',
    from: ' || (isGone(known) && known.inode === file.inode)',
    to: '',
    tests: ['test/store/resume.test.ts'],
  },
  {
    name: 'first-lost-first',
    what: 'of two logs that are gone, the first takes whatever begins like it',
    file: 'src/source/lineage.ts',
    from: '    pairs.sort((a, b) => b.common.position.offset - a.common.position.offset);\n',
    to: '',
    tests: ['test/store/resume.test.ts'],
  },
  {
    name: 'not-apart',
    what: 'a large state is worked on by a process that the driver can end',
    file: 'src/cli/main.ts',
    from: 'if (state === undefined) await run();',
    to: 'if (state !== "") await run();',
    tests: ['test/store/abort.test.ts'],
  },
  {
    name: 'unwatched-failure',
    what: 'a delivery to an address that has failed is counted by its numbers',
    file: 'src/store/ledger-batch.ts',
    from: '      this.#plain?.watchRecipient(event);\n',
    to: '',
    tests: ['test/store/counted.test.ts'],
  },
  {
    name: 'another-ingest',
    what: 'what counts by numbers is kept when another ingest has written',
    file: 'pipelines/ingestion.ts',
    from: 'if (this.#sums.plain !== undefined) this.#forgetEngine();',
    to: '',
    tests: ['test/store/counted.test.ts'],
  },
  {
    name: 'prepared-stays',
    what: 'what was prepared for a commit that did not come counts as stored',
    file: 'src/store/sqlite.ts',
    from: 'if (this.#prepared) this.#forget();',
    to: '',
    tests: ['test/store/counted.test.ts'],
  },
];

const TESTS = ['test/store/rotation.test.ts', 'test/store/kill.test.ts'];
const project = resolve(import.meta.dirname, '../..');
const wanted = process.argv.slice(2);
let survivors = 0;
for (const mutant of MUTANTS) {
  if (wanted.length > 0 && !wanted.includes(mutant.name)) continue;
  // Beside the project, so that what it is given (../shared) is where it looks for it.
  const copy = join(project, '.tmp', `mutant-${mutant.name}`);
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  const shared = join(project, '.tmp/shared');
  if (!existsSync(shared) && existsSync(join(project, '../shared'))) symlinkSync(join(project, '../shared'), shared);
  for (const part of [
    'src',
    'pipelines',
    'test',
    'scripts',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'vitest.config.ts',
  ])
    cpSync(join(project, part), join(copy, part), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
  const path = join(copy, mutant.file);
  const source = readFileSync(path, 'utf8');
  if (source.split(mutant.from).length !== 2)
    throw new Error(`${mutant.name}: ${mutant.file} does not hold, once: ${mutant.from}`);
  writeFileSync(
    path,
    source.replace(mutant.from, () => mutant.to),
  );
  const start = performance.now();
  const { status, stdout } = spawnSync('npx', ['vitest', 'run', '--bail', '1', ...(mutant.tests ?? TESTS)], {
    cwd: copy,
    encoding: 'utf8',
    env: { ...process.env, KILLS: '12', RUNS: '300' },
  });
  const red = status !== 0 && /failed/.test(stdout);
  if (!red) survivors++;
  const failed = /(?:×|FAIL) .*/.exec(stdout.replaceAll(/\u001b\[[\d;]*m/g, ''))?.[0] ?? '';
  console.log(
    `${red ? 'red, as it should be' : 'GREEN: NOT NOTICED'}  ${mutant.what} (${Math.round((performance.now() - start) / 1000)} s)  ${failed}`,
  );
  rmSync(copy, { recursive: true, force: true });
}
process.exitCode = survivors > 0 ? 1 : 0;
