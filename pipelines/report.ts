/** `smtp-enrich report`: what needs action, then the figures. */
import { policyNamed } from '../src/aggregate/policy.ts';
import { foldReport, reportData } from '../src/aggregate/report-data.ts';
import { renderReportCsv } from '../src/report/report-csv.ts';
import { renderReportJson } from '../src/report/report-json.ts';
import { renderReportText } from '../src/report/report-text.ts';
import { runEvents } from '../src/stream/events.ts';
import { accountFor, FILES, INPUT_OPTIONS, settingsOf } from './options.ts';
import { definePipeline, type Io, type OptionValues } from './pipeline.ts';
import { terminalStyle } from './terminal.ts';

const OPTIONS = {
  format: { type: 'string', choices: ['text', 'json', 'csv'], default: 'text', describe: 'what to write' },
  top: { type: 'number', default: 20, describe: 'rows a table', value: 'N' },
  ...INPUT_OPTIONS,
} as const;

export async function runReport(
  values: OptionValues<typeof OPTIONS>,
  files: readonly string[],
  io: Io,
): Promise<number> {
  const settings = await settingsOf(values, files, io, { senders: false, inbound: false, warnings: true });
  const fold = foldReport({ since: settings.since, until: settings.until });
  const sums = fold.create();
  const inputs = await runEvents(settings, { event: (event) => fold.add(sums, event) });
  const data = reportData(fold.extract(sums), {
    timeZone: settings.timeZone,
    now: io.now,
    since: settings.since,
    until: settings.until,
    policy: policyNamed('standard')!,
    categories: settings.tables.categories,
    providerNames: new Map(settings.tables.providers.map(({ id, name }) => [id, name])),
    inputs,
  });
  const { top } = values;
  io.stdout.write(
    values.format === 'json'
      ? renderReportJson(data, { top })
      : values.format === 'csv'
        ? renderReportCsv(data.tables.find(({ dimension }) => dimension === 'domain')!, { top })
        : renderReportText(data, terminalStyle(io), { top }),
  );
  return accountFor(inputs, values, io);
}

export default definePipeline({
  positional: FILES,
  options: OPTIONS,
  examples: [
    ['smtp-enrich report /var/log/mail.log*', 'the morning report'],
    ['smtp-enrich report --since yesterday --until today --format json mail.log', 'one day, for programs'],
  ],
  run: runReport,
});
