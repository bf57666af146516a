/** What events can be grouped by, and how the row of an event's key is found without looking at its text each time. */
import type { DeliveryEvent, EventName, RowScope, Verdict } from '../event/index.ts';
import type { NumberedBy } from './counted-table.ts';
import type { GroupTable } from './group-table.ts';
import { refusalOf } from './refusal.ts';

/** The key of events that do not say. */
export const NO_KEY = '(none)';

/** What events can be grouped by, and where an event says so. */
export const GROUP_KEYS = {
  domain: {
    of: (event) => event.domain ?? NO_KEY,
    number: 'domain',
    counted: 'domain',
  },
  /** The receiving system: by name where providers.csv knows it, else its host, else its address. */
  provider: {
    of: (event) => event.provider ?? event.relay_host ?? event.relay_ip ?? NO_KEY,
    number: 'relay',
    counted: 'group',
  },
  sender: { of: (event) => (event.sender === '' ? '<>' : (event.sender ?? '(unknown)')) },
  sender_domain: { of: (event) => domainOf(event.sender) },
  recipient: { of: (event) => event.recipient ?? NO_KEY },
  relay: {
    of: (event) => event.relay ?? NO_KEY,
    number: 'relay',
    counted: 'relay',
  },
  host: { of: (event) => event.host ?? NO_KEY, number: 'host', counted: 'host' },
  category: { of: (event) => event.verdict.category, number: 'verdict', counted: 'verdict' },
  /** The enhanced status code; where the answer has none, the reply code. */
  code: {
    of: (event) => codeOf(event.verdict),
    number: 'verdict',
    counted: 'verdict',
  },
  /** What was refused on the way in, by its code; such events are in no other table, they concern no mail of ours. */
  reject: { of: (event) => codeOf(event.verdict) },
  /** The same by what was done and why. */
  refusal: { of: refusalOf },
  /** What would have been refused, but for warn_if_reject: likewise. */
  reject_warning: { of: refusalOf },
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
  /** What leads to the row of a delivery that is counted by its numbers; absent where those do not tell the key. */
  readonly counted?: NumberedBy;
}

export type GroupKey = keyof typeof GROUP_KEYS;

/** Tables of what happened on the way in, and the events they are of; all other tables are of all other events. */
export const INBOUND_EVENTS: Readonly<Partial<Record<GroupKey, EventName>>> = {
  reject: 'rejected',
  refusal: 'rejected',
  client: 'rejected',
  reject_warning: 'reject_warning',
};
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
  reject_warning: 'client',
  client: 'domain',
} as const satisfies Record<GroupKey, GroupKey>;
const REPLY_CODE_TEXTS: readonly string[] = Array.from({ length: 1000 }, (_, code) => String(code));

/** The enhanced status code of a verdict; where it has none, its reply code. */
export function codeOf({ enhanced_code, reply_code }: Verdict): string {
  return enhanced_code ?? replyCodeText(reply_code);
}

function replyCodeText(code: number | undefined): string {
  return code === undefined ? NO_KEY : (REPLY_CODE_TEXTS[code] ?? NO_KEY);
}

function numberIn(event: DeliveryEvent, name: KeyOfEvent['number']): number {
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
    const { counted } = table;
    if (counted?.isNumbered(scope!)) {
      const known = counted.rowOfNumber(scope as RowScope, number);
      if (known >= 0) return known;
      const row = table.rowOf(this.#key.of(event), this.#maxKeys);
      counted.setRowOfNumber(scope as RowScope, number, row);
      return row;
    }
    if (scope !== this.#scope || table !== this.#table) this.#enter(table, scope!);
    if (number >= this.#rows.length) this.#grow(number);
    const known = this.#rows[number]!;
    if (known > 0) return known - 1;
    const row = table.rowOf(this.#key.of(event), this.#maxKeys);
    this.#rows[number] = row + 1;
    return row;
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
