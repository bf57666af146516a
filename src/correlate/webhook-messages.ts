/**
 * What an ESP's webhooks leave open. They come out of order and more than once: each event has an id, and a message that was
 * delivered or bounced stays closed although a deferral of before arrives after.
 */
import { keyOfString, type LogRecord, type RecordBatch } from '../event/index.ts';
import type { Emit } from './correlator.ts';
import { RecentKeys } from './recent-keys.ts';
import { SettledEvent } from './settled-event.ts';

/** So many event ids are remembered, at least. */
const RECENT_EVENT_IDS = 1_000_000;
/** A closed message stays closed for so long, in event time. */
const CLOSED_FOR = 72 * 3_600_000;

export interface WebhookMessagesState {
  readonly eventIds: { readonly old: readonly number[]; readonly young: readonly number[] };
  readonly known: { readonly old: readonly number[]; readonly young: readonly number[] };
  readonly rotated: number;
}

export class WebhookMessages {
  readonly #eventIds = new RecentKeys(RECENT_EVENT_IDS);
  /** Messages that have been counted: open or closed, a later record of theirs is not their first. */
  readonly #known = new RecentKeys(Number.POSITIVE_INFINITY);
  #rotated: number;

  constructor(state?: WebhookMessagesState) {
    if (state !== undefined) {
      this.#eventIds.restore(state.eventIds);
      this.#known.restore(state.known);
    }
    this.#rotated = state?.rotated ?? Number.NaN;
  }

  save(): WebhookMessagesState {
    return { eventIds: this.#eventIds.save(), known: this.#known.save(), rotated: this.#rotated };
  }

  consume(batch: RecordBatch, emit: Emit): void {
    for (let i = 0; i < batch.length; i++) {
      const record = batch.record(i);
      if (record.eventId !== undefined) {
        const key = keyOfString(record.eventId);
        if (this.#eventIds.has(key)) {
          // Told twice: the second telling gives no event.
          batch.accounting.event--;
          batch.accounting.context++;
          continue;
        }
        this.#eventIds.add(key);
      }
      emit(
        new SettledEvent(
          record,
          record.event,
          record.verdict,
          record.stamp,
          record.offset,
          this.#isFirst(record),
          batch.input.name,
          undefined,
        ),
      );
    }
  }

  #isFirst(record: LogRecord): boolean {
    const { event } = record;
    if (event !== 'delivered' && event !== 'deferred' && event !== 'bounced') return false;
    const key = record.messageKey;
    if (key === 0) return true;
    if (Number.isNaN(this.#rotated)) this.#rotated = record.stamp;
    if (record.stamp - this.#rotated > CLOSED_FOR) {
      this.#known.rotate();
      this.#rotated = record.stamp;
    }
    if (this.#known.has(key)) return false;
    this.#known.add(key);
    return true;
  }
}
