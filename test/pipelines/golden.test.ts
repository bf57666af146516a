/** What the commands write for the project's own samples, word for word. `npx vitest run test/pipelines/golden.test.ts -u` renews the files: read the difference before committing it. */
import { describe, expect, it } from 'vitest';
import { run } from '../support/run.ts';

const POSTFIX = ['samples/maillog', '--year', '2026', '--tz', 'UTC'];
const SENDGRID = ['samples/sendgrid.ndjson', '--tz', 'UTC'];

const CASES: readonly (readonly [file: string, args: readonly string[]])[] = [
  ['enrich.maillog.ndjson', POSTFIX],
  ['enrich.maillog.csv', ['--format', 'csv', ...POSTFIX]],
  ['enrich.maillog.txt', ['--format', 'text', ...POSTFIX]],
  ['enrich.sendgrid.ndjson', SENDGRID],
  ['report.maillog.txt', ['report', ...POSTFIX]],
  ['report.maillog.json', ['report', '--format', 'json', ...POSTFIX]],
  ['report.maillog.csv', ['report', '--format', 'csv', ...POSTFIX]],
  ['report.sendgrid.txt', ['report', ...SENDGRID]],
  ['suppress.maillog.csv', ['suppress', ...POSTFIX]],
  ['suppress.maillog.ndjson', ['suppress', '--format', 'ndjson', ...POSTFIX]],
  ['suppress.maillog.list.txt', ['suppress', '--format', 'txt', ...POSTFIX]],
  ['suppress.sendgrid.csv', ['suppress', ...SENDGRID]],
];

describe('the samples', () => {
  it.each(CASES)('%s', async (file, args) => {
    const { stdout, status } = run(args);
    expect(status).toBe(0);
    await expect(stdout).toMatchFileSnapshot(`golden/${file}`);
  });

  it('demo shows the report on the bundled log', () => {
    const { stdout, status } = run(['demo']);
    expect(status).toBe(0);
    expect(stdout).toContain('BY RECIPIENT DOMAIN');
  });
});
