/** What servers say in the wild, beyond the table's own examples: wordings, orders and codes that no row was written for. */
import { describe, expect, it } from 'vitest';
import { CLASSIFIER, TABLES } from '../support/classifier.ts';
import { ABOUT_RECEIVERS } from './answers/about-receivers.ts';
import { ABOUT_RECIPIENTS } from './answers/about-recipients.ts';
import { ABOUT_SENDERS } from './answers/about-senders.ts';
import { MISSING_MAILBOXES } from './answers/missing-mailboxes.ts';
import { NEVER_SUPPRESS } from './answers/never-suppress.ts';
import { REFUSED_IN_FEW_WORDS } from './answers/refused-in-few-words.ts';
import { SOMETHING_MISSING } from './answers/something-missing.ts';

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

  it(`nor in ${SOMETHING_MISSING.length} that miss something else`, () => {
    expect(SOMETHING_MISSING.filter((answer) => verdictOn(answer).action === 'suppress')).toEqual([]);
  });

  it('is trusted less than one that only says one thing', () => {
    const sure = NEVER_SUPPRESS.filter(
      (answer) => verdictOn(answer).evidence.layer === 'reply' && verdictOn(answer).confidence !== 'low',
    );
    expect(sure).toEqual([]);
  });
});

describe('a mailbox that is missing', () => {
  it(`suppresses, in ${MISSING_MAILBOXES.length} wordings`, () => {
    expect(MISSING_MAILBOXES.filter((answer) => verdictOn(answer).action !== 'suppress')).toEqual([]);
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

describe('the sender, named beside words that would suppress', () => {
  const phrases = TABLES.rows
    .filter(({ phrase, layer, category }) => phrase !== undefined && layer !== 'reply' && GONE.includes(category))
    .map(({ phrase }) => phrase!.replace(/^\*|\*$/g, '').replaceAll('{addr}', '<u@example.com>'));

  it.each([
    'Sender: …',
    '… (sender)',
    'MAIL FROM: …',
    'MAIL FROM <a@sender.example>: …',
    'From: …',
    '… in From header',
    'Return-Path: …',
    'envelope sender: …',
    'your hostname: …',
    'HELO: …',
    'PTR: …',
    'SPF: …',
    'connecting host: …',
    'sending domain: …',
    'callback: …',
    'Absender: …',
    'expéditeur : …',
    'remitente: …',
    'mittente: …',
    'remetente: …',
    'nadawca: …',
    'odesílatel: …',
    'отправитель: …',
    '发件人：…',
    '送信者：…',
  ])('%s', (sentence) => {
    const answers = phrases.map((phrase) => `550 5.7.1 ${sentence.replace('…', () => phrase)}`);
    expect(answers.length).toBeGreaterThan(600);
    expect(answers.filter((answer) => verdictOn(answer).action === 'suppress')).toEqual([]);
  });
});
