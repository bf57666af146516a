/**
 * Which deliveries may have gone to a content filter of this host, and whether they came back: see decision 0008. Remembers them
 * by the queue id that the filter gave the message, and the queue ids that showed up lately.
 */
import {
  type GivenBack,
  type HopLimits,
  type LogRecord,
  PlainHop,
  type PlainHops,
  type PlainRows,
} from '../event/index.ts';
import { Changes, type MapChanges } from './changes.ts';
import { type Hop, hopOf } from './hops.ts';
import { RecentKeys } from './recent-keys.ts';

const LIMITS: HopLimits = {
  // A delivery `queued as QID` waits for QID to show up for so many further such deliveries, of which so many may name the same
  // QID: the recipients of one message.
  most: 65_536,
  mostOfOne: 1024,
  // After so many deliveries of which none came back, a relay outside this machine's network is taken for what it looks like.
  mostWithoutReturn: 256,
  // Of so many of them not one gave anything back: what goes out stays out.
  mostStrangers: 1000,
  // A queue id that showed up is remembered for so many further ones.
  recent: 65_536,
};
/** Once something came back, so many relays are known at a time. */
const MOST_STRANGERS = 4096;
const NONE: readonly Hop[] = [];

export interface FollowingState {
  readonly hops: readonly (readonly [key: number, hops: Hop[]])[];
  readonly recent: { readonly old: readonly number[]; readonly young: readonly number[] };
  readonly filtering: boolean;
  readonly strangers: readonly (readonly [relay: string, withoutReturn: number])[];
}

/** What a commit has to store of it: all but hops is small enough to be stored whole. */
export interface FollowingChanges extends Omit<FollowingState, 'hops'> {
  readonly hops: MapChanges<readonly Hop[]>;
}

export class Following {
  readonly #hops: Map<number, Hop[]>;
  readonly #recent = new RecentKeys(LIMITS.recent);
  /** Relays outside that say `queued as`, by how often in a row none of it came back. */
  readonly #strangers: Map<string, number>;
  #hopCount = 0;
  #filtering: boolean;
  /** Where the state is stored after each commit: what has changed since. */
  #changes: Changes | undefined;
  /** Who does all of it by numbers, where somebody does. */
  #counted: PlainHops | undefined;

