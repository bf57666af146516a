/** What correlate remembers between runs: open messages, hops, and the keys of webhook events that have been told. */
import { loadPlain, savePlain } from '../aggregate/save.ts';
import { DAY_MS } from '../aggregate/suppression.ts';
import type { CorrelatorChanges, CorrelatorState } from '../correlate/correlator.ts';
import type { KeyMemory } from '../correlate/webhook-messages.ts';
import type { Connection } from './connection.ts';
import type { Ids } from './ids.ts';
import { INSERT, SQL } from './sql.ts';

/** An event id that has been told is remembered for so many days after it was read. */
const EVENT_IDS_KEPT = 8;

export class CorrelateTables {
  readonly #db: Connection;
  readonly #ids: Ids;
  readonly #memories: StoredKeys[] = [];
  readonly #remembered = new Map<string, string>();

  constructor(db: Connection, ids: Ids) {
    this.#db = db;
    this.#ids = ids;
  }

  /** Somebody else has ingested. */
  forget(): void {
    this.#memories.length = 0;
    this.#remembered.clear();
  }

  write({ log, webhookRotated }: CorrelatorChanges, now: number): void {
    for (const part of ['open', 'openings', 'hops'] as const) {
      for (const key of log[part].removed) this.#db.run(SQL.removeOpenMessage, part, key);
      for (const [key, value] of log[part].put)
        this.#db.insert(INSERT.openMessage, this.#ids.next('open_message'), part, key, JSON.stringify(value));
    }
    const { recent, filtering, swept, strangers } = log.rest;
    this.#remember('recent_keys', JSON.stringify({ old: pack(recent.old), young: pack(recent.young) }));
    this.#remember('correlate', JSON.stringify(savePlain({ filtering, swept, strangers, webhookRotated })));
    for (const memory of this.#memories) memory.write();
    const today = Math.floor(now / DAY_MS);
    if (this.#memories.length > 0) this.#db.run(SQL.pruneWebhookKeys, 'event', today - EVENT_IDS_KEPT);
  }

  /** Writes a value that has changed since it was last written here. */
  #remember(name: string, value: string): void {
    if (this.#remembered.get(name) === value) return;
    this.#db.run(SQL.writeMeta, name, value);
    this.#remembered.set(name, value);
  }

  read(): CorrelatorState | undefined {
    const rest = this.#db.meta('correlate');
    if (rest === undefined) return undefined;
    const recent = JSON.parse(this.#db.meta('recent_keys')!) as { old: string; young: string };
    const { filtering, swept, strangers, webhookRotated } = loadPlain(JSON.parse(rest)) as {
      filtering: boolean;
      strangers: [relay: string, withoutReturn: number][];
      swept: number;
      webhookRotated: number;
    };
    const parts: Record<string, [number, unknown][]> = { open: [], openings: [], hops: [] };
    for (const [part, key, value] of this.#db.rows(SQL.openMessages))
      parts[String(part)]!.push([Number(key), timed(JSON.parse(String(value)))]);
    return {
      log: {
        ...(parts as unknown as Pick<CorrelatorState['log'], 'open' | 'openings' | 'hops'>),
        recent: { old: unpack(recent.old), young: unpack(recent.young) },
        filtering,
        strangers,
        swept,
      },
      webhook: { eventIds: { old: [], young: [] }, known: { old: [], young: [] }, rotated: webhookRotated },
    };
  }

  webhookMemories(now: number): { readonly eventIds: KeyMemory; readonly known: KeyMemory } {
    this.#memories.length = 0;
    const eventIds = new StoredKeys(this.#db, 'event', Math.floor(now / DAY_MS), EVENT_IDS_KEPT);
    const known = new StoredKeys(
      this.#db,
      'message',
      Number(this.#db.meta('message_generation') ?? 0),
      1,
      (generation) => {
        this.#db.run(SQL.writeMeta, 'message_generation', String(generation));
        this.#db.run(SQL.pruneWebhookKeys, 'message', generation - 1);
      },
    );
    this.#memories.push(eventIds, known);
    return { eventIds, known };
  }
}

/** Keys of webhooks: looked up in the table, added to it with the commit. */
class StoredKeys implements KeyMemory {
  readonly #db: Connection;
  readonly #part: string;
  readonly #rotated: (generation: number) => void;
  #generation: number;
  /** Keys of so many generations back are remembered. */
  readonly #kept: number;
  #added = new Map<number, number>();

  constructor(
    db: Connection,
    part: string,
    generation: number,
    kept: number,
    rotated: (generation: number) => void = () => {},
  ) {
    this.#kept = kept;
    this.#db = db;
    this.#part = part;
    this.#generation = generation;
    this.#rotated = rotated;
  }

  addNew(key: number): boolean {
    if (this.#added.has(key) || this.#isStored(key)) return false;
    this.#added.set(key, this.#generation);
    return true;
  }

  #isStored(key: number): boolean {
    const row = this.#db.get(SQL.hasWebhookKey, this.#part, key);
    return row !== undefined && Number(row[0]) >= this.#generation - this.#kept;
  }

  rotate(): void {
    this.#generation++;
    for (const [key, generation] of this.#added) if (generation < this.#generation - 1) this.#added.delete(key);
  }

  write(): void {
    for (const [key, generation] of this.#added) this.#db.insert(INSERT.webhookKey, this.#part, key, generation);
    this.#added = new Map();
    this.#rotated(this.#generation);
  }
}

/** JSON has no word for NaN, the time of lines without one. */
function timed(value: Record<string, unknown> | Record<string, unknown>[]): unknown {
  if (Array.isArray(value)) for (const hop of value) hop.time ??= Number.NaN;
  else if ('last' in value) value.last ??= Number.NaN;
  return value;
}

function pack(keys: readonly number[]): string {
  return Buffer.from(Float64Array.from(keys).buffer).toString('base64');
}

function unpack(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  return [...new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))];
}
