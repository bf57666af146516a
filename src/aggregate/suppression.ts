/**
 * The ledger: what has failed, per address and kind of failure, and when the address last took mail after all. Facts only:
 * whether an address is on the suppression list is derived by a policy when the ledger is read, so that another policy needs
 * no other ledger.
 *
 * It holds only addresses with a failure: a message's final outcome other than delivery (bounced, expired, dropped by an ESP), a
 * complaint, or an unsubscription. A deferral is no failure, nor is a bounce that Postfix softened (`status=SOFTBOUNCE`). Nothing
 * is ever evicted.
 *
 * An unsubscription from one group of a sender's mail is kept with its group, and so is the resubscription that lifts it: an entry
 * of the category accepted. Webhooks come out of order, so it is kept whether or not it has anything to lift yet.
 */
import { addressKeyOfText, type DeliveryEvent, KeySet } from '../event/index.ts';
import type { CombineFn } from './combine.ts';
import {
  compareEvidence,
  evidenceOf,
  type Failing,
  type FailureEvidence,
  type FailureKind,
  kindOf,
  sameKind,
} from './failure.ts';
import type { PlainDeliveries } from './plain-deliveries.ts';
import { DAYS_KEPT } from './policy.ts';

export const DAY_MS = 24 * 60 * 60 * 1000;
/** The time of a failure that came without one, as a list without dates gives it: before all others. */
export const UNDATED = 0;

export interface LedgerEntry {
  readonly kind: FailureKind;
  /** Milliseconds since 1970 UTC. */
  first: number;
  last: number;
  count: number;
  /** Days since 1970 UTC, ascending: the latest 31 with a failure. */
  days: number[];
  evidence: FailureEvidence;
}

export interface LedgerAddress {
  /** As it was written where it first failed; addresses compare without case. */
  address: string;
  entries: LedgerEntry[];
  /** The latest delivery, ms since 1970 UTC; −Infinity while there is none. */
  last_delivery: number;
}

export interface Ledger {
  /** Lower-case address → its entries. */
  addresses: Map<string, LedgerAddress>;
  /** Deliveries to addresses without a failure: kept only where ledgers of parts are to be merged. */
  deliveries: Map<string, number> | null;
  /** Further addresses: those that are counted by numbers. */
  once?: FailedOnce;
}

/** Addresses each of which has failed once, and has taken no mail since. */
export interface FailedOnce {
  /** @param visit told by what, and when, ms since 1970 UTC; `place` is that of the address until one more is added */
  each(visit: (kind: FailureKind, time: number, place: number) => void): void;
  addressAt(place: number): LedgerAddress;
}

export interface SuppressionFoldOptions {
  /**
   * `listed` (the default) notes a delivery only for addresses that have failed before: exact where events come in order of time.
   * `all` notes every delivery, so that ledgers of parts merge to the ledger of the whole whatever the order.
   */
  readonly deliveries?: 'listed' | 'all';
}

/** @param plain what counts deliveries by their numbers besides: those to addresses that have failed come here all the same */
export function foldSuppression(
  options: SuppressionFoldOptions = {},
  plain?: PlainDeliveries,
): CombineFn<Ledger, Ledger> {
  return {
    create: () => ({
      addresses: new Map(),
      deliveries: options.deliveries === 'all' ? new Map() : null,
      ...(plain === undefined ? {} : { once: plain.keepFailures() }),
    }),
    add(ledger, event) {
      if (plain !== undefined) takeBack(ledger, event, plain);
      if (event.event === 'delivered') noteDelivery(ledger, event, plain?.counts(event.scope) !== true);
      else if (entersLedger(event)) {
        noteFailure(ledger, event);
        plain?.watchRecipient(event);
      }
    },
    merge: mergeLedgers,
    extract: (ledger) => ledger,
  };
}

/** Takes over what is kept by numbers of the address that an event is of: it is not all there is of it any more. */
function takeBack(ledger: Ledger, { recipient, recipientKey }: DeliveryEvent, { failures }: PlainDeliveries): void {
  if (failures === undefined || recipient === undefined) return;
  const to = (failure: Failing): void => noteFailure(ledger, failure);
  failures.take(recipientKey || addressKeyOfText(recipient), to);
  // U+212A, the sign of Kelvin, is a small `k` as well: what is no ASCII may be an address that is.
  if (!ASCII.test(recipient)) failures.take(addressKeyOfText(recipient.toLowerCase()), to);
}

const ASCII = /^[\0-\x7f]*$/;

/** Whether an event makes an entry in the ledger. */
export function entersLedger(event: DeliveryEvent): boolean {
  if (event.verdict.recipient_doubtful === true) return false;
  switch (event.event) {
    case 'bounced':
      // What an ESP calls a block is none of the mailbox's doing, whatever reply code came with it.
      if (event.format !== 'postfix' && event.verdict.bounce_type === 'block') return false;
      return event.status !== 'SOFTBOUNCE' && event.recipient !== undefined;
    case 'dropped':
      // An ESP drops mail for its sender's mistakes, too: those say nothing of the address.
      return event.verdict.fault === 'recipient' && event.recipient !== undefined;
    case 'expired':
    case 'complained':
    case 'unsubscribed':
      return event.recipient !== undefined;
    case 'resubscribed':
      return event.unsubscribe_group !== undefined && event.recipient !== undefined;
    default:
      return false;
  }
}

