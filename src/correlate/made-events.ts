/** Events that no line of their own stands behind. */
import type { Client, DeliveryEvent, LogRecord, Verdict } from '../event/index.ts';
import { formatTimestamp, type LogClock } from './clock.ts';
import type { DeferralCorrection } from './first-deferral.ts';
import type { Emit } from './options.ts';

export function emitCorrection(correction: DeferralCorrection | undefined, emit: Emit): void {
  if (correction === undefined) return;
  const { verdict, ...fields } = correction;
  emit(withVerdict(fields, verdict));
}

const RECEIVED: Verdict = {
  category: 'accepted',
  action: 'none',
  retryable: false,
  confidence: 'high',
  evidence: { layer: 'event', rule: 'received', matched: 'queue active' },
};

/** What smtpd(8) or pickup(8) took in, and the queue manager has taken up: what is turned away in between is not received. */
export function receivedEvent(
  record: LogRecord,
  client: Client,
  message_id: string | undefined,
  { time, offset }: LogClock,
  input: string,
): DeliveryEvent {
  const { format, host, program, queue_id, sender, size } = record;
  const timestamp = Number.isNaN(time) ? undefined : formatTimestamp(time, offset);
  const line = { format, host, program, queue_id, sender, message_id, size };
  return withVerdict({ time, first: false, input, event: 'processed', timestamp, ...client, ...line }, RECEIVED);
}

/** An event that no line of its own stands behind. */
export function withVerdict(fields: Omit<DeliveryEvent, 'verdict'>, verdict: Verdict): DeliveryEvent {
  return {
    ...fields,
    verdict,
    reply_code: verdict.reply_code,
    enhanced_code: verdict.enhanced_code,
    command: verdict.command,
    category: verdict.category,
    root_cause: verdict.root_cause,
    bounce_type: verdict.bounce_type,
    fault: verdict.fault,
    action: verdict.action,
    retryable: verdict.retryable,
    confidence: verdict.confidence,
    evidence: verdict.evidence,
  };
}
