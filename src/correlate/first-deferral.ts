/**
 * A message is counted at its first record. One that a content filter put off before it took it is counted there, and again where
 * the filter sends it on: what the first deferral counted is then taken back, so it has to be known under which keys that was.
 */
import type { DeliveryEvent, Verdict } from '../event/index.ts';
import { formatTimestamp } from './clock.ts';

/** What a deferral can be counted by that may be different the next time. */
export interface DeferralKeys {
  readonly relay: string | undefined;
  readonly relay_host: string | undefined;
  readonly relay_ip: string | undefined;
  readonly relay_port: number | undefined;
  readonly provider: string | undefined;
  readonly verdict: Verdict;
}

/** Of a recipient that was left deferred. Entries that an earlier version stored have no time. */
export interface FirstDeferral {
  /** Of the first deferral, ms since 1970 UTC, and its zone. */
  readonly first_time?: number;
  readonly first_offset?: number;
  /** The first deferral's, where the last one's differ. */
  first?: DeferralKeys;
}

/** To be called before the keys of the last deferral are overwritten by those of a new one. */
export function keepFirst(known: DeferralKeys & FirstDeferral, next: DeferralKeys): void {
  const first = known.first ?? known;
  if (agree(first, next)) delete known.first;
  else if (known.first === undefined) {
    const { relay, relay_host, relay_ip, relay_port, provider, verdict } = known;
    known.first = { relay, relay_host, relay_ip, relay_port, provider, verdict };
  }
}

function agree(a: DeferralKeys, b: DeferralKeys): boolean {
  const { verdict: x } = a;
  const { verdict: y } = b;
  return (
    a.relay === b.relay &&
    a.provider === b.provider &&
    a.relay_host === b.relay_host &&
    a.relay_ip === b.relay_ip &&
    (x === y ||
      (x.category === y.category &&
        x.reply_code === y.reply_code &&
        x.enhanced_code === y.enhanced_code &&
        x.evidence.layer === y.evidence.layer &&
        x.evidence.rule === y.evidence.rule &&
        x.action === y.action &&
        x.suspended === y.suspended))
  );
}

/** What the correcting event says of the deferral it corrects. */
export type DeferralCorrection = Omit<DeliveryEvent, keyof Verdict | 'verdict'> & { readonly verdict: Verdict };

/**
 * The event that takes back the message which a recipient's first deferral counted; the deferral itself stays, mail did wait there.
 * It has the deferral's time: any period holds both or neither. Undefined where the time is not known.
 * @param delivery the delivery to the filter
 */
export function correctionOf(
  known: DeferralKeys &
    FirstDeferral & {
      readonly recipient: string | undefined;
      readonly original_recipient: string | undefined;
      readonly domain: string | undefined;
    },
  delivery: Pick<DeliveryEvent, 'host' | 'format' | 'queue_id' | 'input'>,
  opening: Pick<DeliveryEvent, 'sender' | 'message_id' | 'size'> | undefined,
): DeferralCorrection | undefined {
  const { first_time: time, first_offset: offset = 0 } = known;
  if (time === undefined) return undefined;
  const { relay, relay_host, relay_ip, relay_port, provider, verdict } = known.first ?? known;
  return {
    time,
    first: true,
    input: delivery.input,
    format: delivery.format,
    host: delivery.host,
    queue_id: delivery.queue_id,
    event: 'internal',
    corrects: 'deferred',
    status: 'deferred',
    recipient: known.recipient,
    original_recipient: known.original_recipient,
    domain: known.domain,
    relay,
    relay_host,
    relay_ip,
    relay_port,
    provider,
    timestamp: Number.isNaN(time) ? undefined : formatTimestamp(time, offset),
    sender: opening?.sender,
    message_id: opening?.message_id,
    size: opening?.size,
    verdict,
  };
}
