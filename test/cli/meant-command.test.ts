import { describe, expect, it } from 'vitest';
import { meantCommand } from '../../src/cli/meant-command.ts';
import { run } from '../support/run-in-process.ts';

const COMMANDS = ['enrich', 'report', 'suppress', 'explain', 'codes', 'check', 'activity', 'demo', 'state'];

describe('a mistyped command', () => {
  it.each([
    ['reprot', 'report'],
    ['repot', 'report'],
    ['Report', 'report'],
    ['reports', 'report'],
    ['supress', 'suppress'],
    ['suppresss', 'suppress'],
    ['explian', 'explain'],
    ['chekc', 'check'],
    ['stat', 'state'],
    ['report', undefined],
    ['maillog', undefined],
    ['mail.log', undefined],
    ['./reprot', undefined],
    ['--reprot', undefined],
    ['de', undefined],
    [undefined, undefined],
  ])('%s → %s', (word, meant) => expect(meantCommand(word, COMMANDS)).toBe(meant));

  it.each([[['reprot', 'samples/maillog']], [['reprot', '--top', '3', 'samples/maillog']]])(
    '%j says which was meant',
    async (args) => {
      const { code, stdout, stderr } = await run(args);
      expect([2, 4]).toContain(code);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/Did you mean: smtp-enrich report\n$/);
    },
  );

  it('a file that is not there is not taken for one', async () => {
    const { stderr } = await run(['maillog']);
    expect(stderr).toContain('maillog: no such file');
    expect(stderr).not.toContain('Did you mean');
  });
});
