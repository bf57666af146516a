import { type Client, type LogRecord, MOST_OPENINGS, type Opening, type Openings } from '../event/index.ts';
import { Changes, type MapChanges } from './changes.ts';

/** Openings as objects: for all who want more of them than their senders on a line of NDJSON. */
export class OpeningMap implements Openings {
  readonly #openings: Map<number, Opening>;
  #changes: Changes | undefined;

  constructor(entries: Iterable<readonly [key: number, opening: Opening]>) {
    this.#openings = new Map(entries);
  }

  get size(): number {
    return this.#openings.size;
  }

  get(key: number): Opening | undefined {
    return this.#openings.get(key);
  }

  entries(): Iterable<readonly [key: number, opening: Opening]> {
    return this.#openings;
  }

  noteMessageId(record: LogRecord): void {
    this.#opening(record.queueKey).message_id = record.message_id;
  }

  noteOpened(record: LogRecord): void {
    const opening = this.#opening(record.queueKey);
    opening.sender = record.sender;
    opening.size = record.size;
  }

  /** smtpd(8) or pickup(8) tells who handed the message in. */
  noteClient(key: number, client: Client): void {
    this.#opening(key).client = client;
  }

  /** Who handed a message in, once. */
  takeClient(key: number): Client | undefined {
    const opening = this.#openings.get(key);
    const client = opening?.client;
    if (opening !== undefined && client !== undefined) opening.client = undefined;
    return client;
  }

  close(key: number): void {
    if (this.#openings.size > 0 && this.#openings.delete(key)) this.#changes?.remove(key);
  }

  trackChanges(): void {
    this.#changes = new Changes(this.#openings.keys());
  }

  takeChanges(): MapChanges<Opening> {
    return this.#changes!.take((key) => this.#openings.get(key));
  }

  #opening(key: number): Opening {
    let opening = this.#openings.get(key);
    if (opening === undefined) {
      opening = { sender: undefined, message_id: undefined, size: undefined };
      this.#openings.set(key, opening);
      if (this.#openings.size > MOST_OPENINGS) this.close(this.#openings.keys().next().value!);
    }
    // Whoever asks for it, sets something in it.
    this.#changes?.put(key);
    return opening;
  }
}
