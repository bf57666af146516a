/** `smtp-enrich suppress`: the addresses that must not be mailed again, and why. */
import { policyNamed } from '../src/aggregate/policy.ts';
import { foldSuppression, suppressions } from '../src/aggregate/suppression.ts';
import { renderSuppressionList } from '../src/report/suppression/list.ts';
import { renderSuppressionNdjson } from '../src/report/suppression/ndjson.ts';
import { renderSuppressionCsv } from '../src/report/suppression/spreadsheet.ts';
import { runEvents } from '../src/stream/events.ts';
import { accountFor, FILES, INPUT_OPTIONS, settingsOf } from './options.ts';
import { definePipeline } from './pipeline.ts';

export default definePipeline({
  positional: FILES,
  options: {
    format: { type: 'string', choices: ['csv', 'ndjson', 'txt'], default: 'csv', describe: 'what to write' },
    ...INPUT_OPTIONS,
  },
  examples: [
    ['smtp-enrich suppress /var/log/mail.log* > suppressions.csv', 'with the answer and the rule for each address'],
  ],
  async run(values, files, io) {
    const settings = await settingsOf(values, files, io, { senders: false, inbound: false, warnings: false });
    const fold = foldSuppression();
    const ledger = fold.create();
    const { until = Number.POSITIVE_INFINITY, since = Number.NEGATIVE_INFINITY } = settings;
    const inputs = await runEvents(settings, {
      event(event) {
        if (event.time < since || event.time >= until) return;
        fold.add(ledger, event);
      },
    });
    const list = suppressions(ledger, policyNamed('standard')!, io.now);
    io.stdout.write(
      values.format === 'txt'
        ? renderSuppressionList(list)
        : values.format === 'ndjson'
          ? renderSuppressionNdjson(list, settings.timeZone)
          : renderSuppressionCsv(list, settings.timeZone),
    );
    return accountFor(inputs, values, io);
  },
});
