/** The lines of a suppression list, written member by member, are what suppressionDocument says of each entry. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Suppression } from '../../src/aggregate/suppression-list.ts';
import { safeJson } from '../../src/report/event-ndjson.ts';
import { suppressionDocument } from '../../src/report/report-json.ts';
import { renderSuppressionNdjson } from '../../src/report/suppression/ndjson.ts';
import { SEED } from '../support/seed.ts';

// Few values of each, so that lines behind each other often share some.
const text = fc.oneof(
  fc.constantFrom(
    '',
    'mx01',
    'user-unknown',
    'say "no"',
    'a\\b',
    'tab\there',
    'line\u2028two',
    'broken \ud800',
    '\x7f\x9b31m',
    'ÄÖ',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
const time = fc.oneof(
  fc.constantFrom(Number.NaN, Number.NEGATIVE_INFINITY, 0, Date.UTC(2026, 10, 22, 2, 17, 46)),
  fc.integer({ min: 0, max: 4e12 }),
);
const entry = fc.record({
  address: text,
  unsubscribe_group: fc.constantFrom('', 'weekly', '"news"'),
  state: fc.constantFrom('listed', 'lifted', 'ended'),
  category: fc.constantFrom('invalid_recipient', 'complaint'),
  first: time,
  last: time,
  count: fc.integer({ min: 1, max: 5e9 }),
  since: time,
  permanent: fc.boolean(),
  policy_rule: text,
  reply_code: fc.constantFrom(0, 550),
  fault: fc.constantFrom('', 'recipient'),
  last_delivery: time,
  evidence: fc.record({
    host: text,
    queue_id: text,
    format: fc.constantFrom('postfix', 'sendgrid'),
    input: text,
    answer: text,
    enhanced_code: fc.constantFrom('', '5.1.1'),
    layer: fc.constantFrom('phrase', 'code'),
    rule: text,
    matched: text,
  }),
}) as unknown as fc.Arbitrary<Suppression>;

it('every line is the document of its entry', () => {
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 8 }),
      fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu'),
      (entries, zone) => {
        const lines = entries.map((each) => `${safeJson(suppressionDocument(each, zone))}\n`).join('');
        expect(renderSuppressionNdjson(entries, zone)).toBe(lines);
      },
    ),
    { seed: SEED, numRuns: 500 },
  );
});
