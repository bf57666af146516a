/** `smtp-enrich report`: what needs action, then the figures. */
import { PlainDeliveries } from '../src/aggregate/plain-deliveries.ts';
import { canCount, foldReport, type ReportFoldOptions, type ReportSums } from '../src/aggregate/report-fold.ts';
import { DEFAULT_DIMENSIONS, DIMENSIONS, type Dimension, isInbound } from '../src/aggregate/report-model.ts';
import type { LedgerAddress } from '../src/aggregate/suppression.ts';
import { type DeliveryEvent, type InputInfo, type InputReport, SmtpEnrichError } from '../src/event/index.ts';
import { limitsReached, parseFailOn } from '../src/report/fail-on.ts';
import type { Redactor } from '../src/report/redact.ts';
import { createEngine, type EventStep, isCounted, runEvents } from '../src/stream/events.ts';
import { optimiseLess } from '../src/stream/threads.ts';
import { accountFor, FILES, INPUT_OPTIONS, type Settings, settingsOf } from './options.ts';
import { deliver, OUTPUT_OPTIONS, POLICY_OPTION, policyOf, progressOf, redactedReports, redactorOf } from './output.ts';
import { definePipeline, type Io, type OptionSpecs, type OptionValues } from './pipeline.ts';
import { noFilesBeside, STATE_OPTION } from './state-options.ts';

const OPTIONS = {
  format: {
    type: 'string',
    choices: ['text', 'json', 'csv', 'markdown', 'html'],
    default: 'text',
    describe: 'what to write; html is one file with charts, csv is one table (--by)',
  },
  by: {
    type: 'string',
    array: true,
    choices: DIMENSIONS,
    describe: 'the tables, instead of domain, provider, category, code, hour and day',
  },
  detail: { type: 'number', default: 0, describe: 'so many reasons, with the answers, below each row', value: 'N' },
  top: { type: 'number', default: 20, describe: 'rows a table, 0 for all', value: 'N' },
  sort: {
    type: 'string',
    choices: ['worst', 'messages', 'bytes'],
    default: 'worst',
    describe: 'the order of rows: worst deferral rate, most messages, or most bytes delivered first',
  },
  'min-messages': { type: 'number', default: 0, describe: 'leave out rows with fewer messages', value: 'N' },
  inbound: {
    type: 'boolean',
    default: false,
    describe:
      'also what was received, and what was rejected, held, discarded or warned of on the way in: by reason, code and client',
  },
  'fail-on': {
    type: 'string',
    describe: 'exit 1 where a limit is reached: deferral-rate=20%,new-suppressions=100',
    value: 'LIMITS',
  },
  'quiet-if-empty': { type: 'boolean', default: false, describe: 'write nothing where there is no event' },
  'quiet-if-ok': {
    type: 'boolean',
    default: false,
    describe: 'write nothing where there is no problem, no warning and no limit of --fail-on reached',
  },
  'max-keys': { type: 'number', default: 200_000, describe: 'keys a table; later ones are summed up', value: 'N' },
  ...STATE_OPTION,
  ...POLICY_OPTION,
  ...OUTPUT_OPTIONS,
  ...INPUT_OPTIONS,
} as const satisfies OptionSpecs;

export type ReportValues = OptionValues<typeof OPTIONS>;

