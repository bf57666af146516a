import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { POLICIES } from '../../src/aggregate/policies.ts';
import { parsePolicy } from '../../src/aggregate/policy.ts';
import { SUPPRESSION_EXPORTS } from '../../src/report/suppression/index.ts';
import { run } from '../support/run-in-process.ts';

const LOG = ['samples/maillog', '--tz', 'UTC', '--year', '2026', '--quiet'];
const WEBHOOKS = ['samples/sendgrid.ndjson', '--tz', 'UTC', '--quiet'];
const ALL = [...LOG, 'samples/sendgrid.ndjson'];
const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-suppress-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text?: string): string => {
  const path = join(folder, name);
  if (text !== undefined) writeFileSync(path, text);
  return path;
};

const EXTENSIONS: Readonly<Record<string, string>> = {
  'ses-ndjson': 'ndjson',
  postmark: 'json',
  postfix: 'map',
  list: 'txt',
};

describe('golden lists', () => {
  it.each<readonly [string, readonly string[]]>([
    ...SUPPRESSION_EXPORTS.map(
      ({ name }) => [`suppress.for-${name}.${EXTENSIONS[name] ?? 'csv'}`, ['--for', name]] as const,
    ),
  ])('%s', async (name, args) => {
    const { stdout, code } = await run(['suppress', ...ALL, ...args]);
    expect(code).toBe(0);
    await expect(stdout).toMatchFileSnapshot(`golden/${name}`);
  });
});

describe.each(SUPPRESSION_EXPORTS.map(({ name }) => name))('--for %s', (name) => {
  it('read again by --existing leaves nothing new', async () => {
    const path = file(`${name}.out`);
    expect((await run(['suppress', ...ALL, '--for', name, '-o', path])).code).toBe(0);
    const exported = readFileSync(path, 'utf8');
    const again = await run(['suppress', ...ALL, '--for', name, '--existing', path]);
    const empty = await run(['suppress', '-', '--quiet', '--for', name]);
    expect(again.stdout).toBe(empty.stdout);
    expect(exported).not.toBe(empty.stdout);
    const same = await run(['suppress', ...ALL, '--for', name, '--existing', path, '--diff']);
    expect(same.stdout).not.toMatch(/^[+-] /m);
    // Take one address away, and it is new again.
    const victim = /[a-z.]+@[a-z.]+\.example/.exec(exported)![0];
    const without = file(`${name}.less`, exported.replaceAll(victim, 'nobody@nowhere.example'));
    const diff = await run(['suppress', ...LOG, 'samples/sendgrid.ndjson', '--existing', without, '--diff']);
    expect(diff.stdout).toContain(`+ ${victim}`);
  });
});

