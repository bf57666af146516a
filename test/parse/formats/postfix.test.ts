/** The lines of a Postfix log, one table for each part of a delivery record. */
import { describe, expect, test } from 'vitest';
import { FEW_NEEDS, readLine, readLog } from '../../support/read-log.ts';

const HEAD = 'Nov 22 02:17:49 mx01 postfix/smtp[29598]: ';
const TAIL = 'relay=mx.b.example[192.0.2.1]:25, delay=0.5, delays=0.1/0/0.2/0.2, dsn=2.0.0, status=sent (250 2.0.0 Ok)';

describe('a delivery record, field by field', () => {
  test('everything at once', () => {
    expect(
      readLine(
        'Nov 22 02:17:49 mx01 postfix/smtp[29598]: 4jXCQh6CYCzJTVP: to=<new@b.example>, orig_to=<old@b.example>, relay=MX.b.example[2001:db8::25]:587, conn_use=3, delay=2017, delays=0.1/2017/0.03/0.05, tls=dane/!requiretls:nocertmatch, dsn=4.2.2, status=deferred (host MX.b.example[2001:db8::25] said: 452 4.2.2 The mailbox is full (in reply to RCPT TO command))',
      ),
    ).toMatchObject({
      format: 'postfix',
      host: 'mx01',
      program: 'postfix/smtp',
      queue_id: '4jXCQh6CYCzJTVP',
      event: 'deferred',
      status: 'deferred',
      recipient: 'new@b.example',
      original_recipient: 'old@b.example',
      domain: 'b.example',
      relay: 'MX.b.example[2001:db8::25]:587',
      relay_host: 'mx.b.example',
      relay_ip: '2001:db8::25',
      relay_port: 587,
      delay: 2017,
      delays: [0.1, 2017, 0.03, 0.05],
      tls: 'dane/!requiretls:nocertmatch',
      connection_use: 3,
      dsn: '4.2.2',
      response: 'host MX.b.example[2001:db8::25] said: 452 4.2.2 The mailbox is full (in reply to RCPT TO command)',
      reply_code: 452,
      enhanced_code: '4.2.2',
      reply_text: 'The mailbox is full',
      command: 'RCPT TO',
      timestamp: '2026-11-22T02:17:49+00:00',
    });
  });

  test('what the line does not say, the event does not have', () => {
    const event = readLine(`${HEAD}to=<a@b.example>, relay=none, dsn=2.0.0, status=sent (ok)`);
    for (const field of ['queue_id', 'original_recipient', 'delay', 'delays', 'tls', 'connection_use', 'relay_ip']) {
      expect(event).not.toHaveProperty(field);
    }
  });

  test.each<[what: string, list: string]>([
    [
      'in any order',
      `dsn=2.0.0, delays=0.1/0/0.2/0.2, relay=mx.b.example[192.0.2.1]:25, to=<a@b.example>, delay=0.5, status=sent (250 2.0.0 Ok)`,
    ],
    [
      'with a key of a later release before dsn',
      `to=<a@b.example>, relay=mx.b.example[192.0.2.1]:25, delay=0.5, delays=0.1/0/0.2/0.2, tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 Ok)`,
    ],
    [
      'with unknown keys of every length',
      `to=<a@b.example>, x=1, dst=9.9.9, tag=<z>, real=y, rely=no, realm=x, derby=7, delay2=8, stages=5/6, origins=<q>, conn_age=<9>, transport=smtp, relay=mx.b.example[192.0.2.1]:25, delay=0.5, delays=0.1/0/0.2/0.2, dsn=2.0.0, status=sent (250 2.0.0 Ok)`,
    ],
    [
      'with unknown keys behind the known ones',
      `to=<a@b.example>, relay=mx.b.example[192.0.2.1]:25, delay=0.5, delays=0.1/0/0.2/0.2, dsn=2.0.0, relap=no, delax=9, delaps=1/2/3/4, dxn=5.5.5, tq=<b@c>, axxg_to=<d@e>, status=sent (250 2.0.0 Ok)`,
    ],
  ])('by names: %s', (_what, list) => {
    const event = readLine(`${HEAD}4jXCQh6CYCzJTVP: ${list}`);
    expect(event).toMatchObject({
      event: 'delivered',
      recipient: 'a@b.example',
      relay: 'mx.b.example[192.0.2.1]:25',
      delay: 0.5,
      delays: [0.1, 0, 0.2, 0.2],
      dsn: '2.0.0',
      response: '250 2.0.0 Ok',
    });
    expect(event).not.toHaveProperty('original_recipient');
    expect(event).not.toHaveProperty('connection_use');
  });
});

