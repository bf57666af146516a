import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { POLICY_NAMES, policyNamed } from '../../src/aggregate/policy.ts';
import { DAY_MS, foldSuppression } from '../../src/aggregate/suppression.ts';
import { Standing, type Suppression, suppressionOf, suppressions } from '../../src/aggregate/suppression-list.ts';
import type { DeliveryEvent } from '../../src/event/index.ts';
import { arbitraryEvent, type EventChange, event, noSuchUser } from '../support/events.ts';
import { SEED } from '../support/seed.ts';

const START = Date.UTC(2026, 0, 5, 12);
const NOW = START + 60 * DAY_MS;

function listed(events: readonly DeliveryEvent[], policy = 'standard'): readonly Suppression[] {
  const fold = foldSuppression();
  const ledger = fold.create();
  for (const e of events) fold.add(ledger, e);
  return suppressions(ledger, policyNamed(policy)!, NOW);
}

const states = (events: readonly DeliveryEvent[], policy?: string): string[] =>
  listed(events, policy).map((s) => `${s.address} ${s.state} ${s.policy_rule}`);

const full = (day: number, change: EventChange = {}): DeliveryEvent =>
  noSuchUser({
    time: START + day * DAY_MS,
    ...change,
    verdict: {
      category: 'mailbox_full',
      bounce_type: 'soft',
      fault: 'recipient',
      reply_code: 552,
      enhanced_code: '5.2.2',
      evidence: { layer: 'phrase', rule: 'full', matched: 'full' },
    },
  });

const delivered = (day: number, change: EventChange = {}): DeliveryEvent =>
  event({ time: START + day * DAY_MS, ...change });