  constructor(state?: FollowingState) {
    this.#hops = new Map(state?.hops ?? []);
    for (const hops of this.#hops.values()) this.#hopCount += hops.length;
    this.#strangers = new Map(state?.strangers ?? []);
    if (state !== undefined) this.#recent.restore(state.recent);
    this.#filtering = state?.filtering ?? false;
  }

  /**
   * Content filters are in use: a delivery to this machine or a private network has been seen, or one that came back. Until
   * then opening lines are not read; a queue id then shows up with its own first delivery record.
   */
  get filtering(): boolean {
    return this.#filtering;
  }

  /** A content filter has shown itself. */
  noteFilter(): void {
    this.takeBack();
    this.#filtering = true;
  }

  /**
   * Whether deliveries are followed at all: a log in which so many outside relays took mail and none of it came back has no content
   * filter out there, and most logs have none.
   */
  get follows(): boolean {
    if (this.#filtering) return true;
    return this.#counted?.follows ?? this.#strangers.size < LIMITS.mostStrangers;
  }

  /** Whether rows can be counted by their numbers now: what they name is followed there, or nothing is. */
  get allowsPlain(): boolean {
    return this.#counted !== undefined || !this.follows;
  }

  /** From now on, who counts rows follows them as well, where nothing is known yet. */
  follow(plain: PlainRows): void {
    if (this.#counted !== undefined || !this.follows || this.#filtering || this.#changes !== undefined) return;
    if (this.#hopCount > 0 || this.#strangers.size > 0 || this.#recent.size > 0) return;
    this.#counted = plain.followHops(LIMITS);
  }

  /** Whether a queue id is one of this host's own: it was opened, or had a delivery record of its own, lately. */
  isRecent(key: number): boolean {
    return this.#counted?.isRecent(key) ?? this.#recent.has(key);
  }

  /** Those that showed up lately, where they are not known to who counts rows. */
  *recentKeys(): IterableIterator<number> {
    if (this.#counted !== undefined) return;
    const { old, young } = this.#recent.save();
    yield* old;
    yield* young;
  }

  /** A queue id shows up: the deliveries that waited for it came back from a content filter. */
  shows(key: number): readonly Hop[] {
    if (this.#counted === undefined) this.#recent.add(key);
    else {
      if (!this.#counted.shows(key)) return NONE;
      this.takeBack();
    }
    const hops = this.#hops.size === 0 ? undefined : this.#hops.get(key);
    if (hops === undefined) return NONE;
    this.#drop(key);
    this.#filtering = true;
    for (const { relay = '' } of hops) if (this.#strangers.has(relay)) this.#strangers.set(relay, 0);
    return hops;
  }

  /** Whether what this relay took may come back; outside servers name queue ids too, and are not followed for ever. */
  mayReturn(record: LogRecord): boolean {
    if (record.nearby) return true;
    const { relay = '', relayNumber = 0 } = record;
    if (this.#counted !== undefined && relayNumber > 0 && relay !== 'none') return this.#counted.mayReturn(relayNumber);
    const withoutReturn = this.#strangers.get(relay) ?? 0;
    if (withoutReturn >= LIMITS.mostWithoutReturn) return false;
    if (withoutReturn === 0) {
      if (this.#strangers.size >= MOST_STRANGERS) this.#strangers.clear();
      this.#counted?.addStranger();
    }
    this.#strangers.set(relay, withoutReturn + 1);
    return true;
  }

  remember(key: number, hop: Hop): void {
    if (this.#counted !== undefined) {
      this.#counted.remember(key, hop);
      return;
    }
    this.#push(key, hop);
    while (this.#hopCount > LIMITS.most) this.#drop(this.#hops.keys().next().value!);
  }

  #push(key: number, hop: Hop): void {
    const hops = this.#hops.get(key);
    if (hops !== undefined && hops.length >= LIMITS.mostOfOne) return;
    if (hops === undefined) this.#hops.set(key, [hop]);
    else hops.push(hop);
    this.#changes?.put(key);
    this.#hopCount++;
  }

  #drop(key: number): void {
    this.#hopCount -= this.#hops.get(key)?.length ?? 0;
    this.#hops.delete(key);
    this.#changes?.remove(key);
  }

  /** What was followed by numbers is known here from now on. */
  takeBack(): void {
    if (this.#counted !== undefined) this.#takeOver(this.#counted.giveBack());
  }

  #takeOver({ recent, strangers, hops }: GivenBack): void {
    this.#counted = undefined;
    this.#recent.restore(recent);
    for (const [relay, withoutReturn] of strangers) this.#strangers.set(relay, withoutReturn);
    for (const [key, list] of hops)
      for (const hop of list) this.#push(key, hop instanceof PlainHop ? hopOfPlain(hop) : (hop as Hop));
  }

  save(): FollowingState {
    this.takeBack();
    const hops = [...this.#hops];
    return { hops, ...this.#rest() };
  }

  #rest(): Omit<FollowingState, 'hops'> {
    return { recent: this.#recent.save(), filtering: this.#filtering, strangers: [...this.#strangers] };
  }

  /** From now on, remembers what changes; what is there now counts as stored. */
  trackChanges(): void {
    this.takeBack();
    this.#changes = new Changes(this.#hops.keys());
  }

  /** What has changed since the last call. */
  takeChanges(): FollowingChanges {
    return { hops: this.#changes!.take((key) => this.#hops.get(key)), ...this.#rest() };
  }
}

function hopOfPlain({ record, input, time, offset, opening }: PlainHop): Hop {
  return hopOf(record, { time, offset }, undefined, input, opening);
}