describe('who delivered', () => {
  test.each<[line: string, event: string, response: string]>([
    [
      'postfix/smtp[1]: 7EE668039: to=<u@e.example>, relay=m.e.example[192.0.2.3]:25, delay=3.6, delays=0.1/0/0.9/0.1, tls=dane, dsn=2.1.5, status=sent (250 2.0.0 Ok: queued as 153053D)',
      'delivered',
      '250 2.0.0 Ok: queued as 153053D',
    ],
    [
      'postfix/lmtp[1]: 7EE668039: to=<u@e.example>, relay=127.0.0.1[127.0.0.1]:2525, delay=3.6, delays=0.2/0/0/3.3, dsn=2.0.0, status=sent (250 2.0.0 Ok)',
      'delivered',
      '250 2.0.0 Ok',
    ],
    [
      'postfix/local[1]: 2A22C263F6: to=<u@h.example>, orig_to=<root@localhost>, relay=local, delay=0.07, delays=0.04/0/0/0.03, dsn=2.0.0, status=sent (delivered to command: procmail -a "$EXTENSION")',
      'delivered',
      'delivered to command: procmail -a "$EXTENSION"',
    ],
    [
      'postfix/local[1]: 486ED600A5: to=<s@p.example>, relay=local, delay=0.01, delays=0.01/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)',
      'delivered',
      'delivered to mailbox',
    ],
    [
      'postfix/virtual[1]: B657F2DB195D: to=<p@e.example>, relay=virtual, delay=0.52, delays=0.51/0.01/0/0, dsn=2.0.0, status=sent (delivered to maildir)',
      'delivered',
      'delivered to maildir',
    ],
    [
      'postfix/pipe[1]: 0F5383D: to=<t@e.example>, relay=dovecot, delay=4.3, delays=4.1/0.01/0/0.15, dsn=2.0.0, status=sent (delivered via dovecot service)',
      'delivered',
      'delivered via dovecot service',
    ],
    [
      'postfix/pipe[1]: 95ECE24E0: to=<t@e.example>, relay=dovecot, delay=0.12, delays=0.03/0/0/0.08, dsn=5.4.6, status=bounced (mail forwarding loop for t@e.example)',
      'bounced',
      'mail forwarding loop for t@e.example',
    ],
    [
      'postfix/error[1]: 2DC5552A34: to=<u@y.example>, relay=none, delay=63495, delays=63350/144/0/0, dsn=4.4.2, status=deferred (delivery temporarily suspended: lost connection with m.y.example[192.0.2.4] while sending RCPT TO)',
      'deferred',
      'delivery temporarily suspended: lost connection with m.y.example[192.0.2.4] while sending RCPT TO',
    ],
    [
      'postfix/error[1]: 2DC5552A34: to=<u@y.example>, relay=none, delay=0.1, delays=0/0/0/0, dsn=5.0.0, status=bounced (this domain is closed)',
      'bounced',
      'this domain is closed',
    ],
    [
      'postfix/retry[1]: 2DC5552A34: to=<u@y.example>, relay=none, delay=0.1, delays=0/0/0/0, dsn=4.3.0, status=deferred (mail transport unavailable)',
      'deferred',
      'mail transport unavailable',
    ],
    [
      'postfix/discard[1]: 25F2E5E061: to=<g@t.example>, relay=none, delay=0.05, delays=0.05/0/0/0, dsn=2.0.0, status=sent (t.example)',
      'discarded',
      't.example',
    ],
    [
      'postfix-out/discard[1]: 25F2E5E061: to=<g@t.example>, relay=none, delay=0.05, delays=0.05/0/0/0, dsn=2.0.0, status=sent (t.example)',
      'discarded',
      't.example',
    ],
    [
      'postfix/bounce[1]: 25F2E5E061: to=<g@t.example>, relay=none, delay=0.05, delays=0.05/0/0/0, dsn=5.1.1, status=bounced (User unknown in virtual alias table)',
      'bounced',
      'User unknown in virtual alias table',
    ],
    [
      'postfix/relay/smtp[1]: 25F2E5E061: to=<g@t.example>, relay=mx.t.example[192.0.2.5]:25, delay=0.05, delays=0.05/0/0/0, dsn=5.1.1, status=bounced (host mx.t.example[192.0.2.5] said: 550 no)',
      'bounced',
      'host mx.t.example[192.0.2.5] said: 550 no',
    ],
    [
      'postfix-10.20.30.40/smtp[1]: 25F2E5E061: to=<g@t.example>, relay=none, delay=0.05, delays=0.05/0/0/0, dsn=4.4.3, status=SOFTBOUNCE (Host or domain name not found. Name service error for name=t.example type=A: Host not found)',
      'deferred',
      'Host or domain name not found. Name service error for name=t.example type=A: Host not found',
    ],
    [
      'postfix/smtp[1]: 25F2E5E061: to=<g@t.example>, relay=none, delay=0.05, delays=0/0/0/0, dsn=2.1.5, status=deliverable (250 2.1.5 Ok)',
      'probe',
      '250 2.1.5 Ok',
    ],
    [
      'postfix/smtp[1]: 25F2E5E061: to=<g@t.example>, relay=none, delay=0.05, delays=0/0/0/0, dsn=5.1.1, status=undeliverable (host t.example[192.0.2.5] said: 550 5.1.1 no (in reply to RCPT TO command))',
      'probe',
      'host t.example[192.0.2.5] said: 550 5.1.1 no (in reply to RCPT TO command)',
    ],
    [
      'postfix/error[1]: 3E29030F8637E: to=<u@y.example>, relay=none, delay=0.01, delays=0.01/0/0/0, dsn=5.1.1, status=undeliverable-but-not-cached (User unknown in virtual alias table)',
      'probe',
      'User unknown in virtual alias table',
    ],
  ])('%s', (line, event, response) => {
    const status = /status=([\w-]+)/.exec(line)![1];
    expect(readLine(`Oct 26 18:13:50 mx1 ${line}`)).toMatchObject({ event, response, status });
  });

  test('a program that is none of a mail server writes no delivery records', () => {
    const { events, accounting } = readLog(
      [
        'Nov 22 02:17:49 mx01 php[7]: to=<a@b.example>, relay=none, status=sent (a form was posted)',
        'Nov 22 02:17:49 mx01 myapp: to=<a@b.example>, status=200 (ok)',
        'Nov 22 02:17:49 mx01 sendmail[99]: q5ABC123: to=<a@b.example>, delay=00:00:01, mailer=esmtp, stat=Sent (ok)',
      ].join('\n'),
    );
    expect(events).toEqual([]);
    expect(accounting).toMatchObject({ lines: 3, ignored: 3 });
  });
});

