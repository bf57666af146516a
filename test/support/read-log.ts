/**
 * Reads a log as the program does, without the streams: parse and enrich a block, correlate it, keep what the events say.
 * Everything the outside world would decide (zone, clock, names) is an argument, so a test says all that it depends on.
 */
import { type ZoneOffset, zoneOffset } from '../../src/correlate/clock.ts';
import { Correlator, type CorrelatorState } from '../../src/correlate/correlator.ts';
import {
  type Accounting,
  addAccounting,
  type DeliveryEvent,
  EVENT_FIELDS,
  emptyAccounting,
  type InputInfo,
  LogRowBatch,
  type MalformedSample,
  type Names,
  type PlainRows,
} from '../../src/event/index.ts';
import type { Needs } from '../../src/parse/format.ts';
import { FORMATS } from '../../src/parse/formats/index.ts';
import { LARGE_DICTIONARIES, LineReader } from '../../src/parse/scan/log-lines.ts';
import { BlockPool, SLOT_BYTES, slotAt } from '../../src/stream/block-pool.ts';
import { correlateNeeds } from '../../src/stream/events.ts';
import { headsWriter } from '../../src/stream/heads.ts';
import { BlockReader, nameTools } from '../../src/stream/parsing.ts';
import { readBuiltInTables } from '../../src/tables/load.ts';

/** What an event says, absent members left out; `time` and `first` beside the NDJSON fields. */
export type PlainEvent = Omit<Partial<DeliveryEvent>, 'verdict' | 'input'>;

export function plain(event: DeliveryEvent): PlainEvent {
  const out: Record<string, unknown> = { first: event.first };
  for (const field of EVENT_FIELDS) if (event[field] !== undefined) out[field] = event[field];
  return out;
}

export const ALL_NEEDS: Needs = { senders: true, inbound: true, warnings: true };
export const FEW_NEEDS: Needs = { senders: false, inbound: false, warnings: false };

/** Later than every line in the tests. */
export const REFERENCE: number = Date.UTC(2026, 11, 31);

export interface ReadOptions {
  readonly format?: string;
  readonly needs?: Needs;
  readonly zone?: ZoneOffset | string;
  readonly reference?: number;
  readonly year?: number;
  readonly maxAge?: number;
  readonly filterRelays?: readonly string[];
  readonly state?: CorrelatorState;
  /** Takes the events as they come, as a pipeline does; `events` stays empty then. */
  readonly step?: { event(event: DeliveryEvent): void; readonly plain?: PlainRows | undefined };
  /** Whether the beginnings of NDJSON lines are written where the block is read. */
  readonly heads?: boolean;
}

export interface LogReading {
  readonly events: PlainEvent[];
  readonly accounting: Accounting;
  readonly malformed: MalformedSample[];
  readonly state: CorrelatorState;
}

const tables = readBuiltInTables();
/** One for each combination of needs. */
const MOST_READERS = 8;
/** One memory for all readings of a test file: a WebAssembly memory is dear to make. */
export const pool: BlockPool = new BlockPool(3, MOST_READERS);
const slot = slotAt(pool.memory, pool.slots, 0);
const readers = new Map<string, BlockReader>();

const headWriters = new Map<BlockReader, ReturnType<typeof headsWriter>>();

function writeHeads(reader: BlockReader, batch: LogRowBatch): void {
  let write = headWriters.get(reader);
  if (write === undefined) {
    write = headsWriter(pool.memory, pool.headWriter(headWriters.size), pool.names);
    headWriters.set(reader, write);
  }
  write(batch, slot);
}

const lineReaders = new Map<string, LineReader>();

/** What the numbers of names stand for in the rows that are read with these needs. */
export function namesFor(needs: Needs): Names {
  readerFor(needs);
  return lineReaders.get(JSON.stringify(needs))!.names;
}

export function readerFor(needs: Needs): BlockReader {
  const key = JSON.stringify(needs);
  let reader = readers.get(key);
  if (reader === undefined) {
    if (readers.size >= MOST_READERS) throw new Error('more combinations of needs than readers');
    const tools = nameTools(tables);
    const scratch = pool.scratch(readers.size);
    const lines = new LineReader(pool.memory, scratch, SLOT_BYTES, tools, LARGE_DICTIONARIES, pool.names);
    lineReaders.set(key, lines);
    reader = new BlockReader(tables, needs, lines, FORMATS);
    readers.set(key, reader);
  }
  return reader;
}

/** @param blocks each a block of whole lines or objects of its own; or several inputs' */
export function readLog(blocks: string | Buffer | readonly (string | Buffer)[], options: ReadOptions = {}): LogReading {
  const { needs = ALL_NEEDS, zone = 'UTC', maxAge = 7 * 86_400_000, filterRelays = [] } = options;
  const reader = readerFor(needs);
  const correlator = new Correlator(
    {
      ...correlateNeeds(needs),
      zone: typeof zone === 'string' ? zoneOffset(zone) : zone,
      maxAge,
      filterRelays,
    },
    options.state,
  );
  const input: InputInfo = {
    name: 'test.log',
    index: 0,
    format: options.format ?? 'postfix',
    reference: options.reference ?? REFERENCE,
    year: options.year,
  };
  const events: PlainEvent[] = [];
  const accounting = emptyAccounting();
  const malformed: MalformedSample[] = [];
  let offset = 0;
  const list: readonly (string | Buffer)[] = typeof blocks === 'string' || Buffer.isBuffer(blocks) ? [blocks] : blocks;
  for (const block of list) {
    const { start, rows } = slot;
    const text = Buffer.isBuffer(block) ? block : Buffer.from(block);
    let end = start + text.copy(pool.bytes, start);
    if (end > start && pool.bytes[end - 1] !== 0x0a) pool.bytes[end++] = 0x0a;
    const batch = reader.read({ input, bytes: pool.bytes, start, end, rows, offset, truncated: 0, release: () => {} });
    offset += end - start;
    if (options.heads === true && batch instanceof LogRowBatch) writeHeads(reader, batch);
    const { step } = options;
    if (step === undefined) correlator.consume(batch, (event) => events.push(plain(event)));
    else correlator.consume(batch, (event) => step.event(event), step.plain);
    addAccounting(accounting, batch.accounting);
    malformed.push(...batch.malformed);
    batch.release();
  }
  return { events, accounting, malformed, state: correlator.save() };
}

/** The only event of a log of one line. */
export function readLine(line: string, options: ReadOptions = {}): PlainEvent {
  const { events, malformed } = readLog(line, options);
  if (events.length !== 1) {
    throw new Error(`${events.length} events, ${JSON.stringify(malformed)} from ${line}`);
  }
  return events[0]!;
}
