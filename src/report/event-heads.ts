/**
 * Writes the beginnings of a block's NDJSON lines, in the thread that has read it: the fast code of rendering.
 *
 * Of a plain line (printable ASCII, nothing to be escaped) the head is its fields, copied, and pieces that many lines share: what
 * its host, program, domain, relay and verdict are as JSON. They are put together in WebAssembly (./assembly), in the memory that
 * text and rows lie in; the pieces are rendered here when a line first needs them, by the very functions that render events. Every
 * other line is rendered here as a whole.
 */
import {
  COLUMN,
  type DeliveryEvent,
  KIND,
  type LogRowBatch,
  OUTCOMES,
  ROW_COLUMNS,
  type SharedWasmMemory,
} from '../event/index.ts';
import { EVENT_HEADS_WASM } from './event-heads.wasm.ts';
import { HeadWriter, PIECES } from './event-ndjson.ts';

interface Exports {
  create(dictionary: number, keys: number, names: number, verdicts: number, mostVerdicts: number): void;
  writeHeads(row: number, end: number, from: number, limit: number): number;
  written(): number;
}
// The part of WebAssembly's own types that is used here: the core knows neither the DOM's nor Node's.
interface WasmApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: Exports };
}
const wasm = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;

/** What stands before values, see assembly/event-heads.ts. */
const KEYS = [
  '{"format":"postfix"',
  ',"queue_id":"',
  ',"status":"',
  ',"recipient":"',
  ',"original_recipient":"',
  ',"delay":',
  ',"delays":[',
  ',"tls":"',
  ',"connection_use":',
  ',"dsn":"',
  ',"response":"',
  ',"reply_text":"',
  ',"domain":"',
  ',"relay":"',
  ',"relay_host":"',
  ',"relay_ip":"',
  ',"relay_port":',
  ',"provider":"',
  ...OUTCOMES.map((event) => `,"event":"${event}"`),
];
const KEY_BYTES = 32;
const MOST_VERDICTS = 1 << 16;
/** Pieces are some hundred bytes long; all are forgotten when there is no room for more. */
const PIECES_BYTES = 8 << 20;
const ROW_BYTES = ROW_COLUMNS * 4;
const FORMAT = 'postfix';

/** Where in the room of a writer what lies. */
function placesAt(start: number, mostNames: number) {
  const keys = start;
  const names = keys + KEYS.length * KEY_BYTES;
  const verdicts = names + (mostNames + 1) * 8;
  const pieces = verdicts + MOST_VERDICTS * 16;
  return { keys, names, verdicts, pieces, end: pieces + PIECES_BYTES };
}

/** Bytes that a writer needs for its own, of which it uses few at first. */
export function headWriterBytes(mostNames: number): number {
  return placesAt(0, mostNames).end;
}

export class EventHeads {
  readonly #wasm: Exports;
  readonly #bytes: Buffer;
  readonly #numbers: Int32Array;
  readonly #at: ReturnType<typeof placesAt>;
  readonly #mostNames: number;
  /** Where the next piece goes. */
  #free: number;
  /** The scope whose verdicts are numbered. */
  #scope: object | undefined;

  /**
   * @param room where in the memory its own things may lie: `headWriterBytes`, all zero
   * @param dictionary where in it the names lie that the rows number
   * @param mostNames how many names there are at most
   */
  constructor(memory: SharedWasmMemory, room: number, dictionary: number, mostNames: number) {
    this.#bytes = Buffer.from(memory.buffer);
    this.#numbers = new Int32Array(memory.buffer);
    this.#at = placesAt(room, mostNames);
    this.#mostNames = mostNames;
    const { keys, names, verdicts } = this.#at;
    for (const [index, key] of KEYS.entries()) {
      const at = keys + index * KEY_BYTES;
      this.#bytes[at + KEY_BYTES - 1] = this.#bytes.write(key, at, 'latin1');
    }
    const module = new wasm.Module(Buffer.from(EVENT_HEADS_WASM, 'base64'));
    this.#wasm = new wasm.Instance(module, { env: { memory } }).exports;
    this.#wasm.create(dictionary, keys, names, verdicts, MOST_VERDICTS);
    this.#free = this.#at.end;
  }

  /**
   * Writes the heads of a batch into [start, end) of its memory; where each stands goes to its row. What finds no room has none.
   * @param eventOf the event of a row, as far as its record says it
   */
  write(
    batch: LogRowBatch,
    { start, end }: { readonly start: number; readonly end: number },
    eventOf: (row: number) => DeliveryEvent,
  ): void {
    const { rows } = batch;
    const last = rows.address + batch.length * ROW_BYTES;
    if (this.#free > this.#at.end - LARGEST_PIECES || batch.scope !== this.#scope) this.#forget(batch.scope);
    const fast = batch.format === FORMAT;
    let to = start;
    for (let row = rows.address; row < last; row += ROW_BYTES) {
      if (fast) {
        row = this.#wasm.writeHeads(row, last, to, end);
        to = this.#wasm.written();
        if (row === last) break;
      }
      const at = (row - rows.address) / 4;
      const kind = rows.numbers[at + COLUMN.kind];
      if (kind !== KIND.outcome && kind !== KIND.rejected) continue;
      const event = eventOf((row - rows.address) / ROW_BYTES);
      const writer = new HeadWriter(this.#bytes, to, end);
      if (writer.add(event)) {
        rows.numbers[at + COLUMN.head] = to;
        rows.numbers[at + COLUMN.head + 1] = writer.at;
        to = writer.at;
      }
      if (kind === KIND.outcome) this.#addPieces(rows.numbers, at, event);
    }
  }

  #addPieces(numbers: Int32Array, row: number, event: DeliveryEvent): void {
    for (const name of ['host', 'program', 'domain', 'relay'] as const) {
      const number = numbers[row + COLUMN[name]]!;
      if (number > 0 && number <= this.#mostNames) this.#addPiece(this.#at.names + number * 8, PIECES[name], event);
    }
    const verdict = numbers[row + COLUMN.verdict]!;
    if (verdict <= 0 || verdict >= MOST_VERDICTS) return;
    // Both or none: the first is looked for.
    const place = this.#at.verdicts + verdict * 16;
    if (this.#addPiece(place + 8, PIECES.verdict, event)) this.#addPiece(place, PIECES.codes, event);
  }

  /** @returns whether it is there now */
  #addPiece(place: number, write: (event: DeliveryEvent) => string, event: DeliveryEvent): boolean {
    if (this.#numbers[place >> 2] !== 0) return true;
    const text = write(event);
    if (this.#free + text.length * 3 + COPIED > this.#at.end) return false;
    const length = this.#bytes.write(text, this.#free, 'utf8');
    this.#numbers[(place >> 2) + 1] = length;
    this.#numbers[place >> 2] = this.#free;
    this.#free += length;
    return true;
  }

  #forget(scope: object): void {
    const { names, pieces } = this.#at;
    if (this.#scope !== undefined) this.#bytes.fill(0, names, pieces);
    this.#scope = scope;
    this.#free = pieces;
    // Who has no name has nothing to say.
    this.#numbers[names >> 2] = pieces;
  }
}

/** The pieces of one block's new names take hardly more. */
const LARGEST_PIECES = 1 << 20;
/** Copies run over by so much. */
const COPIED = 16;
