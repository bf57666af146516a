/**
 * A real Postfix delivers to a server that answers by script; every event that the built program reads from its log is compared
 * with what that server said, and every answer of the server must have its event. Traffic stays on loopback.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf, run } from '../support/run.ts';
import { freePort, isAlive, missing, Postfix, version } from './instance.ts';
import { type Answered, ScriptedServer } from './scripted-server.ts';

const why = missing();
if (why !== undefined) console.warn(`test:postfix is skipped: ${why}`);

type Event = Record<string, unknown> & { event: string; recipient?: string };

/** One message each; several recipients where the server is to answer for each of them. */
const MESSAGES: readonly (readonly string[])[] = [
  ['ok-1@accept.example'],
  ['ok-2@accept.example', 'gone-2@accept.example', 'temp-1@accept.example', 'multi-2@accept.example'],
  ['temp-2@accept.example'],
  ['busy-1@accept.example'],
  ['gone-1@accept.example'],
  ['multi-1@accept.example'],
  ['hostile-1@accept.example'],
  ['content-1@accept.example'],
  ['later-1@accept.example'],
  ['never-1@accept.example', 'never-2@accept.example', 'ok-3@accept.example'],
  ['drop-1@drop.example'],
  ['"with space"@accept.example'],
  ['team@local.example'],
  ['nobody-here@local.example'],
  ['anyone@discard.example'],
  ['anyone@refused.example'],
  ['anyone@soft-banner.example'],
  ['anyone@hard-banner.example'],
  ['anyone@hangs-up.example'],
  ['anyone@closed.example'],
];
const SENDER = 'news@sender.example';
/** Recipients whose addresses read like keys, written into the log as they are (info_log_address_format=internal, all there was before 3.5). */
const RAW = 'raw.example';
const KEYS = 'relay=mx.x[192.0.2.1]:25, delay=1, delays=0/0/0/0, dsn=5.1.1';
const READ_RIGHTLY = 'gone@accept.example>, x=y@raw.example';
const CANNOT_BE_TOLD = [
  `gone@victim.example>, ${KEYS}, status=bounced (550 5.1.1 User unknown) @raw.example`,
  `gone-1@accept.example>, ${KEYS}, status=sent (250 Ok) @raw.example`,
];
const quoted = (address: string) => `"${address.slice(0, address.lastIndexOf('@'))}"@${RAW}`;
/** Half a minute is what it takes; whatever happens, it ends. */
const DEADLINE = 120_000;

