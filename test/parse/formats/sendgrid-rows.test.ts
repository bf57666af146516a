/** What a row says of an event is what its object says, read whole by JSON.parse; and there is room for all rows of a block. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressKeyOfText, keyOfText, type WebhookBatch } from '../../../src/event/index.ts';
import { domainOf } from '../../../src/parse/addresses.ts';
import { LARGEST_BLOCK } from '../../../src/parse/format.ts';
import { EVENTS } from '../../../src/parse/sendgrid/meanings.ts';
import { slotAt } from '../../../src/stream/block-pool.ts';
import { FEW_NEEDS, pool, readerFor } from '../../support/read-log.ts';
import { runs } from '../../support/runs.ts';

const slot = slotAt(pool.memory, pool.slots, 0);

function read(text: string | Buffer): WebhookBatch {
  const bytes = Buffer.from(text as string);
  const end = slot.start + bytes.copy(pool.bytes, slot.start);
  // What is behind a block is no part of it.
  pool.bytes.fill('"},{"event":"open"}\n', end, end + 16);
  const input = { name: 'x', index: 0, format: 'sendgrid', reference: 0, year: undefined };
  const block = { input, bytes: pool.bytes, start: slot.start, end, rows: slot.rows, offset: 0, truncated: 0 };
  return readerFor(FEW_NEEDS).read({ ...block, release() {} }) as WebhookBatch;
}

/** A string that says something. */
const said = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** What an object says, by its plain meaning; undefined where it is no event, null where it names no recipient. */
function expected(object: Record<string, unknown>): Record<string, unknown> | undefined | null {
  const { event: status, email, timestamp } = object;
  const event = typeof status === 'string' ? EVENTS.get(status.toLowerCase())?.[0] : undefined;
  if (event === undefined) return undefined;
  if (typeof email !== 'string') return null;
  const recipientKey = addressKeyOfText(email);
  const smtpId = said(object['smtp-id']);
  const messageId = smtpId?.startsWith('<') && smtpId.endsWith('>') ? smtpId.slice(1, -1) : smtpId;
  const message = said(object.sg_message_id)?.split('.', 1)[0] ?? messageId;
  const seconds = Number(timestamp);
  const failed = event === 'bounced' || event === 'dropped';
  return {
    event,
    status,
    recipient: email,
    domain: email.includes('@') ? domainOf(email.slice(email.lastIndexOf('@') + 1).trim()) : undefined,
    recipientKey,
    eventKey: said(object.sg_event_id) === undefined ? 0 : keyOfText(object.sg_event_id as string, 0),
    messageKey: message === undefined ? 0 : keyOfText(message, recipientKey),
    stamp: seconds > 0 && seconds < 8.64e15 ? Math.floor(seconds > 1e11 ? seconds : seconds * 1000) : Number.NaN,
    response: (failed ? undefined : said(object.response)) ?? said(object.reason),
    message_id: messageId,
  };
}