/** @param hashed whether to ask the hashes of a ledger's addresses first; whoever counts by numbers has asked its own */
function noteDelivery(ledger: Ledger, event: DeliveryEvent, hashed: boolean): void {
  if (ledger.deliveries === null && ledger.addresses.size === 0) return;
  // Most deliveries are to addresses that never failed: told by a hash, before a string is made.
  const { recipientKey } = event;
  if (hashed && ledger.deliveries === null && recipientKey !== undefined && !knownKeys(ledger).has(recipientKey))
    return;
  if (event.recipient === undefined || Number.isNaN(event.time) || event.verdict.recipient_doubtful === true) return;
  const key = event.recipient.toLowerCase();
  const known = ledger.addresses.get(key);
  if (known !== undefined) known.last_delivery = Math.max(known.last_delivery, event.time);
  else if (ledger.deliveries !== null) {
    const before = ledger.deliveries.get(key);
    if (before === undefined) ledger.deliveries.set(key, event.time);
    else if (event.time > before) ledger.deliveries.set(key, event.time);
  }
}

/** The hashes of a ledger's addresses, and how many addresses they are of: made from it when it has grown, never saved. */
const hashesOfLedgers = new WeakMap<Ledger, { keys: KeySet; addresses: number }>();
/** Those asked for last: nearly always the same. */
let lastLedger: Ledger | undefined;
let lastHashes: { keys: KeySet; addresses: number } | undefined;

function knownKeys(ledger: Ledger): KeySet {
  let hashes = ledger === lastLedger ? lastHashes : hashesOfLedgers.get(ledger);
  lastLedger = ledger;
  lastHashes = hashes;
  if (hashes === undefined || hashes.addresses !== ledger.addresses.size) {
    hashes = { keys: new KeySet(), addresses: ledger.addresses.size };
    for (const address of ledger.addresses.keys()) hashes.keys.add(addressKeyOfText(address));
    hashesOfLedgers.set(ledger, hashes);
    lastHashes = hashes;
  }
  return hashes.keys;
}

function noteNewAddress(ledger: Ledger, address: string): void {
  const hashes = hashesOfLedgers.get(ledger);
  if (hashes === undefined || hashes.addresses !== ledger.addresses.size - 1) return;
  hashes.keys.add(addressKeyOfText(address));
  hashes.addresses++;
}

function noteFailure(ledger: Ledger, event: Failing): void {
  const recipient = event.recipient ?? '';
  const key = recipient.toLowerCase();
  const time = Number.isNaN(event.time) ? UNDATED : event.time;
  let known = ledger.addresses.get(key);
  if (known === undefined) {
    const own = recipient;
    known = { address: own, entries: [], last_delivery: ledger.deliveries?.get(key) ?? Number.NEGATIVE_INFINITY };
    ledger.deliveries?.delete(key);
    ledger.addresses.set(own.toLowerCase(), known);
    noteNewAddress(ledger, own);
  } else if (recipient < known.address) known.address = recipient;
  const day = Math.floor(time / DAY_MS);
  const answer = event.response ?? event.reply_text ?? '';
  const kind = kindOf(event, answer);
  const entry = known.entries.find((e) => sameKind(e.kind, kind));
  if (entry === undefined) {
    known.entries.push({ kind, first: time, last: time, count: 1, days: [day], evidence: evidenceOf(event, answer) });
    return;
  }
  entry.count++;
  if (time < entry.first) entry.first = time;
  addDay(entry.days, day);
  if (time >= entry.last) {
    const evidence = evidenceOf(event, answer);
    if (time > entry.last || compareEvidence(evidence, entry.evidence) > 0) entry.evidence = evidence;
    entry.last = time;
  }
}

/** The ledger's address of one failure. */
export function failedOnce(failure: Failing): LedgerAddress {
  const ledger: Ledger = { addresses: new Map(), deliveries: null };
  noteFailure(ledger, failure);
  return [...ledger.addresses.values()][0]!;
}

/** Puts a day into an ascending list of the latest `DAYS_KEPT`. */
function addDay(days: number[], day: number): void {
  let at = days.length;
  while (at > 0 && days[at - 1]! > day) at--;
  if (days[at - 1] === day) return;
  days.splice(at, 0, day);
  if (days.length > DAYS_KEPT) days.shift();
}

function mergeLedgers(a: Ledger, b: Ledger): Ledger {
  for (const [key, theirs] of b.addresses) {
    const mine = a.addresses.get(key);
    if (mine === undefined) {
      const last_delivery = Math.max(theirs.last_delivery, a.deliveries?.get(key) ?? Number.NEGATIVE_INFINITY);
      a.deliveries?.delete(key);
      a.addresses.set(key, {
        ...theirs,
        entries: theirs.entries.map((e) => ({ ...e, days: [...e.days] })),
        last_delivery,
      });
      continue;
    }
    if (theirs.address < mine.address) mine.address = theirs.address;
    mine.last_delivery = Math.max(mine.last_delivery, theirs.last_delivery);
    for (const entry of theirs.entries) mergeEntry(mine.entries, entry);
  }
  if (b.deliveries !== null)
    for (const [key, time] of b.deliveries) {
      const mine = a.addresses.get(key);
      if (mine !== undefined) mine.last_delivery = Math.max(mine.last_delivery, time);
      else if (a.deliveries !== null)
        a.deliveries.set(key, Math.max(time, a.deliveries.get(key) ?? Number.NEGATIVE_INFINITY));
    }
  return a;
}

function mergeEntry(entries: LedgerEntry[], theirs: LedgerEntry): void {
  const mine = entries.find((e) => sameKind(e.kind, theirs.kind));
  if (mine === undefined) {
    entries.push({ ...theirs, days: [...theirs.days] });
    return;
  }
  mine.count += theirs.count;
  mine.first = Math.min(mine.first, theirs.first);
  for (const day of theirs.days) addDay(mine.days, day);
  if (theirs.last > mine.last || (theirs.last === mine.last && compareEvidence(theirs.evidence, mine.evidence) > 0))
    mine.evidence = theirs.evidence;
  mine.last = Math.max(mine.last, theirs.last);
}
