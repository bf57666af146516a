/** `smtp-enrich ingest`: adds what is new in the logs to a state; may run every minute over the same files. */
import { SmtpEnrichError } from '../src/event/index.ts';
import { accountFor, INPUT_OPTIONS } from './options.ts';
import { definePipeline } from './pipeline.ts';
import { openIngestion } from './state-file.ts';
import { INGEST_OPTIONS } from './state-options.ts';

const { since: _since, until: _until, ...READING } = INPUT_OPTIONS;

export default definePipeline({
  positional: {
    name: 'files',
    describe: 'log files, plain or gzip, in any order, rotated ones too: /var/log/mail.log*; - for standard input',
    variadic: true,
    files: true,
  },
  options: {
    'input-id': {
      type: 'string',
      describe: 'for standard input: a name for what is piped in, which is counted once, all of it or nothing',
      value: 'NAME',
    },
    ...INGEST_OPTIONS,
    ...READING,
  },
  examples: [
    ['smtp-enrich ingest --state /var/lib/smtp-enrich/state.db -q /var/log/mail.log*', 'for cron, every minute'],
    ['zcat old.gz | smtp-enrich ingest --state state.db --input-id mx01-2025', 'piped in, once'],
  ],
  async run(values, files, io) {
    const piped = files.length === 0 || files.includes('-');
    if (piped && (files.length > 1 || values['input-id'] === undefined))
      throw new SmtpEnrichError(
        'USAGE',
        'standard input has no place to be found again: with a state it needs a name, and comes alone',
        'For instance: zcat old.gz | smtp-enrich ingest --state state.db --input-id mx01-2025',
      );
    const { ingestion, close } = await openIngestion(values, io);
    try {
      const result = piped ? await ingestion.stdin(values['input-id']!, io) : await ingestion.pass(files, io.now);
      if (piped && result.unchanged > 0)
        io.stderr.write(
          `smtp-enrich: --input-id ${values['input-id']} has been counted before; nothing was counted again\n`,
        );
      const code = accountFor(result.reports, { ...values, since: undefined, until: undefined }, io);
      if (!values.quiet && result.waiting > 0)
        io.stderr.write(`smtp-enrich: ${result.waiting} bytes of unfinished last lines wait for their line feed\n`);
      return result.gaps.length > 0 ? 3 : code;
    } finally {
      close();
    }
  },
});
