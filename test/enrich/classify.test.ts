import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnswerContext, Classifier } from '../../src/enrich/classify.ts';
import { compileTable } from '../../src/enrich/code-table.ts';
import { CATEGORIES, type Category, type Verdict } from '../../src/event/index.ts';
import { parseSmtpReply } from '../../src/parse/smtp-reply.ts';
import { CLASSIFIER, classifierWith, TABLES } from '../support/classifier.ts';
import { SEED } from '../support/seed.ts';

const OTHER: AnswerContext = { outcome: 'other' };
const classify = (answer = '', context: AnswerContext = OTHER): Verdict => CLASSIFIER.classify(answer, context);
const said = (answer: string, command: string) =>
  `host mx.example.com[192.0.2.1] said: ${answer} (in reply to ${command} command)`;

describe('the layers', () => {
  it('the user’s table comes before everything', () => {
    const mine = classifierWith({ id: 'mine', phrase: 'user unknown', category: 'policy' });
    expect(mine.classify('550 5.1.1 User unknown', OTHER)).toMatchObject({
      category: 'policy',
      confidence: 'high',
      evidence: { layer: 'user', rule: 'mine', matched: 'user unknown' },
    });
  });

  it.each([
    ['550 5.7.509 Access denied, banned sending IP x', 'reputation', 'phrase', 'high'],
    [
      'host hotmail-com.olc.protection.outlook.com[192.0.2.1] said: 550 5.5.0 Requested action not taken: mailbox unavailable',
      'invalid_recipient',
      'provider',
      'high',
    ],
    ['550 5.1.1 Zzz', 'invalid_recipient', 'enhanced', 'medium'],
    ['550 5.7.1 Zzz', 'policy', 'enhanced', 'low'],
    ['550 Zzz', 'invalid_recipient', 'reply', 'low'],
    ['Zzz', 'unknown', 'reply', 'low'],
  ])('%s → %s by the %s layer, confidence %s', (answer, category, layer, confidence) => {
    const verdict = classify(answer);
    expect([verdict.category, verdict.evidence.layer, verdict.confidence]).toEqual([category, layer, confidence]);
  });

  it('within a layer more conditions win, then the longer phrase, then the earlier row', () => {
    const rows = classifierWith(
      { id: 'long', phrase: 'gate closed for you' },
      { id: 'short-with-code', phrase: 'gate closed', reply: '550' },
      { id: 'short', phrase: 'gate closed' },
      { id: 'first', phrase: 'same one' },
      { id: 'second', phrase: 'same two' },
    );
    const rule = (answer: string) => rows.classify(answer, OTHER).evidence.rule;
    expect(rule('550 gate closed for you')).toBe('short-with-code');
    expect(rule('554 gate closed for you')).toBe('long');
    expect(rule('554 gate closed')).toBe('short');
    expect(rule('554 same two, same one')).toBe('first');
  });

  it('a row holds only in the context it asks for', () => {
    const rows = classifierWith(
      { id: 'class', phrase: 'alpha', reply: '4xx' },
      { id: 'enhanced', phrase: 'beta', enhanced: 'X.7.1' },
      { id: 'provider', phrase: 'gamma', provider: 'google' },
      { id: 'command', phrase: 'delta', command: 'end of DATA' },
      { id: 'words', phrase: 'lock' },
      { id: 'open', phrase: '*ock*' },
    );
    const rule = (answer: string, context: AnswerContext = OTHER) => rows.classify(answer, context).evidence.rule;
    expect(rule('450 alpha')).toBe('class');
    expect(rule('550 alpha')).not.toBe('class');
    expect(rule('alpha')).not.toBe('class');
    expect(rule('550 5.7.1 beta')).toBe('enhanced');
    expect(rule('550 5.7.2 beta')).not.toBe('enhanced');
    expect(rule('beta', { outcome: 'bounced', dsn: '5.7.1' })).toBe('enhanced');
    expect(rule('550 gamma', { outcome: 'other', relay_host: 'aspmx.l.google.com' })).toBe('provider');
    expect(rule('550 gamma - gsmtp')).toBe('provider');
    expect(rule('550 gamma')).not.toBe('provider');
    expect(rule(said('550 delta', 'end of DATA'))).toBe('command');
    expect(rule(said('550 delta', 'RCPT TO'))).not.toBe('command');
    expect(rule('550 lock')).toBe('words');
    expect(rule('550 blocks')).toBe('open');
  });

  it('finds words that run over a line’s end', () => {
    expect(classify('550-5.1.1 The mailbox does 550 5.1.1 not exist').evidence).toEqual({
      layer: 'phrase',
      rule: 'mailbox-does-not-exist',
      matched: 'mailbox does not exist',
    });
  });
});

