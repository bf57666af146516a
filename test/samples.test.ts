/** What samples/ tells people to run is what the program understands. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { run } from './support/run-in-process.ts';

const COMMAND = /smtp-enrich ((?:report|suppress)[^'\n&]*)/g;

describe.each(['samples/cron/crontab', 'samples/systemd/smtp-enrich-report.service'])('%s', (path) => {
  const commands = [...readFileSync(path, 'utf8').matchAll(COMMAND)]
    .map(([, args]) => args!.trim())
    .filter((args) => args.includes('/var/log/'));

  it('names commands', () => expect(commands.length).toBeGreaterThan(0));

  // Cron ends a command at its first percent sign and feeds it the rest (crontab(5)).
  it.runIf(path.endsWith('crontab'))('has no percent sign that cron would take for a line end', () => {
    for (const line of readFileSync(path, 'utf8').split('\n'))
      if (!line.startsWith('#')) expect(line).not.toMatch(/(?<!\\)%/);
  });

  it.each(commands)('%s', async (command) => {
    const args = command
      .split(/\s+/)
      .filter((arg) => !arg.startsWith('/var/log/'))
      .flatMap((arg, i, all) =>
        /^(?:-o|--output)$/.test(arg) || /^(?:-o|--output)$/.test(all[i - 1] ?? '') ? [] : [arg],
      );
    const { code, stderr } = await run([...args, 'samples/maillog', '--tz', 'UTC', '--year', '2026']);
    expect([0, 1], stderr).toContain(code);
  });
});
