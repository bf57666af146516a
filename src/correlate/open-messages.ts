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
  type Opening,
  type Openings,
  type PlainRows,
  type RecordBatch,
  type Verdict,
} from '../event/index.ts';
import { Changes, type MapChanges } from './changes.ts';
import { type ClockState, formatTimestamp, LogClock } from './clock.ts';
import { keepFirst } from './first-deferral.ts';
import { Following, type FollowingChanges, type FollowingState } from './following.ts';
import { filterRelays, type Hop, hopOf, isForwarded } from './hops.ts';
import { emitCorrection, receivedEvent, withVerdict } from './made-events.ts';
import { deferralOf, indexOfRecipient, lastAnswer, type OpenQueueId, type OpenRecipient } from './open-recipients.ts';
import { OpeningMap } from './openings.ts';
import type { CorrelateOptions, Emit } from './options.ts';
import { SettledEvent } from './settled-event.ts';

const HOUR = 3_600_000;

export interface OpenMessagesState extends FollowingState {
  readonly open: readonly (readonly [key: number, entry: OpenQueueId])[];
  readonly openings: readonly (readonly [key: number, opening: Opening])[];
  readonly swept: number;
}

/** What a commit has to store of it. */
export interface OpenMessagesChanges {
  readonly open: MapChanges<OpenQueueId>;
  readonly openings: MapChanges<Opening>;
  readonly hops: MapChanges<readonly Hop[]>;
  /** Small enough to be stored whole. */
  readonly rest: Omit<FollowingChanges, 'hops'> & Pick<OpenMessagesState, 'swept'>;
}

export class OpenMessages {
  readonly #options: CorrelateOptions;
  readonly #open = new KeyMap<OpenQueueId>();
  readonly #openingMap: OpeningMap;
  /** Who remembers openings: the map, or who writes lines by the numbers of rows. */
  #openings: Openings;
  readonly #following: Following;
  readonly #isFilter: (record: LogRecord) => boolean;
  /** When old entries were last looked for, ms since 1970 UTC. */
  #swept: number;
  #clock: LogClock | undefined;
  #clockInput: InputInfo | undefined;
  readonly #resumed = new WeakMap<InputInfo, ClockState>();
  /** Where the state is stored after each commit: what has changed of the open since. */
  #changes: Changes | undefined;
  /** The administrator has named content filters. */
  readonly #namesFilters: boolean;
  /** Who counts deliveries by their numbers, and knows of every queue id that is not plain. */
  #plain: PlainRows | undefined;
  /** It knows which queue ids showed up lately. */
  #toldRecent = false;
  /** The event that is handed out. */
  #event: SettledEvent | undefined;
  readonly #expiredVerdicts = new Map<Verdict | undefined, Verdict>();

  constructor(options: CorrelateOptions, state?: OpenMessagesState) {
    this.#options = options;
    for (const [key, entry] of state?.open ?? []) this.#open.set(key, entry);
    this.#openingMap = new OpeningMap(state?.openings ?? []);
    this.#openings = this.#openingMap;
    this.#following = new Following(state);
    this.#namesFilters = (options.filterRelays ?? []).length > 0;
    this.#isFilter = filterRelays(options.filterRelays ?? []);
    this.#swept = state?.swept ?? Number.NEGATIVE_INFINITY;
  }