describe('never a suppression for the sender’s own fault', () => {
  it('a 4xx never suppresses, whatever it says', () => {
    let seen = 0;
    const rows = TABLES.rows.filter((row) => row.phrase !== undefined && row.phrase !== '{empty}');
    fc.assert(
      fc.property(fc.constantFrom(...rows), fc.constantFrom('421', '450 4.1.1', '451 4.2.1', '452'), (row, code) => {
        const verdict = classify(`${code} ${row.phrase}`);
        if (verdict.category === 'invalid_recipient') seen++;
        expect(verdict.action).not.toBe('suppress');
        expect(verdict.retryable).toBe(true);
      }),
      { seed: SEED, numRuns: 3000 },
    );
    expect(seen).toBeGreaterThan(100);
  });

  it('nor does what Postfix retries', () => {
    expect(classify('550 5.1.1 User unknown', { outcome: 'deferred' })).toMatchObject({
      category: 'invalid_recipient',
      action: 'watch',
      retryable: true,
    });
  });

  it.each([
    '550 5.7.1 Message from 192.0.2.1 blocked; user unknown to our reputation service',
    '550 5.1.1 User unknown, see https://www.spamhaus.org/query/ip/192.0.2.1',
    '550 5.1.1 mailbox unavailable: SPF check failed',
    '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org',
    '550 5.7.1 Unfortunately, messages from [192.0.2.1] weren’t sent (S3140)',
    '550 Your domain is not welcome',
    '550 Sender not wanted',
  ])('%s', (answer) => {
    expect(classify(answer).action).not.toBe('suppress');
  });

  it.each(['MAIL FROM', 'CONNECT', 'EHLO'])('nothing said at %s is about a recipient', (command) => {
    const verdict = classify(said('550 5.1.1 User unknown', command));
    expect(verdict.fault).not.toBe('recipient');
    expect(verdict.action).not.toBe('suppress');
    expect(classify(said('550 5.1.1 User unknown', 'RCPT TO')).action).toBe('suppress');
  });

  it('but a protocol fault that follows is no second reason', () => {
    expect(classify('550 5.1.1 <u@example.com>... User unknown 503 5.0.0 Need RCPT (recipient)')).toMatchObject({
      category: 'invalid_recipient',
      action: 'suppress',
    });
  });
});

describe('confidence', () => {
  it.each([
    ['550 5.1.1 User unknown', 'high'],
    ['450 4.1.1 User unknown', 'medium'], // a mailbox that does not exist for now
    ['550 5.7.26 User unknown', 'low'], // the code says authentication, and that decides
    ['550 5.7.1 User unknown', 'high'], // the code says anything
    ['552 5.2.2 Message too large', 'medium'],
  ])('%s → %s', (answer, confidence) => {
    expect(classify(answer).confidence).toBe(confidence);
  });
});

