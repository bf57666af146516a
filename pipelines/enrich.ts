/** `cat maillog | smtp-enrich`: every delivery attempt, with what its answer means. */

import { formatTimestamp } from '../src/correlate/clock.ts';
import type { DeliveryEvent } from '../src/event/index.ts';
import { renderEventCsv, renderEventCsvHeader } from '../src/report/event-csv.ts';
import { EventLines } from '../src/report/event-lines.ts';
import { eventTextHeader, renderEventText } from '../src/report/event-text.ts';
import { PlainLines } from '../src/report/plain-lines.ts';
import { stdoutSink } from '../src/sink/stdout.ts';
import { createEngine, isCounted, runEvents } from '../src/stream/events.ts';
import { accountFor, FILES, INPUT_OPTIONS, settingsOf } from './options.ts';
import { REDACT_OPTIONS, redactedReports, redactorOf } from './output.ts';
import { definePipeline } from './pipeline.ts';
import { terminalStyle } from './terminal.ts';

export default definePipeline({
  positional: FILES,
  options: {
    format: {
      type: 'string',
      choices: ['ndjson', 'text', 'csv'],
      describe: 'what to write (default: text on a terminal, ndjson in a pipe)',
    },
    correlate: {
      type: 'boolean',
      default: true,
      describe: 'add sender and message id from earlier lines; --no-correlate is faster',
    },
    inbound: { type: 'boolean', default: false, describe: 'also what was rejected, or warned of, on the way in' },
    ...REDACT_OPTIONS,
    ...INPUT_OPTIONS,
  },
  examples: [
    ['cat /var/log/mail.log | smtp-enrich', 'one JSON object for each delivery attempt'],
    ['smtp-enrich --format csv mail.log.1 mail.log.2.gz', 'files, in any order'],
    ['smtp-enrich mail.log | jq \'select(.action == "suppress") | .recipient\'', 'with jq'],
  ],
  async run(values, files, io) {
    const format = values.format ?? (io.stdout.isTTY === true ? 'text' : 'ndjson');
    // Without names, a line is another one.
    const heads = format === 'ndjson' && !values.redact && values['redact-key'] === undefined;
    const settings = await settingsOf(values, files, io, {
      senders: values.correlate,
      inbound: values.inbound,
      warnings: true,
      heads,
    });
    const redactor = await redactorOf(values, io);
    const style = terminalStyle(io);
    const line: (event: DeliveryEvent) => string =
      format === 'text' ? (event) => `${renderEventText(event, style)}\n` : renderEventCsv;
    const head =
      format === 'csv'
        ? renderEventCsvHeader()
        : format === 'text' && io.stdout.isTTY === true
          ? `${eventTextHeader(style)}\n`
          : '';

    const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = settings;
    const engine = createEngine(settings);
    const { memory } = engine.pool;
    let plain: PlainLines | undefined;
    let lines = new EventLines();
    let text = head;
    const reports = await runEvents(
      { ...settings, engine },
      (infos) => {
        if (heads && infos.some(isCounted)) {
          plain = new PlainLines(memory, engine.reader.names, { since, until, formatTimestamp });
          lines = plain.events;
        }
        return {
          plain,
          event(event) {
            // An event without a time is in every period: leaving it out would lose it.
            if (event.time < since || event.time >= until) return;
            const shown = redactor === undefined ? event : redactor.event(event);
            if (format === 'ndjson') lines.add(shown);
            else text += line(shown);
          },
          endBatch() {
            if (format === 'ndjson') return lines.take();
            const written = text;
            text = '';
            return written === '' ? undefined : written;
          },
        };
      },
      stdoutSink(io.stdout, (chunk) => lines.giveBack(chunk)),
    );
    if (text !== '') io.stdout.write(text);
    return accountFor(redactedReports(reports, redactor), values, io);
  },
});
