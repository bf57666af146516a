/** `smtp-enrich activity`: what happened to the mail for one address or domain, newest first. */
import { Meanings } from '../src/aggregate/meanings.ts';
import { type DeliveryEvent, EVENT_FIELDS, EVENT_NAMES, type EventName, SmtpEnrichError } from '../src/event/index.ts';
import { domainOf } from '../src/parse/addresses.ts';
import { renderActivity } from '../src/report/activity-text.ts';
import { renderEventCsv, renderEventCsvHeader } from '../src/report/event-csv.ts';
import { renderEventNdjson } from '../src/report/event-ndjson.ts';
import { plural } from '../src/report/figures.ts';
import { PLAIN } from '../src/report/style.ts';
import { runEvents } from '../src/stream/events.ts';
import { accountFor, FILES, INPUT_OPTIONS, settingsOf } from './options.ts';
import { deliver, OUTPUT_OPTIONS, progressOf, redactedReports, redactorOf } from './output.ts';
import { definePipeline } from './pipeline.ts';
import { terminalStyle } from './terminal.ts';

/** The words of SendGrid's Email Activity page, beside our own. */
const OTHER_NAMES: Readonly<Record<string, readonly EventName[]>> = {
  requests: ['processed'],
  bounces: ['bounced'],
  bounce: ['bounced'],
  deferrals: ['deferred'],
  drops: ['dropped'],
  spamreport: ['complained'],
};

export default definePipeline({
  positional: FILES,
  options: {
    address: { type: 'string', array: true, describe: 'of this recipient', value: 'ADDRESS' },
    domain: { type: 'string', array: true, describe: 'of recipients at this domain', value: 'DOMAIN' },
    event: {
      type: 'string',
      describe: 'of these outcomes: processed,delivered,bounced,deferred,dropped,expired,…',
      value: 'NAMES',
    },
    detail: {
      type: 'boolean',
      default: false,
      describe: "below each the server's message, its meaning, the action, the rule",
    },
    limit: { type: 'number', default: 1000, describe: 'the newest so many, 0 for all', value: 'N' },
    format: {
      type: 'string',
      choices: ['text', 'ndjson', 'csv'],
      describe: 'what to write (default: text on a terminal or with --detail, ndjson in a pipe)',
    },
    ...OUTPUT_OPTIONS,
    ...INPUT_OPTIONS,
  },
  examples: [
    ['smtp-enrich activity /var/log/mail.log* --address ann@example.com --detail', 'all about one recipient'],
    ['smtp-enrich activity mail.log --domain example.com --event bounced,deferred', 'what one domain refused'],
  ],
  async run(values, files, io) {
    const names = eventNames(values.event);
    const addresses = new Set(values.address.map((address) => address.toLowerCase()));
    const domains = new Set(values.domain.map((domain) => domainOf(domain.replace(/^@/, ''))));
    const limit = values.limit === 0 ? Number.POSITIVE_INFINITY : values.limit;
    const redactor = await redactorOf(values, io);
    const settings = await settingsOf(values, files, io, { senders: true, inbound: false, warnings: false });
    const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = settings;
    let found: DeliveryEvent[] = [];
    let count = 0;
    const progress = progressOf(io);
    const inputs = await runEvents(
      { ...settings, onProgress: progress.onProgress },
      {
        event(event) {
          if (event.event === 'warning' || event.time < since || event.time >= until) return;
          if (names !== undefined && !names.has(event.event)) return;
          if (domains.size > 0 && !domains.has(event.domain ?? '')) return;
          if (addresses.size > 0 && !isTo(event, addresses)) return;
          count++;
          found.push(copyOf(event));
          if (found.length >= limit * 2) found = newest(found, limit);
        },
      },
    );
    progress.end();
    const shown = newest(found, limit).map((event) => (redactor === undefined ? event : redactor.event(event)));
    const format = values.format ?? (io.stdout.isTTY === true || values.detail ? 'text' : 'ndjson');
    const style = values.output === undefined ? terminalStyle(io) : PLAIN;
    const { tables } = settings;
    const { categories, warnings } = tables;
    const codeRow = (id: string) => tables.rowOf(id);
    const meanings = values.detail ? new Meanings({ categories, codeRow, warnings }) : undefined;
    const text =
      format === 'csv'
        ? renderEventCsvHeader() + shown.map(renderEventCsv).join('')
        : shown
            .map((event) =>
              format === 'ndjson' ? `${renderEventNdjson(event)}\n` : renderActivity(event, style, meanings),
            )
            .join('');
    await deliver(text, values.output, io);
    if (count > shown.length && !values.quiet)
      io.stderr.write(`${plural(count, 'event')} found, the newest ${limit} shown (--limit)\n`);
    return accountFor(redactedReports(inputs, redactor), values, io);
  },
});

function eventNames(text: string | undefined): ReadonlySet<EventName> | undefined {
  if (text === undefined) return undefined;
  const names = new Set<EventName>();
  const words = text
    .toLowerCase()
    .split(',')
    .map((w) => w.trim())
    .filter((w) => w !== '');
  if (words.length === 0)
    throw new SmtpEnrichError('USAGE', '--event names no event', `Known are ${EVENT_NAMES.join(', ')}.`);
  for (const word of words) {
    const known = Object.hasOwn(OTHER_NAMES, word) ? OTHER_NAMES[word]! : EVENT_NAMES.filter((name) => name === word);
    if (known.length === 0)
      throw new SmtpEnrichError(
        'USAGE',
        `--event: there is no event ${JSON.stringify(word)}`,
        `Known are ${EVENT_NAMES.join(', ')}.`,
      );
    for (const name of known) names.add(name);
  }
  return names;
}

function isTo(event: DeliveryEvent, addresses: ReadonlySet<string>): boolean {
  return (
    addresses.has(event.recipient?.toLowerCase() ?? '') || addresses.has(event.original_recipient?.toLowerCase() ?? '')
  );
}

/** An event is a view on a block that is soon used for others. */
function copyOf(event: DeliveryEvent): DeliveryEvent {
  const copy: Record<string, unknown> = {
    time: event.time,
    first: event.first,
    input: event.input,
    verdict: event.verdict,
  };
  for (const field of EVENT_FIELDS) copy[field] = event[field];
  return copy as unknown as DeliveryEvent;
}

/** Newest first; of one moment, the last read first. Without a time at the end. */
function newest(events: readonly DeliveryEvent[], limit: number): DeliveryEvent[] {
  const time = (event: DeliveryEvent): number => (Number.isNaN(event.time) ? Number.NEGATIVE_INFINITY : event.time);
  return events
    .map((event, index) => ({ event, index }))
    .sort((a, b) => (time(a.event) === time(b.event) ? b.index - a.index : time(b.event) - time(a.event)))
    .slice(0, limit)
    .map(({ event }) => event);
}
