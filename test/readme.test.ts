/** What the README shows is what the commands print: its blocks are run, line for line. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROOT, run } from './support/run.ts';

const README = readFileSync(`${ROOT}README.md`, 'utf8');

/** An indented command, then a block: what of it is shown. A line of `…` stands for what is left out. */
const SHOWN = [...README.matchAll(/^ {4}\$ smtp-enrich (\S[^\n]*)\n\n```\n([^`]*)```$/gm)].map(
  ([, args, block]) => [args!, block!] as const,
);

describe('README', () => {
  it('shows what a command prints', () => expect(SHOWN.length).toBeGreaterThan(0));

  it.each(SHOWN)('%s', (args, block) => {
    const { stdout, status } = run(args.split(' '));
    expect(status).toBe(0);
    const pieces = block.split('…\n');
    expect(stdout.startsWith(pieces[0]!), `the output begins:\n${stdout.slice(0, pieces[0]!.length)}`).toBe(true);
    let at = 0;
    for (const piece of pieces) {
      const found = stdout.indexOf(piece, at);
      expect(found, `not printed, or not in this order:\n${piece}`).toBeGreaterThanOrEqual(at);
      // Whole lines: what is left out ends before a line and begins after one.
      expect(found === 0 || stdout[found - 1] === '\n').toBe(true);
      at = found + piece.length;
    }
  });

  it('names options that there are', () => {
    const named = new Set(README.match(/(?<=[\s`(])--[a-z][a-z-]+/g));
    const commands = ['enrich', 'report', 'suppress', 'activity', 'explain', 'codes', 'check', 'ingest', 'follow'];
    const help = commands.map((command) => run([command, '--help']).stdout).join('\n');
    expect([...named].filter((option) => !help.includes(option))).toEqual([]);
    expect(named.size).toBeGreaterThan(10);
  });
});
