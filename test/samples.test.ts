/** What samples/ tells people to run is what the program understands. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from './support/run-in-process.ts';

const COMMAND = /smtp-enrich ((?:report|suppress)[^'\n&]*)/g;

describe.each(['samples/cron/crontab', 'samples/systemd/smtp-enrich-report.service'])('%s', (path) => {
  const commands = [...readFileSync(path, 'utf8').matchAll(COMMAND)]
    .map(([, args]) => args!.trim())
    .filter((args) => args.includes('/var/log/'));

  it('names commands', () => expect(commands.length).toBeGreaterThan(0));

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

describe('samples/cron/crontab', () => {
  // Cron ends a command at its first percent sign and feeds it the rest (crontab(5)).
  it('has no percent sign that cron would take for a line end', () => {
    for (const line of readFileSync('samples/cron/crontab', 'utf8').split('\n'))
      if (!line.startsWith('#')) expect(line).not.toMatch(/(?<!\\)%/);
  });
});

const ANALYZE = '/usr/bin/systemd-analyze';
if (!existsSync(ANALYZE)) console.warn('no systemd-analyze here: the units are not verified');
else
  describe.each([
    'samples/systemd/smtp-enrich-report.service',
    'samples/systemd/smtp-enrich-report.timer',
    'samples/smtp-enrich.service',
  ])('%s', (path) => {
    const analyze = (...args: string[]): { status: number | null; output: string } => {
      const folder = mkdtempSync(join(tmpdir(), 'units-'));
      // A timer is verified together with the service that it starts.
      for (const unit of new Set([path, path.replace(/timer$/, 'service')]))
        writeFileSync(
          join(folder, basename(unit)),
          // Nothing is installed here: any program that is there stands for ours.
          readFileSync(unit, 'utf8').replace('ExecStart=smtp-enrich', `ExecStart=${process.execPath}`),
        );
      const { status, stdout, stderr } = spawnSync(ANALYZE, [...args, join(folder, basename(path))], {
        encoding: 'utf8',
      });
      rmSync(folder, { recursive: true });
      return { status, output: `${stdout}${stderr}` };
    };

    it('is a unit that systemd finds nothing wrong with', () => {
      expect(analyze('verify')).toEqual({ status: 0, output: '' });
    });

    if (path.endsWith('.service'))
      it('is hardened: systemd calls its exposure safe', () => {
        const { status, output } = analyze('security', '--offline=true', '--threshold=10', '--no-pager');
        expect(status, output).toBe(0);
        expect(output).toMatch(/exposure level for \S+: [01]\.\d (?:SAFE|OK)/);
      });
  });