describe('standard policy', () => {
  it('lists a mailbox that does not exist at its first failure, with the evidence', () => {
    const [entry] = listed([noSuchUser({ time: START })]);
    expect(entry).toMatchObject({
      address: 'someone@example.com',
      state: 'listed',
      category: 'invalid_recipient',
      first: START,
      last: START,
      since: START,
      count: 1,
      reply_code: 550,
      evidence: { queue_id: '4jXCQj0FqPzJTWD', host: 'mx01', rule: 'user-unknown', enhanced_code: '5.1.1' },
    });
  });

  it('compares addresses without case', () => {
    expect(listed([noSuchUser(), noSuchUser({ recipient: 'SomeOne@Example.COM' })])).toHaveLength(1);
  });

  it('never lists for one temporary answer, even where a relay gave up on it', () => {
    const verdict = {
      category: 'invalid_recipient' as const,
      bounce_type: 'hard' as const,
      fault: 'recipient' as const,
      reply_code: 450,
      enhanced_code: '4.1.1',
      evidence: { layer: 'phrase' as const, rule: 'unverified', matched: 'unverified address' },
    };
    expect(states([noSuchUser({ verdict })])).toEqual([]);
    expect(states([noSuchUser({ verdict: { ...verdict, reply_code: 550 } })])).toHaveLength(1);
  });

  it('never lists for a deferral, nor for a bounce that Postfix softened', () => {
    expect(states([noSuchUser({ event: 'deferred' }), noSuchUser({ status: 'SOFTBOUNCE' })])).toEqual([]);
  });

  it.each(['reputation', 'auth_failure', 'spam_content', 'rate_limited', 'policy', 'missing_ptr', 'unknown'] as const)(
    'never lists for %s, however often',
    (category) => {
      const events = [0, 1, 2, 3, 4].map((day) =>
        noSuchUser({ time: START + day * DAY_MS, verdict: { category, fault: 'sender', bounce_type: 'block' } }),
      );
      expect(states(events)).toEqual([]);
    },
  );

  it('lists a full mailbox on the third distinct day', () => {
    expect(states([full(0), full(0), full(0), full(1)])).toEqual([]);
    expect(states([full(0), full(1), full(2)])).toEqual(['someone@example.com listed full']);
    expect(listed([full(0), full(1), full(2)])[0]?.since).toBe(START + 2 * DAY_MS);
  });

  it('begins to count anew after a delivery', () => {
    expect(states([full(0), full(1), delivered(1.5), full(2)])).toEqual(['someone@example.com lifted full']);
    expect(states([full(0), full(1), delivered(1.5), full(2), full(3), full(4)])).toEqual([
      'someone@example.com listed full',
    ]);
  });

  it('lifts by a later delivery, and lists again after that', () => {
    expect(states([noSuchUser({ time: START }), delivered(1)])).toEqual(['someone@example.com lifted no-such-mailbox']);
    expect(states([noSuchUser({ time: START }), delivered(1), noSuchUser({ time: START + 2 * DAY_MS })])).toEqual([
      'someone@example.com listed no-such-mailbox',
    ]);
  });

  it('does not lift a complaint', () => {
    const complaint = event({
      event: 'complained',
      time: START,
      verdict: { category: 'complaint', evidence: { layer: 'event', rule: 'spamreport', matched: 'spamreport' } },
    });
    expect(states([complaint, delivered(5)])).toEqual(['someone@example.com listed asked-to-stop']);
  });

  describe('groups of mail', () => {
    const asked = (minute: number, change: EventChange, rule: string): DeliveryEvent =>
      event({
        time: START + minute * 60_000,
        ...change,
        verdict: {
          category: change.event === 'resubscribed' ? 'accepted' : 'unsubscribe',
          fault: change.event === 'resubscribed' ? undefined : 'recipient',
          evidence: { layer: 'event', rule, matched: '' },
        },
      });
    const left = (minute: number, group?: string): DeliveryEvent =>
      asked(minute, { event: 'unsubscribed', unsubscribe_group: group }, 'unsubscribe');
    const back = (minute: number, group: string): DeliveryEvent =>
      asked(minute, { event: 'resubscribed', unsubscribe_group: group }, 'resubscribe');
    const dropped = (minute: number, group?: string): DeliveryEvent =>
      asked(minute, { event: 'dropped', unsubscribe_group: group }, 'dropped-unsubscribed');

    it.each<[string, DeliveryEvent[], string[]]>([
      ['left for good', [left(0)], ['all listed']],
      ['left one', [left(0, '7')], ['7 listed']],
      ['left two, and everything', [left(0, '7'), left(1, '9'), left(2)], ['all listed', '7 listed', '9 listed']],
      ['came back to one of two', [left(0, '7'), left(0, '9'), back(1, '7')], ['7 lifted', '9 listed']],
      ['came back, told out of order', [back(1, '7'), left(0, '7')], ['7 lifted']],
      ['came back and left again', [left(0, '7'), back(1, '7'), left(2, '7')], ['7 listed']],
      ['both in one second', [back(0, '7'), left(0, '7')], ['7 listed']],
      ['came back, never left', [back(0, '7')], []],
      ['coming back to a group does not lift the rest', [left(0), back(1, '7')], ['all listed']],
      ['a delivery of other mail', [left(0, '7'), delivered(1)], ['7 listed']],
      // What a drop says of a group counts for all mail unless the group is known to have been left.
      ['a drop alone', [dropped(0, '7')], ['all listed']],
      ['a drop of the group that was left', [left(0, '7'), dropped(1, '7')], ['7 listed']],
      ['and told first', [dropped(1, '7'), left(0, '7'), back(2, '7')], ['7 lifted']],
      ['a drop of another group', [left(0, '7'), dropped(1, '9')], ['all listed', '7 listed']],
    ])('%s', (_name, events, rows) => {
      const shown = listed(events).map((row) => `${row.unsubscribe_group || 'all'} ${row.state}`);
      expect(shown).toEqual(rows);
    });

    it('keeps the start of a name that is a novel', () => {
      expect(listed([left(0, 'x'.repeat(100_000))])[0]?.unsubscribe_group).toHaveLength(128);
    });
  });

  it('takes a bare reply code only where it answers RCPT TO, or nobody knows what it answered', () => {
    const bare = (command: string | undefined, reply_code = 550): DeliveryEvent =>
      noSuchUser({ verdict: { command, reply_code, evidence: { layer: 'reply', rule: 'reply-550', matched: '550' } } });
    expect(states([bare('RCPT TO')])).toHaveLength(1);
    expect(states([bare(undefined)])).toHaveLength(1);
    expect(states([bare('MAIL FROM')])).toEqual([]);
    expect(states([bare('end of DATA')])).toEqual([]);
    expect(states([bare('RCPT TO', 450)])).toEqual([]);
    expect(states([bare('RCPT TO')], 'cautious')).toEqual([]);
  });

  it('lists 554 only where it says nothing else', () => {
    const answer = (response: string): DeliveryEvent =>
      noSuchUser({
        response,
        reply_text: response.replace(/^554 ?/, ''),
        verdict: {
          category: 'unknown',
          reply_code: 554,
          enhanced_code: undefined,
          evidence: { layer: 'reply', rule: 'reply-554', matched: '554' },
        },
      });
    expect(states([answer('554')])).toEqual(['someone@example.com listed refused-without-a-word']);
    expect(states([answer('554 ERROR: Mail refused')])).toEqual([]);
  });

  it('lists an unknown domain only where it is the recipient’s own, on two days', () => {
    const lost = (day: number, name: string): DeliveryEvent =>
      noSuchUser({
        time: START + day * DAY_MS,
        response: `Host or domain name not found. Name service error for name=${name} type=A: Host not found`,
        verdict: { category: 'invalid_domain', reply_code: undefined, enhanced_code: '5.4.4' },
      });
    expect(states([lost(0, 'example.com')])).toEqual([]);
    expect(states([lost(0, 'example.com'), lost(1, 'EXAMPLE.com.')])).toEqual([
      'someone@example.com listed no-such-domain',
    ]);
    expect(states([lost(0, 'relay.example.net'), lost(1, 'relay.example.net')])).toEqual([]);
  });

  it('lists an expiry only where the recipient’s side was the cause, on three days', () => {
    const expired = (day: number, fault: 'recipient' | 'receiver'): DeliveryEvent =>
      noSuchUser({ event: 'expired', time: START + day * DAY_MS, verdict: { category: 'expired', fault } });
    expect(states([expired(0, 'recipient'), expired(1, 'recipient'), expired(2, 'recipient')])).toHaveLength(1);
    expect(states([expired(0, 'receiver'), expired(1, 'receiver'), expired(2, 'receiver')])).toEqual([]);
  });
});

