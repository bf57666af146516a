/** No bytes make the parser throw, and wherever they go, the buckets add up. */
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Accounting } from '../../src/event/index.ts';
import { parseSmtpReply } from '../../src/parse/smtp-reply.ts';
import { journalText, logText, webhookText } from '../support/log-text.ts';
import { ALL_NEEDS, FEW_NEEDS, readLog } from '../support/read-log.ts';
import { runs } from '../support/runs.ts';
import { hasShared, sharedFile } from '../support/shared.ts';

/** What a parser looks at: marks, keys, brackets, codes, stamps, and halves of them. */
const token = fc.constantFrom(
  'Nov 22 02:17:46 ',
  '2023-03-14T00:08:35.948047+01:00 ',
  '<22>1 - ',
  '<22>',
  'mx01 ',
  'postfix/smtp[1]: ',
  'postfix/discard: ',
  '4jXCQh6CYCzJTVP: ',
  'NOQUEUE: ',
  'to=<',
  'to=',
  'orig_to=<',
  'from=<',
  '>',
  '>, ',
  ', ',
  'relay=',
  'host[',
  '[',
  ']',
  ':25',
  'delay=',
  'delays=1/2/3/4',
  'dsn=',
  'tls=',
  'conn_use=',
  'size=',
  'nrcpt=1',
  'status=',
  ' status=sent (',
  'status=expired, ',
  ')',
  '(',
  '"',
  '\\',
  'removed',
  'message-id=<',
  'reject: RCPT from ',
  'warning: ',
  'fatal: ',
  'certificate verification failed for ',
  'header Subject: ',
  'queued as ',
  'said: ',
  '550-5.1.1 ',
  '550 5.1.1 ',
  '(in reply to RCPT TO command)',
  'delivery temporarily suspended: ',
  'refused to talk to me: ',
  '=',
  '\n',
  '\r\n',
  '\u0000',
  'ü',
  '\ufeff',
  '@',
  '@пример.рф',
  '-- ',
  'last message repeated 3 times',
  '{',
  '}',
  '[{',
  '}]',
  '"event":',
  '"email":"a@b.example"',
  '"bounce"',
  ',',
  '"MESSAGE":',
  'x'.repeat(40),
  '1'.repeat(40),
  ' ',
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  fc.array(token, { maxLength: 30 }).map((tokens) => Buffer.from(tokens.join(''))),
  fc
    .array(
      fc.oneof(
        token.map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 4 }).map((array) => Buffer.from(array)),
      ),
      { maxLength: 30 },
    )
    .map((parts) => Buffer.concat(parts)),
);

const FORMATS = ['postfix', 'postfix-journal', 'sendgrid'];

/** Every line is in one bucket. */
function addsUp({ lines, event, context, ignored, malformed, truncated }: Accounting): void {
  for (const count of [lines, event, context, ignored, malformed, truncated]) expect(count).toBeGreaterThanOrEqual(0);
  expect(event + context + ignored + malformed + truncated).toBe(lines);
}

function read(input: Buffer, format: string): ReturnType<typeof readLog> {
  const all = readLog(input, { format });
  addsUp(all.accounting);
  if (format === 'postfix' && input.length > 0) {
    const feeds = input.filter((byte) => byte === 0x0a).length;
    expect(all.accounting.lines).toBe(feeds + (input.at(-1) === 0x0a ? 0 : 1));
  }
  const few = readLog(input, { format, needs: FEW_NEEDS });
  addsUp(few.accounting);
  expect(few.accounting.lines).toBe(all.accounting.lines);
  return all;
}

describe('any bytes', () => {
  test.each(FORMATS)('%s', (format) => {
    fc.assert(
      fc.property(bytes, (input) => {
        read(input, format);
      }),
      runs(7_000),
    );
  });

  test('in an answer', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 100 }),
          fc.array(token, { maxLength: 20 }).map((tokens) => tokens.join('')),
        ),
        (text) => {
          const reply = parseSmtpReply(text);
          expect(reply.start).toBeGreaterThanOrEqual(0);
          expect(reply.end).toBeLessThanOrEqual(text.length);
          expect(reply.end).toBeGreaterThanOrEqual(reply.start);
          if (reply.reply_code !== undefined) {
            expect(reply.reply_code).toBeGreaterThanOrEqual(200);
            expect(reply.reply_code).toBeLessThanOrEqual(599);
            if (reply.enhanced_code !== undefined) expect(reply.enhanced_code[0]).toBe(String(reply.reply_code)[0]);
          }
        },
      ),
      runs(),
    );
  });

  test('in the place of any field of a delivery record: they stay in their place', () => {
    const value = fc.string({
      unit: fc.constantFrom('a', '>', '<', '"', '\\', '=', ' ', '(', ')', ';', 'ü', 'status=sent (', 'dsn=', 'to=<'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(value, (answer) => {
        const { events } = readLog(
          `Nov 22 02:17:46 mx01 postfix/smtp[1]: 4A1B2C3D4E: to=<a@b.example>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (${answer})`,
        );
        expect(events).toHaveLength(1);
        expect(events[0]).toMatchObject({
          event: 'deferred',
          recipient: 'a@b.example',
          dsn: '4.4.1',
          relay: 'none',
          response: answer,
        });
      }),
      runs(5_000),
    );
  });
});

