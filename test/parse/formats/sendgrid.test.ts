/** SendGrid's Event Webhook: every event, every reason, every way in which payloads are stored. */
import { describe, expect, test, vi } from 'vitest';
import { POLICIES } from '../../../src/aggregate/policies.ts';
import { foldSuppression } from '../../../src/aggregate/suppression.ts';
import { suppressions } from '../../../src/aggregate/suppression-list.ts';
import type { DeliveryEvent } from '../../../src/event/index.ts';
import { ObjectScanner } from '../../../src/parse/json-objects.ts';
import { EventReader } from '../../../src/parse/sendgrid/event-reader.ts';
import { type PlainEvent, readLog } from '../../support/read-log.ts';
import { sharedRows, testShared } from '../../support/shared.ts';

const sendgrid = (text: string) => readLog(text, { format: 'sendgrid' });

let serial = 0;
function payload(fields: Record<string, unknown>): Record<string, unknown> {
  serial++;
  return {
    email: 'recipient@example.com',
    timestamp: 1_461_095_250,
    'smtp-id': '<wrfRRvF7Q0GgwUo2CvDmEA@ismtpd0006p1sjc2.sendgrid.net>',
    sg_event_id: `event-${serial}`,
    sg_message_id: 'wrfRRvF7Q0GgwUo2CvDmEA.filter0425p1mdw1.13037.57168B4A1D.0',
    ...fields,
  };
}

function one(fields: Record<string, unknown>): PlainEvent {
  const { events } = sendgrid(JSON.stringify(payload(fields)));
  expect(events).toHaveLength(1);
  return events[0]!;
}

/** The addresses that a policy lists after these events. */
function listed(events: readonly PlainEvent[], policy = 'standard'): string[] {
  const fold = foldSuppression();
  const ledger = fold.create();
  for (const event of events) {
    const time = Date.parse(event.timestamp ?? '');
    fold.add(ledger, {
      ...event,
      time,
      input: 'x',
      verdict: { ...event, retryable: false },
    } as unknown as DeliveryEvent);
  }
  const now = Date.UTC(2016, 3, 20);
  return suppressions(ledger, POLICIES.find(({ name }) => name === policy)!, now)
    .filter((entry) => entry.unsubscribe_group === '')
    .map((entry) => entry.address);
}