describe('addresses', () => {
  test.each<[what: string, to: string, recipient: string, domain: string | undefined]>([
    ['plain', 'to=<a@b.example>', 'a@b.example', 'b.example'],
    ['without brackets (local(8) of old)', 'to=root@localhost', 'root@localhost', 'localhost'],
    ['upper case', 'to=<Some.One@B.Example>', 'Some.One@B.Example', 'b.example'],
    ['quoted, with spaces', 'to=<"user 1234 with space"@b.example>', '"user 1234 with space"@b.example', 'b.example'],
    ['quoted, with brackets and a comma', 'to=<"a>, b"@b.example>', '"a>, b"@b.example', 'b.example'],
    ['quoted, with an escaped quote', 'to=<"a\\"b"@b.example>', '"a\\"b"@b.example', 'b.example'],
    ['quoted, ends with an escaped backslash', 'to=<"a\\\\"@b.example>', '"a\\\\"@b.example', 'b.example'],
    [
      'a quote that stands alone (info_log_address_format=internal)',
      'to=<a"b@b.example>',
      'a"b@b.example',
      'b.example',
    ],
    ['a quote at the start, alone', 'to=<"a@b.example>', '"a@b.example', 'b.example'],
    ['SMTPUTF8', 'to=<пётр@пример.рф>', 'пётр@пример.рф', 'xn--e1afmkfd.xn--p1ai'],
    ['an internationalised domain in capitals', 'to=<a@BÜCHER.example>', 'a@BÜCHER.example', 'xn--bcher-kva.example'],
    ['the same in ASCII', 'to=<a@xn--bcher-kva.example>', 'a@xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['empty', 'to=<>', '', undefined],
    ['without a domain', 'to=<root>', 'root', undefined],
    ['an @ in the local part', 'to=<"a@evil.example"@b.example>', '"a@evil.example"@b.example', 'b.example'],
    ['VERP', 'to=<health-example-a=foo.com@b.example>', 'health-example-a=foo.com@b.example', 'b.example'],
    ['a final dot', 'to=<a@b.example.>', 'a@b.example.', 'b.example'],
    ['an address literal', 'to=<a@[192.0.2.1]>', 'a@[192.0.2.1]', '[192.0.2.1]'],
    ['letters a URL would not take for a host', 'to=<a@ü.example/x?y#z>', 'a@ü.example/x?y#z', 'ü.example/x?y#z'],
    ['an internationalised name with a port', 'to=<a@ü.example:80>', 'a@ü.example:80', 'ü.example:80'],
  ])('%s', (_what, to, recipient, domain) => {
    for (const key of ['', 'orig_']) {
      const event = readLine(`${HEAD}4jXCQh6CYCzJTVP: ${key === '' ? to : `to=<x@y.example>, orig_${to}`}, ${TAIL}`);
      expect(event[key === '' ? 'recipient' : 'original_recipient']).toBe(recipient);
      if (key === '') expect(event.domain).toBe(domain);
      expect(event).toMatchObject({ relay: 'mx.b.example[192.0.2.1]:25', dsn: '2.0.0', response: '250 2.0.0 Ok' });
    }
  });
});

describe('relays', () => {
  test.each<[relay: string, host: string | undefined, ip: string | undefined, port: number | undefined]>([
    ['mx.b.example[192.0.2.1]:25', 'mx.b.example', '192.0.2.1', 25],
    [
      'gmail-smtp-in.l.google.com[2607:f8b0:400e:c04::1b]:25',
      'gmail-smtp-in.l.google.com',
      '2607:f8b0:400e:c04::1b',
      25,
    ],
    ['[2001:db8::1]:587', undefined, '2001:db8::1', 587],
    ['10.2.2.85[10.2.2.85]:2527', '10.2.2.85', '10.2.2.85', 2527],
    ['mx.example.org[/var/run/lmtp]', 'mx.example.org', undefined, undefined],
    ['sub1.example.com[private/dovecot-lmtp]', 'sub1.example.com', undefined, undefined],
    ['127.0.0.1:2525', '127.0.0.1', '127.0.0.1', 2525],
    ['mx.b.example[192.0.2.1]', 'mx.b.example', '192.0.2.1', undefined],
    ['none', undefined, undefined, undefined],
    ['local', undefined, undefined, undefined],
    ['virtual', undefined, undefined, undefined],
    ['dovecot', undefined, undefined, undefined],
  ])('%s', (relay, relay_host, relay_ip, relay_port) => {
    const event = readLine(
      `${HEAD}4jXCQh6CYCzJTVP: to=<a@b.example>, relay=${relay}, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (ok)`,
    );
    expect([event.relay, event.relay_host, event.relay_ip, event.relay_port]).toEqual([
      relay,
      relay_host,
      relay_ip,
      relay_port,
    ]);
  });
});

describe('the answer in its parentheses', () => {
  const LIST =
    'to=<a@b.example>, relay=mx.b.example[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=5.1.1, status=bounced ';
  const hostile =
    'host mx.b.example[192.0.2.1] said: 550 5.1.1 no, status=sent (250 2.0.0 Ok), dsn=2.0.0, to=<victim@c.example>, relay=none, status=sent (x (in reply to RCPT TO command)';
  test.each<[what: string, written: string, response: string]>([
    ['one of its own', '(550 no (really))', '550 no (really)'],
    ['one that never closes', '(550 no :-( )', '550 no :-( '],
    ['one that closes too early', '(550 no ;-))', '550 no ;-)'],
    ['text behind the last', '(550 no) # seen by relay2', '550 no'],
    ['text behind the last, with one in the answer', '(550 no (really)) # seen', '550 no (really)'],
    ['spaces behind the last', '(550 no)   ', '550 no'],
    ['a carriage return behind the last', '(550 no)\r', '550 no'],
    ['cut off before the last', `(550 ${'x'.repeat(1990)}`, `550 ${'x'.repeat(1990)}`],
    ['cut off within a letter of UTF-8', '(550 caf\xc3', '550 caf\ufffd'],
    ['nothing', '()', ''],
    ['keys written by the receiving server', `(${hostile})`, hostile],
    ['the same, cut off', `(${hostile.slice(0, -2)}`, hostile.slice(0, -2)],
  ])('%s', (_what, written, response) => {
    const line = Buffer.from(`${HEAD}4jXCQh6CYCzJTVP: ${LIST}${written}`, written.includes('\xc3') ? 'latin1' : 'utf8');
    const { events } = readLog(line);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      event: 'bounced',
      status: 'bounced',
      recipient: 'a@b.example',
      dsn: '5.1.1',
      relay: 'mx.b.example[192.0.2.1]:25',
    });
    expect(events[0]!.response).toBe(response);
  });

  test('a status without an answer', () => {
    expect(readLine(`${HEAD}4jXCQh6CYCzJTVP: ${LIST.trimEnd()}`)).toMatchObject({ event: 'bounced', dsn: '5.1.1' });
  });

  test('keys written by whoever chose the recipient', () => {
    expect(
      readLine(
        `${HEAD}4jXCQh6CYCzJTVP: to=<"x>, relay=none, dsn=2.0.0, status=sent (ok), to=<y"@b.example>, ${TAIL.replace('status=sent', 'status=deferred')}`,
      ),
    ).toMatchObject({
      event: 'deferred',
      recipient: '"x>, relay=none, dsn=2.0.0, status=sent (ok), to=<y"@b.example',
      domain: 'b.example',
      relay: 'mx.b.example[192.0.2.1]:25',
    });
  });

  // Before Postfix 3.5, or with info_log_address_format=internal, an address is written as it is.
  describe('a recipient that reads like keys, not quoted', () => {
    const OWN =
      'relay=mx.d.example[192.0.2.9]:25, delay=1, delays=1/0/0/0, dsn=5.1.1, status=bounced (550 5.1.1 User unknown)';
    test.each([
      'victim@b.example>, x=y@d.example',
      'victim@b.example>, relay=mx.b.example[192.0.2.1]:25, delay=1, x=@d.example',
      'victim@b.example>, relay=x, dsn=2.0.0, y@d.example',
      'victim@b.example>, not a key @d.example',
      'victim@b.example>, @d.example',
      'a>, b>, c>, d=e>, f@d.example',
    ])('%s', (recipient) => {
      expect(readLine(`${HEAD}4jXCQh6CYCzJTVP: to=<${recipient}>, ${OWN}`)).toMatchObject({
        event: 'bounced',
        recipient,
        domain: 'd.example',
        relay: 'mx.d.example[192.0.2.9]:25',
        dsn: '5.1.1',
        action: 'suppress',
      });
      expect(readLine(`${HEAD}4jXCQh6CYCzJTVP: to=<${recipient}>, orig_to=<o@o.example>, ${OWN}`)).toMatchObject({
        recipient,
        original_recipient: 'o@o.example',
      });
    });

    const FAKE = (status: string) =>
      `relay=mx.b.example[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=5.1.1, status=${status}`;
    const bounce = FAKE(
      'bounced (host mx.b.example[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command))',
    );
    test.each([
      ['a recipient with all of a bounce in it', `to=<victim@b.example>, ${bounce} @d.example>, ${OWN}`],
      [
        'and with another recipient before',
        `to=<victim@b.example>, ${bounce} @d.example>, orig_to=<x@y.example>, ${OWN}`,
      ],
      ['or a server that wrote all of a delivery', `to=<victim@b.example>, ${FAKE('bounced')} (550 5.1.1 no>, ${OWN})`],
    ])('%s: it cannot be told, it is counted, it asks for nothing', (_what, list) => {
      expect(readLine(`${HEAD}4jXCQh6CYCzJTVP: ${list}`)).toMatchObject({
        event: 'bounced',
        recipient: 'victim@b.example',
        category: 'invalid_recipient',
        action: 'review',
        confidence: 'low',
      });
    });

    test.each([1024, 2000])('nor where the line was cut at %i bytes, before anything could tell', (length) => {
      const pad = 'x'.repeat(2000);
      for (const words of ['550 5.1.1 User unknown) ', '550 5.1.1 User unknown ']) {
        const line = `${HEAD}4jXCQh6CYCzJTVP: to=<victim@b.example>, ${FAKE('bounced')} (${words}${pad}`.slice(
          0,
          length,
        );
        expect(readLine(line)).toMatchObject({ event: 'bounced', recipient: 'victim@b.example', action: 'review' });
      }
      const whole = `${HEAD}4jXCQh6CYCzJTVP: to=<a@b.example>, ${FAKE('bounced')} (550 5.1.1 User unknown ${pad})`;
      expect(readLine(whole)).toMatchObject({ recipient: 'a@b.example', action: 'suppress' });
    });

    test('a server that wrote less than all of it is not believed', () => {
      const answer = '550 5.1.1 User unknown>, relay=x, dsn=2.0.0, status=sent (250 Ok)';
      expect(readLine(`${HEAD}4jXCQh6CYCzJTVP: to=<a@b.example>, ${FAKE('bounced')} (${answer})`)).toMatchObject({
        recipient: 'a@b.example',
        response: answer,
        action: 'suppress',
      });
    });

    test('a sender does not let his message expire', () => {
      const line = (sender: string) =>
        `postfix/qmgr[1]: 4jXCQh6CYCzJTVP: from=<${sender}>, size=355, nrcpt=1 (queue active)`;
      for (const sender of ['a@b.example>, status=expired, returned to sender', 'a>, status=expired (x) @b.example'])
        expect(readLog(`Nov 22 02:17:49 mx01 ${line(sender)}\n`).events).toEqual([]);
    });
  });

  test.each([
    // a client's HELO, an authenticated user's name, a sender: none is a delivery
    'postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 504 5.5.2 <, status=sent (250 Ok)>: Helo command rejected; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<, to=<x@y.example>, status=sent (250 Ok)>',
    'postfix/smtpd[1]: 4jXCQh6CYCzJTVP: client=unknown[192.0.2.7], sasl_method=PLAIN, sasl_username=x, to=<a@b.example>, status=sent (250 Ok)',
    'postfix/qmgr[1]: 4jXCQh6CYCzJTVP: from=<"x>, to=<a@b.example>, status=sent (ok)"@e.example>, size=355, nrcpt=1 (queue active)',
    'postfix/cleanup[1]: 4jXCQh6CYCzJTVP: message-id=<x@y>, to=<a@b.example>, status=sent (250 Ok)',
    'postfix/cleanup[1]: 4jXCQh6CYCzJTVP: warning: header Subject: to=<a@b.example>, status=sent (250 Ok) from unknown[192.0.2.7]; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<e>',
    'postfix/smtpd[1]: warning: non-SMTP command from unknown[192.0.2.7]: to=<a@b.example>, status=sent (250 Ok)',
    'postfix/pickup[1]: 4jXCQh6CYCzJTVP: uid=0 from=<root>, to=<a@b.example>, status=sent (250 Ok)',
  ])('keys in other lines: %s', (line) => {
    const { events, accounting } = readLog(`Nov 22 02:17:49 mx01 ${line}`, { needs: FEW_NEEDS });
    expect(events).toEqual([]);
    expect(accounting.malformed).toBe(0);
  });
});

