/** What is said of a relay where lines are read is what its text says. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COLUMN, LogRows, Relay, UNDESCRIBED } from '../../../src/event/index.ts';
import {
  createScanMemory,
  FIRST_FREE,
  LARGE_DICTIONARIES,
  LineReader,
  MARK_STATUS,
  scratchBytes,
} from '../../../src/parse/scan/log-lines.ts';
import { nameTools } from '../../../src/stream/parsing.ts';
import { readBuiltInTables } from '../../../src/tables/load.ts';
import { SEED } from '../../support/seed.ts';

const tables = readBuiltInTables();
const tools = nameTools(tables);
const BYTES = 65_536;
const TEXT = FIRST_FREE + 64;
const ROWS = TEXT + 32_768;
const SCRATCH = FIRST_FREE + BYTES;
const memory = createScanMemory(SCRATCH + scratchBytes(BYTES, LARGE_DICTIONARIES));
const reader = new LineReader(memory, SCRATCH, BYTES, tools);
const rows = new LogRows(4, memory.buffer, ROWS);

interface Description {
  readonly provider: string | undefined;
  readonly group: string;
  readonly elsewhere: boolean;
}

/** What is known of a relay once a line has named it; undefined where its text has to be asked. */
function described(relay: string, response = '250 Ok'): Description | undefined {
  const line = `2026-11-22T02:17:49Z mx01 postfix/smtp[1]: 4jXCQh6CYCzJTVP: to=<a@b.example>, relay=${relay}, delay=1, dsn=2.0.0, status=sent (${response})\n`;
  const end = TEXT + reader.bytes.write(line, TEXT);
  reader.read(reader.search(TEXT, end, MARK_STATUS), rows, 16_384);
  expect(rows.length).toBe(1);
  const number = rows.numbers[COLUMN.relay]!;
  const provider = reader.names.providerOf(number);
  if (provider === UNDESCRIBED) return undefined;
  // As src/event/assembly/dictionary.ts lays entries out.
  const places = new Int32Array(memory.buffer);
  const entry = (places[(reader.names.at >> 2) + 4]! >> 2) + (number - 1) * 16;
  const group = places[entry + 4]!;
  return {
    provider: provider === 0 ? undefined : tables.providers[provider - 1]!.id,
    group: group === 0 ? '' : reader.names.text(group),
    elsewhere: (places[entry + 5]! & 2) !== 0,
  };
}

/** The same by the text. */
function told(text: string, unreached: boolean): Description {
  const relay = new Relay(unreached ? 'none' : text, text, tools.providerOf);
  const { provider, host, ip, nearby } = relay;
  return {
    provider,
    group: provider ?? host ?? ip ?? '',
    elsewhere: !unreached && host !== undefined && ip !== undefined && !nearby,
  };
}

const suffixes = tables.providers.flatMap(({ hosts }) => hosts);
const label = fc.stringMatching(/^[A-Za-z0-9-]{0,6}$/);
const host = fc
  .tuple(
    fc.array(label, { maxLength: 3 }),
    fc.constantFrom(...suffixes, ...suffixes.map((s) => s.toUpperCase()), 'example', 'com', ''),
  )
  .map(([labels, suffix]) => [...labels, suffix].join('.'));
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc
    .tuple(
      fc.constantFrom('10', '127', '172.15', '172.16', '172.2', '172.29', '172.31', '172.32', '192.168'),
      fc.ipV4(),
    )
    .map(([start, ip]) => `${start}.${ip.slice(4)}`),
  fc.constantFrom('::1', 'fd00::1', 'FC12:3::4', 'fe80::1', 'fd0g::1', 'IPv6:::1', '', '/var/run/lmtp', 'private/lmtp'),
);
const relay = fc
  .tuple(
    host,
    fc.constantFrom('[', '[', '[', '', '[['),
    address,
    fc.constantFrom(']', ']', ']', '', ']]'),
    fc.constantFrom(':25', '', ':'),
  )
  .map((parts) => parts.join(''))
  .filter((text) => text !== '' && text !== 'none');

test('by the relay of a delivery', () => {
  let known = 0;
  fc.assert(
    fc.property(relay, (text) => {
      const found = described(text);
      if (found === undefined) return;
      known++;
      expect(found).toEqual(told(text, false));
    }),
    { seed: SEED, numRuns: 3000 },
  );
  expect(known).toBeGreaterThan(1000);
});

test('by the server that was not reached', () => {
  const text = 'gmail-smtp-in.l.google.com[2607:f8b0:400e:c04::1b]:25';
  const found = described('none', `connect to ${text}: Connection timed out`);
  expect(found).toEqual(told(text, true));
  expect(found).toEqual({ provider: 'google', group: 'google', elsewhere: false });
});

test.each([
  // Text that is no host with its address, as src/event/relay.ts reads it.
  'local',
  '127.0.0.1:2525',
  'mx.example.org[/var/run/lmtp]',
  '[192.0.2.1]:25',
  'mx.example.org[IPv6:2001:db8::1]:25',
  'mx.exämple.org[192.0.2.1]:25',
])('%s has to be asked', (text) => {
  expect(described(text)).toBe(undefined);
});
