/** What the pipelines with a state have in common: opening it, and what a report reads from it. */
import { existsSync } from 'node:fs';
import type { Policy } from '../src/aggregate/policy.ts';
import type { ReportFoldOptions, ReportSums } from '../src/aggregate/report-fold.ts';
import type { Dimension } from '../src/aggregate/report-model.ts';
import { foldSuppression, type Ledger, type LedgerAddress } from '../src/aggregate/suppression.ts';
import { type Suppression, suppressionsOf } from '../src/aggregate/suppression-list.ts';
import { type InputReport, SmtpEnrichError } from '../src/event/index.ts';
import { plural } from '../src/report/figures.ts';
import type { Redactor } from '../src/report/redact.ts';
import { isByDay, within } from '../src/store/ledger-period.ts';
import { checkSettings, createState, openStateForReading, SqliteState } from '../src/store/sqlite.ts';
import { FAILPOINTS, type Failpoint, type Period, widenPeriod } from '../src/store/state.ts';
import { Ingestion } from './ingestion.ts';
import { type INPUT_OPTIONS, type Settings, settingsOf } from './options.ts';
import { redactedAddress } from './output.ts';
import type { Io, OptionValues } from './pipeline.ts';
import { type INGEST_OPTIONS, requireState } from './state-options.ts';

type IngestValues = OptionValues<typeof INGEST_OPTIONS> & Omit<OptionValues<typeof INPUT_OPTIONS>, 'since' | 'until'>;

/** Opens or makes the state and gets everything ready to read logs into it. */
export async function openIngestion(
  values: IngestValues,
  io: Io,
  stopped?: () => boolean,
): Promise<{ ingestion: Ingestion; state: SqliteState; close: () => void }> {
  const path = requireState(values.state);
  const failpoint = failpointOf(io);
  const isNew = !existsSync(path);
  if (isNew) createState(path, { senders: values.senders, inbound: values.inbound }, failpoint);
  const state = new SqliteState(path, {
    write: true,
    waitSeconds: values.wait,
    // What was just made needs no reading through.
    check: !isNew,
    ...(failpoint && { failpoint }),
  });
  try {
    checkSettings(state, path, values);
    const { senders, inbound } = state.settings;
    const needs = { senders, inbound, received: inbound, warnings: true };
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

/** Opens a state to read from it. */
export function openState(path: string | undefined): SqliteState {
  return openStateForReading(requireState(path));
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
      ['sender_domain', 'senders'],
      ['reject', 'inbound'],
    ] as const)
      if (options.asked?.includes(dimension) === true && !state.settings[setting])
        throw new SmtpEnrichError(
          'USAGE',
          `${path} was made without --${setting}: it holds nothing for that table`,
          `Make a state with ingest --${setting}.`,
        );
    for (const dimension of ['recipient', 'refusal', 'reject_warning'] as const)
      if (options.asked?.includes(dimension) === true)
        throw new SmtpEnrichError(
          'USAGE',
          `--by ${dimension}: a state does not keep that`,
          'Read the logs themselves.',
        );
    const period = widen(options.since, options.until, io);
    state.holdStill();
    // An answer may name its recipient in ways that cannot be told once it stands alone.
    const sums = state.sums(period, options, redactor !== undefined);
    const { sender } = sums.groups;
    if (redactor !== undefined) sender?.rename((key) => redactedSender(key, redactor));
    // What failed before a period and not since may still be on the list in it.
    const known = ledgerOf(state.addresses(), { ...period, since: undefined }, io);
    const ledger = redactor === undefined ? known : redacted(known, redactor);
    return { sums, ledger, inputs: [], period, close: () => state.close() };
  } catch (error) {
    state.close();
    throw error;
  }
}

/** `<>` and `(unknown)` name nobody. */
function redactedSender(key: string, redactor: Redactor): string {
  return key.includes('@') ? redactor.address(key) : key;
}

function* redacted(ledger: Iterable<LedgerAddress>, redactor: Redactor): Generator<LedgerAddress> {
  for (const known of ledger) yield redactedAddress(known, redactor);
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

/** The listed addresses of a state, one by one, each with its groups of mail: a million of them are never in memory at once. */
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
      for (const entry of suppressionsOf(known, options.policy, io.now))
        if (entry.state === 'listed' && options.wanted(entry)) yield entry;
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
