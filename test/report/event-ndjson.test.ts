import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeliveryEvent, EVENT_FIELDS } from '../../src/event/index.ts';
import { EventLines } from '../../src/report/event-lines.ts';
import { HeadWriter, renderEventNdjson, renderTail } from '../../src/report/event-ndjson.ts';
import { LineBuffer } from '../../src/report/line-buffer.ts';
import { event, fieldsOf } from '../support/events.ts';
import { SEED } from '../support/seed.ts';

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());
const NUMBERS = new Set(['relay_port', 'delay', 'connection_use', 'reply_code', 'size']);
// Words of a fixed vocabulary: never in need of an escape.
const WORDS = new Set(['event', 'category', 'root_cause', 'bounce_type', 'fault', 'action', 'confidence', 'corrects']);

const anyFields = fc.record(
  Object.fromEntries(
    EVENT_FIELDS.map((field): [string, fc.Arbitrary<unknown>] => {
      if (NUMBERS.has(field))
        return [field, fc.oneof(fc.integer(), fc.double({ noDefaultInfinity: true, noNaN: true }))];
      if (field === 'delays') return [field, fc.array(fc.double({ noDefaultInfinity: true, noNaN: true }))];
      if (field === 'retryable') return [field, fc.boolean()];
      if (field === 'evidence')
        return [
          field,
          fc.record(
            { layer: fc.constantFrom('phrase', 'reply'), rule: text, matched: text },
            { noNullPrototype: true },
          ),
        ];
      return [field, WORDS.has(field) ? fc.constantFrom('delivered', 'mailbox_full', 'hard') : text];
    }),
  ),
  { requiredKeys: ['format', 'event'], noNullPrototype: true },
);

/** The one liberty taken: what a terminal might obey is escaped, though JSON does not ask for it. */
function escapedMore(json: string): string {
  return json.replace(/[\x7f-\x9f\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

describe('renderEventNdjson', () => {
  it('writes what JSON.stringify would, in the order of EVENT_FIELDS', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const made = { time: 0, first: true, input: '', ...fields } as unknown as DeliveryEvent;
        const json = renderEventNdjson(made);
        expect(json).toBe(escapedMore(JSON.stringify(fieldsOf(made))));
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(fieldsOf(made))));
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  it('leaves out what is unknown', () => {
    const json = renderEventNdjson(event({ host: undefined, delays: [0, 0.02, 0.1, 0] }));
    expect(Object.keys(JSON.parse(json))).toEqual([
      'format',
      'queue_id',
      'event',
      'recipient',
      'domain',
      'delays',
      'category',
      'action',
      'retryable',
      'confidence',
      'evidence',
    ]);
  });
});

describe('HeadWriter and EventLines', () => {
  it('write together what renderEventNdjson writes, and say where there is no room', () => {
    let full = 0;
    fc.assert(
      fc.property(anyFields, fc.integer({ min: 0, max: 3000 }), (fields, room) => {
        const made = { time: 0, first: true, input: '', ...fields } as unknown as DeliveryEvent;
        const memory = Buffer.alloc(4000, 0x7e);
        const writer = new HeadWriter(memory, 16, 16 + room);
        const written = writer.add(made);
        if (!written) full++;
        expect(memory.subarray(written ? writer.at : 16).every((byte) => byte === 0x7e)).toBe(true);
        const buffer = new LineBuffer();
        const lines = new EventLines(
          buffer,
          (_, length) => void memory.copy(buffer.bytes, buffer.length, 16, 16 + length),
        );
        lines.add({ ...made, headLength: written ? writer.at - 16 : 0 });
        expect(lines.take()?.toString()).toBe(`${renderEventNdjson(made)}\n`);
        expect(lines.take()).toBeUndefined();
      }),
      { seed: SEED, numRuns: 2000 },
    );
    expect(full).toBeGreaterThan(50);
  });

  it('write the usual tail as any other', () => {
    const usual = fc.record(
      {
        timestamp: fc.constantFrom('', '2026-11-22T02:17:46+00:00', '2026-11-22T02:17:47+00:00', 'é', '"'),
        sender: fc.constantFrom('', 'a@b.example', 'ü@b.example', 'a"b@c.example', 'a\\@b', '\x7f', ' !#[]~'),
        message_id: fc.constantFrom('', '4abc@mx01', '\u2028', '\t'),
        size: fc.oneof(fc.nat(), fc.constantFrom(0, 9, 10, 99, 100, 0x7fffffff, 0x80000000, -1, 1.5, Number.NaN)),
        corrects: fc.constantFrom('delivered'),
        unsubscribe_group: fc.constantFrom('news'),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(usual, { minLength: 1, maxLength: 10 }), (tails) => {
        const buffer = new LineBuffer();
        const head = '{"format":"postfix"';
        const lines = new EventLines(buffer, () => void buffer.bytes.write(head, buffer.length));
        for (const tail of tails) lines.add({ ...(tail as unknown as DeliveryEvent), headLength: head.length });
        const expected = tails.map((tail) => `${head}${renderTail(tail as unknown as DeliveryEvent)}\n`).join('');
        expect(lines.take()?.toString()).toBe(expected);
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });
});