describe('table policy', () => {
  it('takes the documents by the letter: 550 is enough, whatever its text says', () => {
    const block = noSuchUser({ verdict: { category: 'reputation', fault: 'sender', bounce_type: 'block' } });
    expect(states([block], 'table')).toEqual(['someone@example.com listed table-550-551-553']);
    expect(states([block])).toEqual([]);
  });
});

it('a summary knows of an address what its row says', () => {
  const seen = new Set<string | undefined>();
  const list = fc.array(arbitraryEvent, { maxLength: 60 });
  fc.assert(
    fc.property(list, fc.nat(400), fc.constantFrom(Number.NEGATIVE_INFINITY, -1, 0, 1), (events, days, later) => {
      const fold = foldSuppression();
      const ledger = fold.create();
      for (const e of events) fold.add(ledger, e);
      // A delivery before, with and after the last failure: what lifts it is told to the millisecond.
      for (const known of ledger.addresses.values()) known.last_delivery = known.entries.at(-1)!.last + later;
      const now = Math.max(0, ...events.map(({ time }) => time || 0)) + days * DAY_MS;
      for (const name of POLICY_NAMES) {
        const policy = policyNamed(name)!;
        const standing = new Standing(policy, now);
        for (const known of ledger.addresses.values()) {
          const row = suppressionOf(known, policy, now);
          const state = standing.of(known);
          seen.add(state);
          expect(state).toBe(row?.state);
          if (row !== undefined) expect([standing.category, standing.since]).toEqual([row.category, row.since]);
        }
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
  expect(seen).toContain('listed');
  expect(seen).toContain('lifted');
});
