/**
 * What a mail server's log leaves open. Remembers only that: senders of queue ids until they are removed, messages left
 * deferred until they end, deliveries that may have come back from a content filter. Nothing is kept for a message that was
 * delivered at once, so the memory is the size of the queue, not of the log.
 */
import {
  type EventName,
  type InputInfo,
  KeyMap,
  type LogRecord,
  LogRowBatch,
  type PlainRows,
  type RecordBatch,
  type Verdict,
} from '../event/index.ts';
import { Changes, type MapChanges } from './changes.ts';
import { type ClockState, formatTimestamp, LogClock } from './clock.ts';
import { keepFirst } from './first-deferral.ts';
import { filterRelays, type Hop, hopOf, isForwarded } from './hops.ts';
import { emitCorrection, receivedEvent, withVerdict } from './made-events.ts';
import { deferralOf, indexOfRecipient, lastAnswer, type OpenQueueId, type OpenRecipient } from './open-recipients.ts';
import type { CorrelateOptions, Emit } from './options.ts';
import { RecentKeys } from './recent-keys.ts';
import { type Opening, SettledEvent } from './settled-event.ts';

/** So many queue ids' senders are remembered; the oldest go first. A queue is rarely larger. */
const MOST_OPENINGS = 1_000_000;
/** A delivery `queued as QID` waits for QID to show up for so many further such deliveries, */
const MOST_HOPS = 65_536;
/** of which so many may name the same QID: the recipients of one message. */
const MOST_HOPS_OF_ONE = 1024;
/** After so many deliveries of which none came back, a relay outside this machine's network is taken for what it looks like: */
const MOST_WITHOUT_RETURN = 256;
/** of so many relays at a time. */
const MOST_STRANGERS = 4096;
/** Of so many of them not one gave anything back: what goes out stays out. */
const MOST_STRANGERS_WITHOUT_RETURN = 1000;
/** And a queue id that showed up is remembered for so many further ones. */
const RECENT_QUEUE_IDS = 65_536;
const HOUR = 3_600_000;

export interface OpenMessagesState {
  readonly open: readonly (readonly [key: number, entry: OpenQueueId])[];
  readonly openings: readonly (readonly [key: number, opening: Opening])[];
  readonly hops: readonly (readonly [key: number, hops: Hop[]])[];
  readonly recent: { readonly old: readonly number[]; readonly young: readonly number[] };
  readonly filtering: boolean;
  readonly strangers: readonly (readonly [relay: string, withoutReturn: number])[];
  readonly swept: number;
}

/** What a commit has to store of it. */
export interface OpenMessagesChanges {
  readonly open: MapChanges<OpenQueueId>;
  readonly openings: MapChanges<Opening>;
  readonly hops: MapChanges<readonly Hop[]>;
  /** Small enough to be stored whole. */
  readonly rest: Pick<OpenMessagesState, 'recent' | 'filtering' | 'strangers' | 'swept'>;
}

export class OpenMessages {
  readonly #options: CorrelateOptions;
  readonly #open = new KeyMap<OpenQueueId>();
  readonly #openings: Map<number, Opening>;
  readonly #hops: Map<number, Hop[]>;
  readonly #recent = new RecentKeys(RECENT_QUEUE_IDS);
  /**
   * Content filters are in use: a delivery to this machine or a private network has been seen, or one that came back. Until
   * then opening lines are not read; a queue id then shows up with its own first delivery record.
   */
  #filtering: boolean;
  /** Relays outside that say `queued as`, by how often in a row none of it came back. */
  readonly #strangers: Map<string, number>;
  readonly #isFilter: (record: LogRecord) => boolean;
  #hopCount = 0;
  /** When old entries were last looked for, ms since 1970 UTC. */
  #swept: number;
  #clock: LogClock | undefined;
  #clockInput: InputInfo | undefined;
  readonly #resumed = new WeakMap<InputInfo, ClockState>();
  /** Where the state is stored after each commit: what has changed since. */
  #changes: { readonly open: Changes; readonly openings: Changes; readonly hops: Changes } | undefined;
  /** The administrator has named content filters. */
  readonly #namesFilters: boolean;
  /** Who counts deliveries by their numbers, and knows of every queue id that is not plain. */
  #plain: PlainRows | undefined;
  /** The event that is handed out. */
  #event: SettledEvent | undefined;
  readonly #expiredVerdicts = new Map<Verdict | undefined, Verdict>();

