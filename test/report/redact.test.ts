import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../src/report/redact.ts';
import { runs } from '../support/runs.ts';

const { text } = createRedactor((local) => `#${local.length}`);

describe('addresses in a text', () => {
  test.each([
    ['550 5.1.1 <ann@example.com>: User unknown', '550 5.1.1 <h:#3@example.com>: User unknown'],
    ['ann@example.com,bob@example.org', 'h:#3@example.com,h:#3@example.org'],
    ['<"ann b"@example.com>', '<h:#7@example.com>'],
    ['<"ann \\"b\\" c"@example.com>', '<h:#13@example.com>'],
    ['ann%example.com@relay', 'h:#15@relay'],
    ['пётр@пример.рф', 'h:#4@пример.рф'],
    ['ann@[192.0.2.1] and bob@[2001:db8::1]', 'h:#3@[192.0.2.1] and h:#3@[2001:db8::1]'],
    ["rfc822;ann@example.com to='bob@example.com'", "rfc822;h:#3@example.com to='h:#3@example.com'"],
    ['a@b@c', 'h:#1@b@c'],
    ['@example.com', '@example.com'],
    ['ann@', 'ann@'],
    ['"@example.com', '"@example.com'],
    ['no address', 'no address'],
  ])('%s', (given, expected) => {
    expect(text(given)).toBe(expected);
  });

  test('no local part of letters is left, whatever stands around it', () => {
    const around = fc.string({
      unit: fc.constantFrom(' ', '<', '>', '(', ')', ',', ';', ':', '"', "'", '@', '=', '\n', 'x'),
      maxLength: 6,
    });
    fc.assert(
      fc.property(around, around, (before, after) => {
        expect(text(`${before} secretname@example.com ${after}`)).not.toContain('secretname');
      }),
      runs(5000),
    );
  });
});
