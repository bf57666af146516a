/** `smtp-enrich follow`: ingest as a service. Reads on as the logs grow and rotate, until it is told to end. */
import { existsSync } from 'node:fs';
import { SmtpEnrichError } from '../src/event/index.ts';
import { plural } from '../src/report/figures.ts';
import { accountFor, INPUT_OPTIONS } from './options.ts';
import { definePipeline } from './pipeline.ts';
import { openIngestion } from './state-file.ts';
import { INGEST_OPTIONS } from './state-options.ts';

const { since: _since, until: _until, ...READING } = INPUT_OPTIONS;

export default definePipeline({
  positional: { name: 'files', describe: 'the logs as they are written: /var/log/mail.log', variadic: true },
  options: {
    interval: {
      type: 'number',
      default: 1,
      describe: 'seconds between two looks, each with a commit',
      value: 'SECONDS',
    },
    ...INGEST_OPTIONS,
    ...READING,
  },
  examples: [
    ['smtp-enrich follow --state /var/lib/smtp-enrich/state.db /var/log/mail.log', 'see samples/ for systemd'],
  ],
  async run(values, files, io) {
    if (files.length === 0 || files.includes('-'))
      throw new SmtpEnrichError(
        'USAGE',
        'name the log files to follow',
        'Standard input is read by ingest --input-id.',
      );
    let stopped = false;
    let wake = (): void => {};
    io.onStop?.(() => {
      stopped = true;
      wake();
    });
    const { ingestion, close } = await openIngestion(values, io, () => stopped);
    const started = performance.now();
    let events = 0;
    let code = 0;
    try {
      for (let first = true; !stopped; first = false) {
        // Between two moves of a rotation a name may lead nowhere; at the start it is a mistake.
        const there = first ? files : files.filter((file) => existsSync(file));
        const result = await ingestion.pass(there, io.now + Math.round(performance.now() - started));
        for (const { accounting } of result.reports) events += accounting.event;
        const trouble = accountFor(result.reports, { ...values, since: undefined, until: undefined, quiet: true }, io);
        if (result.gaps.length > 0 || trouble !== 0) code = 3;
        if (stopped) break;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, values.interval * 1000);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    } finally {
      close();
    }
    if (!values.quiet) io.stderr.write(`smtp-enrich: ended when asked; ${plural(events, 'event')} stored\n`);
    return code;
  },
});
