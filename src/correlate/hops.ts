/** Deliveries that may have gone to a content filter of this host, and how that is told: see decision 0008. */
import type { LogRecord, Opening } from '../event/index.ts';
import type { DeferralCorrection } from './first-deferral.ts';
import { deferralOf, lastAnswer, type OpenRecipient } from './open-recipients.ts';

/** A delivery whose answer said `queued as`: what is needed to take it back. */
export interface Hop
  extends Pick<
    LogRecord,
    | 'format'
    | 'host'
    | 'program'
    | 'queue_id'
    | 'status'
    | 'recipient'
    | 'original_recipient'
    | 'domain'
    | 'relay'
    | 'relay_host'
    | 'relay_ip'
    | 'relay_port'
    | 'provider'
    | 'delay'
    | 'delays'
    | 'tls'
    | 'connection_use'
    | 'dsn'
    | 'response'
    | 'reply_text'
    | 'verdict'
    | 'sender'
    | 'message_id'
    | 'size'
  > {
  readonly input: string;
  readonly time: number;
  readonly offset: number;
  readonly first: boolean;
  /** Where the message was counted at a deferral before: takes that back as well. */
  readonly deferral?: DeferralCorrection | undefined;
}

/**
 * @param moment its time, ms since 1970 UTC, and zone, minutes east of UTC
 * @param open the recipient, where it was left deferred before
 */
export function hopOf(
  record: LogRecord,
  { time, offset }: { readonly time: number; readonly offset: number },
  open: OpenRecipient | undefined,
  input: string,
  opening: Opening | undefined,
): Hop {
  return {
    host: record.host,
    program: record.program,
    format: record.format,
    input,
    queue_id: record.queue_id,
    status: record.status,
    ...lastAnswer(record),
    delay: record.delay,
    delays: record.delays,
    tls: record.tls,
    connection_use: record.connection_use,
    reply_text: record.reply_text,
    sender: opening?.sender,
    message_id: opening?.message_id,
    size: opening?.size,
    time,
    offset,
    first: open === undefined,
    ...(open && { deferral: deferralOf(open, record, input, opening) }),
  };
}

/** So many relays are remembered by whether they are named as filters. */
const MOST_RELAYS = 4096;

//  3mLQKH6hqhz7sWK: to=<logspam@example.org>, relay=local, …, status=sent (forwarded as 3mLQKK4rDdz7sVS)
//                                                                          ^
/** Whether local(8) sent the message on, by an alias or a .forward: it says itself that this is a message of this host. */
export function isForwarded(record: LogRecord): boolean {
  return record.relay === 'local' && record.response?.startsWith('forwarded as ') === true;
}

/** Whether a record's relay is one of these: as logged, by name, by address, by either with the port, or by socket. */
export function filterRelays(names: readonly string[]): (record: LogRecord) => boolean {
  if (names.length === 0) return () => false;
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const known = new Map<string, boolean>();
  return (record) => {
    const { relay } = record;
    if (relay === undefined) return false;
    let found = known.get(relay);
    if (found === undefined) {
      const { relay_host: host, relay_ip: ip, relay_port: port } = record;
      const socket = ip === undefined && relay.endsWith(']') ? relay.slice(relay.indexOf('[') + 1, -1) : undefined;
      found = [relay, host, ip, `[${ip}]`, `${host}:${port}`, `${ip}:${port}`, `[${ip}]:${port}`, socket].some(
        (name) => name !== undefined && wanted.has(name.toLowerCase()),
      );
      if (known.size >= MOST_RELAYS) known.clear();
      known.set(relay, found);
    }
    return found;
  };
}