describe('--for', () => {
  it('says on stderr what a target cannot take, and why', async () => {
    const { stdout, stderr } = await run(['suppress', ...WEBHOOKS, '--for', 'sendgrid']);
    expect(stderr).toContain('left out, 1 address: each is a complaint, no bounce');
    const left = /^ {2}(\S+@\S+)$/m.exec(stderr)![1]!;
    expect(stdout).not.toContain(left);
    expect((await run(['suppress', ...WEBHOOKS, '--for', 'ses'])).stdout).toContain(`${left},COMPLAINT`);
  });

  it('ses: in parts of at most 100,000, and only into files', async () => {
    const line = (i: number): string => `user${i}@example.com,BOUNCE\n`;
    const many = file('many.csv', Array.from({ length: 250_001 }, (_, i) => line(i)).join(''));
    const refused = await run(['suppress', many, '--quiet', '--for', 'ses']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--output');
    const done = await run(['suppress', many, '--quiet', '--for', 'ses', '-o', file('part.csv')]);
    expect(done.code).toBe(0);
    const parts = readdirSync(folder)
      .filter((name) => /^part-\d\.csv$/.test(name))
      .sort();
    expect(parts).toEqual(['part-1.csv', 'part-2.csv', 'part-3.csv']);
    const lines = parts.map((name) => readFileSync(file(name), 'utf8').trimEnd().split('\n'));
    expect(lines.map((l) => l.length)).toEqual([100_000, 100_000, 50_001]);
    expect(new Set(lines.flat()).size).toBe(250_001);
  });

  it('mailgun: in parts that its importer takes, of whole records, with the heading on each', async () => {
    const long = 'x'.repeat(400);
    const many = file(
      'long.csv',
      `status,reason,email,created\n${Array.from({ length: 70_000 }, (_, i) => `5.1.1,550 5.1.1 No such user ${long},user${i}@example.com,1795305849\n`).join('')}`,
    );
    const refused = await run(['suppress', many, '--quiet', '--for', 'mailgun']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('25,000,000 bytes');
    const done = await run(['suppress', many, '--quiet', '--for', 'mailgun', '-o', file('mg.csv')]);
    expect(done.code).toBe(0);
    const parts = ['mg-1.csv', 'mg-2.csv'].map((name) => readFileSync(file(name), 'utf8'));
    for (const part of parts) {
      expect(Buffer.byteLength(part)).toBeLessThanOrEqual(25_000_000);
      expect(part.startsWith('address,code,error,created_at\nuser')).toBe(true);
    }
    expect(new Set(parts.flatMap((part) => part.match(/^user\d+@/gm))).size).toBe(70_000);
  });

  it('says what a target cannot take where lists are compared, too', async () => {
    const { stderr } = await run([
      'suppress',
      ...WEBHOOKS,
      '--for',
      'sendgrid',
      '--existing',
      file('none.txt', ''),
      '--diff',
    ]);
    expect(stderr).toContain('left out, 1 address: each is a complaint, no bounce');
  });

  const postmap = ['/usr/sbin/postmap', '/sbin/postmap'].find((path) => existsSync(path));
  if (postmap === undefined)
    console.warn('no postmap here (apt-get install postfix): the access map is not tried on it');
  it.skipIf(postmap === undefined)('postfix: the real postmap takes it without a warning, and finds each', async () => {
    const path = file('access');
    await run(['suppress', ...ALL, '--for', 'postfix', '-o', path]);
    const config = mkdtempSync(join(folder, 'postfix-'));
    writeFileSync(join(config, 'main.cf'), 'compatibility_level = 3.6\n');
    const ask = (...args: string[]): { status: number | null; stdout: string; stderr: string } => {
      const { status, stdout, stderr } = spawnSync(postmap!, ['-c', config, ...args], { encoding: 'utf8' });
      return { status, stdout, stderr };
    };
    expect(ask(`hash:${path}`)).toEqual({ status: 0, stdout: '', stderr: '' });
    // The addresses come from another list: what this one takes for its keys is not asked.
    const addresses = (await run(['suppress', ...ALL, '--for', 'list'])).stdout.trimEnd().toLowerCase().split('\n');
    expect(addresses.length).toBeGreaterThan(3);
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(addresses.length);
    for (const address of addresses) {
      const { stdout, stderr } = ask('-q', address, `hash:${path}`);
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^550 5\.\d{1,3}\.\d{1,3} Suppressed: \w+, last on \d{4}-\d\d-\d\d\n$/);
    }
    // What it is warned of can be seen: a key twice, a line without a value.
    writeFileSync(path, 'a@example.com 550 5.1.1 x\na@example.com 550 5.1.1 y\nb@example.com\n');
    const { stderr } = ask(`hash:${path}`);
    expect(stderr).toMatch(/warning: .*duplicate entry/);
    expect(stderr).toMatch(/warning: .*expected format/);
  });
});

describe('--output', () => {
  it('writes whole or not at all, for its owner alone', async () => {
    const path = file('list.txt', 'the list of yesterday');
    await run(['suppress', ...LOG, '--format', 'txt', '-o', path]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toMatch(/^\S+@\S+\n/);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
    const failed = await run(['suppress', ...LOG, '-o', join(folder, 'no-such-folder', 'list')]);
    expect(failed.code).toBe(4);
    expect(failed.stderr).toContain('cannot write');
  });
});

describe('--existing, --diff, --exclude, --hash', () => {
  it('shows what is added, lifted and unchanged', async () => {
    const bounce = (minute: number, who: string): string =>
      `Nov 22 02:${minute}:00 mx01 postfix/smtp[1]: 4jXAAAA${minute}: to=<${who}>, relay=mx.example.com[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=5.1.1, status=bounced (host mx.example.com[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command))\n`;
    const sent = (minute: number, who: string): string =>
      `Nov 22 02:${minute}:00 mx01 postfix/smtp[1]: 4jXBBBB${minute}: to=<${who}>, relay=mx.example.com[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 2.0.0 OK)\n`;
    const stdin =
      bounce(10, 'new@example.com') +
      bounce(11, 'back@example.com') +
      sent(12, 'back@example.com') +
      bounce(13, 'Still@example.com');
    const existing = file(
      'in-use.csv',
      'email,created\nback@example.com,1\nstill@example.com,1\nother@example.com,1\n',
    );
    const diff = await run(['suppress', '-', '--quiet', '--existing', existing, '--diff'], { stdin });
    expect(diff.stdout).toBe(
      [
        '+ new@example.com  invalid_recipient  550 5.1.1 User unknown',
        '- back@example.com  invalid_recipient  550 5.1.1 User unknown',
        '1 address added, 1 lifted, 1 unchanged, 1 in use of which these inputs say nothing',
        '',
      ].join('\n'),
    );
    const list = await run(['suppress', '-', '--quiet', '--format', 'txt'], { stdin });
    expect(list.stdout).toBe('new@example.com\nStill@example.com\n');
    const exclude = file('never.txt', '# our own\nNEW@example.com\n');
    expect((await run(['suppress', '-', '--quiet', '--format', 'txt', '--exclude', exclude], { stdin })).stdout).toBe(
      'Still@example.com\n',
    );
    const domain = file('never-domains.txt', '@example.com\n');
    expect((await run(['suppress', '-', '--quiet', '--format', 'txt', '--exclude', domain], { stdin })).stdout).toBe(
      '',
    );
    const hashes = await run(['suppress', '-', '--quiet', '--hash', 'sha256'], { stdin });
    expect(hashes.stdout.split('\n')).toContain(createHash('sha256').update('still@example.com').digest('hex'));
    const handed = file('handed.txt', hashes.stdout);
    expect((await run(['suppress', '-', '--quiet', '--format', 'txt', '--existing', handed], { stdin })).stdout).toBe(
      '',
    );
  });

  it.each([
    [['--diff'], 2, '--diff needs --existing'],
    [['--hash', 'sha256', '--for', 'ses'], 2, '--hash'],
    [['--redact', '--for', 'ses'], 2, '--redact'],
    // A list is an input; a policy, a table or a key is part of what was asked for.
    [['--existing', '/no/such/file'], 4, 'cannot read /no/such/file: there is no such file'],
    [['--policy', './no-such.json'], 2, 'cannot read ./no-such.json: there is no such file'],
    [['--policy', './'], 2, 'cannot read ./: it is a directory'],
    [['--compare', './no-such.json'], 2, 'cannot read ./no-such.json: there is no such file'],
    [['--table', './no-such.csv'], 2, 'cannot read the table ./no-such.csv: there is no such file'],
    [['--redact-key', './no-such.key'], 2, 'cannot read ./no-such.key: there is no such file'],
    [['--policy', 'strictest'], 2, 'there is no policy'],
  ] as const)('refuses %j', async (args, status, words) => {
    const { code, stderr } = await run(['suppress', ...LOG, ...args]);
    expect(code).toBe(status);
    expect(stderr).toContain(words);
  });
});

describe('a line of which nobody can tell whose it is', () => {
  const list = (answer: string): string =>
    `relay=mx.b.example[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=5.1.1, status=${answer}`;
  const line = (minute: number, to: string, rest: string): string =>
    `Nov 22 02:${minute}:00 mx01 postfix/smtp[1]: 4jXAAAA${minute}: to=<${to}>, ${rest}\n`;
  const attack = (fake: string, real: string) =>
    line(30, 'victim@b.example', `${list(fake)} @d.example>, ${list(real)}`);
  const suppress = async (stdin: string, ...args: string[]): Promise<string> =>
    (await run(['suppress', '-', '--quiet', '--tz', 'UTC', '--year', '2026', ...args], { stdin })).stdout;
  const dead = 'bounced (550 5.1.1 User unknown)';
  const sent = 'sent (250 2.0.0 Ok)';

  it('lists nobody, and lifts nobody', async () => {
    expect(await suppress(line(10, 'victim@b.example', list(dead)), '--format', 'txt')).toBe('victim@b.example\n');
    expect(await suppress(attack(dead, sent), '--format', 'txt')).toBe('');
    expect(await suppress(attack(dead, dead), '--format', 'txt')).toBe('');
    const both = line(10, 'victim@b.example', list(dead)) + attack(sent, dead);
    expect(await suppress(both, '--format', 'txt')).toBe('victim@b.example\n');
    expect(await suppress(both, '--explain', 'victim@b.example')).toContain('last delivery: never');
    const report = await run(['report', '-', '--quiet', '--format', 'json', '--tz', 'UTC'], { stdin: both });
    expect(JSON.parse(report.stdout).totals).toMatchObject({ messages: 2, bounced: 1, delivered: 1 });
  });

  it('nor where it expires, nor in a state', async () => {
    const deferral = attack('deferred (452 4.2.2 mailbox full)', dead);
    const day = (n: number): string =>
      (
        deferral +
        'Nov 22 02:40:00 mx01 postfix/qmgr[1]: 4jXAAAA30: from=<a@b.example>, status=expired, returned to sender\n'
      )
        .replaceAll('Nov 22', `Nov ${20 + n}`)
        .replaceAll('4jXAAAA30', `4jXAAA${n}30`);
    const log = file('doubt.log', day(0) + day(1) + day(2) + attack(dead, sent));
    expect(await suppress(readFileSync(log, 'utf8'), '--format', 'txt')).toBe('');
    const honest = readFileSync(log, 'utf8').replaceAll(/ @d\.example>, .*/g, '');
    expect(await suppress(honest, '--format', 'txt')).toBe('victim@b.example\n');
    const state = file('doubt.db');
    for (const part of [line(10, 'victim@b.example', list(dead)), attack(sent, dead)]) {
      const path = file(`doubt-${part.length}.log`, part);
      await run(['ingest', '--state', state, '--quiet', '--tz', 'UTC', '--year', '2026', path]);
    }
    expect((await run(['suppress', '--state', state, '--format', 'txt'])).stdout).toBe('victim@b.example\n');
  });
});

describe('--groups', () => {
  const webhook = (second: number, email: string, event: string, more: object = {}): string =>
    `${JSON.stringify({ email, event, timestamp: 1795000000 + second, sg_event_id: `${event}${second}`, ...more })}\n`;
  const stdin =
    webhook(0, 'ann@example.com', 'group_unsubscribe', { asm_group_id: 7 }) +
    webhook(1, 'ann@example.com', 'dropped', { reason: 'Unsubscribed Address', asm_group_id: 7 }) +
    webhook(2, 'bob@example.com', 'group_unsubscribe', { asm_group_id: 7 }) +
    webhook(3, 'bob@example.com', 'group_resubscribe', { asm_group_id: 7 }) +
    webhook(4, 'cy@example.com', 'unsubscribe') +
    webhook(5, 'cy@example.com', 'group_unsubscribe', { asm_group_id: 9 });
  const said = 'left out, 1 address: unsubscribed from one group of mail, not from all; --groups lists such, too\n';
  const suppress = (...args: string[]): ReturnType<typeof run> => run(['suppress', '-', '--quiet', ...args], { stdin });
  const webhooks = file('groups.ndjson', stdin);

  it.each([
    ['--format', 'txt'],
    ['--format', 'csv'],
    ['--format', 'ndjson'],
    ['--for', 'list'],
    ['--hash', 'sha256'],
  ])('without it they are left out, and that is said: %s %s', async (...args) => {
    const { stdout, stderr } = await suppress(...args);
    expect(stderr).toBe(said);
    expect(stdout).not.toContain('ann@');
    expect(stdout.split('\n').filter((line) => /cy@|^[0-9a-f]{64}$/.test(line))).toHaveLength(1);
  });

  it('lists them with their group where there is a place for it', async () => {
    const txt = await suppress('--groups', '--format', 'txt');
    expect(txt).toMatchObject({
      stdout: 'ann@example.com\t7\ncy@example.com\ncy@example.com\t9\n',
      stderr: '',
    });
    const rows = (await suppress('--groups', '--format', 'ndjson')).stdout
      .trim()
      .split('\n')
      .map((row) => JSON.parse(row));
    expect(rows.map((row) => row.unsubscribe_group)).toEqual(['7', undefined, '9']);
    expect(rows[0]).toMatchObject({ count: 2, category: 'unsubscribe', policy_rule: 'asked-to-stop', permanent: true });
    const csv = (await suppress('--groups')).stdout.trim().split('\r\n').join('\n').split('\n');
    expect(csv[0]).toMatch(/,unsubscribe_group$/);
    expect(csv.slice(1).map((row) => row.split(',').at(-1))).toEqual(['7', '', '9']);
  });

  it('elsewhere each address counts once', async () => {
    expect((await suppress('--groups', '--for', 'list')).stdout).toBe('ann@example.com\ncy@example.com\n');
    const sparkpost = (await suppress('--groups', '--for', 'sparkpost')).stdout.trim().split('\n');
    expect(sparkpost.map((row) => row.split(',').slice(0, 2).join(' '))).toEqual([
      'recipient type',
      'ann@example.com non_transactional',
      'cy@example.com non_transactional',
    ]);
    // SendGrid's file is one of bounces.
    expect((await suppress('--groups', '--for', 'sendgrid')).stderr).toContain(
      'left out, 2 addresses: each is an unsub',
    );
  });

  it('compares with a list in use, group by group', async () => {
    const inUse = file(
      'groups-in-use.csv',
      'address,unsubscribe_group\nann@example.com,7\nbob@example.com,7\ncy@example.com,3\n',
    );
    const fresh = await suppress('--groups', '--format', 'txt', '--existing', inUse);
    expect(fresh.stdout).toBe('cy@example.com\ncy@example.com\t9\n');
    // Who is on it for a group only is new to the list for all mail.
    expect((await suppress('--format', 'txt', '--existing', inUse)).stdout).toBe('cy@example.com\n');
    expect((await suppress('--groups', '--existing', inUse, '--diff')).stdout.split('\n').slice(0, 3)).toEqual([
      '+ cy@example.com  unsubscribe  ',
      '+ cy@example.com  unsubscribe (group 9)  ',
      '- bob@example.com  unsubscribe (group 7)  ',
    ]);
    const own = file('groups-own.txt', (await suppress('--groups', '--format', 'txt')).stdout);
    expect((await suppress('--groups', '--format', 'txt', '--existing', own)).stdout).toBe('');
    const all = file('groups-all.txt', 'ann@example.com\n');
    expect((await suppress('--format', 'txt', '--existing', all)).stderr).not.toContain('left out');
  });

  it('--explain tells of each group', async () => {
    const ann = (await suppress('--explain', 'ann@example.com')).stdout;
    expect(ann).toContain('ann@example.com: not on the list');
    expect(ann).toContain('  group 7: on the list of --groups since 2026-11-18');
    expect(ann).toContain('  unsubscribe (a message to group 7): once');
    const bob = (await suppress('--explain', 'bob@example.com')).stdout;
    expect(bob).toContain('  group 7: not on the list of --groups: it was, and subscribed again');
    expect(bob).toContain('  subscribed again (group 7): once');
  });

  it('a state gives the same', async () => {
    const state = file('groups.db', '');
    rmSync(state);
    expect((await run(['ingest', '--state', state, '--quiet', webhooks])).code).toBe(0);
    for (const args of [
      ['--groups'],
      ['--groups', '--format', 'ndjson'],
      ['--groups', '--format', 'txt'],
      ['--groups', '--for', 'list'],
      ['--format', 'txt'],
      ['--explain', 'bob@example.com'],
    ]) {
      const fromState = await run(['suppress', '--state', state, ...args]);
      const fromLog = await run(['suppress', '--quiet', webhooks, ...args]);
      expect(fromState.stdout, args.join(' ')).toBe(fromLog.stdout);
      expect(fromState.stderr, args.join(' ')).toBe(fromLog.stderr);
    }
  });
});

describe('policies', () => {
  it('the built-in ones are what --policy FILE reads', () => {
    for (const policy of POLICIES) expect(parsePolicy(JSON.stringify(policy), 'file')).toEqual(policy);
  });

  it('a file is checked, every fault with its place', async () => {
    const path = file(
      'policy.json',
      JSON.stringify({
        name: 'mine',
        layers: { phrase: {}, reply: { commands: ['RCPT'] }, hearsay: {} },
        rules: [
          { id: 'a', categories: ['nonsense'], failures: 0 },
          { id: 'a', reply_codes: ['5.5'], failures: 2, days: 3 },
        ],
      }),
    );
    const { code, stderr } = await run(['suppress', ...LOG, '--policy', path]);
    expect(code).toBe(2);
    for (const place of [
      'layers: knows no "hearsay"',
      'layers.reply.commands: "RCPT" is none of MAIL FROM, RCPT TO,',
      'rules[0].categories: "nonsense"',
      'rules[0].failures',
      'rules[1].reply_codes',
      'rules[1].days',
      'two rules',
    ])
      expect(stderr).toContain(place);
  });

  it('--compare says what another would change', async () => {
    const table = await run(['suppress', ...LOG, '--compare', 'table']);
    expect(table.stdout).toMatch(/^\+ \S+@outlook\.example {2}reputation/m);
    expect(table.stdout).toMatch(/table instead of standard: 8 addresses more, 0 fewer, 2 the same\n$/);
    const cautious = await run(['suppress', ...LOG, '--compare', 'cautious']);
    expect(cautious.stdout).toMatch(/cautious instead of standard: 0 addresses more, 0 fewer, 2 the same\n$/);
  });
});

describe('the lists that ESPs export, as inputs', () => {
  it.each<[string, string, string[]]>([
    [
      'sendgrid-bounces',
      'status,reason,email,created\n5.1.1,"550 5.1.1 User unknown, really",a@example.com,1461095250\n',
      ['a@example.com invalid_recipient'],
    ],
    [
      'sendgrid-invalid-emails',
      'reason,email,created\nMail domain mentioned in email address is unknown,a@example.com,1461095250\n',
      ['a@example.com esp_suppressed'],
    ],
    ['sendgrid-spam-reports', 'ip,email,created\n192.0.2.1,a@example.com,1461095250\n', ['a@example.com complaint']],
    ['sendgrid-unsubscribes', 'email,created\na@example.com,1461095250\n', ['a@example.com unsubscribe']],
    [
      'mailgun-bounces',
      'address,code,error,created_at\na@example.com,550,No such user here,"Fri, 21 Oct 2011 11:02:55 UTC"\n',
      ['a@example.com invalid_recipient'],
    ],
    [
      'mailgun-complaints',
      'address,created_at\na@example.com,"Fri, 21 Oct 2011 11:02:55 UTC"\n',
      ['a@example.com complaint'],
    ],
    [
      'mailgun-unsubscribes',
      'address,tags,created_at\na@example.com,*,"Fri, 21 Oct 2011 11:02:55 UTC"\nb@example.com,weekly,"Fri, 21 Oct 2011 11:02:55 UTC"\n',
      ['a@example.com unsubscribe'],
    ],
    [
      'ses-suppressions',
      'a@example.com,BOUNCE\nb@example.com,COMPLAINT\n',
      ['a@example.com esp_suppressed', 'b@example.com complaint'],
    ],
    [
      'ses-suppressions-json',
      '{"emailAddress":"a@example.com","reason":"BOUNCE"}\n{"emailAddress":"b@example.com","reason":"COMPLAINT"}\n',
      ['a@example.com esp_suppressed', 'b@example.com complaint'],
    ],
    [
      'ses-suppressions-json',
      '{"SuppressedDestinationSummaries":[{"EmailAddress":"a@example.com","Reason":"BOUNCE","LastUpdateTime":"2026-01-02T03:04:05Z"}]}',
      ['a@example.com esp_suppressed'],
    ],
    [
      'postmark-suppressions',
      '{"Suppressions":[{"EmailAddress":"a@example.com","SuppressionReason":"HardBounce","Origin":"Recipient","CreatedAt":"2019-12-17T08:58:33-05:00"},{"EmailAddress":"b@example.com","SuppressionReason":"ManualSuppression","Origin":"Recipient","CreatedAt":"2019-12-17T08:58:33-05:00"}]}',
      ['a@example.com esp_suppressed', 'b@example.com unsubscribe'],
    ],
  ])('%s', async (format, stdin, expected) => {
    const { stdout, code } = await run(['suppress', '-', '--quiet'], { stdin });
    expect(code).toBe(0);
    const rows: Record<string, string>[] = parse(stdout, { columns: true });
    expect(rows.map((row) => `${row.address} ${row.category}`)).toEqual(expected);
    for (const row of rows) expect(row.format).toBe(format);
  });

  it('a block is no dead mailbox: --input sendgrid-blocks', async () => {
    const stdin = 'status,reason,email,created\n5.1.1,550 5.1.1 User unknown,a@example.com,1461095250\n';
    expect((await run(['suppress', '-', '--quiet', '--format', 'txt'], { stdin })).stdout).toBe('a@example.com\n');
    expect(
      (await run(['suppress', '-', '--quiet', '--format', 'txt', '--input', 'sendgrid-blocks'], { stdin })).stdout,
    ).toBe('');
  });

  it('and known by the name that SendGrid gives the file, or by what all its rows say; which was assumed is said', async () => {
    const dead = '5.1.1,550 5.1.1 User unknown,a@example.com,1461095250\n';
    const blocked = '5.7.1,550 5.7.1 IP blocked by reputation,a@example.com,1461095250\n';
    const read = async (name: string, rows: string, ...args: string[]): Promise<string> => {
      const path = file(name, `status,reason,email,created\n${rows}`);
      return (await run(['suppress', path, '--format', 'txt', ...args])).stderr;
    };
    expect(await read('suppression_blocks.csv', dead)).toContain("read as sendgrid-blocks. SendGrid's bounces have");
    expect(await read('suppression_bounces.csv', blocked)).toContain(
      "read as sendgrid-bounces. SendGrid's blocks have",
    );
    expect(await read('list.csv', blocked)).toContain('read as sendgrid-blocks');
    expect(await read('list.csv', blocked + dead)).toContain('read as sendgrid-bounces');
    const named = await read('list.csv', blocked, '--input', 'sendgrid-bounces');
    expect(named).toContain('(sendgrid-bounces');
    expect(named).not.toContain('read as');
  });

  it('columns in any order, named once, hold for every block of a long list', async () => {
    const rows = Array.from(
      { length: 60_000 },
      (_, i) => `1461095250,user${i}@example.com,"550 5.1.1 User unknown",5.1.1\n`,
    );
    const path = file('long.csv', `created,email,reason,status\n${rows.join('')}`);
    const { stdout, stderr } = await run(['suppress', path, '--format', 'txt']);
    expect(statSync(path).size).toBeGreaterThan(3_000_000);
    expect(stderr).toContain('60,001 objects = 60,000 events + 1 context + 0 ignored + 0 malformed');
    expect(stdout.split('\n')).toHaveLength(60_001);
  });

  it('and for the rest of a list that has grown, of which a state knows the beginning', async () => {
    const path = file(
      'grows.csv',
      'created,email,reason,status\n1461095250,a@example.com,550 5.1.1 User unknown,5.1.1\n',
    );
    const state = file('lists.db');
    await run(['ingest', '--state', state, path, '--quiet']);
    appendFileSync(path, '1461095250,b@example.com,550 5.1.1 User unknown,5.1.1\n');
    const { stderr, code } = await run(['ingest', '--state', state, path]);
    expect(code, stderr).toBe(0);
    expect((await run(['suppress', '--state', state, '--format', 'txt'])).stdout).toBe(
      'a@example.com\nb@example.com\n',
    );
  });

  it('accounts for each row, and keeps the good ones beside a bad one', async () => {
    const stdin =
      'status,reason,email,created\n,,not an address,1\n5.1.1,"550 5.1.1 User unknown\nsecond line",a@example.com,1461095250\n';
    const { stdout, stderr } = await run(['suppress', '-', '--format', 'txt'], { stdin });
    expect(stdout).toBe('a@example.com\n');
    expect(stderr).toContain('3 objects = 1 event + 1 context + 0 ignored + 1 malformed');
  });

  it('a delivery in a log lifts a bounce that an export reported before it, but not one without a date', async () => {
    const bounces = file(
      'bounces.csv',
      'status,reason,email,created\n5.1.1,550 5.1.1 User unknown,a@example.com,1461095250\n',
    );
    const undated = file('ses.csv', 'b@example.com,BOUNCE\n');
    const sent = (who: string): string =>
      `2026-11-22T02:00:00Z mx01 postfix/smtp[1]: 4jXBBBB11: to=<${who}>, relay=mx.example.com[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 2.0.0 OK)\n`;
    const log = file('log', sent('a@example.com') + sent('b@example.com'));
    const { stdout } = await run(['suppress', '--quiet', '--format', 'txt', bounces, undated, log]);
    expect(stdout).toBe('b@example.com\n');
  });
});