describe('what the design names', () => {
  const IN_SHORT: readonly (readonly [answer: string, category: Category, action: string, context?: AnswerContext])[] =
    [
      ['250 2.0.0 OK', 'accepted', 'none'],
      ['delivered to maildir', 'accepted', 'none', { outcome: 'delivered', dsn: '2.0.0' }],
      ['250 spam user unknown', 'accepted', 'none', { outcome: 'delivered' }],
      [
        '450 4.1.1 <u@example.com>: Recipient address rejected: unverified address: Address verification in progress',
        'greylisted',
        'retry',
      ],
      ['552 5.3.4 Message size exceeds fixed limit', 'message_too_large', 'fix_content'],
      ['554', 'unknown', 'suppress'],
      ['554 5.7.1', 'policy', 'review'],
      ['554 Transaction failed', 'unknown', 'review'],
      ['', 'unknown', 'review'],
      ['556 5.1.10 Domain example.com does not accept mail (nullMX)', 'null_mx', 'suppress'],
      [
        'Host or domain name not found. Name service error for name=no.example type=MX: Host not found',
        'invalid_domain',
        'suppress',
        { outcome: 'bounced', dsn: '5.4.4' },
      ],
      [
        'Host or domain name not found. Name service error for name=no.example type=MX: Host not found, try again',
        'dns_failure',
        'retry',
        { outcome: 'deferred', dsn: '4.4.3' },
      ],
      [
        'connect to mx.example.com[192.0.2.1]:25: Connection refused',
        'connection_failure',
        'retry',
        { outcome: 'deferred', dsn: '4.4.1' },
      ],
      ['554 5.7.1 Connection refused', 'reputation', 'fix_reputation'],
      ['mail for example.com loops back to myself', 'routing_loop', 'review', { outcome: 'bounced', dsn: '5.4.6' }],
      ['unknown user: "x"', 'invalid_recipient', 'suppress', { outcome: 'bounced', dsn: '5.1.1' }],
      ['Command died with status 255: "/usr/bin/x"', 'system_error', 'review', { outcome: 'bounced', dsn: '5.3.0' }],
      [
        'TLS is required, but was not offered by host mx.example.com[192.0.2.1]',
        'tls_failure',
        'fix_config',
        { outcome: 'deferred', dsn: '4.7.4' },
      ],
    ];
  it.each(IN_SHORT.map(([answer, category, action, context]) => ({ answer, category, action, context })))(
    '$answer → $category, $action',
    ({ answer, category, action, context }) => {
      expect(classify(answer, context)).toMatchObject({ category, action });
    },
  );

  it('a message given up takes fault and action from what stands beside it', () => {
    expect(classify('mailbox is full, delivery time expired')).toMatchObject({
      category: 'expired',
      bounce_type: 'undetermined',
      fault: 'recipient',
      action: 'watch',
    });
    expect(classify('too many connections, delivery time expired')).toMatchObject({
      fault: 'sender',
      action: 'throttle',
    });
    expect(classify('delivery time expired').fault).toBeUndefined();
  });

  it('a rate limit is a block where it is final', () => {
    expect(classify('450 4.7.1 Too many messages').bounce_type).toBe('soft');
    expect(classify('550 5.7.1 Too many messages').bounce_type).toBe('block');
  });

  it('unwraps what a suspended destination repeats', () => {
    expect(
      classify('delivery temporarily suspended: host mx.example.com[192.0.2.1] said: 451 4.7.1 Greylisted', {
        outcome: 'deferred',
      }),
    ).toMatchObject({ category: 'greylisted', suspended: true, reply_code: 451 });
  });
});