describe('every event', () => {
  test.each<[fields: Record<string, unknown>, expected: Partial<PlainEvent>]>([
    [{ event: 'processed' }, { event: 'processed', first: false, category: 'accepted', action: 'none' }],
    [
      { event: 'deferred', response: '400 try again later', attempt: '5' },
      {
        event: 'deferred',
        first: true,
        status: 'deferred',
        response: '400 try again later',
        reply_code: 400,
        retryable: true,
      },
    ],
    [
      { event: 'delivered', response: '250 2.0.0 OK 1461095248 m143si2210036ioe.159 - gsmtp ' },
      {
        event: 'delivered',
        first: true,
        category: 'accepted',
        response: '250 2.0.0 OK 1461095248 m143si2210036ioe.159 - gsmtp ',
      },
    ],
    [
      {
        event: 'bounce',
        type: 'bounce',
        status: '5.1.1',
        reason: '550 5.1.1 The email account that you tried to reach does not exist.',
      },
      {
        event: 'bounced',
        status: 'bounce',
        dsn: '5.1.1',
        category: 'invalid_recipient',
        bounce_type: 'hard',
        action: 'suppress',
        enhanced_code: '5.1.1',
      },
    ],
    [
      { event: 'bounce', status: '5.1.1', reason: '550 5.1.1 User unknown' },
      { event: 'bounced', category: 'invalid_recipient', bounce_type: 'hard' },
    ],
    [
      { event: 'bounce', type: 'blocked', status: '5.7.1', reason: '550 5.7.1 blocked using zen.spamhaus.org' },
      { event: 'bounced', bounce_type: 'block' },
    ],
    [
      { event: 'bounce', type: 'blocked', status: '5.1.1', reason: '550 5.1.1 User unknown' },
      { event: 'bounced', bounce_type: 'block', category: 'policy' },
    ],
    [
      { event: 'bounce', type: 'Blocked', status: '5.1.1', reason: '550 5.1.1 User unknown' },
      { event: 'bounced', bounce_type: 'block', category: 'policy' },
    ],
    [
      { event: 'blocked', status: '5.1.1', reason: '550 5.1.1 User unknown' },
      { event: 'bounced', status: 'blocked', bounce_type: 'block' },
    ],
    [{ event: 'spamreport' }, { event: 'complained', category: 'complaint', action: 'suppress' }],
    [{ event: 'unsubscribe' }, { event: 'unsubscribed', category: 'unsubscribe', action: 'suppress' }],
    [
      { event: 'group_unsubscribe', asm_group_id: 10 },
      { event: 'unsubscribed', category: 'unsubscribe', unsubscribe_group: '10' },
    ],
    [{ event: 'group_unsubscribe' }, { event: 'unsubscribed', unsubscribe_group: '(unknown)' }],
    [
      { event: 'group_unsubscribe', asm_group_id: ['x'] },
      { event: 'unsubscribed', unsubscribe_group: '(unknown)' },
    ],
    // It names the group of the message: whether it dropped it for that one or for all, other events tell.
    [
      { event: 'dropped', reason: 'Unsubscribed Address', asm_group_id: 10 },
      { event: 'dropped', category: 'unsubscribe', unsubscribe_group: '10' },
    ],
    [
      { event: 'group_resubscribe', asm_group_id: 10 },
      { event: 'resubscribed', unsubscribe_group: '10', action: 'none' },
    ],
    [
      { event: 'Processed', timestamp: '1461095250' },
      { event: 'processed', status: 'Processed', timestamp: '2016-04-19T19:47:30+00:00' },
    ],
  ])('%j', (fields, expected) => {
    expect(one(fields)).toMatchObject({
      format: 'sendgrid',
      recipient: 'recipient@example.com',
      domain: 'example.com',
      ...expected,
    });
  });

  test.each(['open', 'click', 'account_status_change', 'something_new'])('%s says nothing of a delivery', (event) => {
    const { events, accounting } = sendgrid(JSON.stringify(payload({ event })));
    expect(events).toEqual([]);
    expect(accounting).toEqual({ lines: 1, event: 0, context: 0, ignored: 1, malformed: 0, truncated: 0 });
  });

  test.each<[reason: string, category: string, action: string, listed: boolean]>([
    ['Bounced Address', 'esp_suppressed', 'suppress', true],
    ['Invalid', 'esp_suppressed', 'suppress', true],
    ['Spam Reporting Address', 'complaint', 'suppress', true],
    ['Unsubscribed Address', 'unsubscribe', 'suppress', true],
    ['Invalid SMTPAPI header', 'message_format', 'fix_config', false],
    ['Invalid X-SMTPAPI header', 'message_format', 'fix_config', false],
    ['invalid x-smtpapi header', 'message_format', 'fix_config', false],
    ['Spam Content (if spam checker app enabled)', 'spam_content', 'fix_content', false],
    ['Recipient List over Package Quota', 'rate_limited', 'throttle', false],
  ])('dropped: %s', (reason, category, action, isListed) => {
    for (const status of [{}, { status: '5.0.0' }]) {
      const event = one({ event: 'dropped', reason, ...status });
      expect(event).toMatchObject({ event: 'dropped', status: 'dropped', category, action, response: reason });
      expect(event.dsn).toBe(status.status);
      for (const name of ['standard', 'cautious']) {
        expect(listed([event], name)).toEqual(isListed ? ['recipient@example.com'] : []);
      }
      // to the letter of the documents, the recipient's own word alone
      expect(listed([event], 'table')).toEqual(/complaint|unsubscribe/.test(category) ? ['recipient@example.com'] : []);
    }
  });

  test('dropped for a reason that is new, or for none: unknown, and no address is listed for it', () => {
    for (const reason of ['Some new reason', undefined]) {
      const event = one({ event: 'dropped', reason });
      expect(event).toMatchObject({ event: 'dropped', category: 'unknown' });
      expect(listed([event])).toEqual([]);
    }
  });
});

