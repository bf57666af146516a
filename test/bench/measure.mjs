// What the benches share: inputs that are generated once, commands run in turn and measured whole, tables.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

// What a machine's settings have every Node do when it starts is no part of what is measured: certificates of its own cost 30 ms.
for (const name of ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS']) delete process.env[name];

export const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/main.cjs', import.meta.url));
/** Where generated inputs are kept: not in the repository. */
const FOLDER = fileURLToPath(new URL('../../bench-data/', import.meta.url));

/** A word for the shell. */
export const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;
/** A script of this folder, for the shell. */
export const script = (name) => `${node} ${quote(fileURLToPath(new URL(`./${name}`, import.meta.url)))}`;
export const node = quote(process.execPath);
export const ours = `${node} ${quote(PROGRAM)}`;

/** @returns the path of an input of so many bytes: `maillog` or `webhooks`. Made where it is not there. */
export function generated(kind, bytes) {
  mkdirSync(FOLDER, { recursive: true });
  const path = `${FOLDER}${kind}-${bytes}`;
  if (!existsSync(path) || statSync(path).size < Number(bytes)) {
    const generator = script(kind === 'maillog' ? 'generate-log.mjs' : 'generate-webhooks.mjs');
    spawnSync('sh', ['-c', `${generator} --bytes ${bytes} > ${quote(path)}`], { stdio: 'inherit' });
  }
  return path;
}

export function isInstalled(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/**
 * Runs a shell command with its output thrown away.
 * @returns wall and processor seconds, and the largest process's memory in MB where GNU time can tell
 */
export function measure(command) {
  const hasTime = spawnSync('/usr/bin/time', ['-f', '%M', 'true']).status === 0;
  const start = process.hrtime.bigint();
  const result = spawnSync(
    hasTime ? '/usr/bin/time' : 'sh',
    hasTime ? ['-f', 'figures %U %S %M', 'sh', '-c', `${command} > /dev/null`] : ['-c', `${command} > /dev/null`],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const wall = Number(process.hrtime.bigint() - start) / 1e9;
  if (result.status !== 0) throw new Error(`${command}\nexit ${result.status}\n${result.stderr}`);
  const figures = /figures (\S+) (\S+) (\d+)/.exec(result.stderr);
  return {
    wall,
    cpu: figures === null ? Number.NaN : Number(figures[1]) + Number(figures[2]),
    memory: figures === null ? Number.NaN : Number(figures[3]) / 1024,
  };
}

/**
 * Runs commands in turn, so that what else the machine does befalls all of them alike.
 * @param list name → command
 * @returns name → medians of what `measure` says, and of each run what it said
 */
export function compare(list, runs, { warmUp = false } = {}) {
  const figures = new Map([...list.keys()].map((name) => [name, []]));
  for (let run = warmUp ? -1 : 0; run < runs; run++) {
    for (const [name, command] of list) {
      const result = measure(command);
      if (run >= 0) figures.get(name).push(result);
    }
  }
  return new Map(
    [...figures].map(([name, results]) => [
      name,
      {
        ...Object.fromEntries(
          ['wall', 'cpu', 'memory'].map((what) => [what, median(results.map((result) => result[what]))]),
        ),
        runs: results,
      },
    ]),
  );
}

/** The median of the ratios of runs that followed each other: a machine that becomes slower in between does so for both. */
export function ratioInTurn(of, to, what) {
  return median(of.runs.map((result, run) => result[what] / to.runs[run][what]));
}

export function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** What the figures were measured on. */
export function machine() {
  return `Node ${process.version}, ${cpus()[0]?.model.trim()}, ${availableParallelism()} processors, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()} ${arch()}`;
}

export const figure = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '–');

/** Prints a table in Markdown, the first column as text, the others as numbers. */
export function table(head, rows) {
  // A bar in a cell would begin another.
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  console.log(line(head));
  console.log(`|---|${'---:|'.repeat(head.length - 1)}`);
  for (const row of rows) console.log(line(row));
}
