/** Heads that are put together in WebAssembly are those that renderHead writes, byte for byte. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SettledEvent } from '../../src/correlate/settled-event.ts';
import { COLUMN, KIND, type LogRowBatch } from '../../src/event/index.ts';
import { loadTables } from '../../src/index.ts';
import { ROW_FORMATS } from '../../src/parse/row-formats.ts';
import { LARGE_DICTIONARIES, LineReader } from '../../src/parse/scan/log-lines.ts';
import { renderHead } from '../../src/report/event-ndjson.ts';
import { BlockPool, SLOT_BYTES } from '../../src/stream/block-pool.ts';
import { headsWriter } from '../../src/stream/heads.ts';
import { BlockReader, nameTools } from '../../src/stream/parsing.ts';
import { ROOT } from '../support/run.ts';
import { SEED } from '../support/seed.ts';

const tables = loadTables();
const pool = new BlockPool(1, 2);
const lines = new LineReader(
  pool.memory,
  pool.scratch(0),
  SLOT_BYTES,
  nameTools(tables),
  LARGE_DICTIONARIES,
  pool.names,
);
const reader = new BlockReader(
  tables,
  { senders: true, inbound: true, warnings: true, heads: true },
  lines,
  ROW_FORMATS,
);
/** As two threads have them: each with pieces of its own, of the same names. */
const writers = [0, 1].map((thread) => headsWriter(pool.memory, pool.headWriter(thread), pool.names));
const slot = await pool.take();
const input = { name: 'log', index: 0, format: 'postfix', reference: 0, year: 2026 };

/** Reads a text of lines; each event's head as it was written beside what renderHead makes of it. */
function headsOf(text: string | Buffer, thread = 0): [written: string, rendered: string][] {
  const end = slot.start + pool.bytes.write(text.toString('latin1'), slot.start, 'latin1');
  const block = {
    input,
    bytes: pool.bytes,
    start: slot.start,
    end,
    rows: slot.rows,
    offset: 0,
    truncated: 0,
    release() {},
  };
  const batch = reader.read(block) as LogRowBatch;
  writers[thread]!(batch, slot);
  const heads: [string, string][] = [];
  for (let index = 0; index < batch.length; index++) {
    const kind = batch.rows.numbers[index * COLUMN.WIDTH + COLUMN.kind];
    if (kind !== KIND.outcome && kind !== KIND.rejected) continue;
    const record = batch.record(index);
    const event = new SettledEvent(record, record.event, record.verdict, Number.NaN, 0, false, '', undefined);
    const written = pool.bytes.toString('utf8', event.headAt, event.headAt! + event.headLength);
    heads.push([written, renderHead(event)]);
  }
  return heads;
}

const line = (record: string): string => `Nov 22 02:17:48 mx01 postfix/smtp[1]: 4jXCQh6CYCzJTVP: ${record}\n`;
const answered = (answer: string, status = 'deferred'): string =>
  line(
    `to=<a@b.example>, relay=mx.b.example[192.0.2.1]:25, delay=0.08, delays=0.01/0.01/0.05/0, dsn=4.2.0, status=${status} (${answer})`,
  );

it('of the sample', () => {
  const sample = readFileSync(join(ROOT, 'samples/maillog'));
  // Once to learn what names and verdicts are, once with all of them known.
  for (let round = 0; round < 2; round++) {
    const heads = headsOf(sample);
    expect(heads.length).toBeGreaterThan(250);
    for (const [written, rendered] of heads) expect(written).toBe(rendered);
  }
});

/** How an answer is taken apart: what each part of one may look like. */
const word = fc.constantFrom(
  ...[
    '250',
    '250-',
    '421 ',
    '421-4.7.0',
    '450',
    '550-5.1.1',
    '550 5.1.1',
    '550:',
    '5.7.1',
    '#5.1.1',
    '(#4.2.0)',
    '[2.0.0]',
    '<5.1.1>',
  ],
  ...[
    '2.0.0',
    '5.1.1.1',
    '4.8.1',
    '4.7.1234',
    '99',
    '601',
    '250.1',
    '250x',
    '-',
    ':',
    ',',
    ' ',
    '  ',
    'x',
    'Ok: queued as 4250ABC',
    'error 550 was',
  ],
  ...[
    'host mx.b.example[192.0.2.1] said:',
    'host',
    'said:',
    'host said: x said:',
    'server s.example said:',
    'refused to talk to me:',
  ],
  ...[
    'connect to mx.b.example[192.0.2.1]:25:',
    'lost connection with mx[192.0.2.1] while sending RCPT TO',
    'conversation with x timed out',
    'Connection timed out',
  ],
  ...[
    '(in reply to RCPT TO command)',
    '(in reply to end of DATA command))',
    '(in reply to',
    ' command)',
    `(in reply to ${'x'.repeat(60)} command)`,
  ],
  ...['delivery temporarily suspended:', 'smtp; 550 5.1.1 no', 'x-postfix; x', 'said', `${'y'.repeat(600)}`],
);
const answer = fc
  .tuple(fc.array(word, { maxLength: 8 }), fc.constantFrom(' ', '', '  '))
  .map(([words, between]) => words.join(between));