describe('a block never lists an address', () => {
  test.each(POLICIES.map(({ name }) => name))('by the policy %s', (policy) => {
    const events = ['550 5.1.1 User unknown', '550 blocked', '554', '551 moved', '553 no such user', ''].flatMap(
      (reason) =>
        ['bounce', 'blocked'].map((event) =>
          one({ event, type: 'blocked', status: '5.1.1', reason, email: 'a@b.example' }),
        ),
    );
    expect(events.every(({ bounce_type }) => bounce_type === 'block')).toBe(true);
    expect(listed(events, policy)).toEqual([]);
  });

  test('while the same as a bounce does', () => {
    expect(listed([one({ event: 'bounce', type: 'bounce', reason: '550 5.1.1 User unknown' })])).toEqual([
      'recipient@example.com',
    ]);
  });
});

describe('a bounce without a reason', () => {
  test.each<[classification: string | undefined, status: string | undefined, category: string]>([
    ['Invalid Address', undefined, 'invalid_recipient'],
    ['Mailbox Unavailable', undefined, 'mailbox_disabled'],
    ['Technical', undefined, 'system_error'],
    ['Content', undefined, 'spam_content'],
    ['Reputation', undefined, 'reputation'],
    ['Frequency/Volume', undefined, 'rate_limited'],
    ['Frequency or Volume Too High', undefined, 'rate_limited'],
    ['Unclassified', undefined, 'unknown'],
    ['A later one', undefined, 'unknown'],
    [undefined, undefined, 'unknown'],
    [undefined, '5.1.1', 'invalid_recipient'],
    ['Reputation', '5.2.2', 'mailbox_full'],
  ])('classified %s, status %s', (bounce_classification, status, category) => {
    expect(one({ event: 'bounce', type: 'bounce', bounce_classification, status })).toMatchObject({
      event: 'bounced',
      category,
    });
  });

  test('a reason says more than the classification', () => {
    expect(
      one({ event: 'bounce', bounce_classification: 'Invalid Address', reason: '552 5.2.2 mailbox full' }),
    ).toMatchObject({ category: 'mailbox_full' });
  });

  test('an invalid address by classification alone is a failure like another', () => {
    expect(listed([one({ event: 'bounce', bounce_classification: 'Invalid Address' })])).toEqual([
      'recipient@example.com',
    ]);
  });
});

describe('unique arguments that take the name of a field', () => {
  test.each<[fields: Record<string, unknown>, expected: Partial<PlainEvent>]>([
    [{ event: 'delivered', response: { a: 1 }, status: 7, reason: ['x'] }, { event: 'delivered' }],
    [{ event: 'delivered', status: 'active' }, { event: 'delivered' }],
    [
      { event: 'bounce', reason: '550 5.1.1 User unknown', response: 'yes', status: 'new customer' },
      { response: '550 5.1.1 User unknown', category: 'invalid_recipient' },
    ],
    [
      { event: 'delivered', response: '250 OK', reason: 'newsletter' },
      { response: '250 OK', category: 'accepted' },
    ],
    [
      { event: 'deferred', response: '400 try again later', reason: '550 5.1.1 User unknown' },
      { response: '400 try again later' },
    ],
    [{ event: 'bounce', type: { kind: 'blocked' }, reason: '550 5.1.1 User unknown' }, { bounce_type: 'hard' }],
    [
      { event: 'delivered', category: ['tag1', 'tag2'], attempt: { n: 1 }, 'New Argument 1': 'x', __proto__x: 1 },
      { event: 'delivered' },
    ],
    [{ event: 'delivered', 'smtp-id': 5, sg_message_id: 6 }, { event: 'delivered' }],
  ])('%j', (fields, expected) => {
    const event = one(fields);
    expect(event).toMatchObject(expected);
    expect(event).not.toHaveProperty('dsn');
  });

  test('__proto__ and constructor are data', () => {
    const { events } = sendgrid(
      '{"__proto__":{"event":"bounce","email":"evil@example.com"},"constructor":"x","hasOwnProperty":1,"event":"delivered","email":"a@b.example","timestamp":1461095250}',
    );
    expect(events).toMatchObject([{ event: 'delivered', recipient: 'a@b.example' }]);
    expect(({} as Record<string, unknown>).event).toBeUndefined();
    expect(sendgrid('{"__proto__":{"event":"bounce","email":"evil@example.com"}}').events).toEqual([]);
  });

  test.each<[stamp: unknown, timestamp: string | undefined]>([
    [1_461_095_250, '2016-04-19T19:47:30+00:00'],
    ['1461095250', '2016-04-19T19:47:30+00:00'],
    [1_461_095_250_123, '2016-04-19T19:47:30.123+00:00'],
    [1_461_095_250.5, '2016-04-19T19:47:30.500+00:00'],
    ['soon', undefined],
    [null, undefined],
    [-5, undefined],
    [1e300, undefined],
    [{}, undefined],
  ])('timestamp %j', (stamp, timestamp) => {
    expect(one({ event: 'delivered', timestamp: stamp }).timestamp).toBe(timestamp);
  });
});

