/**
 * The library: the same pure functions the command line runs, and one call that does it all for a text at hand.
 */

export { zoneOffset } from './correlate/clock.ts';
export { type CorrelateOptions, Correlator } from './correlate/correlator.ts';
export { Classifier } from './enrich/classify.ts';
export { compileTable } from './enrich/code-table.ts';
export * from './event/index.ts';
export { parseSmtpReply } from './parse/smtp-reply.ts';
export { renderEventNdjson } from './report/event-ndjson.ts';
export { textSource } from './source/stream.ts';
export { type EventOptions, type EventStep, runEvents } from './stream/events.ts';

import { codeTable } from '../pipelines/code-table.ts';
import { zoneOffset } from './correlate/clock.ts';
import type { DeliveryEvent, Tables } from './event/index.ts';
import { renderEventNdjson } from './report/event-ndjson.ts';
import { textSource } from './source/stream.ts';
import { runEvents } from './stream/events.ts';

/** The built-in code table, with a user's own (the path of a CSV file) before it. One file stays open for it, however often it is asked for. */
export function loadTables({ userTable }: { readonly userTable?: string | undefined } = {}): Tables {
  return codeTable(userTable);
}

/** The NDJSON fields of an event, as plain data. */
export type PlainEvent = Omit<DeliveryEvent, 'time' | 'first' | 'input' | 'verdict' | 'recipientKey'>;

/**
 * Reads a log or webhook payload that is in memory and returns its events, in order, as plain data.
 * @param text a Postfix log, or SendGrid events as NDJSON or JSON arrays; gzip is unpacked
 * @param options `now`: the latest moment the text can speak of, ms since 1970 UTC, from which year-less stamps get their year
 *   (default: the clock); `timeZone`: the zone of stamps that name none (default UTC); `format`: looked at where absent
 * @throws SmtpEnrichError for an unknown format; never for anything in the text
 */
export async function enrichText(
  text: string | Buffer,
  options: { now?: number; timeZone?: string; format?: string; inbound?: boolean } = {},
): Promise<PlainEvent[]> {
  const now = options.now ?? Date.now();
  const events: PlainEvent[] = [];
  await runEvents(
    {
      sources: [textSource('text', text, now)],
      tables: codeTable(),
      needs: { senders: true, inbound: options.inbound ?? false, warnings: true },
      format: options.format,
      year: undefined,
      zone: zoneOffset(options.timeZone ?? 'UTC'),
      now,
      maxAge: 7 * 86_400_000,
      threads: 0,
    },
    { event: (event) => events.push(JSON.parse(renderEventNdjson(event)) as PlainEvent) },
  );
  return events;
}
