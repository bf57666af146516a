/**
 * The failures and deliveries of a batch, kept so that adding them to a stored ledger gives what one uninterrupted read gives: a
 * delivery counts only for an address that has failed before it, in this batch or in any earlier one.
 */
import type { PlainDeliveries } from '../aggregate/plain-deliveries.ts';
import { entersLedger, foldSuppression, type Ledger, type LedgerAddress } from '../aggregate/suppression.ts';
import { addressKeyOfText, type DeliveryEvent, type KeySet } from '../event/index.ts';

export class LedgerBatch {
  readonly #fold = foldSuppression();
  /** Addresses that failed in this batch, with the deliveries after it. */
  #ledger: Ledger = this.#fold.create();
  /** Deliveries to addresses that had not failed in this batch by then: they count where the store knows the address. */
  #before = new Map<string, number>();
  /** The hashes of all addresses in the store; undefined: not known, every delivery must be looked up there. */
  stored: KeySet | undefined;
  /** What counts deliveries by their numbers besides. */
  #plain: PlainDeliveries | undefined;

  get size(): number {
    return this.#ledger.addresses.size + this.#before.size;
  }

  get addresses(): ReadonlyMap<string, LedgerAddress> {
    return this.#ledger.addresses;
  }

  /** Lower-case address → latest delivery. */
  get before(): ReadonlyMap<string, number> {
    return this.#before;
  }

  add(event: DeliveryEvent): void {
    if (event.event === 'delivered') this.#delivered(event);
    else if (entersLedger(event)) {
      this.#fold.add(this.#ledger, event);
      this.#plain?.watchRecipient(event);
    }
  }

  /** From now on, this leaves deliveries to addresses that have failed to their events. Only where it is known which those are. */
  watchBy(plain: PlainDeliveries | undefined): void {
    this.#plain = plain;
    plain?.watchRecipients(this.stored!.keys());
    for (const address of this.#ledger.addresses.keys()) plain?.watchRecipients([addressKeyOfText(address)]);
  }

  #delivered(event: DeliveryEvent): void {
    const { time, recipientKey } = event;
    if (Number.isNaN(time) || event.verdict.recipient_doubtful === true) return;
    this.#fold.add(this.#ledger, event);
    if (this.stored !== undefined && recipientKey !== undefined && !this.stored.has(recipientKey)) return;
    const key = event.recipient?.toLowerCase();
    if (key === undefined || this.#ledger.addresses.has(key)) return;
    if (this.stored !== undefined && !this.stored.has(addressKeyOfText(key))) return;
    const known = this.#before.get(key);
    if (known === undefined || time > known)
      this.#before.set(known === undefined ? Buffer.from(key).toString() : key, time);
  }

  clear(): void {
    if (this.stored !== undefined)
      for (const key of this.#ledger.addresses.keys()) this.stored.add(addressKeyOfText(key));
    this.#ledger = this.#fold.create();
    this.#before = new Map();
  }
}
