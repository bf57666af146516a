/** What servers say in the wild, beyond the table's own examples: wordings, orders and codes that no row was written for. */
import { describe, expect, it } from 'vitest';
import { CLASSIFIER } from '../support/classifier.ts';
import { ABOUT_RECEIVERS } from './answers/about-receivers.ts';
import { ABOUT_RECIPIENTS } from './answers/about-recipients.ts';
import { ABOUT_SENDERS } from './answers/about-senders.ts';
import { MISSING_IN_FEW_WORDS, REFUSED_IN_FEW_WORDS } from './answers/few-words.ts';
import { NEVER_SUPPRESS } from './answers/never-suppress.ts';

const verdictOn = (answer: string) => CLASSIFIER.classify(answer, { outcome: 'other' });
const GONE = ['invalid_recipient', 'mailbox_moved', 'invalid_domain', 'null_mx'];

describe.each(Object.entries({ ...ABOUT_RECIPIENTS, ...ABOUT_RECEIVERS, ...ABOUT_SENDERS }))(
  '%s',
  (category, answers) => {
    it(`is what ${answers.length} answers say`, () => {
      const wrong = answers
        .map((answer) => ({ answer, got: verdictOn(answer).category }))
        .filter(({ got }) => got !== category);
      expect(wrong).toEqual([]);
    });

    it(GONE.includes(category) ? 'suppresses where it is final' : 'suppresses nobody', () => {
      const wrong = answers
        .map((answer) => ({ answer, verdict: verdictOn(answer) }))
        .filter(({ verdict: { action, reply_code: code } }) => {
          const final = code === undefined || code >= 500;
          return (action === 'suppress') !== (GONE.includes(category) && final);
        });
      expect(wrong.map(({ answer }) => answer)).toEqual([]);
    });
  },
);

describe('a refusal that is not about a missing mailbox', () => {
  it(`suppresses nobody, in ${NEVER_SUPPRESS.length} wordings`, () => {
    expect(NEVER_SUPPRESS.filter((answer) => verdictOn(answer).action === 'suppress')).toEqual([]);
  });

  it(`nor in ${REFUSED_IN_FEW_WORDS.length} wordings of few words`, () => {
    expect(REFUSED_IN_FEW_WORDS.filter((answer) => verdictOn(answer).action === 'suppress')).toEqual([]);
  });

  it('is trusted less than one that only says one thing', () => {
    const sure = NEVER_SUPPRESS.filter(
      (answer) => verdictOn(answer).evidence.layer === 'reply' && verdictOn(answer).confidence !== 'low',
    );
    expect(sure).toEqual([]);
  });
});

describe('a mailbox that is missing', () => {
  it(`suppresses, in ${MISSING_IN_FEW_WORDS.length} wordings of few words`, () => {
    expect(MISSING_IN_FEW_WORDS.filter((answer) => verdictOn(answer).action !== 'suppress')).toEqual([]);
  });
});

describe('words that speak of something else', () => {
  it('count against a code and against general words', () => {
    expect(verdictOn('550 5.1.1 Zzz').action).toBe('suppress');
    expect(verdictOn('550 5.1.1 Zzz your zzz')).toMatchObject({ action: 'review', confidence: 'low' });
    expect(verdictOn('550 Recipient address rejected: zzz').action).toBe('suppress');
    expect(verdictOn('550 Recipient address rejected: your zzz').action).toBe('review');
  });

  it('not against words that leave no doubt, unless they name the sender', () => {
    expect(verdictOn('550 5.1.1 User unknown, your list is old').action).toBe('suppress');
    expect(verdictOn('550 5.1.1 Sender: user unknown').action).not.toBe('suppress');
  });

  it('not where they stand in a host name or a URL', () => {
    expect(verdictOn('550 5.1.1 Zzz, see https://mx.example.com/your?by=sender').action).toBe('suppress');
    expect(verdictOn('550 5.1.1 Zzz, see filter.example.com').action).toBe('suppress');
  });

  it('a code that leaves no doubt counts against both', () => {
    expect(verdictOn('550 5.7.26 User unknown').category).toBe('auth_failure');
    expect(verdictOn('535 5.7.8 User unknown').category).toBe('relay_denied');
    expect(verdictOn('550 5.7.1 User unknown').action).toBe('suppress');
    expect(verdictOn('550 5.7.25 Access denied').category).toBe('missing_ptr');
  });
});
