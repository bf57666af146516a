/** A state that an earlier version made goes on as if this one had made it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, expect, test } from 'vitest';
import { policyNamed } from '../../src/aggregate/policy.ts';
import { suppressionsOf } from '../../src/aggregate/suppression-list.ts';
import { contentOf, ingest, NOW, openStateForTest, testFolder } from '../support/state.ts';
import { failure } from '../support/state-file.ts';

const folder = testFolder('migration');
afterAll(() => {
  folder.remove();
});

/** What schema-2.sql holds. */
const LOG_BEFORE = `Nov 22 02:17:49 mx01 postfix/smtp[913]: 4jXCQj0Fq: to=<ann@a.example>, relay=mx.a.example[192.0.2.1]:25, delay=1.2, delays=0.1/0/0.6/0.5, dsn=2.0.0, status=sent (250 2.0.0 OK)
Nov 22 02:18:10 mx01 postfix/smtp[914]: 4jXCQj0Fr: to=<Bob@b.example>, relay=mx.b.example[192.0.2.2]:25, delay=0.9, delays=0.1/0/0.5/0.3, dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.2] said: 550 5.1.1 <Bob@b.example>: User unknown (in reply to RCPT TO command))
Nov 22 02:19:00 mx01 postfix/smtp[915]: 4jXCQj0Fs: to=<cy@c.example>, relay=mx.c.example[192.0.2.3]:25, delay=3, delays=0.1/0/0.5/2.4, dsn=4.2.0, status=deferred (host mx.c.example[192.0.2.3] said: 450 4.2.0 Greylisted (in reply to RCPT TO command))
`;
const EVENTS_BEFORE = `{"email":"dora@d.example","timestamp":1795000000,"event":"unsubscribe","sg_event_id":"e1","sg_message_id":"m1.x"}
`;

const LOG_AFTER = `Nov 22 02:29:00 mx01 postfix/smtp[915]: 4jXCQj0Fs: to=<cy@c.example>, relay=mx.c.example[192.0.2.3]:25, delay=603, delays=0.1/600/0.5/2.4, dsn=2.0.0, status=sent (250 2.0.0 OK)
Nov 22 02:39:00 mx01 postfix/smtp[916]: 4jXCQj0Ft: to=<bob@b.example>, relay=mx.b.example[192.0.2.2]:25, delay=0.9, delays=0.1/0/0.5/0.3, dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.2] said: 550 5.1.1 <bob@b.example>: User unknown (in reply to RCPT TO command))
`;
const EVENTS_AFTER = `${EVENTS_BEFORE}{"email":"dora@d.example","timestamp":1795000100,"event":"group_unsubscribe","asm_group_id":7,"sg_event_id":"e2"}
{"email":"emil@d.example","timestamp":1795000200,"event":"unsubscribe","sg_event_id":"e3"}
`;

function stateOfSchema2(path: string): void {
  const Libsql = createRequire(import.meta.url)('libsql') as typeof import('libsql');
  const database = new Libsql(path);
  database.exec(readFileSync(new URL('schema-2.sql', import.meta.url), 'utf8'));
  database.close();
}

test('schema 2: groups of mail are kept from then on, all else is as it was', async () => {
  const files = { log: LOG_BEFORE, hook: EVENTS_BEFORE, log2: LOG_AFTER, hook2: EVENTS_AFTER };
  for (const [name, text] of Object.entries(files)) writeFileSync(folder.file(name), text);
  const old = folder.file('old.db');
  stateOfSchema2(old);
  expect(failure(() => openStateForTest(old)).message).toContain('made by an earlier version');
  await ingest(old, [folder.file('log2'), folder.file('hook2')]);

  const fresh = folder.file('fresh.db');
  await ingest(fresh, [folder.file('hook'), folder.file('log')]);
  await ingest(fresh, [folder.file('log2'), folder.file('hook2')]);
  expect(contentOf(old)).toEqual(contentOf(fresh));

  const state = openStateForTest(old);
  const policy = policyNamed('standard')!;
  const rows = [...state.addresses()].flatMap((known) => suppressionsOf(known, policy, NOW));
  expect(rows.map((row) => `${row.address} ${row.unsubscribe_group} ${row.count}`)).toEqual([
    'Bob@b.example  2',
    'dora@d.example  1',
    'dora@d.example 7 1',
    'emil@d.example  1',
  ]);
  state.close();
});
