import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderExplanationNdjson, renderExplanationText } from '../../src/report/explanation.ts';
import { PLAIN, type Style } from '../../src/report/style.ts';
import { displayWidth } from '../../src/report/table.ts';
import { CLASSIFIER } from '../support/classifier.ts';
import { SEED } from '../support/seed.ts';

const explain = (answer: string) => CLASSIFIER.explain(answer, { outcome: 'other' });

describe('for a person', () => {
  it('says what it means, who is at fault, what to do, and which row says so, with the words marked', () => {
    expect(
      renderExplanationText(
        explain(
          'host mx.example.com[192.0.2.1] said: 550 5.7.1 <u@example.com>: Sender address rejected: Access denied (in reply to MAIL FROM command)',
        ),
        PLAIN,
      ),
    ).toBe(`Answer     host mx.example.com[192.0.2.1] said: 550 5.7.1 <u@example.com>:
           Sender address rejected: Access denied (in reply to MAIL FROM
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           command)
Means      The receiving server refuses the sender address.
Category   invalid_sender (block bounce), confidence medium
At fault   the sender: its IP, domain or way of sending
Do now     Fix the configuration. Send from an address that exists, in a domain
           that can receive mail.
Retry      no, the answer is final
Codes      550 5.7.1, in reply to MAIL FROM
Said by    row sender-address-rejected-access-denied of the general words beside
           the enhanced status codes, by "sender address rejected: access
           denied"
Reference  Postfix smtpd_check.c
Otherwise  row denied of the general words beside the enhanced status codes
           would say policy: A rule of the receiving organisation refuses the
           message.
`);
  });

  it('colours with what it is given', () => {
    const tag = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
    const style: Style = {
      width: 80,
      color: { bold: tag('b'), dim: tag('d'), red: tag('r'), yellow: tag('y'), green: tag('g'), cyan: tag('c') },
    };
    const text = renderExplanationText(explain('550 5.1.1 User unknown'), style);
    expect(text).toContain('<b><c>User unknown</c></b>');
    expect(text).toContain('<r>Suppress.');
  });

  it('puts the marks under wide characters too', () => {
    const [answer, marks] = renderExplanationText(explain('550 用户不存在'), PLAIN).split('\n') as [string, string];
    expect(marks.indexOf('^')).toBe(displayWidth(answer.slice(0, answer.indexOf('用'))));
    expect(marks.trim()).toBe('^'.repeat(10));
  });

  it('shows of a long answer the part around the words, and of an empty one that it is', () => {
    const text = renderExplanationText(
      explain(`550 ${'x '.repeat(50_000)} user unknown ${'y '.repeat(50_000)}`),
      PLAIN,
    );
    expect(text.length).toBeLessThan(4000);
    expect(text).toContain('user unknown');
    expect(renderExplanationText(explain(''), PLAIN)).toContain('(empty)');
  });

  it('says that the answer leaves open who is at fault', () => {
    expect(renderExplanationText(explain('554 Transaction failed'), PLAIN)).toContain(
      '\nAt fault   the answer does not say\n',
    );
    expect(renderExplanationText(explain('250 Queued'), PLAIN)).not.toContain('At fault');
  });
});

it('no answer steers a terminal, no line is too wide', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (noise) => {
      const explanation = explain(`550 \u001b[31m${noise} user unknown \u009b`);
      const text = renderExplanationText(explanation, PLAIN);
      const json = renderExplanationNdjson(explanation);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
      expect(json).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
      expect(JSON.parse(json)).toMatchObject({ evidence: explanation.verdict.evidence });
    }),
    { seed: SEED, numRuns: 1000 },
  );
});

it('for a program: one line with all a program needs', () => {
  const json = renderExplanationNdjson(explain('550 5.1.1 <u@example.com>: User unknown'));
  expect(json).not.toContain('\n');
  expect(JSON.parse(json)).toEqual({
    category: 'invalid_recipient',
    bounce_type: 'hard',
    fault: 'recipient',
    action: 'suppress',
    retryable: false,
    confidence: 'high',
    evidence: { layer: 'phrase', rule: 'user-unknown', matched: 'user unknown' },
    reply_code: 550,
    enhanced_code: '5.1.1',
    reply_text: '<u@example.com>: User unknown',
    meaning: 'The mailbox does not exist.',
    advice: 'Stop mailing this address and find out how it came onto the list.',
    reference: 'Sendmail, err.c',
    match: { start: 27, end: 39 },
  });
});
