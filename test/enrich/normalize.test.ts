import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalize, normalizeWithMap, PLACEHOLDERS } from '../../src/enrich/normalize.ts';
import { parseSmtpReply } from '../../src/parse/smtp-reply.ts';
import { SEED } from '../support/seed.ts';

/** Signs written out, so that the expectations can be read. */
function readable(text: string): string {
  let out = text;
  for (const [name, sign] of PLACEHOLDERS) out = out.replaceAll(sign, name);
  return out;
}

describe('normalize', () => {
  it.each([
    ['User  Unknown', 'user unknown'],
    ['  a\t\r\nb \u0000 ', 'a b'],
    ['<User@Example.COM>: no', '{addr}: no'],
    ['user+tag@example.com.', '{addr}.'],
    ['user@[192.0.2.1] no', '{addr} no'],
    ['from 192.0.2.1, and 2001:db8::1', 'from {ip}, and {ip}'],
    ['[IPv6:2001:db8:0:0:1::2]', '[ipv6:{ip}]'],
    ['queued as 4jXCQj0FqPzJTWD', 'queued as {id}'],
    ['queued as 9E1A2C4F07B', 'queued as {id}'],
    ['d9443c01a7336-1b3a0c3d4e5 - gsmtp', '{id} - gsmtp'],
    ['try again in 299 seconds', 'try again in 299 seconds'],
    ['try again in 1299 seconds', 'try again in {n} seconds'],
    ['550-5.1.1 a 550 5.1.1 b', '550-5.1.1 a 550 5.1.1 b'],
    ['see RFC 5322', 'see rfc 5322'],
    ['blocked using zen.spamhaus.org', 'blocked using zen.spamhaus.org'],
    ['block list (S3150)', 'block list (s3150)'],
    ['denied...7d39d5299584f4be', 'denied...{id}'],
    ['Boîte pleine, Straße, łódź', 'boite pleine, straße, lodz'],
    ['ПОЛЬЗОВАТЕЛЬ', 'пользователь'],
    ['用户不存在', '用户不存在'],
    ['５５０　ＮＯ', '550 no'],
    ['user’s “quota” – full', 'user\'s "quota" - full'],
    ['zero\u200bwidth', 'zerowidth'],
    ['\ue001 forged', 'forged'],
  ])('%j → %j', (text, expected) => {
    expect(readable(normalize(text))).toBe(expected);
  });

  it('is done after one pass, and the map leads back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const { template, map } = normalizeWithMap(text);
        expect(template).toBe(normalize(text));
        let last = -1;
        for (let i = 0; i < template.length; i++) {
          expect(map[i]).toBeGreaterThan(last);
          last = map[i]!;
        }
        expect(map[template.length]).toBe(text.length);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('leaves the codes as they are: the template of an answer reads like the answer', () => {
    const piece = fc.constantFrom(
      '550',
      '550-5.7.26',
      '5.7.26',
      'host mx.example.com[192.0.2.1] said:',
      '(in reply to RCPT TO command)',
      'user@example.com',
      '192.0.2.1',
      '4jXCQj0FqPzJTWD',
      'Unknown',
      '(#5.1.1)',
      '1234',
      '450',
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const answer = pieces.join(' ');
        const { reply_code, enhanced_code, command } = parseSmtpReply(answer);
        const again = parseSmtpReply(normalize(answer));
        expect([again.reply_code, again.enhanced_code, again.command]).toEqual([reply_code, enhanced_code, command]);
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });
});
