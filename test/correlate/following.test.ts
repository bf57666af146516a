/** What is followed by numbers is told of what only its text is known of. */
import { expect, test } from 'vitest';
import { Following } from '../../src/correlate/following.ts';
import type { LogRecord, PlainHops, PlainRows } from '../../src/event/index.ts';

test('a relay without a number counts among those of which nothing came back', () => {
  const asked: string[] = [];
  const counted = {
    follows: true,
    mayReturn: (relay: number) => asked.push(`relay ${relay}`) > 0,
    addStranger: () => asked.push('another'),
    giveBack: () => ({ recent: { old: [], young: [] }, strangers: [['mx1.example[192.0.2.1]:25', 2]], hops: [] }),
  } as unknown as PlainHops;
  const following = new Following();
  following.follow({ followHops: () => counted } as unknown as PlainRows);
  const record = (relay: string, relayNumber: number) => ({ relay, relayNumber, nearby: false }) as LogRecord;
  for (const [relay, number] of [
    ['mx1.example[192.0.2.1]:25', 7],
    ['mx2.example[192.0.2.2]:25', -1],
    ['mx2.example[192.0.2.2]:25', -1],
    ['mx1.example[192.0.2.1]:25', 7],
  ] as const)
    expect(following.mayReturn(record(relay, number))).toBe(true);
  expect(asked).toEqual(['relay 7', 'another', 'relay 7']);
  expect(following.save().strangers).toEqual([
    ['mx2.example[192.0.2.2]:25', 2],
    ['mx1.example[192.0.2.1]:25', 2],
  ]);
});