export async function runReport(values: ReportValues, files: readonly string[], io: Io): Promise<number> {
  const limits = values['fail-on'] === undefined ? [] : parseFailOn(values['fail-on']);
  const policy = await policyOf(values.policy);
  const redactor = await redactorOf(values, io);
  const dimensions = dimensionsOf(values);
  if (values.format === 'csv' && dimensions.length > 1 && values.by.length > 0)
    throw new SmtpEnrichError(
      'USAGE',
      `--format csv writes one table, and ${dimensions.length} were asked for: ${dimensions.join(', ')}`,
      'Run it once for each: --by domain, then --by provider, …',
    );
  const inbound = values.inbound || dimensions.some(isInbound);
  // Senders and sizes cost time to remember: only where they are shown.
  const senders =
    dimensions.includes('sender') ||
    dimensions.includes('sender_domain') ||
    values.detail > 0 ||
    values.sort === 'bytes';
  noFilesBeside(values.state, files);
  const settings = await settingsOf(values, values.state === undefined ? files : undefined, io, {
    senders,
    inbound,
    received: inbound,
    warnings: true,
    notices: values.detail > 0,
  });
  const foldOptions: ReportFoldOptions = {
    dimensions: senders && !dimensions.includes('sender') ? [...dimensions, 'sender'] : dimensions,
    maxKeys: values['max-keys'],
    since: settings.since,
    until: settings.until,
    warningRules: new Set(settings.tables.warnings.map(({ id }) => id)),
  };
  const { sums, inputs, period, ledger, close }: Read =
    values.state === undefined
      ? await sumsOf(settings, foldOptions, redactor, io)
      : await (await import('./state-file.ts')).reportFromState(
          values.state,
          { ...foldOptions, asked: dimensions },
          redactor,
          io,
        );
  const { render, reportData } = await loadTelling();
  const data = reportData(sums, {
    ...(ledger && { ledger }),
    dimensions,
    timeZone: settings.timeZone,
    now: io.now,
    since: period.since,
    until: period.until,
    policy,
    minMessages: values['min-messages'],
    order: values.sort,
    // Charts show more rows than tables do.
    rows: values.top === 0 ? undefined : Math.max(values.top, 100),
    categories: settings.tables.categories,
    codeRow: (id) => settings.tables.rowOf(id),
    providerNames: new Map(settings.tables.providers.map(({ id, name }) => [id, name])),
    warnings: settings.tables.warnings,
    inputs,
    newest: values.top === 0 ? Number.POSITIVE_INFINITY : values.top,
  });
  close?.();
  const reached = limitsReached(data, limits);
  const silent =
    (values['quiet-if-empty'] && data.totals.events === 0) ||
    (values['quiet-if-ok'] && data.problems.length === 0 && data.warnings.length === 0 && reached.length === 0);
  if (!silent) await deliver(await render(data, values, io), values.output, io);
  for (const sentence of reached) io.stderr.write(`smtp-enrich: ${sentence}\n`);
  return (
    accountFor(inputs, { ...values, quiet: values.quiet || silent || inputs.length === 0 }, io) ||
    (reached.length > 0 ? 1 : 0)
  );
}

interface Read {
  readonly sums: ReportSums;
  readonly inputs: readonly InputReport[];
  readonly period: { readonly since: number | undefined; readonly until: number | undefined };
  /** Of a state: see StateReport. */
  readonly ledger?: Iterable<LedgerAddress>;
  close?(): void;
}

/** What is needed once all is counted. */
const loadTelling = () => import('./report-telling.ts');

/** One pass over the logs. */
async function sumsOf(
  settings: Settings,
  options: ReportFoldOptions,
  redactor: Redactor | undefined,
  io: Io,
): Promise<Read> {
  optimiseLess();
  const engine = createEngine(settings);
  const { pool, reader } = engine;
  const progress = progressOf(io);
  let fold = foldReport(options);
  let sums = fold.create();
  const stepFor = (infos: readonly InputInfo[]): EventStep => {
    // While the first block is read elsewhere.
    void loadTelling();
    const counted = redactor === undefined && canCount(options) && infos.some(isCounted);
    const plain = counted ? new PlainDeliveries(pool.memory, reader.names) : undefined;
    fold = foldReport(options, plain);
    sums = fold.create();
    const event = (one: DeliveryEvent): void => fold.add(sums, redactor === undefined ? one : redactor.event(one));
    return { event, plain };
  };
  const inputs = redactedReports(
    await runEvents({ ...settings, engine, onProgress: progress.onProgress }, stepFor),
    redactor,
  );
  progress.end();
  return { sums: fold.extract(sums), inputs, period: settings };
}

function dimensionsOf(values: ReportValues): readonly Dimension[] {
  const asked = new Set(values.by.length > 0 ? values.by : DEFAULT_DIMENSIONS);
  // A state may have been made without senders, and keeps no reasons of refusals.
  const fromLogs = values.state === undefined;
  if (values.by.length === 0 && values.detail > 0) {
    asked.add('answer');
    if (fromLogs) asked.add('sender_domain');
  }
  // CSV is one table: what was asked for is read, and no other table added to it.
  if (values.inbound && !(values.format === 'csv' && values.by.length > 0)) {
    if (fromLogs) asked.add('refusal').add('reject_warning');
    asked.add('reject').add('client');
  }
  return [...asked];
}

export default definePipeline({
  positional: FILES,
  options: OPTIONS,
  examples: [
    ['smtp-enrich report /var/log/mail.log*', 'the morning report'],
    [
      'smtp-enrich report --since yesterday --until today --format html -o report.html mail.log*',
      'one day, with charts',
    ],
    ['smtp-enrich report --by sender --by relay --detail 3 mail.log', 'other tables, with the answers'],
    ['smtp-enrich report --state state.db --since 7d', 'from a state that ingest keeps, at once'],
    ['smtp-enrich report --fail-on deferral-rate=20%,new-suppressions=100 --quiet-if-ok mail.log', 'for cron'],
  ],
  run: runReport,
});