describe('the caches', () => {
  it('answers of one kind share one verdict', () => {
    const answer = (user: string, id: string) => `550 5.1.1 <${user}@example.com>: User unknown (${id})`;
    const first = classify(answer('a', '4jXCQj0FqPzJTWD'));
    expect(classify(answer('b', '4jXCQj0FqPzJTWE'))).toBe(first);
    expect(classify('550 5.1.1 No: user unknown')).toBe(first);
    expect(Object.isFrozen(first)).toBe(true);
  });

  it('the same words in another context are another case', () => {
    const words = '5.1.1 User unknown';
    const contexts: AnswerContext[] = [
      { outcome: 'bounced' },
      { outcome: 'deferred' },
      { outcome: 'delivered' },
      { outcome: 'other' },
    ];
    const twice = () => contexts.map((context) => classify(words, context).action);
    expect(twice()).toEqual(['suppress', 'watch', 'none', 'suppress']);
    expect(twice()).toEqual(['suppress', 'watch', 'none', 'suppress']);
  });

  it('the cached verdict is the one a fresh classifier gives', () => {
    const piece = fc.constantFrom(
      '550',
      '450',
      '5.1.1',
      '5.7.1',
      'user unknown',
      'spam',
      'blocked',
      'mailbox full',
      'u@example.com',
      '192.0.2.1',
      'quota',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 5 }),
        fc.constantFrom('deferred', 'bounced', 'other', 'delivered'),
        (pieces, outcome) => {
          const answer = pieces.join(' ');
          classify(answer, { outcome });
          expect(classify(answer, { outcome })).toEqual(CLASSIFIER.explain(answer, { outcome }).verdict);
        },
      ),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('whatever the ids, addresses and counts, and in whatever context', () => {
    const cached = new Classifier(compileTable(TABLES), parseSmtpReply);
    const id = fc.stringMatching(/^[0-9A-Za-z]{6,20}$/);
    const address = fc.stringMatching(/^<?[a-z0-9.+_-]{1,12}@[a-z0-9-]{1,10}\.(?:example|com)>?$/);
    const part = fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...TABLES.rows.flatMap((row) => row.phrase ?? [])) },
      fc.constantFrom('550', '550-5.1.1', '5.1.1', '451 4.7.1', '554 5.7.1', 'your', 'sender', 'from', 'RFC', '#'),
      id,
      address,
      fc.ipV4(),
      fc.ipV6(),
      fc.nat(99_999).map(String),
      fc.string({ unit: 'binary', maxLength: 6 }),
    );
    const context = fc.record({
      outcome: fc.constantFrom('deferred' as const, 'bounced' as const, 'other' as const, 'delivered' as const),
      dsn: fc.constantFrom(undefined, '5.1.1', '4.7.1', '5.0.0'),
      relay_host: fc.constantFrom(undefined, 'mx.google.com', 'mx.example.com'),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(part, part), { minLength: 1, maxLength: 8 }), context, (parts, where) => {
        // Two answers that are alike but for some of their parts, each asked for twice.
        const answers = [0, 1].map((which) => parts.map((pair, i) => pair[i % 3 === 2 ? which : 0]).join(' '));
        for (const answer of [...answers, ...answers])
          expect(cached.classify(answer!, where)).toEqual(cached.explain(answer!, where).verdict);
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  it('stay bounded, and an evicted answer is classified again', () => {
    const first = classify('550 5.1.1 User unknown');
    for (let i = 0; i < 40_000; i++)
      classify(`550 5.1.1 kind ${String.fromCharCode(0x4e00 + (i % 20_000))}${i >= 20_000 ? 'x' : ''}`);
    expect(classify('550 5.1.1 User unknown')).toEqual(first);
  });
});

describe('hostile answers', () => {
  it.each([
    ['1 MB', `550 5.1.1 ${'user unknown '.repeat(80_000)}`],
    ['1 MB of one letter', 'a'.repeat(1_000_000)],
    ['control characters', `550 \u0000\u001b[31m\u0007 user\u0000unknown`],
    ['nothing', ''],
    ['half a character', '550 \ud800 user unknown'],
    ['forged signs', '550 \ue001 does not exist'],
  ])('%s', (_name, answer) => {
    const start = performance.now();
    expect(CATEGORIES).toContain(classify(answer).category);
    CLASSIFIER.explain(answer, OTHER);
    expect(performance.now() - start).toBeLessThan(3000);
  });

  it('marks lie within the answer', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('user unknown', 'SPAM', 'Quota\texceeded', 'пользователь не найден'),
        (noise, words) => {
          const answer = `550 ${noise} ${words} ${noise}`;
          const { match } = CLASSIFIER.explain(answer, OTHER);
          if (match === undefined) return;
          expect(match.start).toBeLessThan(match.end);
          expect(match.end).toBeLessThanOrEqual(answer.length);
        },
      ),
      { seed: SEED, numRuns: 1000 },
    );
  });
});

describe('explain', () => {
  it('names row, words and runner-up', () => {
    const answer = '550 5.7.1 Rejected: User Unknown here';
    const { row, match, runner_up, verdict } = CLASSIFIER.explain(answer, OTHER);
    expect(row.id).toBe('user-unknown');
    expect(answer.slice(match!.start, match!.end)).toBe('User Unknown');
    expect(runner_up?.id).toBe('X.7.1');
    expect(verdict).toBe(classify(answer));
  });

  it('marks words that run over a line’s end', () => {
    const answer =
      'host mx[192.0.2.1] said: 550-5.1.1 The mailbox does 550 5.1.1 not exist (in reply to RCPT TO command)';
    const { match } = CLASSIFIER.explain(answer, OTHER);
    expect(answer.slice(match!.start, match!.end)).toBe('mailbox does 550 5.1.1 not exist');
  });

  it('marks the code where a code decided', () => {
    const answer = '550 5.1.2 Zzz';
    const { match } = CLASSIFIER.explain(answer, OTHER);
    expect(answer.slice(match!.start, match!.end)).toBe('5.1.2');
  });
});