  save(): OpenMessagesState {
    for (let key = this.#plain?.anyOpen(); key !== undefined; key = this.#plain!.anyOpen()) this.#takeOver(key);
    return {
      open: [...this.#open],
      openings: [...this.#openings.entries()],
      ...this.#following.save(),
      swept: this.#swept,
    };
  }

  /** From now on, remembers what changes; what is there now counts as stored. */
  trackChanges(): void {
    this.#changes = new Changes([...this.#open].map(([key]) => key));
    this.#openingMap.trackChanges();
    this.#following.trackChanges();
  }

  /** What has changed since the last call. */
  takeChanges(): OpenMessagesChanges {
    const { hops, ...rest } = this.#following.takeChanges();
    return {
      open: this.#changes!.take((key) => this.#open.get(key)),
      openings: this.#openingMap.takeChanges(),
      hops,
      rest: { ...rest, swept: this.#swept },
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
    let openings = this.#following.filtering ? batch.openings() : [];
    let opened = 0;
    const { senders, received } = this.#options;
    if (plain?.openings !== undefined && received !== true && this.#openingMap.size === 0)
      this.#openings = plain.openings;
    const knowsOpenings = !senders || plain?.openings === this.#openings;
    const counts = plain !== undefined && knowsOpenings && received !== true && !this.#namesFilters;
    const rows = counts && batch instanceof LogRowBatch && plain.takes(batch) ? batch : undefined;
    if (rows === undefined) this.#following.takeBack();
    else this.#following.follow(plain!);
    for (let i = 0; ; i++) {
      if (rows !== undefined && this.#following.allowsPlain) {
        i = this.#informed(plain!).run(rows, i, clock);
        if (plain!.failed) {
          plain!.noteFailure(this.#settled(batch.record(i), 'bounced', clock, false, batch.input.name, undefined));
          continue;
        }
      } else this.#toldRecent = false;
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
          const before = this.#following.filtering;
          this.#outcome(settledBy(clock, batch.record(i)), clock, batch.input.name, emit);
          if (this.#following.filtering && !before) {
            // The first sign of a content filter: from this line on openings matter.
            openings = batch.openings().filter(({ lineStart }) => lineStart > batch.lineStartOf(i));
          }
          break;
        }
        case 'opened':
          if (this.#following.filtering) this.#shows(batch.queueKeyOf(i), emit);
          if (this.#opened(batch.record(i), clock, batch.input.name, emit)) {
            batch.accounting.context--;
            batch.accounting.event++;
          }
          break;
        case 'received': {
          if (this.#options.received !== true) break;
          const { queueKey, relay = 'pickup', relay_host, relay_ip } = batch.record(i);
          this.#openingMap.noteClient(queueKey, { relay, relay_host, relay_ip });
          break;
        }
        case 'message_id':
          this.#openings.noteMessageId(batch.record(i));
          break;
        case 'removed':
          this.#openings.close(batch.queueKeyOf(i));
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

  /** Tells who counts plain rows which queue ids are not plain: those that are open once, from then on what changes is told at once. */
  #informed(plain: PlainRows): PlainRows {
    if (!this.#toldRecent) for (const key of this.#following.recentKeys()) plain.watchQueueId(key);
    this.#toldRecent = true;
    if (this.#plain === plain) return plain;
    this.#plain = plain;
    plain.begin(this.#options.maxAge);
    for (const [key] of this.#open) plain.watchQueueId(key);
    return plain;
  }

  /** What is open of a queue id where plain rows are counted is open here from now on. */
  #takeOver(key: number): void {
    const open = this.#plain!.takeOpen(key);
    if (open === undefined) return;
    let entry: OpenQueueId | undefined;
    for (const { record, firstTime, firstOffset, firstRelay, firstVerdict } of open.records) {
      entry ??= { host: record.host, queue_id: record.queue_id, last: open.last, recipients: [] };
      const last = lastAnswer(record);
      const { text: relay, host, ip, port, provider } = firstRelay;
      const first = { relay, relay_host: host, relay_ip: ip, relay_port: port, provider, verdict: firstVerdict };
      const kept: OpenRecipient = { first_time: firstTime, first_offset: firstOffset, ...last, ...first };
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
    if (key !== 0 && this.#following.follows) this.#shows(key, emit);
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
      else this.#changes?.put(key);
    }
    if (event === 'delivered') {
      const filter = this.#isFilter(record);
      if (filter || record.nearby) this.#following.noteFilter();
      const queuedAs = record.queuedAsKey;
      if (filter || isForwarded(record) || (queuedAs !== 0 && queuedAs !== key && this.#isOwn(queuedAs))) {
        emit(this.#settled(record, 'internal', clock, first, input, opening));
        if (open !== undefined) emitCorrection(deferralOf(open, record, input, opening), emit);
        return;
      }
      if (queuedAs !== 0 && this.#following.follows && this.#following.mayReturn(record))
        this.#following.remember(queuedAs, hopOf(record, clock, open, input, opening));
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
    this.#changes?.put(record.queueKey);
    entry.last = time;
    const last = lastAnswer(record);
    if (at >= 0) {
      keepFirst(entry.recipients[at]!, last);
      Object.assign(entry.recipients[at]!, last);
    } else {
      entry.recipients.push({ first_time: time, first_offset: offset, ...last });
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
    this.#openings.noteOpened(record);
    const client = this.#options.received === true ? this.#openingMap.takeClient(record.queueKey) : undefined;
    if (client === undefined) return false;
    clock.settle(record);
    emit(receivedEvent(record, client, this.#openingMap.get(record.queueKey)?.message_id, clock, input));
    return true;
  }

  #close(key: number): void {
    this.#open.delete(key);
    if (this.#plain !== undefined && !this.#following.isRecent(key)) this.#plain.forgetQueueId(key);
    this.#changes?.remove(key);
  }

  /** A queue id of this host: one that was opened, or had a delivery record of its own, lately. */
  #isOwn(key: number): boolean {
    return this.#following.isRecent(key) || this.#open.has(key) || this.#plain?.isOpen(key) === true;
  }

  /** A queue id shows up. A delivery that waited for it came back from a content filter: it is taken back. */
  #shows(key: number, emit: Emit): void {
    for (const { offset, verdict, deferral, ...fields } of this.#following.shows(key)) {
      emit(
        withVerdict(
          {
            ...fields,
            event: 'internal',
            corrects: 'delivered',
            timestamp: Number.isNaN(fields.time) ? undefined : formatTimestamp(fields.time, offset),
          },
          verdict,
        ),
      );
      emitCorrection(deferral, emit);
    }
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