  constructor(options: CorrelateOptions, state?: OpenMessagesState) {
    this.#options = options;
    for (const [key, entry] of state?.open ?? []) this.#open.set(key, entry);
    this.#openings = new Map(state?.openings ?? []);
    this.#hops = new Map(state?.hops ?? []);
    for (const hops of this.#hops.values()) this.#hopCount += hops.length;
    this.#strangers = new Map(state?.strangers ?? []);
    this.#namesFilters = (options.filterRelays ?? []).length > 0;
    this.#isFilter = filterRelays(options.filterRelays ?? []);
    if (state !== undefined) this.#recent.restore(state.recent);
    this.#filtering = state?.filtering ?? false;
    this.#swept = state?.swept ?? Number.NEGATIVE_INFINITY;
  }

  save(): OpenMessagesState {
    for (let key = this.#plain?.anyOpen(); key !== undefined; key = this.#plain!.anyOpen()) this.#takeOver(key);
    return {
      open: [...this.#open],
      openings: [...this.#openings],
      hops: [...this.#hops],
      recent: this.#recent.save(),
      filtering: this.#filtering,
      strangers: [...this.#strangers],
      swept: this.#swept,
    };
  }

  /** From now on, remembers what changes; what is there now counts as stored. */
  trackChanges(): void {
    this.#changes = {
      open: new Changes([...this.#open].map(([key]) => key)),
      openings: new Changes(this.#openings.keys()),
      hops: new Changes(this.#hops.keys()),
    };
  }

  /** What has changed since the last call. */
  takeChanges(): OpenMessagesChanges {
    const changes = this.#changes!;
    return {
      open: changes.open.take((key) => this.#open.get(key)),
      openings: changes.openings.take((key) => this.#openings.get(key)),
      hops: changes.hops.take((key) => this.#hops.get(key)),
      rest: {
        recent: this.#recent.save(),
        filtering: this.#filtering,
        strangers: [...this.#strangers],
        swept: this.#swept,
      },
    };
  }

  /** Where the clock of an input stands, to go on later; see `resumeClock`. */
  get clockState(): ClockState | undefined {
    return this.#clock?.state;
  }

  /** Says where the clock of an input stood when reading it was left off: it goes on from there when its turn comes. */
  resumeClock(input: InputInfo, state: ClockState): void {
    this.#resumed.set(input, state);
  }

  /** @param plain counts deliveries by their numbers, before an event is made of them */
  consume(batch: RecordBatch, emit: Emit, plain?: PlainRows): void {
    if (batch.input !== this.#clockInput) {
      this.#clockInput = batch.input;
      const state = this.#resumed.get(batch.input);
      this.#clock = new LogClock(batch.input, this.#options.zone, state && { ...state });
    }
    const clock = this.#clock!;
    let openings = this.#filtering ? batch.openings() : [];
    let opened = 0;
    const { senders, received } = this.#options;
    const counts = plain !== undefined && !senders && received !== true && !this.#namesFilters;
    const rows = counts && batch instanceof LogRowBatch && plain.takes(batch) ? batch : undefined;
    for (let i = 0; ; i++) {
      // Where hops are followed, what is `queued as` has to be remembered: nothing is plain then.
      if (rows !== undefined && !this.#follows) {
        i = this.#informed(plain!).run(rows, i, clock);
        if (plain!.failed) {
          plain!.noteFailure(this.#settled(batch.record(i), 'bounced', clock, false, batch.input.name, undefined));
          continue;
        }
      }
      if (i >= batch.length) break;
      // What an opening line tells is told before the events of later lines; `removed` gives none.
      if (opened < openings.length && batch.kindOf(i) !== 'removed') {
        for (; opened < openings.length && openings[opened]!.lineStart < batch.lineStartOf(i); opened++) {
          this.#shows(openings[opened]!.queueKey, emit);
        }
      }
      if (this.#plain !== undefined) this.#takeOver(batch.queueKeyOf(i));
      switch (batch.kindOf(i)) {
        case 'outcome': {
          const before = this.#filtering;
          this.#outcome(settledBy(clock, batch.record(i)), clock, batch.input.name, emit);
          if (this.#filtering && !before) {
            // The first sign of a content filter: from this line on openings matter.
            openings = batch.openings().filter(({ lineStart }) => lineStart > batch.lineStartOf(i));
          }
          break;
        }
        case 'opened':
          if (this.#filtering) this.#shows(batch.queueKeyOf(i), emit);
          if (this.#opened(batch.record(i), clock, batch.input.name, emit)) {
            batch.accounting.context--;
            batch.accounting.event++;
          }
          break;
        case 'received': {
          if (this.#options.received !== true) break;
          const { queueKey, relay = 'pickup', relay_host, relay_ip } = batch.record(i);
          this.#opening(queueKey).client = { relay, relay_host, relay_ip };
          break;
        }
        case 'message_id':
          this.#opening(batch.queueKeyOf(i)).message_id = batch.record(i).message_id;
          break;
        case 'removed':
          if (this.#openings.size > 0) this.#closeOpening(batch.queueKeyOf(i));
          if (this.#open.size > 0) this.#close(batch.queueKeyOf(i));
          break;
        case 'expired':
          this.#expired(settledBy(clock, batch.record(i)), clock, batch.input.name, emit);
          break;
        case 'rejected': {
          const record = settledBy(clock, batch.record(i));
          emit(this.#settled(record, record.event, clock, false, batch.input.name, undefined));
          break;
        }
        case 'warning': {
          const record = settledBy(clock, batch.record(i));
          // A warning nobody can act on is a line like any other.
          if (record.verdict === undefined) {
            batch.accounting.event--;
            batch.accounting.ignored++;
          } else emit(this.#settled(record, 'warning', clock, false, batch.input.name, undefined));
          break;
        }
      }
    }
    for (; opened < openings.length; opened++) this.#shows(openings[opened]!.queueKey, emit);
    if (clock.time - this.#swept > HOUR) this.#sweep(clock.time);
  }

  #settled(
    record: LogRecord,
    event: EventName,
    clock: LogClock,
    first: boolean,
    input: string,
    opening: Opening | undefined,
  ): SettledEvent {
    const { time, offset } = clock;
    if (this.#event === undefined)
      this.#event = new SettledEvent(record, event, record.verdict, time, offset, first, input, opening);
    return this.#event.become(record, event, time, offset, first, input, opening);
  }

  /** Tells who counts plain rows which queue ids are not plain, once; from then on what changes is told at once. */
  #informed(plain: PlainRows): PlainRows {
    if (this.#plain === plain) return plain;
    this.#plain = plain;
    plain.begin(this.#options.maxAge);
    for (const [key] of this.#open) plain.watchQueueId(key);
    const { old, young } = this.#recent.save();
    for (const key of [...old, ...young]) plain.watchQueueId(key);
    return plain;
  }

  /** What is open of a queue id where plain rows are counted is open here from now on. */
  #takeOver(key: number): void {
    const open = this.#plain!.takeOpen(key);
    if (open === undefined) return;
    let entry: OpenQueueId | undefined;
    for (const { record, firstTime, firstOffset, firstRelay, firstVerdict } of open.records) {
      entry ??= { host: record.host, queue_id: record.queue_id, last: open.last, recipients: [] };
      const { recipient, original_recipient, domain } = record;
      const last = lastAnswer(record);
      const { text: relay, host, ip, port, provider } = firstRelay;
      const first = { relay, relay_host: host, relay_ip: ip, relay_port: port, provider, verdict: firstVerdict };
      const known = { recipient, original_recipient, domain, first_time: firstTime, first_offset: firstOffset };
      const kept: OpenRecipient = { ...known, ...last, ...first };
      keepFirst(kept, last);
      entry.recipients.push(Object.assign(kept, last));
    }
    this.#open.set(key, entry!);
    this.#plain!.watchQueueId(key);
  }

  #outcome(record: LogRecord, clock: LogClock, input: string, emit: Emit): void {
    const event = record.event;
    const key = record.queueKey;
    const opening = this.#options.senders ? this.#openings.get(key) : undefined;
    if (key !== 0 && this.#follows) this.#shows(key, emit);
    if (event !== 'delivered' && event !== 'deferred' && event !== 'bounced') {
      emit(this.#settled(record, event, clock, false, input, opening));
      return;
    }
    // A line without a queue id cannot be told from another message's: it is a message of its own.
    const entry = key === 0 ? undefined : this.#entryOf(record, clock.time);
    const at = entry === undefined ? -1 : indexOfRecipient(entry, record.recipient);
    const first = at < 0;
    const open = first ? undefined : entry?.recipients[at];
    if (event === 'deferred') {
      if (key !== 0) this.#defer(record, entry, at, clock);
    } else if (entry !== undefined && at >= 0) {
      entry.recipients.splice(at, 1);
      if (entry.recipients.length === 0) this.#close(key);
      else this.#changes?.open.put(key);
    }
    if (event === 'delivered') {
      const filter = this.#isFilter(record);
      if (filter || record.nearby) this.#filtering = true;
      const queuedAs = record.queuedAsKey;
      if (filter || isForwarded(record) || (queuedAs !== 0 && queuedAs !== key && this.#isOwn(queuedAs))) {
        emit(this.#settled(record, 'internal', clock, first, input, opening));
        if (open !== undefined) emitCorrection(deferralOf(open, record, input, opening), emit);
        return;
      }
      if (queuedAs !== 0 && this.#follows && this.#mayReturn(record))
        this.#rememberHop(queuedAs, record, clock, open, input, opening);
    }
    emit(this.#settled(record, event, clock, first, input, opening));
  }

  /**
   * The open entry of a record's queue id. A key that leads to another's is no entry, nor is one that is too old: when those are
   * swept out depends on where batches end, and must not show.
   */
  #entryOf(record: LogRecord, now: number): OpenQueueId | undefined {
    const entry = this.#open.get(record.queueKey);
    if (entry === undefined || entry.queue_id !== record.queue_id || entry.host !== record.host) return undefined;
    return now - entry.last > this.#options.maxAge ? undefined : entry;
  }

  #defer(record: LogRecord, entry: OpenQueueId | undefined, at: number, { time, offset }: LogClock): void {
    if (entry === undefined) {
      entry = { host: record.host, queue_id: record.queue_id, last: time, recipients: [] };
      this.#open.set(record.queueKey, entry);
      this.#plain?.watchQueueId(record.queueKey);
    }
    this.#changes?.open.put(record.queueKey);
    entry.last = time;
    const last = lastAnswer(record);
    if (at >= 0) {
      keepFirst(entry.recipients[at]!, last);
      Object.assign(entry.recipients[at]!, last);
    } else {
      entry.recipients.push({
        recipient: record.recipient,
        original_recipient: record.original_recipient,
        domain: record.domain,
        first_time: time,
        first_offset: offset,
        ...last,
      });
    }
  }

  /** One event for each recipient that was left deferred; one without a recipient where the log does not reach back. */
  #expired(record: LogRecord, clock: LogClock, input: string, emit: Emit): void {
    const entry = this.#entryOf(record, clock.time);
    const opening = this.#openings.get(record.queueKey);
    const base = {
      time: clock.time,
      first: false,
      input,
      format: record.format,
      host: record.host,
      program: record.program,
      queue_id: record.queue_id,
      event: 'expired' as const,
      status: record.status,
      timestamp: Number.isNaN(clock.time) ? undefined : formatTimestamp(clock.time, clock.offset),
      sender: record.sender ?? opening?.sender,
      message_id: opening?.message_id,
      size: opening?.size,
    };
    if (entry === undefined || entry.recipients.length === 0) {
      emit(withVerdict({ ...base, first: true }, this.#expiredVerdict(undefined)));
      return;
    }
    this.#close(record.queueKey);
    for (const { verdict, first: _, first_time: _time, first_offset: _offset, ...recipient } of entry.recipients) {
      emit(withVerdict({ ...base, ...recipient }, this.#expiredVerdict(verdict)));
    }
  }

  /** Expired, for the reason the last answer gave. */
  #expiredVerdict(root: Verdict | undefined): Verdict {
    let verdict = this.#expiredVerdicts.get(root);
    if (verdict === undefined) {
      verdict = {
        category: 'expired',
        bounce_type: 'undetermined',
        fault: root?.fault,
        action: root === undefined ? 'review' : root.fault === 'recipient' ? 'watch' : root.action,
        retryable: false,
        confidence: root?.confidence ?? 'low',
        evidence: root?.evidence ?? { layer: 'event', rule: 'expired', matched: 'status=expired' },
        root_cause: root?.category,
        reply_code: root?.reply_code,
        enhanced_code: root?.enhanced_code,
        command: root?.command,
        ...(root?.recipient_doubtful === true ? { recipient_doubtful: true } : {}),
      };
      if (this.#expiredVerdicts.size > 10_000) this.#expiredVerdicts.clear();
      this.#expiredVerdicts.set(root, verdict);
    }
    return verdict;
  }

  /** @returns whether it tells of a message that was received: once, at the first of its openings */
  #opened(record: LogRecord, clock: LogClock, input: string, emit: Emit): boolean {
    const opening = this.#opening(record.queueKey);
    opening.sender = record.sender;
    opening.size = record.size;
    const { client } = opening;
    if (client === undefined) return false;
    opening.client = undefined;
    clock.settle(record);
    emit(receivedEvent(record, client, opening.message_id, clock, input));
    return true;
  }

  #opening(key: number): Opening {
    let opening = this.#openings.get(key);
    if (opening === undefined) {
      opening = { sender: undefined, message_id: undefined, size: undefined };
      this.#openings.set(key, opening);
      if (this.#openings.size > MOST_OPENINGS) this.#closeOpening(this.#openings.keys().next().value!);
    }
    // Whoever asks for it, sets something in it.
    this.#changes?.openings.put(key);
    return opening;
  }

  #closeOpening(key: number): void {
    if (this.#openings.delete(key)) this.#changes?.openings.remove(key);
  }

  #close(key: number): void {
    this.#open.delete(key);
    if (this.#plain !== undefined && !this.#recent.has(key)) this.#plain.forgetQueueId(key);
    this.#changes?.open.remove(key);
  }

  /**
   * Whether hops are followed at all: a log in which so many outside relays took mail and none of it came back has no content
   * filter out there, and most logs have none.
   */
  get #follows(): boolean {
    return this.#filtering || this.#strangers.size < MOST_STRANGERS_WITHOUT_RETURN;
  }

  /** A queue id of this host: one that was opened, or had a delivery record of its own, lately. */
  #isOwn(key: number): boolean {
    return this.#recent.has(key) || this.#open.has(key) || this.#plain?.isOpen(key) === true;
  }

  /** A queue id shows up. A delivery that waited for it came back from a content filter: it is taken back. */
  #shows(key: number, emit: Emit): void {
    this.#recent.add(key);
    if (this.#hops.size === 0) return;
    const hops = this.#hops.get(key);
    if (hops === undefined) return;
    this.#dropHops(key);
    this.#filtering = true;
    for (const hop of hops) {
      if (this.#strangers.has(hop.relay ?? '')) this.#strangers.set(hop.relay ?? '', 0);
      const { offset, verdict, deferral, ...fields } = hop;
      emit(
        withVerdict(
          {
            ...fields,
            event: 'internal',
            corrects: 'delivered',
            timestamp: Number.isNaN(hop.time) ? undefined : formatTimestamp(hop.time, offset),
          },
          verdict,
        ),
      );
      emitCorrection(deferral, emit);
    }
  }

  #rememberHop(
    key: number,
    record: LogRecord,
    clock: LogClock,
    open: OpenRecipient | undefined,
    input: string,
    opening: Opening | undefined,
  ): void {
    const hop = hopOf(record, clock, open, input, opening);
    const hops = this.#hops.get(key);
    if (hops !== undefined && hops.length >= MOST_HOPS_OF_ONE) return;
    if (hops === undefined) this.#hops.set(key, [hop]);
    else hops.push(hop);
    this.#changes?.hops.put(key);
    this.#hopCount++;
    while (this.#hopCount > MOST_HOPS) this.#dropHops(this.#hops.keys().next().value!);
  }

  #dropHops(key: number): void {
    this.#hopCount -= this.#hops.get(key)?.length ?? 0;
    this.#hops.delete(key);
    this.#changes?.hops.remove(key);
  }

  /** Whether what this relay took may come back; outside servers name queue ids too, and are not followed for ever. */
  #mayReturn(record: LogRecord): boolean {
    if (record.nearby) return true;
    const relay = record.relay ?? '';
    const withoutReturn = this.#strangers.get(relay) ?? 0;
    if (withoutReturn >= MOST_WITHOUT_RETURN) return false;
    if (withoutReturn === 0 && this.#strangers.size >= MOST_STRANGERS) this.#strangers.clear();
    this.#strangers.set(relay, withoutReturn + 1);
    return true;
  }

  #sweep(now: number): void {
    this.#swept = now;
    this.#plain?.sweep(now);
    const old = [...this.#open].filter(([, entry]) => now - entry.last > this.#options.maxAge);
    for (const [key] of old) this.#close(key);
  }
}

function settledBy(clock: LogClock, record: LogRecord): LogRecord {
  clock.settle(record);
  return record;
}
