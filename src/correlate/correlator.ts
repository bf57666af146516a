import type { InputInfo, PlainRows, RecordBatch } from '../event/index.ts';
import type { ClockState } from './clock.ts';
import { OpenMessages, type OpenMessagesChanges, type OpenMessagesState } from './open-messages.ts';
import type { CorrelateOptions, Emit } from './options.ts';
import { type WebhookMemories, WebhookMessages, type WebhookMessagesState } from './webhook-messages.ts';

export type { CorrelateOptions, Emit } from './options.ts';

/** Everything correlate remembers between batches: plain data, so that it can be saved with a checkpoint and resumed. */
export interface CorrelatorState {
  readonly log: OpenMessagesState;
  readonly webhook: WebhookMessagesState | WebhookMemories;
}

/** What a commit has to store of it; what webhooks leave is stored by their memories. */
export interface CorrelatorChanges {
  readonly log: OpenMessagesChanges;
  readonly webhookRotated: number;
}

/**
 * The one ordered step: takes batches in the order of their lines and hands out events. Logs and webhooks need different
 * memories: a log is in order and names queue ids; webhooks come out of order and more than once.
 */
export class Correlator {
  readonly #log: OpenMessages;
  readonly #webhook: WebhookMessages;

  constructor(options: CorrelateOptions, state?: Partial<CorrelatorState>) {
    this.#log = new OpenMessages(options, state?.log);
    this.#webhook = new WebhookMessages(state?.webhook);
  }

  /**
   * Emits the events of one batch; corrects the batch's accounting where a line yields none. The batch may be released afterwards.
   * @param plain counts deliveries by their numbers, before an event is made of them
   */
  consume(batch: RecordBatch, emit: Emit, plain?: PlainRows): void {
    if (batch.ordered) this.#log.consume(batch, emit, plain);
    else this.#webhook.consume(batch, emit);
  }

  /** Where the clock of the log that was read last stands; undefined before the first. */
  get clock(): ClockState | undefined {
    return this.#log.clockState;
  }

  /** Says where an input's clock stood when reading it was left off; before its first batch. */
  resumeClock(input: InputInfo, state: ClockState): void {
    this.#log.resumeClock(input, state);
  }

  /** From now on, remembers what changes; the state it was made with counts as stored. */
  trackChanges(): void {
    this.#log.trackChanges();
  }

  /** What has changed since the last call. */
  takeChanges(): CorrelatorChanges {
    return { log: this.#log.takeChanges(), webhookRotated: this.#webhook.rotated };
  }

  save(): CorrelatorState {
    return { log: this.#log.save(), webhook: this.#webhook.save() };
  }
}