describe('what cannot be read', () => {
  test.each<[text: string, reason: RegExp]>([
    ['{"event":"delivered","timestamp":1}', /without "email"/],
    ['{"event":"delivered","email":["a@b.example"]}', /without "email"/],
    ['{"event":"delivered","email":"a@b.example"', /never ends/],
    ['{"event":delivered,"email":"a@b.example"}', /not valid JSON/],
    ['event=delivered', /no JSON object/],
    ['"delivered"', /no JSON object/],
  ])('%s', (text, reason) => {
    const { events, accounting, malformed } = sendgrid(text);
    expect(events).toEqual([]);
    expect(accounting).toEqual({ lines: 1, event: 0, context: 0, ignored: 0, malformed: 1, truncated: 0 });
    expect(malformed).toEqual([{ reason: expect.stringMatching(reason), text: expect.any(String) }]);
  });

  test('a damaged object costs itself, not its neighbours', () => {
    const good = (n: number) => JSON.stringify(payload({ event: 'delivered', email: `${n}@b.example` }));
    const { events, accounting } = sendgrid(`${good(1)}\n${good(2).slice(0, 60)}\n${good(3)}\nnonsense\n${good(4)}\n`);
    expect(events.map(({ recipient }) => recipient)).toEqual(['1@b.example', '3@b.example', '4@b.example']);
    expect(accounting).toMatchObject({ lines: 5, event: 3, malformed: 2 });
  });
});