describe('queue ids', () => {
  test.each(['4jXCQh6CYCzJTVP', '3mPVKl0Mhjz7sXv', 'C4AF05D', '2F6C83D', '199041033BE', 'FACADE', '12345ABCDEF0'])(
    '%s',
    (id) => {
      expect(readLine(`${HEAD}${id}: to=<a@b.example>, ${TAIL}`).queue_id).toBe(id);
    },
  );

  test('a missing one: the event has none, and is a message of its own', () => {
    const line = `${HEAD}to=<a@b.example>, ${TAIL.replace('status=sent', 'status=deferred')}`;
    const { events } = readLog(`${line}\n${line}`);
    expect(events.map(({ queue_id, first, event }) => [queue_id, first, event])).toEqual([
      [undefined, true, 'deferred'],
      [undefined, true, 'deferred'],
    ]);
  });
});

describe('lines that are no outcome', () => {
  test.each<[what: string, line: string, bucket: 'context' | 'ignored']>([
    [
      'a further MX host was tried',
      'postfix/smtp[1]: ED59C3D: host mail2.example.com[192.0.2.8] said: 450 4.7.1 <u@e.example>: Recipient address rejected: Greylisted (in reply to RCPT TO command)',
      'ignored',
    ],
    [
      'a further MX host refused',
      'postfix/smtp[1]: ED59C3D: host mail2.example.com[192.0.2.8] refused to talk to me: 554 no',
      'ignored',
    ],
    [
      'a connection failed, another follows',
      'postfix/smtp[1]: connect to mail2.example.com[192.0.2.8]:25: Connection timed out',
      'ignored',
    ],
    [
      'a connection was lost, another follows',
      'postfix/smtp[1]: ED59C3D: lost connection with mail2.example.com[192.0.2.8] while receiving the initial server greeting',
      'ignored',
    ],
    ['a bounce failed', 'postfix/qmgr[1]: 66C15648577B: from=<>, status=deferred (bounce failed)', 'context'],
    ['the queue id is closed', 'postfix/qmgr[1]: 66C15648577B: removed', 'context'],
    [
      'the queue id is opened',
      'postfix/qmgr[1]: 66C15648577B: from=<a@b.example>, size=355, nrcpt=1 (queue active)',
      'context',
    ],
    ['a message id', 'postfix/cleanup[1]: 66C15648577B: message-id=<x@y>', 'context'],
    ['a notification', 'postfix/bounce[1]: 66C15648577B: sender non-delivery notification: 7EE668039', 'ignored'],
    ['a connection', 'postfix/smtpd[1]: connect from localhost[127.0.0.1]', 'ignored'],
    ['statistics', 'postfix/anvil[1]: statistics: max cache size 1 at Oct 26 18:13:50', 'ignored'],
    ['put on hold', 'postfix/postsuper[1]: D4F2023DB: placed on hold', 'ignored'],
  ])('%s', (_what, line, bucket) => {
    const { events, accounting } = readLog(`Nov 22 02:17:49 mx01 ${line}`);
    expect(events).toEqual([]);
    expect(accounting).toEqual({ lines: 1, event: 0, context: 0, ignored: 0, malformed: 0, truncated: 0, [bucket]: 1 });
  });
});

