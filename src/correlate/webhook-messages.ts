/**
 * What an ESP's webhooks leave open. They come out of order and more than once: each event has an id, and a message that was
 * delivered or bounced stays closed although a deferral of before arrives after.
 */
import type { LogRecord, RecordBatch } from '../event/index.ts';
import type { Emit } from './options.ts';
import { RecentKeys } from './recent-keys.ts';
import { SettledEvent } from './settled-event.ts';

/** So many event ids are remembered, at least. */
const RECENT_EVENT_IDS = 1_000_000;
/** A closed message stays closed for so long, in event time. */
const CLOSED_FOR = 72 * 3_600_000;

/** A set of keys that forgets in time. */
export interface KeyMemory {
  /** Adds a key that is not there. @returns whether it was not */
  addNew(key: number): boolean;
  /** A generation has passed: the keys of the one before the last are forgotten. */
  rotate(): void;
}

/** Memories that live elsewhere, too large to be loaded: see the store. */
export interface WebhookMemories {
  readonly eventIds: KeyMemory;
  readonly known: KeyMemory;
  /** See WebhookMessagesState. */
  readonly rotated: number;
}

export interface WebhookMessagesState {
  readonly eventIds: { readonly old: readonly number[]; readonly young: readonly number[] };
  readonly known: { readonly old: readonly number[]; readonly young: readonly number[] };
  readonly rotated: number;
}

export class WebhookMessages {
  readonly #eventIds: KeyMemory;
  /** Messages that have been counted: open or closed, a later record of theirs is not their first. */
  readonly #known: KeyMemory;
  readonly #own: { readonly eventIds: RecentKeys; readonly known: RecentKeys } | undefined;
  #rotated: number;

  constructor(state?: WebhookMessagesState | WebhookMemories) {
    if (state !== undefined && 'addNew' in state.eventIds) {
      const memories = state as WebhookMemories;
      this.#eventIds = memories.eventIds;
      this.#known = memories.known;
    } else {
      this.#own = { eventIds: new RecentKeys(RECENT_EVENT_IDS), known: new RecentKeys(Number.POSITIVE_INFINITY) };
      this.#eventIds = this.#own.eventIds;
      this.#known = this.#own.known;
      if (state !== undefined) {
        const saved = state as WebhookMessagesState;
        this.#own.eventIds.restore(saved.eventIds);
        this.#own.known.restore(saved.known);
      }
    }
    this.#rotated = state?.rotated ?? Number.NaN;
  }

  get rotated(): number {
    return this.#rotated;
  }

  /** Of memories that live here. */
  save(): WebhookMessagesState {
    const none = { old: [], young: [] };
    return {
      eventIds: this.#own?.eventIds.save() ?? none,
      known: this.#own?.known.save() ?? none,
      rotated: this.#rotated,
    };
  }

  consume(batch: RecordBatch, emit: Emit): void {
    const { name } = batch.input;
    let event: SettledEvent | undefined;
    for (let i = 0; i < batch.length; i++) {
      const record = batch.record(i);
      const key = record.eventKey;
      if (key !== 0 && !this.#eventIds.addNew(key)) {
        // Told twice: the second telling gives no event.
        batch.accounting.event--;
        batch.accounting.context++;
        continue;
      }
      const time = record.stamp;
      const first = this.#isFirst(record, time);
      event ??= new SettledEvent(record, record.event, record.verdict, time, 0, first, name, undefined);
      emit(event.become(record, record.event, time, 0, first, name, undefined));
    }
  }

  #isFirst(record: LogRecord, time: number): boolean {
    const { event } = record;
    if (event !== 'delivered' && event !== 'deferred' && event !== 'bounced') return false;
    const key = record.messageKey;
    if (key === 0) return true;
    if (Number.isNaN(this.#rotated)) this.#rotated = time;
    if (time - this.#rotated > CLOSED_FOR) {
      this.#known.rotate();
      this.#rotated = time;
    }
    return this.#known.addNew(key);
  }
}
