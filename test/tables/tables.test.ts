/** The tables as data: complete, and each row's example decided by that very row. */
import { describe, expect, it } from 'vitest';
import { ACTIONS, CATEGORIES } from '../../src/event/index.ts';
import { CLASSIFIER, TABLES } from '../support/classifier.ts';

describe('every row', () => {
  it('has an example that classifies to its own id', () => {
    const wrong = TABLES.rows
      .map((row) => {
        if (row.example === undefined) return `${row.id}: no example`;
        const { evidence } = CLASSIFIER.classify(row.example, {
          outcome: row.category === 'accepted' ? 'delivered' : 'other',
        });
        return evidence.rule === row.id && evidence.layer === row.layer
          ? ''
          : `${row.id}: ${evidence.layer} ${evidence.rule} decides ${row.example}`;
      })
      .filter((fault) => fault !== '');
    expect(wrong).toEqual([]);
    expect(TABLES.rows.length).toBeGreaterThan(1000);
  });

  it('has an id of its own in its file, a meaning, and for phrases a reference', () => {
    expect(TABLES.rows.filter((row) => row.meaning === '').map((row) => row.id)).toEqual([]);
    expect(
      TABLES.rows.filter((row) => row.phrase !== undefined && row.reference === undefined).map((row) => row.id),
    ).toEqual([]);
    const ids = TABLES.rows.map((row) => `${row.layer} ${row.id}`);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('that would suppress is about the recipient', () => {
    const category = new Map(TABLES.categories.map((c) => [c.category, c]));
    const wrong = TABLES.rows.filter(
      (row) =>
        (row.action ?? category.get(row.category)!.action_5xx) === 'suppress' &&
        category.get(row.category)!.fault !== 'recipient' &&
        row.id !== '554-empty', // the documents' own: a 554 without any words
    );
    expect(wrong.map((row) => row.id)).toEqual([]);
  });
});

describe('reply codes', () => {
  it.each([
    ['250', 'accepted'],
    ['251', 'accepted'],
    ['252', 'accepted'],
    ['421', 'rate_limited'],
    ['450', 'rate_limited'],
    ['451', 'system_error'],
    ['452', 'system_error'],
    ['500', 'protocol_error'],
    ['501', 'protocol_error'],
    ['502', 'protocol_error'],
    ['503', 'protocol_error'],
    ['504', 'protocol_error'],
    ['550', 'invalid_recipient'],
    ['551', 'invalid_recipient'],
    ['552', 'mailbox_full'],
    ['553', 'invalid_recipient'],
    ['554', 'unknown'],
    ['other', 'unknown'],
  ])('%s means %s', (id, category) => {
    expect(TABLES.rows.find((row) => row.layer === 'reply' && row.id === id)?.category).toBe(category);
  });
});

/** The enumerated status codes of the IANA registry "SMTP Enhanced Status Codes": subject → last detail. */
const REGISTRY = { 0: 0, 1: 10, 2: 4, 3: 6, 4: 7, 5: 6, 6: 10, 7: 30 } as const;

describe('enhanced status codes', () => {
  it('the whole registry is there', () => {
    const has = new Set(TABLES.rows.filter((row) => row.layer === 'enhanced').map((row) => row.enhanced));
    const missing = Object.entries(REGISTRY).flatMap(([subject, last]) =>
      Array.from({ length: last + 1 }, (_, detail) => `X.${subject}.${detail}`).filter((code) => !has.has(code)),
    );
    expect(missing).toEqual([]);
  });
});

describe('categories', () => {
  it('are those of the design, with its actions', () => {
    expect(TABLES.categories.map((c) => c.category)).toEqual([...CATEGORIES]);
    const actions = (c: string) => {
      const row = TABLES.categories.find((r) => r.category === c)!;
      return `${row.bounce_type ?? '–'} ${row.fault ?? '–'} ${row.action_4xx}/${row.action_5xx}`;
    };
    expect(Object.fromEntries(CATEGORIES.map((c) => [c, actions(c)]))).toEqual({
      accepted: '– – none/none',
      invalid_recipient: 'hard recipient watch/suppress',
      mailbox_moved: 'hard recipient watch/suppress',
      invalid_domain: 'hard recipient watch/suppress',
      null_mx: 'hard recipient watch/suppress',
      mailbox_disabled: 'hard recipient watch/watch',
      mailbox_full: 'soft recipient watch/watch',
      dns_failure: 'soft network retry/retry',
      connection_failure: 'soft network retry/retry',
      greylisted: 'soft receiver retry/retry',
      rate_limited: 'soft sender throttle/throttle',
      reputation: 'block sender fix_reputation/fix_reputation',
      auth_failure: 'block sender fix_auth/fix_auth',
      missing_ptr: 'block sender fix_config/fix_config',
      invalid_sender: 'block sender fix_config/fix_config',
      relay_denied: 'block local fix_config/fix_config',
      spam_content: 'block content fix_content/fix_content',
      malicious_content: 'block content fix_content/fix_content',
      message_too_large: 'soft content fix_content/fix_content',
      message_format: 'soft content fix_content/fix_content',
      policy: 'block receiver review/review',
      protocol_error: 'soft local fix_config/fix_config',
      tls_failure: 'soft local fix_config/fix_config',
      routing_loop: 'soft receiver retry/review',
      system_error: 'soft receiver retry/review',
      expired: 'undetermined – retry/review',
      complaint: '– recipient suppress/suppress',
      unsubscribe: '– recipient suppress/suppress',
      esp_suppressed: '– recipient suppress/suppress',
      unknown: 'undetermined – retry/review',
    });
    expect(TABLES.categories.every((c) => ACTIONS.includes(c.action_4xx) && c.advice !== '')).toBe(true);
  });
});