describe.skipIf(why !== undefined)(`Postfix ${why === undefined ? version() : ''}`, () => {
  const server = new ScriptedServer();
  let postfix: Postfix | undefined;
  let log = '';
  let events: Event[] = [];

  beforeAll(async () => {
    const [greet, soft, hard, silent] = await Promise.all([
      server.listen('greet'),
      server.listen('421'),
      server.listen('554'),
      server.listen('hang up'),
    ]);
    const refused = await freePort();
    const at = (port: number) => `[127.0.0.1]:${port}`;
    postfix = new Postfix(await freePort(), [
      `accept.example smtp:${at(greet)}`,
      `drop.example smtp:${at(greet)}`,
      `sender.example smtp:${at(greet)}`,
      `refused.example smtp:${at(refused)}`,
      `soft-banner.example smtp:${at(soft)}`,
      `hard-banner.example hard:${at(hard)}`,
      `hangs-up.example smtp:${at(silent)}`,
      `${RAW} internal:${at(greet)}`,
      'discard.example discard:thrown away',
      'closed.example error:5.1.2 this domain is closed',
      'local.example local:',
      '* error:5.4.4 no such domain in this test',
    ]);
    postfix.start();
    try {
      for (const recipients of MESSAGES) await postfix.send(SENDER, recipients);
      for (const address of [READ_RIGHTLY, ...CANNOT_BE_TOLD]) await postfix.send(SENDER, [quoted(address)]);
      await postfix.send('odd@sender.example', ['ok-odd@accept.example']);
      await postfix.send(SENDER, ['warned@accept.example']);
    } catch (error) {
      throw new Error(`${String(error)}\n${readFileSync(postfix.log, 'utf8').slice(-4000)}`);
    }
    // No event tells that a queue has run empty: it is asked, until it says so twice, and never longer than the deadline.
    const end = Date.now() + DEADLINE;
    for (let empty = 0; empty < 2; empty = postfix.isIdle() ? empty + 1 : 0) {
      if (Date.now() > end)
        throw new Error(
          `the queue is not empty after ${DEADLINE} ms:\n${readFileSync(postfix.log, 'utf8').slice(-4000)}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    log = readFileSync(postfix.log, 'utf8');
    const result = run(['enrich', '--input', 'postfix'], log);
    expect(result.stderr).not.toContain('not understood');
    expect(result.status).toBe(0);
    events = eventsOf(result.stdout) as Event[];
  });

  afterAll(async () => {
    postfix?.stop();
    await server.close();
  });

  /** Without those of RAW, which have a test of their own. */
  const answered = () => server.answered.filter(({ recipient }) => !recipient.endsWith(`@${RAW}`));
  const to = (recipient: string) => events.filter((event) => event.recipient === recipient);
  const brief = (recipient: string) => to(recipient).map(({ event }) => event);

  test('every answer of the server is an event, and every event that names a reply code is an answer of the server', () => {
    const said = answered().filter(({ lines }) => lines.length > 0);
    expect(said.length).toBeGreaterThan(25);
    const raw = new Set<unknown>(rawIds());
    const key = (recipient: string, outcome: string, text: string) => `${outcome} ${recipient}: ${text}`;
    const told = said.map((answer) => key(answer.recipient, answer.outcome, folded(answer)));
    const read = events
      // What an expiry repeats was said before; a greeting is said to no recipient; a suspended delivery asked nobody.
      .filter(
        (event) =>
          event.event !== 'expired' &&
          event.event !== 'probe' &&
          !raw.has(event.queue_id) &&
          !String(event.response).includes('refused to talk to me'),
      )
      .filter((event) => /^(?:host \S+ said: |250 )/.test(String(event.response)))
      .map((event) => key(event.recipient!, event.event, withoutFrame(String(event.response))));
    expect(read.sort()).toEqual(told.sort());
  });

  test('codes, command and words are the server’s', () => {
    const seen = new Set<Event>();
    for (const answer of answered().filter(({ lines }) => lines.length > 0)) {
      const last = answer.lines.at(-1)!;
      const event = to(answer.recipient).find(
        (one) =>
          !seen.has(one) && one.event === answer.outcome && withoutFrame(String(one.response)) === folded(answer),
      );
      expect([answer.recipient, event?.reply_code, event?.enhanced_code]).toEqual([
        answer.recipient,
        Number(last.slice(0, 3)),
        last.slice(4).split(' ')[0],
      ]);
      seen.add(event!);
      if (answer.outcome !== 'delivered') expect(event!.command).toBe(answer.command);
      expect(event!.sender).toBe(answer.sender);
      const words = answer.lines.map((line) => line.slice(4).replace(/^\d\.\d\.\d /, '')).join(' ');
      expect(event!.reply_text).toBe(words);
      expect(event!.status).toBe(
        { delivered: 'sent', deferred: 'deferred', bounced: 'bounced', lost: '' }[answer.outcome],
      );
    }
  });

  test.each<[recipient: string, expected: readonly string[]]>([
    ['ok-1@accept.example', ['delivered']],
    ['ok-2@accept.example', ['delivered']],
    ['gone-1@accept.example', ['bounced']],
    ['gone-2@accept.example', ['bounced']],
    ['multi-1@accept.example', ['bounced']],
    ['hostile-1@accept.example', ['bounced']],
    ['content-1@accept.example', ['bounced']],
    ['"with space"@accept.example', ['delivered']],
    ['temp-2@accept.example', ['deferred', 'deferred', 'delivered']],
    ['busy-1@accept.example', ['deferred', 'delivered']],
    // local(8): the alias is no delivery, its members are; one after a deferral
    ['team@local.example', ['internal']],
    ['ok-alias@accept.example', ['delivered']],
    ['temp-alias@accept.example', ['deferred', 'delivered']],
    ['nobody-here@local.example', ['bounced']],
    ['anyone@discard.example', ['discarded']],
    ['anyone@hard-banner.example', ['bounced']],
    ['anyone@closed.example', ['bounced']],
  ])('%s: %j', (recipient, expected) => {
    // A destination that was put aside is not asked: such a deferral comes between, as often as the queue is run. One of RAW
    // reads as a delivery to gone-1, and stands before its bounce or after it: it has a test of its own.
    const raw = new Set<unknown>(rawIds());
    const asked = to(recipient).filter(
      ({ queue_id, response }) => !raw.has(queue_id) && !String(response).startsWith('delivery temporarily suspended'),
    );
    expect(asked.map(({ event }) => event)).toEqual(expected);
  });

  test.each<[recipient: string, root: string, response: RegExp]>([
    ['never-1@accept.example', 'mailbox_full', /452 4\.2\.2 the mailbox is full/],
    ['never-2@accept.example', 'mailbox_full', /452 4\.2\.2 the mailbox is full/],
    ['later-1@accept.example', '', /451 4\.7\.1 the scanner is down/],
    ['anyone@refused.example', 'connection_failure', /Connection refused/],
    ['anyone@soft-banner.example', '', /refused to talk to me: 421 4\.7\.0 too busy/],
    ['anyone@hangs-up.example', 'connection_failure', /lost connection with/],
  ])('%s is put off until it expires', (recipient, root, response) => {
    const names = brief(recipient);
    expect(names.length).toBeGreaterThan(2);
    expect(names.at(-1)).toBe('expired');
    expect(new Set(names.slice(0, -1))).toEqual(new Set(['deferred']));
    const last = to(recipient).at(-1)!;
    expect(last.status).toBe('expired');
    expect(last.response).toMatch(response);
    expect([recipient, last.category]).toEqual([recipient, 'expired']);
    if (root !== '') expect([recipient, last.root_cause]).toEqual([recipient, root]);
  });

  test('a connection that broke at RCPT is a deferral that says so, then a delivery', () => {
    const asked = to('drop-1@drop.example').filter(
      ({ response }) => !String(response).startsWith('delivery temporarily suspended'),
    );
    expect(asked.map(({ event }) => event)).toEqual(['deferred', 'delivered']);
    expect(asked[0]!.response).toMatch(/^lost connection with 127\.0\.0\.1\[127\.0\.0\.1\] while sending RCPT TO$/);
    expect(asked[0]).toMatchObject({ category: 'connection_failure', command: 'RCPT TO', retryable: true });
    expect(
      server.answered.filter(({ recipient }) => recipient === 'drop-1@drop.example').map(({ outcome }) => outcome),
    ).toEqual(['lost', 'delivered']);
  });

  test('a greeting that refuses', () => {
    expect(to('anyone@hard-banner.example')[0]).toMatchObject({
      program: 'postfix-hard/smtp',
      reply_code: 554,
      enhanced_code: '5.7.1',
      command: 'CONNECT',
    });
    expect(to('anyone@soft-banner.example')[0]).toMatchObject({
      reply_code: 421,
      enhanced_code: '4.7.0',
      command: 'CONNECT',
    });
  });

  const rawIds = () => [...log.matchAll(/ (\w+): to=<[^\n]*@raw\.example>, relay=/g)].map(([, id]) => id);

  test('recipients that read like keys: one event each, nobody else is suppressed or lifted by it', () => {
    const ids = rawIds();
    expect(ids).toHaveLength(3);
    const read = ids.map((id) => events.filter(({ queue_id }) => queue_id === id));
    expect(read.map((list) => list.length)).toEqual([1, 1, 1]);
    // They are delivered side by side: in whichever order the log has them.
    const one = (recipient: string) => read.map(([event]) => event!).find((event) => event.recipient === recipient);
    expect(one(READ_RIGHTLY)).toMatchObject({ event: 'bounced', domain: RAW, action: 'suppress' });
    expect(one('gone@victim.example')).toMatchObject({ event: 'bounced', action: 'review' });
    // Of which the next test says that it lifts nobody.
    expect(one('gone-1@accept.example')).toMatchObject({ event: 'delivered' });
  });

  test('what was only warned of is read with --inbound, and was delivered', () => {
    const { stdout } = run(['enrich', '--input', 'postfix', '--inbound', '-q'], log);
    const warned = (eventsOf(stdout) as Event[]).filter(({ event }) => event === 'reject_warning');
    expect(warned).toMatchObject([
      {
        status: 'warning',
        response: 'an odd sender',
        sender: 'odd@sender.example',
        recipient: 'ok-odd@accept.example',
      },
      { status: 'reject_warning', reply_code: 550, enhanced_code: '5.7.1', recipient: 'warned@accept.example' },
    ]);
    expect(brief('warned@accept.example')).toEqual(['delivered']);
    expect(brief('ok-odd@accept.example')).toEqual(['delivered']);
  });

  test('notifications are messages with an empty sender', () => {
    const notified = to(SENDER);
    expect(notified.length).toBeGreaterThan(8);
    for (const event of notified) expect(event).toMatchObject({ event: 'delivered', sender: '' });
  });

  test('what the server queued under ids of its own is no internal hop, although it is on loopback', () => {
    expect(events.filter(({ event }) => event === 'internal').map(({ recipient }) => recipient)).toEqual([
      'team@local.example',
    ]);
  });

  test('each line that carries a status is one event, or one for each recipient that was left', () => {
    const lines = log.split('\n').filter((line) => / status=/.test(line));
    const expirations = lines.filter((line) => / status=expired, /.test(line)).length;
    const ends = events.filter(({ event }) => event === 'expired').length;
    expect(ends).toBeGreaterThanOrEqual(expirations);
    expect(events.filter(({ event }) => event !== 'warning').length).toBe(lines.length - expirations + ends);
  });

  test('the report counts what was sent', () => {
    const { stdout, status } = run(['report', '--format', 'json', '--input', 'postfix', '-q'], log);
    expect(status).toBe(0);
    const { totals } = JSON.parse(stdout);
    const said = (outcome: string) => server.answered.filter((answer) => answer.outcome === outcome).length;
    // One of RAW cannot be told from a delivery, and is no lifting one: see above.
    expect(totals.delivered).toBe(said('delivered') + 1);
    const recipients = new Set(
      events
        .filter(({ event }) => ['delivered', 'deferred', 'bounced'].includes(event))
        .map(({ recipient, queue_id }) => `${queue_id} ${recipient}`),
    );
    expect(totals.messages).toBe(recipients.size);
    expect(totals.expired).toBe(events.filter(({ event }) => event === 'expired').length);
  });

  test('the list names the mailboxes that do not exist, and nobody else', () => {
    const { stdout } = run(['suppress', '--format', 'txt', '--input', 'postfix', '-q'], log);
    expect(stdout.trim().split('\n').sort()).toEqual([
      'gone-1@accept.example',
      'gone-2@accept.example',
      READ_RIGHTLY,
      'nobody-here@local.example',
    ]);
  });

  test('and no process is left', () => {
    const pid = Number(readFileSync(`${postfix!.folder}/queue/pid/master.pid`, 'utf8'));
    expect(isAlive(pid)).toBe(true);
    postfix!.stop();
    expect(isAlive(pid)).toBe(false);
  });
});

/** Postfix logs a multi-line answer on one line. */
function folded({ lines }: Answered): string {
  return lines.join(' ');
}

//  host 127.0.0.1[127.0.0.1] said: 450 4.2.0 greylisted (in reply to RCPT TO command)
//                                  ^                  ^
function withoutFrame(response: string): string {
  return response.replace(/^host \S+ said: /, '').replace(/ \(in reply to [A-Za-z ]+ command\)$/, '');
}