describe('providers and fixed verdicts', () => {
  it.each([
    ['aspmx.l.google.com', undefined, 'google'],
    ['MX1.Hotmail.com.', undefined, 'outlook'],
    ['example-com.mail.protection.outlook.com', undefined, 'microsoft'],
    ['notgoogle.com', undefined, undefined],
    [undefined, '550 5.1.1 no d9443c01a7336 - gsmtp', 'google'],
    [undefined, 'host mta5.am0.yahoodns.net[192.0.2.1] said: 554 no', 'yahoo'],
    ['mx.example.com', '554 (RTR:BL)', 'yahoo'],
    [undefined, undefined, undefined],
  ])('relay %s, answer %s → %s', (relay, answer, provider) => {
    expect(CLASSIFIER.providerOf(relay, answer)).toBe(provider);
  });

  it('an ESP’s event has its category’s verdict', () => {
    const verdict = CLASSIFIER.fixed('complaint', 'spamreport', 'spamreport');
    expect(verdict).toMatchObject({
      category: 'complaint',
      action: 'suppress',
      fault: 'recipient',
      retryable: false,
      confidence: 'high',
      evidence: { layer: 'event', rule: 'spamreport', matched: 'spamreport' },
    });
    expect(CLASSIFIER.fixed('complaint', 'spamreport', 'spamreport')).toBe(verdict);
    expect(CLASSIFIER.fixed('message_format', 'x', 'y', { action: 'review' }).action).toBe('review');
  });
});

describe('a refusal of the sender, whatever its language, suppresses nobody', () => {
  it.each([
    '550 Previous (cached) callout verification failure',
    '550 HELO argument does not resolve',
    '550 Mail not accepted',
    '550 UCE',
    '550 Bounced by filter',
    '550 Directory harvest attack detected; user unknown',
    '550 5.1.1 Adresse d’expéditeur inconnue',
    '550 5.1.1 Afzender: user unknown',
    "550 5.1.1 Adresse d'expéditeur inconnue",
    '550 Mittente rigettato',
    '551 Remitente rechazado',
    '550 Nadawca nieznany',
    '550 Odesílatel neznámý',
    '553 Отправитель не найден',
    '550 送信者が不明です',
    '550 Afzender onbekend',
    '550 Avsändaren okänd',
    '550 Afsender ukendt',
    '550 Avsenderen er ukjent',
    '550 Lähettäjä tuntematon',
    '550 Gönderen bilinmiyor',
    '550 Feladó ismeretlen',
    '550 Expeditor necunoscut',
    '550 nicht autorisiert',
    '550 Verbindung abgelehnt',
    '550 Keine gültige Signatur',
    '550 Mail abgewiesen',
    '550 Wir nehmen keine Mail von Ihnen an',
    '550 Abgelehnt wegen schlechtem Ruf',
    '550 Rejeté',
    '550 Connexion refusée',
    '550 Conexión rechazada',
    '550 niechciana poczta',
    '550 nevyžádaná pošta',
    '550 нежелательная почта',
    '550 接続が制限されています',
    '550 TLSが必要です',
    '550 Geweigerd',
    '550 Toegang geweigerd',
    '550 Erişim engellendi',
    '550 Hozzáférés megtagadva',
    '550 Acces interzis',
    '550 Nektet',
    '550 Åtkomst nekad',
    '550 Please try again',
  ])('%s', (answer) => {
    expect(classify(answer).action).not.toBe('suppress');
    expect(classify(said(answer, 'RCPT TO'), { outcome: 'bounced' }).action).not.toBe('suppress');
  });

  it.each(['550 5.1.1 Uw bericht: user unknown', '550 Requested action not taken', '550', '551', '553', '554'])(
    '%s still does',
    (answer) => {
      expect(classify(answer).action).toBe('suppress');
    },
  );
});

describe('the enhanced code that Postfix makes up where the server named none', () => {
  it.each<[answer: string, dsn: string, rule: string, action: string]>([
    ['550', '5.0.0', '550', 'suppress'],
    ['550 Requested action not taken', '5.0.0', '550', 'suppress'],
    ['554', '5.0.0', '554-empty', 'suppress'],
    ['554 Transaction failed', '5.0.0', '554', 'review'],
    ['550 Not you', '5.0.0', 'doubt-en-you', 'review'],
    ['451 Stopped', '4.0.0', '451', 'retry'],
    ['550 5.0.0 Zzz', '5.0.0', 'X.0.0', 'review'],
  ])('%s with dsn=%s is decided by row %s', (answer, dsn, rule, action) => {
    const verdict = classify(said(answer, 'RCPT TO'), { outcome: dsn.startsWith('4') ? 'deferred' : 'bounced', dsn });
    expect([verdict.evidence.rule, verdict.action]).toEqual([rule, action]);
  });

  it('stands where nobody answered', () => {
    expect(classify('Zzz', { outcome: 'bounced', dsn: '5.0.0' }).evidence.rule).toBe('X.0.0');
  });
});
