/** What events can be grouped by, and how the row of an event's key is found without looking at its text each time. */
import type { DeliveryEvent, DeliveryNumbers, Names } from '../event/index.ts';
import type { GroupTable } from './group-table.ts';
import { refusalOf } from './refusal.ts';

/** The key of events that do not say. */
export const NO_KEY = '(none)';

/** What events can be grouped by, and where an event says so. */
export const GROUP_KEYS = {
  domain: {
    of: (event) => event.domain ?? NO_KEY,
    number: 'domain',
    named: (names, number) => (number === 0 ? NO_KEY : names.domain(number)),
  },
  /** The receiving system: by name where providers.csv knows it, else its host, else its address. */
  provider: {
    of: (event) => event.provider ?? event.relay_host ?? event.relay_ip ?? NO_KEY,
    number: 'relay',
    named(names, number) {
      const { provider, host, ip } = names.relay(number, false);
      return provider ?? host ?? ip ?? NO_KEY;
    },
  },
  sender: { of: (event) => (event.sender === '' ? '<>' : (event.sender ?? '(unknown)')) },
  sender_domain: { of: (event) => domainOf(event.sender) },
  recipient: { of: (event) => event.recipient ?? NO_KEY },
  relay: {
    of: (event) => event.relay ?? NO_KEY,
    number: 'relay',
    named: (names, number) => names.relay(number, false).text,
  },
  host: { of: (event) => event.host ?? NO_KEY, number: 'host' },
  category: { of: (event) => event.verdict.category, number: 'verdict' },
  /** The enhanced status code; where the answer has none, the reply code. */
  code: {
    of: (event) => event.verdict.enhanced_code ?? replyCodeText(event.verdict.reply_code),
    number: 'verdict',
  },
  /** What was refused on the way in, by its code; such events are in no other table, they concern no mail of ours. */
  reject: { of: (event) => event.verdict.enhanced_code ?? replyCodeText(event.verdict.reply_code) },
  /** The same by what was done and why. */
  refusal: { of: refusalOf },
  /** The client that sent something, or was refused. */
  client: { of: (event) => event.relay ?? event.relay_host ?? event.relay_ip ?? NO_KEY },
} as const satisfies Record<string, KeyOfEvent>;

/** The domain of a sender; bounce notifications have none. */
function domainOf(sender: string | undefined): string {
  if (sender === undefined) return '(unknown)';
  return sender === '' ? '<>' : sender.slice(sender.lastIndexOf('@') + 1).toLowerCase();
}

export interface KeyOfEvent {
  of(event: DeliveryEvent): string;
  /** The number that stands for the key among the events of one scope, see EventShortcuts.scope. */
  readonly number?: 'host' | 'domain' | 'relay' | 'verdict';
  /** The key of a number, where names tell it. */
  named?(names: Names, number: number): string;
}

export type GroupKey = keyof typeof GROUP_KEYS;

/** Tables that tell of mail received as well: others tell of recipients, and it is not said yet who they are. */
export const TELL_OF_RECEIVED: ReadonlySet<GroupKey> = new Set(['sender', 'sender_domain', 'host', 'client']);

/** For each key, the other key whose part in a reason is worth knowing. */
export const PARTNERS = {
  domain: 'provider',
  provider: 'domain',
  sender: 'domain',
  sender_domain: 'domain',
  recipient: 'provider',
  relay: 'domain',
  host: 'provider',
  category: 'provider',
  code: 'provider',
  reject: 'client',
  refusal: 'client',
  client: 'domain',
} as const satisfies Record<GroupKey, GroupKey>;
const REPLY_CODE_TEXTS: readonly string[] = Array.from({ length: 1000 }, (_, code) => String(code));

function replyCodeText(code: number | undefined): string {
  return code === undefined ? NO_KEY : (REPLY_CODE_TEXTS[code] ?? NO_KEY);
}

function numberIn(event: DeliveryEvent | DeliveryNumbers, name: KeyOfEvent['number']): number {
  switch (name) {
    case 'domain':
      return event.domainNumber ?? -1;
    case 'relay':
      return event.relayNumber ?? -1;
    case 'verdict':
      return event.verdictNumber ?? -1;
    case 'host':
      return event.hostNumber ?? -1;
    case undefined:
      return -1;
  }
}

/**
 * Finds the row of an event's key: by number, where events of its scope have one, so that a key's text is looked up once and not
 * for every event. What it remembers is no part of the sums.
 */
export class RowFinder {
  readonly #key: KeyOfEvent;
  readonly #maxKeys: number;
  #table: GroupTable | undefined;
  #scope: object | undefined;
  /** Number → row + 1, for that table and scope. */
  #rows: Int32Array = new Int32Array(0);
  readonly #known = new WeakMap<GroupTable, WeakMap<object, Int32Array>>();

  constructor(key: KeyOfEvent, maxKeys: number) {
    this.#key = key;
    this.#maxKeys = maxKeys;
  }

  rowOf(table: GroupTable, event: DeliveryEvent): number {
    const { scope } = event;
    const number = scope === undefined ? -1 : numberIn(event, this.#key.number);
    if (number < 0) return table.rowOf(this.#key.of(event), this.#maxKeys);
    if (scope !== this.#scope || table !== this.#table) this.#enter(table, scope!);
    if (number >= this.#rows.length) this.#grow(number);
    const known = this.#rows[number]!;
    if (known > 0) return known - 1;
    const row = table.rowOf(this.#key.of(event), this.#maxKeys);
    this.#rows[number] = row + 1;
    return row;
  }

  /** The row that `finds` has found. */
  found = -1;

  /** Whether the row of a delivery's key is known by its number, or can be made by its name. */
  finds(table: GroupTable, delivery: DeliveryNumbers): boolean {
    if (delivery.scope === undefined || delivery.scope !== this.#scope || table !== this.#table) return false;
    const number = numberIn(delivery, this.#key.number);
    if (number < 0) return false;
    if (number >= this.#rows.length) this.#grow(number);
    this.found = this.#rows[number]! - 1;
    if (this.found < 0 && this.#key.named !== undefined) {
      // Where the delivery is then counted by its event after all, that finds the same row.
      this.found = table.rowOf(this.#key.named(delivery.scope, number), this.#maxKeys);
      this.#rows[number] = this.found + 1;
    }
    return this.found >= 0;
  }

  #enter(table: GroupTable, scope: object): void {
    let scopes = this.#known.get(table);
    if (scopes === undefined) {
      scopes = new WeakMap();
      this.#known.set(table, scopes);
    }
    this.#table = table;
    this.#scope = scope;
    this.#rows = scopes.get(scope) ?? new Int32Array(256);
    scopes.set(scope, this.#rows);
  }

  #grow(number: number): void {
    const rows = new Int32Array(Math.max(2 * this.#rows.length, number + 1));
    rows.set(this.#rows);
    this.#rows = rows;
    this.#known.get(this.#table!)!.set(this.#scope!, rows);
  }
}