const ANSWERS = [
  '250 2.0.0 Ok: queued as 9ABCDEF0',
  '250 ok dirdel',
  '250 2.6.0 <a@news.example> [InternalId=1, Hostname=x] 1234 bytes in 0.1, 10 KB/sec Queued mail for delivery -> 250 2.1.5',
  'host mx.b.example[192.0.2.1] said: 421-4.7.0 one 421-4.7.0 two 421 4.7.0 three (in reply to RCPT TO command)',
  'connect to mx.b.example[192.0.2.1]:25: Connection timed out',
  'connect to mx.b.example[192.0.2.1]:25: 450 4.7.1 no',
  'host said: said: 550 no',
  '550 (in reply to RCPT TO command)',
];

it('of any answer', () => {
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 20 }), (answers) => {
      const text = answers.map((each) => answered(each)).join('');
      headsOf(text); // so that names and verdicts are known
      for (const [written, rendered] of headsOf(text)) expect(written).toBe(rendered);
    }),
    { seed: SEED, numRuns: 500, examples: [[ANSWERS]] },
  );
});

it('of any other field', () => {
  const number = fc.constantFrom(
    '0',
    '0.08',
    '0.60',
    '1.00',
    '12',
    '00.5',
    '1e3',
    '',
    '.5',
    '1.',
    '0.000001',
    '123456789.12345',
    '1234567890',
    'x',
    '4/2',
  );
  const record = fc.record({
    to: fc.constantFrom(
      'a@b.example',
      'A@B.Example',
      'a@b.example.',
      '',
      'nobody',
      'a@[192.0.2.1]',
      '"a b"@c.example',
      'ü@ü.example',
      'a@b\\c.example',
    ),
    orig: fc.constantFrom('', 'orig_to=<root>, ', 'orig_to=<>, '),
    relay: fc.oneof(
      fc.constantFrom(
        'mx.b.example[192.0.2.1]:25',
        'none',
        'local',
        '127.0.0.1[127.0.0.1]:10025',
        'x[private/lmtp]',
        'Mx[IPv6:2001:db8::1]:587',
        'gmail-smtp-in.l.google.com[2607:f8b0:400e:c04::1b]:25',
        'Gmail-smtp-in.l.google.com[192.0.2.7]:25',
        'mx.b.example.[192.0.2.2]',
        'mx.b.example[192.0.2.3]:025',
        'mx.b.example[192.0.2.3]:0',
        'mx.b.example[192.0.2.3]:65535',
        'mx.b.example[192.0.2.3]:123456',
        'mx.b.example[192.0.2.3]:25x',
        'mx.b.example[192.0.2.3]x',
        'mx.b.example[192.0.2.3]:',
        'mx.b.example[192.0.2.3]',
        '[192.0.2.3]:25',
        'mx.b.example[]:25',
        'mx.b.example[192.0.2.3',
      ),
      // Each for the first time.
      fc
        .tuple(
          fc.constantFrom('mx', 'MX', 'gmail-smtp-in.'),
          fc.nat(),
          fc.constantFrom('.b.example', '.b.example.', '.l.google.com', '.l.Google.com'),
          fc.constantFrom(':25', ':025', ':0', ':65535', ':123456', ':25x', 'x', ':', ''),
        )
        .map(([name, number, domain, port]) => `${name}${number}${domain}[192.0.2.${number % 256}]${port}`),
      fc
        .tuple(
          fc.constantFrom(
            'dovecot#',
            '127.0.0.1:#',
            'mx#[private/lmtp]',
            'mx#[IPv6:2001:db8::1]:587',
            'mx#.b.example[192.0.2.1',
            'mx#.b.example[]:25',
            '[192.0.2.#]:25',
          ),
          fc.nat(65_535),
        )
        .map(([text, number]) => text.replace('#', String(number))),
    ),
    use: fc.constantFrom('', 'conn_use=2, ', 'conn_use=1234567, '),
    delay: number,
    delays: fc.array(number, { minLength: 1, maxLength: 5 }),
    tls: fc.constantFrom('', 'tls=TLSv1.3, '),
    dsn: fc.constantFrom('', 'dsn=2.0.0, ', 'dsn=x, '),
    status: fc.constantFrom('sent', 'deferred', 'bounced', 'SOFTBOUNCE', 'deliverable', 'undeliverable'),
    answer: fc.oneof(
      fc.constantFrom(...ANSWERS, 'no', '"quoted"', 'tab\there', ''),
      fc.nat().map((number) => `connect to mx${number}.c.example[192.0.2.9]:25: Connection timed out`),
    ),
  });
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
      const text = records
        .map((r) =>
          line(
            `to=<${r.to}>, ${r.orig}relay=${r.relay}, ${r.use}delay=${r.delay}, delays=${r.delays.join('/')}, ${r.tls}${r.dsn}status=${r.status} (${r.answer})`,
          ),
        )
        .join('');
      for (const thread of [0, 1, 0])
        for (const [written, rendered] of headsOf(Buffer.from(text), thread)) expect(written).toBe(rendered);
    }),
    { seed: SEED, numRuns: 500 },
  );
});