describe('what bears the mark of a delivery record and cannot be read', () => {
  test.each<[what: string, line: string, reason: RegExp]>([
    ['no header', `postfix/smtp: to=<a@b.example>, ${TAIL}`, /header/],
    [
      'a status of a later release',
      `${HEAD}4jXCQh6CYCzJTVP: to=<a@b.example>, relay=none, status=quarantined (held for review)`,
      /status that is not known/,
    ],
    [
      'no recipient',
      `${HEAD}4jXCQh6CYCzJTVP: tos=<a@b.example>, relay=none, status=sent (250 Ok)`,
      /without to= or from=/,
    ],
    ['keys that break off', `${HEAD}4jXCQh6CYCzJTVP: to=<a@b.example>, relay none, status=sent (250 Ok)`, /break off/],
  ])('%s', (_what, line, reason) => {
    const { events, accounting, malformed } = readLog(line);
    expect(events).toEqual([]);
    expect(accounting).toMatchObject({ lines: 1, malformed: 1, ignored: 0 });
    expect(malformed).toEqual([
      { reason: expect.stringMatching(reason), text: expect.stringContaining('a@b.example') },
    ]);
  });
});

test('a block full of the shortest lines that give a row has room for all of them', () => {
  const shortest = '<1>1 - a /   fatal: x\n';
  const count = Math.floor(2_000_000 / shortest.length);
  const { events, accounting } = readLog(shortest.repeat(count));
  expect(accounting).toMatchObject({ lines: count, event: count });
  expect(events).toHaveLength(count);
  expect(events.every(({ event }) => event === 'warning')).toBe(true);
});

