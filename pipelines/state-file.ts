/** What the pipelines with a state have in common: its options, opening it, and what a report reads from it. */
import { existsSync } from 'node:fs';
import type { ReportFoldOptions, ReportSums } from '../src/aggregate/report-data.ts';
import type { InputReport } from '../src/event/index.ts';
import type { SqliteState } from '../src/store/sqlite.ts';
import { FAILPOINTS, type Failpoint, type Period, widenPeriod } from '../src/store/state.ts';
import { Ingestion } from './ingestion.ts';
import { type INPUT_OPTIONS, settingsOf } from './options.ts';
import type { Io, OptionSpecs, OptionValues } from './pipeline.ts';

export const STATE_OPTION = {
  state: { type: 'string', describe: 'the state file: its totals instead of those of log files', value: 'FILE' },
} as const satisfies OptionSpecs;

export const INGEST_OPTIONS = {
  state: { type: 'string', describe: 'the state file; made if it is not there', value: 'FILE' },
  senders: {
    type: 'boolean',
    default: false,
    describe: 'also senders and sizes, for report --by sender; set when the state is made',
  },
  inbound: {
    type: 'boolean',
    default: false,
    describe: 'also what was rejected on the way in; set when the state is made',
  },
  wait: { type: 'number', default: 30, describe: 'seconds to wait for another ingest to finish', value: 'SECONDS' },
  'commit-seconds': { type: 'number', default: 5, describe: 'commit after so many seconds', value: 'N' },
  'commit-mb': { type: 'number', default: 256, describe: 'and after so many megabytes of log', value: 'N' },
} as const satisfies OptionSpecs;

type IngestValues = OptionValues<typeof INGEST_OPTIONS> & Omit<OptionValues<typeof INPUT_OPTIONS>, 'since' | 'until'>;

/** Opens or makes the state and gets everything ready to read logs into it. */
export async function openIngestion(
  values: IngestValues,
  io: Io,
): Promise<{ ingestion: Ingestion; state: SqliteState; close: () => void }> {
  const path = await requireState(values.state);
  const { checkSettings, createState, SqliteState } = await import('../src/store/sqlite.ts');
  const failpoint = failpointOf(io);
  const { senders, inbound } = values;
  if (!existsSync(path)) createState(path, { senders, inbound }, failpoint);
  const state = new SqliteState(path, { write: true, waitSeconds: values.wait, ...(failpoint && { failpoint }) });
  try {
    checkSettings(state, path, values);
    const needs = { senders: state.settings.senders, inbound: state.settings.inbound, warnings: true };
    const settings = await settingsOf({ ...values, since: undefined, until: undefined }, undefined, io, needs);
    const ingestion = new Ingestion(state, {
      ...settings,
      commitAfter: values['commit-seconds'] * 1000,
      commitBytes: values['commit-mb'] * 1e6,
      clock: () => performance.now(),
    });
    return { ingestion, state, close: () => state.close() };
  } catch (error) {
    state.close();
    throw error;
  }
}

export async function requireState(path: string | undefined): Promise<string> {
  if (path !== undefined && path !== '') return path;
  const { SmtpEnrichError } = await import('../src/event/index.ts');
  throw new SmtpEnrichError(
    'USAGE',
    '--state: name the state file',
    'For instance --state /var/lib/smtp-enrich/state.db',
  );
}

/** Opens a state to read from it. */
export async function openState(path: string | undefined): Promise<SqliteState> {
  const file = await requireState(path);
  return (await import('../src/store/sqlite.ts')).openStateForReading(file);
}

export interface StateReport {
  readonly sums: ReportSums;
  readonly inputs: readonly InputReport[];
  readonly period: Period;
}

/** What foldReport and the reading of logs give, from a state; the period widened to quarter hours. */
export async function reportFromState(path: string, options: ReportFoldOptions): Promise<StateReport> {
  const state = await openState(path);
  try {
    const period = widenPeriod(options.since, options.until);
    const sums = state.sums(period, options);
    for (const known of state.addresses()) {
      const until = untilOf(known, period.until);
      if (until !== undefined) sums.ledger.addresses.set(known.address.toLowerCase(), until);
    }
    const inputs = state.checkpoints().map((checkpoint) => ({
      name: checkpoint.path,
      format: checkpoint.format,
      bytes: checkpoint.offset,
      accounting: checkpoint.accounting,
      malformed: [],
      lost: [],
    }));
    return { sums, inputs, period };
  } finally {
    state.close();
  }
}

const DAY_MS = 86_400_000;

/**
 * What was known of an address at a moment. The ledger keeps failures by day: where some of its failures come after that moment,
 * those of the days before it are what is left, and the last answer stands for them.
 */
export function untilOf<T extends import('../src/aggregate/suppression.ts').LedgerAddress>(
  known: T,
  until: number | undefined,
): T | undefined {
  if (until === undefined) return known;
  const entries = known.entries.flatMap((entry) => {
    if (entry.last < until) return [entry];
    if (entry.first >= until) return [];
    const days = entry.days.filter((day) => day * DAY_MS < until);
    const last = Math.max(entry.first, Math.min(until, ((days.at(-1) ?? 0) + 1) * DAY_MS) - 1);
    return [{ ...entry, days, last, count: Math.max(1, Math.min(entry.count - 1, days.length)) }];
  });
  if (entries.length === 0) return undefined;
  return {
    ...known,
    entries,
    last_delivery: known.last_delivery < until ? known.last_delivery : Number.NEGATIVE_INFINITY,
  };
}

/** For tests: SMTP_ENRICH_FAILPOINT=name@n kills the process at the n-th passing of a named place. Nothing otherwise. */
function failpointOf(io: Io): Failpoint | undefined {
  const setting = io.env.SMTP_ENRICH_FAILPOINT;
  if (setting === undefined || setting === '') return undefined;
  const [wanted, nth = '1'] = setting.split('@');
  if (!(FAILPOINTS as readonly string[]).includes(wanted!)) return undefined;
  let left = Number(nth);
  return (name) => {
    if (name === wanted && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