const odd = fc.oneof(fc.constant(null), fc.integer(), fc.constant(['x']), fc.constant({ email: 'a@b.c' }));
const id = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('', '.', 'M1.x.y', 'M1', '<M1>', '<>'),
  odd,
);
const NAMES = [...EVENTS.keys(), 'open', 'click', 'Bounce', 'DELIVERED', 'group_Unsubscribe', '', 'x'.repeat(40)];
const email = fc.oneof(
  fc.constantFrom(
    'a@B.example',
    '',
    '@',
    'a',
    'a@',
    'a@b@c.example',
    'a@ b.example ',
    'ü@bücher.example',
    'a@b.example.',
    '"@',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.emailAddress(),
  odd,
);
const timestamp = fc.oneof(
  fc.constantFrom(0, 1, 1e11, 100_000_000_001, 999_999_999_999_999, 1e15, 9e15, -1, 1.5, '1795219200', '', 'x', true),
  fc.integer({ min: 1_700_000_000, max: 1_800_000_000 }),
  odd,
);
const object = fc
  .record(
    {
      event: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...NAMES) }, odd),
      email,
      timestamp,
      sg_event_id: id,
      sg_message_id: id,
      'smtp-id': id,
      response: fc.oneof(
        fc.constantFrom('250 2.0.0 OK', '250 2.0.0', '250 ok', '450 4.2.1 x', '2500 2.0.0 x', '250 2.0.1000 x', ''),
        odd,
      ),
      reason: fc.oneof(fc.constantFrom('550 5.1.1 <a@B.example> no such user', 'Bounced Address', ''), odd),
      unique_argument: fc
        .anything({ withNullPrototype: false, maxDepth: 2 })
        .map((value) => JSON.parse(JSON.stringify(value) ?? '0')),
    },
    { requiredKeys: [] },
  )
  .chain((fields) =>
    fc
      .tuple(fc.constant(fields), fc.boolean(), fc.constantFrom(0, 1), fc.nat(3))
      .map(([value, escaped, indent, again]) => {
        let text = JSON.stringify(value, null, indent);
        // Of two members of one name the last counts.
        if (again === 0 && text.length > 2)
          text = `{"email":"first@x.example","event":"bo\\u0075nce","sg_message_id":1,${text.slice(1)}`;
        if (escaped)
          text = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, (one) =>
            one.replaceAll(/[@olmgsp]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`),
          );
        return text;
      }),
  );
const between = fc.constantFrom(
  '\n',
  '',
  ',',
  ' \r\n',
  '\n[',
  ']\n',
  '\nnoise\n',
  '\n{"event":"deferred","email":"cut@x.example"\n',
  '{]}\n',
);

test('as JSON.parse', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(object, between), { maxLength: 6 }), (parts) => {
      const batch = read(parts.map(([text, behind]) => text + behind).join(''));
      const wanted = parts.map(([text]) => expected(JSON.parse(text)));
      const events = wanted.filter((one) => one !== undefined && one !== null);
      const records = Array.from({ length: batch.length }, (_, i) => {
        const record = batch.record(i);
        return Object.fromEntries(
          Object.keys(events[0] ?? {}).map((name) => [name, record[name as keyof typeof record]]),
        );
      });
      expect(records).toEqual(events);
      const { accounting } = batch;
      const noise = parts.filter(([, behind]) => /noise|cut|\{\]/.test(behind)).length;
      expect(accounting).toEqual({
        lines: parts.length + noise,
        event: events.length,
        context: 0,
        ignored: wanted.filter((one) => one === undefined).length,
        malformed: wanted.filter((one) => one === null).length + noise,
        truncated: 0,
      });
      batch.release();
    }),
    runs(),
  );
});

test.each([
  ['{"event":"bounce"}', 0],
  ['{"event":"\\n"}', 0],
  ['{"event":"bounce","email":""}', 1],
])('a block full of %s has room for all of them', (text, each) => {
  const count = Math.floor(LARGEST_BLOCK / text.length);
  const batch = read(text.repeat(count));
  expect(batch.accounting.lines).toBe(count);
  expect(batch.length).toBe(count * each);
  // The last row lies within the rows of the slot.
  expect(42 * (count + 1)).toBeLessThanOrEqual(slot.rows.numbers.length);
  batch.release();
});

const answer = fc.constantFrom(
  '550 5.1.1 <a@b.example>: no such user',
  '550 5.1.1 <c@d.example>: no such user',
  '450 4.2.0 <a@b.example>: greylisted, see http://grey.example/help/b.example.html',
  '450 4.2.0 <a@b.example>: greylisted, see http://grey.example/help/d.example.html',
  '554 5.7.1 blocked, see https://b.example/bl',
  '250 2.0.0 OK 1795000000 x-y.45 - gsmtp',
  '250 2.0.0',
  '250 Message accepted',
  '250 Message accepted, 2.1.5',
  '250 OK 550 5.1.1',
  '2500 OK',
  '421 ',
  'Bounced Address',
  'no code at all',
  `550 5.1.1 ${'long '.repeat(500)}`,
  '',
);
const answered = fc.record(
  {
    event: fc.constantFrom('deferred', 'bounce', 'blocked', 'dropped', 'delivered', 'Delivered'),
    email: fc.constantFrom('a@b.example', 'c@d.example', 'e', 'x@y', '<a@b.example>', ''),
    response: answer,
    reason: fc.oneof(answer, fc.constant(5)),
    status: fc.constantFrom('5.1.1', '4.2.2', '5.1.1 550', '5.0.0', '', 'x', null),
    type: fc.constantFrom('bounce', 'blocked'),
  },
  { requiredKeys: ['event', 'email'] },
);

test('an answer means the same whatever was read before it', () => {
  fc.assert(
    fc.property(fc.array(answered, { minLength: 2, maxLength: 5 }), (events) => {
      const verdicts = (texts: readonly string[]) => {
        const batch = read(texts.join('\n'));
        const said = Array.from({ length: batch.length }, (_, i) => ({ ...batch.record(i).verdict }));
        batch.release();
        return said;
      };
      const texts = events.map((event) => JSON.stringify(event));
      // Nothing that is written with an escape has a number: its text is classified as it stands.
      const escaped = texts.map((text) => text.replaceAll('e', '\\u0065'));
      const alone = escaped.flatMap((text) => verdicts([text]));
      expect(verdicts(texts)).toEqual(alone);
      expect(verdicts(texts)).toEqual(alone);
    }),
    runs(4000),
  );
});

test('answers are numbered anew once there are too many, and mean what they say', () => {
  const line = (response: string) => JSON.stringify({ event: 'deferred', email: 'a@b.example', response });
  const categories = (texts: readonly string[]) => {
    const batch = read(texts.join('\n'));
    const said = new Set(Array.from({ length: batch.length }, (_, i) => batch.record(i).verdict.category));
    batch.release();
    return [...said];
  };
  const many = (from: number, words: string) =>
    Array.from({ length: 12_000 }, (_, n) => line(`450 4.2.0 ${(from + n).toString(36)} ${words}`));
  for (let from = 0; from < 48_000; from += 12_000)
    expect(categories(many(from, 'greylisted'))).toEqual(['greylisted']);
  expect(categories(many(0, 'mailbox full'))).toEqual(['mailbox_full']);
  expect(categories(many(0, 'greylisted'))).toEqual(['greylisted']);
});