describe('how payloads are stored', () => {
  const events = [1, 2, 3, 4].map((n) =>
    payload({ event: 'delivered', email: `${n}@b.example`, response: '250 ok "}],[{" \\ \u2028 ü' }),
  );
  const recipients = ['1@b.example', '2@b.example', '3@b.example', '4@b.example'];
  test.each<[what: string, text: string]>([
    ['NDJSON', events.map((event) => JSON.stringify(event)).join('\n')],
    ['NDJSON with CRLF', events.map((event) => JSON.stringify(event)).join('\r\n')],
    ['an array on a line', JSON.stringify(events)],
    ['arrays on lines', `${JSON.stringify(events.slice(0, 2))}\n${JSON.stringify(events.slice(2))}\n`],
    [
      'arrays on one line, one after the other',
      `${JSON.stringify(events.slice(0, 2))}${JSON.stringify(events.slice(2))}`,
    ],
    ['a pretty-printed array', JSON.stringify(events, null, 2)],
    ['a pretty-printed array with tabs', JSON.stringify(events, null, '\t')],
    ['pretty-printed objects', events.map((event) => JSON.stringify(event, null, 4)).join('\n')],
    ['an array with an object on each line', `[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]\n`],
    ['an array with the commas in front', `[${events.map((event) => JSON.stringify(event)).join('\n,')}]`],
    [
      'a mixture',
      `${JSON.stringify(events[0])}\n\n${JSON.stringify(events.slice(1, 3), null, 2)}\n[]\n${JSON.stringify(events[3])}`,
    ],
    ['with a byte order mark', `\ufeff${JSON.stringify(events)}`],
  ])('%s', (_what, text) => {
    const reading = sendgrid(text);
    expect(reading.events.map(({ recipient }) => recipient)).toEqual(recipients);
    expect(reading.accounting).toEqual({ lines: 4, event: 4, context: 0, ignored: 0, malformed: 0, truncated: 0 });
  });

  test('an array on a line with one damaged object in it', () => {
    const damaged = JSON.stringify(events).replace('"2@b.example"', '2@b.example');
    const reading = sendgrid(damaged);
    expect(reading.events.map(({ recipient }) => recipient)).toEqual(['1@b.example', '3@b.example', '4@b.example']);
    expect(reading.accounting).toMatchObject({ lines: 4, event: 3, malformed: 1 });
  });
});