/** Of every kind of line one that bears a mark, so that names of outcomes stand beside rows that have none. */
function lineOf(n: number): string {
  const queueId = `4names${n}z`;
  const head = `Nov 22 02:17:49 mx0${n % 3} postfix/smtp[29598]: ${queueId}:`;
  const recipient = `to=<user@d${n}.names.example>`;
  const rest = 'delay=0.5, delays=0.1/0/0.2/0.2, dsn=';
  return [
    `${head} ${recipient}, relay=mx.d${n}.names.example[192.0.2.1]:25, ${rest}2.0.0, status=sent (250 2.0.0 Ok)`,
    `${head} from=<a@sender.example>, ${recipient}, relay=none, ${rest}4.4.1, status=deferred (connect to mx.d${n}.names.example[192.0.2.1]:25: Connection timed out)`,
    `${head} removed`,
    `${head} ${recipient}, relay=local, ${rest}2.0.0, status=sent (delivered to mailbox)`,
    `${head} to=<nobody>, relay=none, ${rest}4.4.1, status=deferred (connect to mx.d${n - 1}.names.example[192.0.2.1]:25: Connection timed out)`,
    `${head} from=<a@sender.example>, size=1, nrcpt=1 (queue active)`,
    `${head} message-id=<${n}@sender.example>`,
  ][n % 7]!;
}

// Names are looked up for 64 lines at once, see src/parse/assembly/row-names.ts.
test.each([1, 63, 64, 65, 127, 128, 129, 500])('names in %i lines are those in each by itself', (count) => {
  const lines = Array.from({ length: count }, (_, n) => `${lineOf(n)}\n`);
  const together = readLog(lines.join(''));
  expect(together).toEqual(readLog(lines));
  const outcomes = lines.filter((line) => line.includes('status='));
  expect(together.events.map(({ domain }) => domain)).toEqual(
    outcomes.map((line) => /to=<[^@>]*@([^>]*)>/.exec(line)?.[1]),
  );
  expect(together.events.map(({ relay_host }) => relay_host).filter((host) => host !== undefined)).toEqual(
    outcomes.flatMap((line) => /(?:relay=|connect to )(mx[^[]*)/.exec(line)?.[1] ?? []),
  );
});
