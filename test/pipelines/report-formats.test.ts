/** Golden files for every format of the report, on the project's own samples; `vitest -u` writes them anew: read the difference. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { run } from '../support/run-in-process.ts';

const LOG = ['samples/maillog', '--tz', 'UTC', '--year', '2026', '--quiet'];
const EVENTS = ['samples/sendgrid.ndjson', '--tz', 'UTC', '--quiet'];
const golden = (name: string): string => `golden/${name}`;

const read = (name: string) => JSON.parse(readFileSync(`schemas/${name}.schema.json`, 'utf8'));
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
const reportSchema = ajv.compile(read('report'));

async function text(...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await run(args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
}

describe('golden reports', () => {
  it.each([
    ['report.maillog.detail.txt', ['report', ...LOG, '--by', 'sender', '--by', 'relay', '--detail', '2']],
    ['report.maillog.md', ['report', ...LOG, '--format', 'markdown', '--detail', '1']],
    ['report.maillog.by-hour.csv', ['report', ...LOG, '--format', 'csv', '--by', 'hour']],
    ['report.maillog.html', ['report', ...LOG, '--format', 'html']],
    [
      'activity.maillog.txt',
      [
        'activity',
        ...LOG,
        '--domain',
        'school.example',
        '--event',
        'expired,bounced,deferred',
        '--detail',
        '--limit',
        '4',
      ],
    ],
    ['report.maillog.by-answer.csv', ['report', ...LOG, '--format', 'csv', '--by', 'answer']],
    ['report.sendgrid.md', ['report', ...EVENTS, '--format', 'markdown', '--by', 'category', '--by', 'answer']],
    ['suppress.explain.txt', ['suppress', ...LOG, '--explain', 'grace.hana@gmail.example']],
    ['activity.maillog.csv', ['activity', ...LOG, '--format', 'csv', '--domain', 'bookshop.example', '--limit', '3']],
    ['activity.maillog.ndjson', ['activity', ...LOG, '--domain', 'bookshop.example', '--limit', '3']],
  ])('%s', async (name, args) => {
    await expect(await text(...args)).toMatchFileSnapshot(golden(name));
  });

  it('is the same whatever the order of the inputs', async () => {
    const together = await text('report', ...LOG, EVENTS[0]!);
    const other = await text('report', EVENTS[0]!, ...LOG);
    expect(other).toBe(together);
  });
});

describe('text', () => {
  it('fits 80 columns, but for words that are longer', async () => {
    for (const line of (await text('report', ...LOG, '--detail', '2', '--inbound')).split('\n'))
      expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('has colours and bars on a terminal only, and none where NO_COLOR is set', async () => {
    const plain = await text('report', ...LOG);
    expect(plain).not.toMatch(/[\x1b▇]/);
    const terminal = await run(['report', ...LOG], { terminal: true, columns: 140 });
    expect(terminal.stdout).toMatch(/\x1b\[/);
    expect(terminal.stdout).toContain('▇');
    const without = await run(['report', ...LOG], { terminal: true, env: { NO_COLOR: '1' } });
    expect(without.stdout).not.toContain('\x1b');
  });
});

describe('CSV', () => {
  it('is one table: asked for two, it says so', async () => {
    const { code, stderr } = await run(['report', ...LOG, '--format', 'csv', '--by', 'domain', '--by', 'hour']);
    expect(code).toBe(2);
    expect(stderr).toContain('one table');
  });
});

describe('--inbound', () => {
  const rejected =
    'Nov 22 02:10:00 mx01 postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <a@elsewhere.example>: Relay access denied; from=<c@d.example> to=<a@elsewhere.example> proto=ESMTP helo=<e>\n';

  it.each([[['--inbound']], [['--by', 'reject', '--by', 'client']]])('%j shows what was rejected', async (args) => {
    const { stdout } = await run(['report', '-', '--quiet', '--tz', 'UTC', ...args], { stdin: rejected.repeat(3) });
    expect(stdout).toMatch(/^5\.7\.1 +3 relay_denied/m);
    expect(stdout).toMatch(/^unknown\[192\.0\.2\.7\] +3/m);
    expect(stdout).toMatch(/^Rejected inbound +3(?: {2}reject 3)?$/m);
  });

  // Lines as smtpd(8) and cleanup(8) write them; what pflogsumm prints as reject, hold and discard detail.
  const ALL = [
    rejected,
    rejected.replaceAll('a@elsewhere', 'b@elsewhere'),
    'Nov 22 03:10:02 mx01 postfix/smtpd[1]: NOQUEUE: reject: CONNECT from unknown[192.0.2.9]: 554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.9; proto=SMTP\n',
    'Nov 22 03:10:03 mx01 postfix/smtpd[1]: NOQUEUE: reject: CONNECT from unknown[192.0.2.10]: 554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.10; proto=SMTP\n',
    'Nov 22 03:10:04 mx01 postfix/smtpd[1]: 4104E3D: hold: RCPT from unknown[192.0.2.9]: <c@d.example>: Recipient address triggers HOLD action; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<x>\n',
    'Nov 22 03:10:05 mx01 postfix/smtpd[1]: NOQUEUE: discard: MAIL from x.example[192.0.2.231]: <s@in.example>: Sender address SPAM; from=<s@in.example> proto=ESMTP helo=<x.example>\n',
    'Nov 22 03:10:06 mx01 postfix/cleanup[1]: 4104E3D: milter-reject: END-OF-MESSAGE from y.example[192.0.2.86]: 5.7.1 Blocked by SpamAssassin; from=<w@c.example> to=<v@e.example> proto=ESMTP helo=<y>\n',
  ].join('');

  it('says what was done and why, whomever it concerned, in every format', async () => {
    const report = async (...args: string[]): Promise<string> =>
      (await run(['report', '-', '--quiet', '--tz', 'UTC', '--year', '2026', '--inbound', ...args], { stdin: ALL }))
        .stdout;
    const reasons = [
      ['reject CONNECT: Service unavailable; Client host […] blocked using zen.spamhaus.org', 2],
      ['reject RCPT: Relay access denied', 2],
      ['discard MAIL: Sender address SPAM', 1],
      ['hold RCPT: Recipient address triggers HOLD action', 1],
      ['milter-reject END-OF-MESSAGE: Blocked by SpamAssassin', 1],
    ] as const;
    const text = await report();
    expect(text).toMatch(/^Rejected inbound +7 {2}reject 4, discard 1, hold 1, milter-reject 1$/m);
    for (const [reason, count] of reasons)
      expect(text).toMatch(new RegExp(`^ +${count} +${reason.slice(0, 40).replace(/[[\]]/g, '.')}`, 'm'));
    expect(text).toMatch(/^03:00 .* 5$/m);
    const document = JSON.parse(await report('--format', 'json'));
    expect(document.refusals.map((row: { refusal: string; rejected: number }) => [row.refusal, row.rejected])).toEqual(
      reasons,
    );
    expect(document.rejected_by_action).toEqual([
      { action: 'reject', count: 4 },
      { action: 'discard', count: 1 },
      { action: 'hold', count: 1 },
      { action: 'milter-reject', count: 1 },
    ]);
    for (const format of ['html', 'markdown']) {
      const page = await report('--format', format);
      expect(page).toContain('Relay access denied');
      expect(page).toContain('blocked using zen.spamhaus.org');
    }
    expect(await report('--format', 'csv', '--by', 'refusal', '--no-inbound')).toMatch(
      /^reject RCPT: Relay access denied,/m,
    );
  });

  it('what was warned of and let through is in a table of its own, and counts as nothing else', async () => {
    const stdin =
      rejected +
      rejected.replace('reject:', 'reject_warning:').repeat(2) +
      'Nov 22 03:10:06 mx01 postfix/cleanup[1]: 4104E3D: warning: body viagra from y.example[192.0.2.86]; from=<w@c.example> to=<v@e.example> proto=ESMTP helo=<y>: spam?\n';
    const report = async (...args: string[]): Promise<string> =>
      (await run(['report', '-', '--quiet', '--tz', 'UTC', '--year', '2026', ...args], { stdin })).stdout;
    const printed = await report('--inbound');
    expect(printed).toMatch(/^Rejected inbound +1 {2}reject 1$/m);
    expect(printed).toMatch(
      /^WARNED OF ON THE WAY IN, NOT REJECTED\n.*\n +2 {2}reject_warning RCPT: Relay access denied\n +1 {2}warning body: spam\?$/m,
    );
    expect(printed).toMatch(/^Warned of inbound +3$/m);
    expect(printed).not.toMatch(/^(?:Warnings|Probes)/m);
    const document = JSON.parse(await report('--inbound', '--format', 'json'));
    expect(document.totals).toMatchObject({
      rejected: 1,
      reject_warnings: 3,
      other: 0,
      warnings: 0,
      messages: 0,
      attempts: 0,
    });
    expect(document.clients).toMatchObject([{ client: 'unknown[192.0.2.7]', rejected: 1 }]);
    expect(document.reject_warnings).toMatchObject([
      { reject_warning: 'reject_warning RCPT: Relay access denied', reject_warnings: 2, rejected: 0 },
      { reject_warning: 'warning body: spam?', reject_warnings: 1, rejected: 0 },
    ]);
    expect(document.warnings).toEqual([]);
    expect(reportSchema(document), JSON.stringify(reportSchema.errors)).toBe(true);
    for (const format of ['html', 'markdown'])
      expect(await report('--inbound', '--format', format)).toMatch(/spam\\?\?/);
    expect(await report('--format', 'csv', '--by', 'reject_warning')).toMatch(/^warning body: spam\?,/m);
    expect(await report()).not.toMatch(/WARNED/);
  });

  it('says what was received, by hour, sender and client, and how much', async () => {
    const received = [
      'Nov 22 02:10:00 mx01 postfix/smtpd[1]: 4104E3D: client=app.news.example[192.0.2.9]\n',
      'Nov 22 02:10:00 mx01 postfix/qmgr[2]: 4104E3D: from=<a@news.example>, size=1000, nrcpt=2 (queue active)\n',
      'Nov 22 02:10:01 mx01 postfix/smtp[3]: 4104E3D: to=<x@d.example>, relay=d[192.0.2.1]:25, delay=2, dsn=2.0.0, status=sent (250 ok)\n',
      'Nov 22 02:10:01 mx01 postfix/smtp[3]: 4104E3D: to=<y@d.example>, relay=d[192.0.2.1]:25, delay=40, dsn=2.0.0, status=sent (250 ok)\n',
      'Nov 22 03:10:00 mx01 postfix/pickup[1]: 4104E3E: uid=0 from=<root>\n',
      'Nov 22 03:10:00 mx01 postfix/qmgr[2]: 4104E3E: from=<root@news.example>, size=500, nrcpt=1 (queue active)\n',
    ].join('');
    const report = async (...args: string[]): Promise<string> =>
      (await run(['report', '-', '--quiet', '--tz', 'UTC', '--inbound', ...args], { stdin: received })).stdout;
    const text = await report('--by', 'hour', '--by', 'sender_domain', '--detail', '1');
    expect(text).toMatch(/^Received +2 {2}1\.5 kB$/m);
    expect(text).toMatch(/^Messages +2 {2}to 1 domain, from 2 senders, 1 sender domain$/m);
    expect(text).toMatch(/^Delay .* all within 4\ds$/m);
    expect(text).toMatch(/^02:00 +1 +2 +2 +0/m);
    expect(text).toMatch(/^03:00 +1 +0 +0 +0/m);
    expect(text).toMatch(/^news\.example +2 .* 2 +-$/m);
    expect(text).toMatch(/^app\.news\.example\[192\.0\.2\.9\] +1$/m);
    expect(text).toMatch(/^pickup +1$/m);
    const { totals, clients } = JSON.parse(await report('--format', 'json'));
    expect(totals).toMatchObject({ processed: 2, bytes_received: 1500, messages: 2, delay_max: expect.any(Number) });
    expect(totals.delay_max).toBeGreaterThanOrEqual(40);
    expect(totals.delay_max).toBeLessThanOrEqual(44);
    expect(clients.map((row: { client: string; processed: number }) => [row.client, row.processed])).toEqual([
      ['app.news.example[192.0.2.9]', 1],
      ['pickup', 1],
    ]);
    for (const format of ['html', 'markdown']) expect(await report('--format', format)).toContain('1.5 kB');
  });

  it('is not read where nobody asked', async () => {
    const { stdout } = await run(['report', '-', '--quiet'], { stdin: rejected });
    expect(stdout).not.toContain('ejected');
  });
});

describe('JSON', () => {
  const report = reportSchema;
  const event = ajv.compile(read('event'));
  const suppression = ajv.compile({ $ref: 'https://smtp-enrich.invalid/schemas/report-1.json#/$defs/suppression' });

  it.each([
    ['the log', [...LOG]],
    ['webhooks', [...EVENTS]],
    [
      'all tables',
      [
        ...LOG,
        ...['domain', 'provider', 'sender', 'relay', 'host', 'category', 'code', 'answer', 'hour', 'day'].flatMap(
          (by) => ['--by', by],
        ),
        '--inbound',
        '--detail',
        '1',
      ],
    ],
    ['nothing', ['-', '--quiet']],
  ])('of %s is as its schema says', async (_what, args) => {
    const document = JSON.parse(await text('report', ...args, '--format', 'json'));
    expect(report(document), JSON.stringify(report.errors, null, 1)).toBe(true);
    // The schema can fail: an additional member, a missing one.
    expect(report({ ...document, surprise: 1 })).toBe(false);
    expect(report({ ...document, totals: undefined })).toBe(false);
  });

  it('of events and suppressions likewise', async () => {
    for (const args of [LOG, EVENTS]) {
      const events = (await text('enrich', ...args)).trim().split('\n');
      expect(events.length).toBeGreaterThan(40);
      for (const line of events) expect(event(JSON.parse(line)), `${line}\n${JSON.stringify(event.errors)}`).toBe(true);
      const entries = (await text('suppress', ...args, '--groups', '--format', 'ndjson')).trim().split('\n');
      expect(entries.length).toBeGreaterThan(1);
      for (const line of entries)
        expect(suppression(JSON.parse(line)), `${line}\n${JSON.stringify(suppression.errors)}`).toBe(true);
    }
  });

  it('adds up: each table to the totals', async () => {
    const document = JSON.parse(await text('report', ...LOG, '--format', 'json', '--top', '0'));
    for (const table of ['domains', 'providers', 'hours', 'days', 'categories', 'codes'])
      for (const figure of ['attempts', 'delivered', 'deferrals', 'bounced', 'expired', 'messages'])
        expect(
          document[table].reduce((sum: number, row: Record<string, number>) => sum + row[figure]!, 0),
          `${table} ${figure}`,
        ).toBe(document.totals[figure]);
  });
});

describe('--detail', () => {
  const LINES = [
    'smtp[1]: connect to mx1.e.example[192.0.2.1]:25: Connection timed out',
    'smtp[1]: connect to mx1.e.example[192.0.2.1]:25: Connection timed out',
    'smtp[2]: connect to mx2.e.example[192.0.2.2]:25: Connection refused',
    'smtpd[3]: warning: hostname h7.example.net does not resolve to address 192.0.2.7: Name or service not known',
    'smtpd[3]: warning: hostname h8.example.net does not resolve to address 192.0.2.8: Name or service not known',
  ];
  const stdin = LINES.map((line) => `Nov 22 02:10:00 mx01 postfix/${line}\n`).join('');
  const report = async (...args: string[]): Promise<string> =>
    (await run(['report', '-', '--quiet', '--tz', 'UTC', ...args], { stdin })).stdout;

  it('shows servers that could not be connected to, and other warnings', async () => {
    const text = await report('--detail', '1');
    expect(text).toContain(
      'SERVERS THAT COULD NOT BE CONNECTED TO (3)\n2  mx1.e.example[192.0.2.1]:25: Connection timed out\n1  mx2.e',
    );
    expect(text).toContain(
      'OTHER WARNINGS (2)\n2  smtpd: hostname h#.example.net does not resolve to address #.#.#.#: Name',
    );
    for (const format of ['html', 'markdown', 'json'])
      expect(await report('--detail', '1', '--format', format), format).toMatch(
        /mx1\.e\.example.*Connection timed out/,
      );
    expect(await report()).not.toContain('mx1.e.example');
  });

  it('keeps a report quiet that is all well', async () => {
    expect(await report('--detail', '1', '--quiet-if-ok')).toBe('');
  });
});

describe('--sort', () => {
  it('puts the largest first', async () => {
    const rows = async (sort: string): Promise<Record<string, number>[]> =>
      JSON.parse(await text('report', ...LOG, '--format', 'json', '--by', 'domain', '--sort', sort)).domains;
    for (const figure of ['messages', 'bytes']) {
      const values = (await rows(figure)).map((row) => row[figure]!);
      expect(values).toEqual(values.toSorted((a, b) => b - a));
      expect(values[0]).toBeGreaterThan(0);
    }
    expect(await rows('worst')).not.toEqual(await rows('messages'));
  });
});

describe('for cron', () => {
  it('is silent where nothing happened, or all is well, and only where asked', async () => {
    const later = ['--since', '2026-12-01'];
    expect((await run(['report', ...LOG, ...later])).stdout).toContain('MAIL DELIVERY REPORT');
    expect(await run(['report', ...LOG.slice(0, -1), ...later, '--quiet-if-empty'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(await run(['report', ...LOG.slice(0, -1), ...later, '--quiet-if-ok'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect((await run(['report', ...LOG, '--quiet-if-ok'])).stdout).toContain('PROBLEMS');
  });

  it('exits 1 where a limit is reached, and says which', async () => {
    const reached = await run(['report', ...LOG, '--fail-on', 'deferral-rate=20%,new-suppressions=100']);
    expect(reached.code).toBe(1);
    expect(reached.stderr).toBe('smtp-enrich: deferral rate by message is 20.5%, the limit is 20.0%\n');
    expect((await run(['report', ...LOG, '--fail-on', 'deferral-rate=21%,new-suppressions=100'])).code).toBe(0);
  });

  it.each([
    'deferral-rate',
    'deferral-rate=200%',
    'nonsense=1',
    'new-suppressions=5%',
    '__proto__=1',
    'bounced=1.5',
    '',
    ' , ',
  ])('refuses --fail-on %s', async (text) => {
    const { code, stderr } = await run(['report', ...LOG, '--fail-on', text]);
    expect(code).toBe(2);
    expect(stderr).toContain('--fail-on');
    expect(stderr).not.toContain('at ');
  });

  it('selects a day of the zone', async () => {
    const day = ['--since', 'yesterday', '--until', 'today', '--format', 'json'];
    const utc = JSON.parse((await run(['report', ...LOG, ...day])).stdout);
    expect(utc.period).toMatchObject({ since: '2026-11-22T00:00:00Z', until: '2026-11-23T00:00:00Z' });
    expect(utc.days.map((row: { day: string }) => row.day)).toEqual(['2026-11-22']);
  });
});

describe('activity', () => {
  const activity = async (...args: string[]): Promise<string> => (await run(['activity', ...LOG, ...args])).stdout;

  it('cuts no line where nobody looks at it', async () => {
    const lines = (await activity('--domain', 'gmail.example', '--event', 'bounced', '--format', 'text'))
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/ (?:suppress|fix_auth) +host gmail-smtp-in.*command\)$/);
  });

  it('takes a domain as people write it', async () => {
    const ascii = await activity('--domain', 'xn--bcher-kva.example');
    expect(ascii).toContain('xn--bcher-kva.example');
    for (const domain of ['bücher.example', '@BÜCHER.example.']) expect(await activity('--domain', domain)).toBe(ascii);
  });

  it('shows all where the limit is 0', async () => {
    expect((await activity('--limit', '0')).trimEnd().split('\n')).toHaveLength(284);
    expect((await activity('--limit', '2')).trimEnd().split('\n')).toHaveLength(2);
  });

  it('refuses to look for no event', async () => {
    const { code, stderr } = await run(['activity', ...LOG, '--event', ' ,']);
    expect(code).toBe(2);
    expect(stderr).toContain('--event');
  });

  it('says of a message dropped for its header what the warning says', async () => {
    const args = ['samples/sendgrid.ndjson', '--domain', 'outlook.example', '--event', 'dropped', '--detail'];
    const { stdout } = await run(['activity', ...args, '--quiet']);
    expect(stdout).toMatch(/Means {3}SendGrid dropped messages because their X-SMTPAPI header/);
    expect(stdout).toMatch(/Do {6}fix_config: Put the JSON of the header through a validator/);
  });
});

describe('--output', () => {
  it('writes into what is no file, and does not put a file in its place', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-'));
    const pipe = join(folder, 'pipe');
    let reader: ChildProcess | undefined;
    try {
      expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
      reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'ignore'] });
      let got = '';
      reader.stdout!.on('data', (chunk) => (got += chunk));
      const ended = new Promise((resolve) => reader!.on('close', resolve));
      expect((await run(['report', ...LOG, '-o', pipe])).code).toBe(0);
      await ended;
      expect(got).toBe((await run(['report', ...LOG])).stdout);
      expect(statSync(pipe).isFIFO()).toBe(true);
      expect(readdirSync(folder)).toEqual(['pipe']);
    } finally {
      reader?.kill();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('--redact', () => {
  const names =
    /\b(?:ada|ben|carla|dmitri|elif|frank|grace|hana|ivan|julia|kofi|lena|mario|nadia|oscar|petra|quinn|rosa|sven|tara|ugo|vera|wim|xenia|yusuf|zoe)\b/i;
  const env = { SMTP_ENRICH_REDACT_KEY: 'a key for tests' };

  it.each([
    ['report', '--format', 'text', '--detail', '3', '--by', 'sender', '--by', 'domain'],
    ['report', '--format', 'json'],
    ['report', '--format', 'html', '--detail', '3'],
    ['report', '--format', 'markdown', '--detail', '3'],
    ['report', '--format', 'csv'],
    ['suppress', '--format', 'csv'],
    ['suppress', '--format', 'ndjson'],
    ['suppress', '--format', 'txt'],
    ['activity', '--detail'],
    ['activity', '--format', 'ndjson'],
    ['activity', '--format', 'csv'],
    ['enrich', '--format', 'ndjson'],
    ['enrich', '--format', 'text'],
    ['enrich', '--format', 'csv'],
    ['report', '--format', 'json', '--by', 'recipient', '--by', 'sender', '--by', 'answer'],
    ['suppress', '--explain', 'grace.hana@gmail.example'],
    ['suppress', '--compare', 'table'],
  ])('%s %s %s names nobody', async (...args) => {
    const plain = await run([...args, ...LOG], { env });
    expect(plain.code).toBe(0);
    const redacted = await run([...args, ...LOG, '--redact'], { env });
    expect(redacted.code).toBe(0);
    expect(plain.stdout, 'the test needs names').toMatch(names);
    expect(redacted.stdout.length).toBeGreaterThan(50);
    expect(redacted.stdout.match(names)?.[0]).toBeUndefined();
  });

  it('names nobody on stderr either, nor the folder of a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'julia-'));
    const path = join(folder, 'ada@mail.example.log');
    writeFileSync(
      path,
      'Nov 22 02:10:00 mx01 postfix/smtp[1]: 4jXAAAA11: to=<ada@example.com>, relay=mx.example.com[192.0.2.1]:25, delay=x, status=bounced\n'.repeat(
        3,
      ),
    );
    for (const args of [['report'], ['report', '--format', 'json'], ['suppress'], ['activity'], ['enrich']]) {
      const { stdout, stderr } = await run([...args, path, '--tz', 'UTC', '--year', '2026', '--redact'], { env });
      expect(stderr).toContain('malformed');
      expect(`${stdout}${stderr}`.match(names)?.[0]).toBeUndefined();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives the same hash with the same key, another with another, and another each time without', async () => {
    const list = async (e?: Record<string, string>): Promise<string> =>
      (await run(['suppress', '--format', 'txt', '--redact', ...LOG], e === undefined ? {} : { env: e })).stdout;
    expect(await list(env)).toBe(await list(env));
    expect(await list({ SMTP_ENRICH_REDACT_KEY: 'another key' })).not.toBe(await list(env));
    expect(await list()).not.toBe(await list());
  });
});
