/** What the pipelines with a state have in common: its options, opening it, and what a report reads from it. */
import { existsSync } from 'node:fs';
import type { Policy } from '../src/aggregate/policy.ts';
import type { Dimension, ReportFoldOptions, ReportSums } from '../src/aggregate/report-data.ts';
import {
  foldSuppression,
  type Ledger,
  type LedgerAddress,
  type Suppression,
  suppressionOf,
} from '../src/aggregate/suppression.ts';
import { type InputReport, SmtpEnrichError } from '../src/event/index.ts';
import { plural } from '../src/report/figures.ts';
import type { Redactor } from '../src/report/redact.ts';
import { isByDay, within } from '../src/store/ledger-period.ts';
import { checkSettings, createState, openStateForReading, SqliteState } from '../src/store/sqlite.ts';
import { FAILPOINTS, type Failpoint, type Period, widenPeriod } from '../src/store/state.ts';
import { Ingestion } from './ingestion.ts';
import { type INPUT_OPTIONS, type Settings, settingsOf } from './options.ts';
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
  stopped?: () => boolean,
): Promise<{ ingestion: Ingestion; state: SqliteState; close: () => void }> {
  const path = requireState(values.state);
  const failpoint = failpointOf(io);
  const { senders, inbound } = values;
  const isNew = !existsSync(path);
  if (isNew) createState(path, { senders, inbound }, failpoint);
  const state = new SqliteState(path, {
    write: true,
    waitSeconds: values.wait,
    // What was just made needs no reading through.
    check: !isNew,
    ...(failpoint && { failpoint }),
  });
  try {
    checkSettings(state, path, values);
    const needs = { senders: state.settings.senders, inbound: state.settings.inbound, warnings: true };
    const settings = await settingsOf({ ...values, since: undefined, until: undefined }, undefined, io, needs);
    const ingestion = new Ingestion(state, {
      ...settings,
      commitAfter: values['commit-seconds'] * 1000,
      commitBytes: values['commit-mb'] * 1e6,
      clock: () => performance.now(),
      onGap: (gap) => io.stderr.write(`gap: ${gap}\n`),
      ...(stopped && { stopped }),
    });
    return { ingestion, state, close: () => state.close() };
  } catch (error) {
    state.close();
    throw error;
  }
}

export function requireState(path: string | undefined): string {
  if (path !== undefined && path !== '') return path;
  throw new SmtpEnrichError(
    'USAGE',
    '--state: name the state file',
    'For instance --state /var/lib/smtp-enrich/state.db',
  );
}

/** Opens a state to read from it. */
export function openState(path: string | undefined): SqliteState {
  return openStateForReading(requireState(path));
}

/** A state is read alone: what the logs beside it hold may be in it already. */
export function noFilesBeside(state: string | undefined, files: readonly string[]): void {
  if (state === undefined || files.length === 0) return;
  throw new SmtpEnrichError(
    'USAGE',
    `--state and log files at once: ${files[0]} may have been counted in the state already`,
    'Ingest it first, or leave --state away.',
  );
}

export interface StateReport {
  readonly sums: ReportSums;
  /** In place of the sums' own: a million addresses need not be in memory at once. */
  readonly ledger: Iterable<LedgerAddress>;
  readonly inputs: readonly InputReport[];
  readonly period: Period;
  /** To be called when the ledger has been read. */
  close(): void;
}

/** What foldReport gives, from a state; the period widened to quarter hours, and said so. */
export async function reportFromState(
  path: string,
  options: ReportFoldOptions & { readonly asked?: readonly Dimension[] },
  redactor?: Redactor,
  io?: Io,
): Promise<StateReport> {
  const state = openState(path);
  try {
    for (const [dimension, setting] of [
      ['sender', 'senders'],
      ['reject', 'inbound'],
    ] as const)
      if (options.asked?.includes(dimension) === true && !state.settings[setting])
        throw new SmtpEnrichError(
          'USAGE',
          `${path} was made without --${setting}: it holds nothing for that table`,
          `Make a state with ingest --${setting}.`,
        );
    const period = widen(options.since, options.until, io);
    state.holdStill();
    // An answer may name its recipient in ways that cannot be told once it stands alone.
    const sums = state.sums(period, options, redactor !== undefined);
    // What failed before a period and not since may still be on the list in it.
    const known = ledgerOf(state.addresses(), { ...period, since: undefined }, io);
    const ledger = redactor === undefined ? known : redacted(known, redactor);
    return { sums, ledger, inputs: [], period, close: () => state.close() };
  } catch (error) {
    state.close();
    throw error;
  }
}

/** The addresses as a period leaves them. Of how many that cannot be told exactly is said at the end. */
function* ledgerOf(addresses: Iterable<LedgerAddress>, period: Period, io: Io | undefined): Generator<LedgerAddress> {
  let byDay = 0;
  for (const whole of addresses) {
    const known = within(whole, period);
    if (known === undefined) continue;
    if (isByDay(whole, period)) byDay++;
    yield known;
  }
  if (byDay > 0)
    io?.stderr.write(
      `smtp-enrich: ${plural(byDay, 'address', 'addresses')} failed, or took mail, within the period and outside; of failures a state keeps the day (UTC), of deliveries the last, so what is said of them is right to the day\n`,
    );
}

function widen(since: number | undefined, until: number | undefined, io: Io | undefined): Period {
  const period = widenPeriod(since, until);
  if (period.widened) {
    const text = (time: number | undefined): string => (time === undefined ? '…' : new Date(time).toISOString());
    io?.stderr.write(
      `smtp-enrich: a state answers by quarter hours: from ${text(period.since)} to ${text(period.until)}\n`,
    );
  }
  return period;
}

function* redacted(ledger: Iterable<LedgerAddress>, redactor: Redactor): Generator<LedgerAddress> {
  for (const known of ledger) {
    const { address } = known;
    yield {
      ...known,
      address: redactor.address(address),
      entries: known.entries.map((entry) => ({
        ...entry,
        evidence: {
          ...entry.evidence,
          answer: redactor.text(entry.evidence.answer, address),
          matched: redactor.text(entry.evidence.matched, address),
        },
      })),
    };
  }
}

/** The ledger of a state, whole or of one address. */
export async function readLedger(
  path: string,
  settings: Pick<Settings, 'since' | 'until'>,
  only: string | undefined,
  io: Io,
): Promise<{ ledger: Ledger; inputs: readonly InputReport[] }> {
  const state = openState(path);
  try {
    const period = widen(settings.since, settings.until, io);
    const ledger = foldSuppression().create();
    const one = only === undefined ? undefined : state.address(only);
    const found = only === undefined ? state.addresses() : one === undefined ? [] : [one];
    for (const known of ledgerOf(found, period, io)) ledger.addresses.set(known.address.toLowerCase(), known);
    return { ledger, inputs: [] };
  } finally {
    state.close();
  }
}

/** The listed addresses of a state, one by one: a million of them are never in memory at once. */
export function* listedInState(
  path: string,
  options: Pick<Settings, 'since' | 'until'> & {
    readonly policy: Policy;
    readonly wanted: (entry: Suppression) => boolean;
  },
  io: Io,
): IterableIterator<Suppression> {
  const state = openStateForReading(path);
  try {
    const period = widen(options.since, options.until, io);
    for (const known of ledgerOf(state.addresses(), period, io)) {
      const entry = suppressionOf(known, options.policy, io.now);
      if (entry?.state === 'listed' && options.wanted(entry)) yield entry;
    }
  } finally {
    state.close();
  }
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
