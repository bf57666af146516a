/** What is remembered of a message that was put off. */
import type { LogRecord, Opening, Verdict } from '../event/index.ts';
import { correctionOf, type DeferralCorrection, type FirstDeferral } from './first-deferral.ts';

/** A recipient whose message was deferred and of whom nothing final has been heard. */
export interface OpenRecipient extends FirstDeferral {
  /** As the last record writes them. */
  recipient: string | undefined;
  original_recipient: string | undefined;
  domain: string | undefined;
  relay: string | undefined;
  relay_host: string | undefined;
  relay_ip: string | undefined;
  relay_port: number | undefined;
  provider: string | undefined;
  dsn: string | undefined;
  response: string | undefined;
  verdict: Verdict;
}

export type LastAnswer = Pick<
  OpenRecipient,
  | 'recipient'
  | 'original_recipient'
  | 'domain'
  | 'relay'
  | 'relay_host'
  | 'relay_ip'
  | 'relay_port'
  | 'provider'
  | 'dsn'
  | 'response'
  | 'verdict'
>;

export interface OpenQueueId {
  readonly host: string | undefined;
  readonly queue_id: string | undefined;
  /** When last heard of, ms since 1970 UTC. */
  last: number;
  readonly recipients: OpenRecipient[];
}

/** What is kept of a recipient's last record. */
export function lastAnswer(record: LogRecord): LastAnswer {
  return {
    recipient: record.recipient,
    original_recipient: record.original_recipient,
    domain: record.domain,
    relay: record.relay,
    relay_host: record.relay_host,
    relay_ip: record.relay_ip,
    relay_port: record.relay_port,
    provider: record.provider,
    dsn: record.dsn,
    response: record.response,
    verdict: record.verdict,
  };
}

export function deferralOf(
  open: OpenRecipient,
  { host, format, queue_id }: LogRecord,
  input: string,
  opening: Opening | undefined,
): DeferralCorrection | undefined {
  return correctionOf(open, { host, format, queue_id, input }, opening);
}

export function indexOfRecipient({ recipients }: OpenQueueId, recipient: string | undefined): number {
  // Mostly there is one, and written as before.
  for (let i = 0; i < recipients.length; i++) if (recipients[i]!.recipient === recipient) return i;
  const wanted = recipient?.toLowerCase();
  return recipients.findIndex((open) => open.recipient?.toLowerCase() === wanted);
}