test('the cost of a line of many objects is its length, not its length squared', () => {
  const original = Buffer.prototype.toString;
  let decoded = 0;
  const counting = function (this: Buffer, encoding?: BufferEncoding, start = 0, end = this.length): string {
    decoded += end - start;
    return original.call(this, encoding, start, end);
  };
  vi.spyOn(Buffer.prototype, 'toString').mockImplementation(counting as never);
  try {
    const objects = Array.from({ length: 2000 }, () => JSON.stringify(payload({ event: 'delivered' })));
    // neither starts nor ends here: a piece of an array that goes on in other blocks
    const text = `${objects.join(',')}\n`;
    const read = vi.spyOn(EventReader.prototype, 'read');
    const scan = vi.spyOn(ObjectScanner.prototype, 'scan');
    expect(sendgrid(text).events).toHaveLength(2000);
    expect(decoded).toBeLessThan(4 * text.length);
    expect(read).toHaveBeenCalledTimes(1);
    expect(scan).not.toHaveBeenCalled();
    // and where each of them is damaged: each is looked at once, and its end sought once
    read.mockClear();
    expect(sendgrid(text.replaceAll('"delivered"', 'delivered')).accounting.malformed).toBe(2000);
    // The last call finds nothing behind the last object.
    expect(read).toHaveBeenCalledTimes(2001);
    const starts = read.mock.calls.map(([at]) => at);
    const stops = read.mock.results.map(({ value }) => value as number);
    expect(starts.slice(1).every((at, n) => at > stops[n]! && stops[n]! >= starts[n]!)).toBe(true);
    const sought = scan.mock.calls.map(([, at], n) => Math.abs(scan.mock.results[n]!.value) - at);
    expect(sought.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(text.length);
  } finally {
    vi.restoreAllMocks();
  }
});

describe('messages', () => {
  const at = (timestamp: number, fields: Record<string, unknown>) => JSON.stringify(payload({ timestamp, ...fields }));

  test('the first attempt for a message and a recipient is its first record; processed is none', () => {
    const { events } = sendgrid(
      [
        at(1, { event: 'processed' }),
        at(2, { event: 'deferred', response: '450 x', sg_message_id: 'M1.filter1.1.0' }),
        at(3, { event: 'deferred', response: '450 x', sg_message_id: 'M1.filter2.2.0' }),
        at(4, { event: 'delivered', sg_message_id: 'M1.filter3.3.0' }),
        at(5, { event: 'delivered', sg_message_id: 'M1.filter3.3.0', email: 'Other@example.com' }),
        at(6, { event: 'deferred', sg_message_id: 'M1.filter3.3.0', email: 'other@EXAMPLE.com', response: '450 x' }),
      ].join('\n'),
    );
    expect(events.map(({ event, first }) => [event, first])).toEqual([
      ['processed', false],
      ['deferred', true],
      ['deferred', false],
      ['delivered', false],
      ['delivered', true],
      ['deferred', false],
    ]);
  });

  test('without sg_message_id it is smtp-id that names the message', () => {
    const { events } = sendgrid(
      [
        at(1, { event: 'deferred', sg_message_id: undefined, 'smtp-id': '<a@b>' }),
        at(2, { event: 'delivered', sg_message_id: undefined, 'smtp-id': '<a@b>' }),
        at(3, { event: 'delivered', sg_message_id: undefined, 'smtp-id': '<c@b>' }),
      ].join('\n'),
    );
    expect(events.map(({ first, message_id }) => [first, message_id])).toEqual([
      [true, 'a@b'],
      [false, 'a@b'],
      [true, 'c@b'],
    ]);
  });

  test('an event told twice counts once, in another block and after a restart too', () => {
    const line = at(1, { event: 'bounce', reason: '550 5.1.1 no', sg_event_id: 'twice' });
    const once = readLog([line, `${line}\n${line}`], { format: 'sendgrid' });
    expect(once.events).toHaveLength(1);
    expect(once.accounting).toMatchObject({ lines: 3, event: 1, context: 2 });
    const state = JSON.parse(JSON.stringify(once.state));
    expect(readLog(line, { format: 'sendgrid', state }).events).toEqual([]);
    expect(
      readLog(at(1, { event: 'bounce', sg_event_id: undefined }), { format: 'sendgrid', state }).events,
    ).toHaveLength(1);
  });

  test('out of order: a message that was delivered is not counted again when an earlier deferral arrives late', () => {
    const id = { sg_message_id: 'late.filter.0' };
    const { events } = sendgrid(
      [at(900, { event: 'delivered', ...id }), at(300, { event: 'deferred', response: '450 x', ...id })].join('\n'),
    );
    expect(events.map(({ event, first }) => [event, first])).toEqual([
      ['delivered', true],
      ['deferred', false],
    ]);
    const hour = 3600;
    const later = [0, 24, 71].map((hours) =>
      at(1_461_095_250 + hours * hour, { event: 'deferred', sg_message_id: 'slow.x' }),
    );
    expect(sendgrid(later.join('\n')).events.map(({ first }) => first)).toEqual([true, false, false]);
  });
});

describe('however a string is written', () => {
  const escaped = (text: string) =>
    `"${[...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
  /** The same object with every name and every string in escapes. */
  const inEscapes = (fields: Record<string, unknown>) =>
    `{${Object.entries(fields)
      .map(([name, value]) => `${escaped(name)}:${typeof value === 'string' ? escaped(value) : JSON.stringify(value)}`)
      .join(',')}}`;

  test.each<[what: string, fields: Record<string, unknown>]>([
    ['a bounce', { event: 'bounce', type: 'bounce', status: '5.1.1', reason: '550 5.1.1 User "x" unknown' }],
    ['a block', { event: 'bounce', type: 'blocked', reason: '550 5.7.1 no' }],
    ['a drop', { event: 'dropped', reason: 'Bounced Address' }],
    [
      'an answer in another alphabet',
      { event: 'deferred', response: '450 4.2.0 позже ✉', email: 'жук@пример.example' },
    ],
    ['an address without a domain', { event: 'delivered', email: 'postmaster' }],
    ['a domain in capitals', { event: 'delivered', email: 'Ann@EXAMPLE.com.' }],
    ['an empty address', { event: 'delivered', email: '' }],
    ['a group', { event: 'group_unsubscribe', asm_group_id: 'ü' }],
    ['a time', { event: 'delivered', timestamp: '1461095250' }],
  ])('%s reads the same', (_what, fields) => {
    const object = payload(fields);
    const [plain] = sendgrid(JSON.stringify(object)).events;
    expect(plain).toBeDefined();
    expect(sendgrid(inEscapes(object)).events).toEqual([plain]);
  });

  test('it is the same message, and the same event', () => {
    const first = payload({ event: 'deferred', response: '450 x' });
    const second = payload({ event: 'delivered' });
    const { events, accounting } = sendgrid(
      [JSON.stringify(first), inEscapes(first), inEscapes(second), JSON.stringify(second)].join('\n'),
    );
    expect(events.map(({ event, first: isFirst }) => [event, isFirst])).toEqual([
      ['deferred', true],
      ['delivered', false],
    ]);
    expect(accounting).toMatchObject({ event: 2, context: 2 });
  });

  test('of two members of one name the last counts', () => {
    expect(sendgrid('{"event":"open","email":"a@b.example","\\u0065vent":"delivered"}').events).toHaveLength(1);
    expect(sendgrid('{"event":"delivered","email":"a@b.example","event":"open"}').events).toEqual([]);
  });
});

test.each([
  [{ event: 'dropped', reason: 'Bounced Address' }],
  [{ event: 'delivered', response: '250 OK' }],
  [{ event: 'unsubscribe' }],
])('the group of a message is not what %j is about', (fields) => {
  expect(one({ ...fields, asm_group_id: 10 }).unsubscribe_group).toBeUndefined();
});

test('who leaves one group of mail is not on the list for all of it', () => {
  expect(listed([one({ event: 'group_unsubscribe', asm_group_id: 10 })])).toEqual([]);
  expect(listed([one({ event: 'unsubscribe' })])).toEqual(['recipient@example.com']);
});

interface Row {
  readonly event: Record<string, unknown> | null;
  readonly expected?: { event_type?: string; recipient?: string; mta_response?: string } | null;
}

describe('payloads that others wrote down', () => {
  const rows = sharedRows<Row>('corpora/sendgrid_events.ndjson');
  const NAMES: Record<string, string | undefined> = {
    queued: 'processed',
    rejected: 'dropped',
    delivered: 'delivered',
    bounced: 'bounced',
    deferred: 'deferred',
    opened: undefined,
    clicked: undefined,
  };

  testShared('the ten with expected values', () => {
    const expected = rows.filter((row) => row.expected);
    expect(expected).toHaveLength(10);
    for (const row of expected) {
      const { events } = sendgrid(JSON.stringify(row.event));
      const want = row.expected!;
      const name = want.event_type === undefined ? row.event!.event : NAMES[want.event_type];
      if (name === undefined) expect(events).toEqual([]);
      else {
        expect(events).toHaveLength(1);
        expect(events[0]).toMatchObject({
          event: name,
          ...(want.recipient === undefined ? {} : { recipient: want.recipient }),
          ...(want.mta_response === undefined ? {} : { response: want.mta_response }),
        });
      }
    }
  });

  testShared('none is malformed', () => {
    const objects = rows.filter((row) => row.event !== null);
    expect(objects.length).toBeGreaterThan(40);
    const { accounting } = sendgrid(objects.map((row) => JSON.stringify(row.event)).join('\n'));
    expect(accounting).toMatchObject({ lines: objects.length, malformed: 0, truncated: 0 });
  });
});

describe('a bounce that the provider holds the sender at fault for', () => {
  test.each([
    ['Reputation', '550 5.1.1 User unknown', 'reputation'],
    ['Reputation', '550 Nope', 'reputation'],
    ['Content', '550 5.1.1 User unknown', 'spam_content'],
    ['Frequency/Volume', '550 Nope', 'rate_limited'],
    ['Technical', '550 Nope', 'system_error'],
  ])('%s, %s: %s, and nobody is listed', (bounce_classification, reason, category) => {
    const event = one({ event: 'bounce', type: 'bounce', status: '5.0.0', reason, bounce_classification });
    expect(event.category).toBe(category);
    expect(listed([event])).toEqual([]);
  });

  test('while an invalid address is listed', () => {
    const dead = { event: 'bounce', type: 'bounce', status: '5.0.0', reason: '550 Nope' };
    expect(listed([one({ ...dead, bounce_classification: 'Invalid Address' })])).toHaveLength(1);
  });
});