/** Flip, delete, duplicate, splice: what a bad disk, a full one, a race of two writers and a careless edit do. */
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bits: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('delete' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant('duplicate' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 300 }) }),
  fc.record({
    kind: fc.constant('splice' as const),
    at: fc.nat(),
    from: fc.nat(),
    length: fc.integer({ min: 1, max: 300 }),
  }),
);
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(input: Buffer, change: Mutation): Buffer {
  const at = change.at % (input.length + 1);
  switch (change.kind) {
    case 'flip': {
      const copy = Buffer.from(input);
      if (at < copy.length) copy[at] = copy[at]! ^ change.bits;
      return copy;
    }
    case 'delete':
      return Buffer.concat([input.subarray(0, at), input.subarray(at + change.length)]);
    case 'duplicate':
      return Buffer.concat([input.subarray(0, at + change.length), input.subarray(at)]);
    case 'splice': {
      const from = change.from % (input.length + 1);
      return Buffer.concat([input.subarray(0, at), input.subarray(from, from + change.length), input.subarray(at)]);
    }
  }
}

const SAMPLES: readonly (readonly [name: string, format: string, text: string])[] = [
  ['samples/maillog', 'postfix', sample('samples/maillog')],
  ['samples/sendgrid.ndjson', 'sendgrid', sample('samples/sendgrid.ndjson')],
  [
    'samples/sendgrid.ndjson, pretty-printed',
    'sendgrid',
    JSON.stringify(
      sample('samples/sendgrid.ndjson')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
      null,
      2,
    ),
  ],
  ['samples/maillog, from the journal', 'postfix-journal', journalText(sample('samples/maillog').trimEnd())],
  ...(hasShared
    ? [['../shared/samples/postfix-3.7/maillog', 'postfix', sharedFile('samples/postfix-3.7/maillog')] as const]
    : []),
];

function sample(name: string): string {
  const url = new URL(`../../${name}`, import.meta.url);
  return existsSync(url) ? readFileSync(url, 'utf8') : '';
}

describe('mutated samples', () => {
  test.each(SAMPLES)('%s', (_name, format, text) => {
    const whole = Buffer.from(text);
    expect(readLog(whole.subarray(0, 1_000_000), { format }).events.length).toBeGreaterThan(20);
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 200, max: 6000 }),
        fc.array(mutation, { minLength: 1, maxLength: 6 }),
        (start, length, changes) => {
          const from = start % whole.length;
          const mutated = changes.reduce(mutate, whole.subarray(from, from + length));
          read(mutated, format);
        },
      ),
      runs(4_000),
    );
  });

  test('a damaged line costs itself and its neighbour at most', () => {
    const lines = sample('samples/maillog')
      .split('\n')
      .filter((line) => line.includes(' status=') && line.includes(' to=<'))
      .slice(0, 40);
    const text = Buffer.from(`${lines.join('\n')}\n`);
    const before = readLog(text, { needs: ALL_NEEDS }).events.length;
    expect(before).toBeGreaterThanOrEqual(40);
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const { events } = readLog(mutate(text, { kind: 'flip', at, bits }));
        expect(events.length).toBeGreaterThanOrEqual(before - 2);
      }),
      runs(4_000),
    );
  });
});

test('the generators give what parsers read, not noise alone', () => {
  const count = (texts: fc.Arbitrary<string>, format: string) =>
    fc.sample(texts, { seed: 7, numRuns: 200 }).reduce((sum, text) => sum + readLog(text, { format }).events.length, 0);
  expect(count(logText, 'postfix')).toBeGreaterThan(300);
  expect(count(webhookText, 'sendgrid')).toBeGreaterThan(200);
});
