/** States and log files in a folder of the project, on a real file system: what these tests are about does not happen on tmpfs. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { Ingestion, type PassResult } from '../../pipelines/ingestion.ts';
import { policyNamed } from '../../src/aggregate/policy.ts';
import { reportData } from '../../src/aggregate/report-data.ts';
import { foldReport, type ReportFoldOptions, type ReportSums } from '../../src/aggregate/report-fold.ts';
import type { ReportData } from '../../src/aggregate/report-model.ts';
import type { LedgerAddress } from '../../src/aggregate/suppression.ts';
import { zoneOffset } from '../../src/correlate/clock.ts';
import { fileSource } from '../../src/source/file.ts';
import { createState, openStateForReading, SqliteState } from '../../src/store/sqlite.ts';
import type { Failpoint } from '../../src/store/state.ts';
import { runEvents } from '../../src/stream/events.ts';
import { readBuiltInTables } from '../../src/tables/load.ts';

export const TABLES = readBuiltInTables();
export const SAMPLE = new URL('../../../shared/samples/postfix-3.7/maillog', import.meta.url).pathname;
/** After every stamp in the samples. */
export const NOW = Date.UTC(2026, 10, 24);
const TMPFS = 0x01021994;

/** An empty folder under the project, removed by `remove`. */
export function testFolder(name: string): {
  readonly path: string;
  readonly file: (name: string) => string;
  remove(): void;
} {
  const parent = new URL('../../.tmp/', import.meta.url).pathname;
  mkdirSync(parent, { recursive: true });
  if (statfsSync(parent).type === TMPFS)
    throw new Error(`${parent} lies on tmpfs, which never gives an inode out again: run these tests on a disk`);
  const path = mkdtempSync(join(parent, `${name}-`));
  return { path, file: (file) => join(path, file), remove: () => rmSync(path, { recursive: true, force: true }) };
}

export const READING = {
  tables: TABLES,
  format: undefined,
  year: undefined,
  zone: zoneOffset('UTC'),
  maxAge: 7 * 86_400_000,
  threads: 0,
} as const;

export const openStateForTest = openStateForReading;

export interface IngestTestOptions {
  readonly now?: number;
  readonly commitBytes?: number;
  readonly senders?: boolean;
  readonly failpoint?: Failpoint;
  readonly waitSeconds?: number;
  readonly onGap?: (gap: string) => void;
  /** See IngestOptions. */
  readonly countedFrom?: number;
  readonly preparedEvery?: number;
  readonly maxAge?: number;
}

/** One run of ingest. */
export async function ingest(
  state: string,
  files: readonly string[],
  options: IngestTestOptions = {},
): Promise<PassResult> {
  const settings = { senders: options.senders ?? false, inbound: false };
  const now = options.now ?? NOW;
  if (!existsSync(state)) createState(state, settings);
  const writer = new SqliteState(state, {
    write: true,
    check: false,
    ...(options.failpoint && { failpoint: options.failpoint }),
    ...(options.waitSeconds && { waitSeconds: options.waitSeconds }),
  });
  try {
    const ingestion = new Ingestion(writer, {
      ...READING,
      needs: { ...settings, warnings: true },
      now,
      commitAfter: Number.POSITIVE_INFINITY,
      commitBytes: options.commitBytes ?? Number.POSITIVE_INFINITY,
      clock: () => 0,
      ...(options.onGap && { onGap: options.onGap }),
      ...(options.countedFrom !== undefined && { countedFrom: options.countedFrom }),
      ...(options.preparedEvery !== undefined && { preparedEvery: options.preparedEvery }),
      ...(options.maxAge !== undefined && { maxAge: options.maxAge }),
    });
    return await ingestion.pass(files, now);
  } finally {
    writer.close();
  }
}

/** Everything in a state, a text a line. */
export function exportOf(state: string): string[] {
  const reader = openStateForReading(state, 30, false);
  try {
    return [...reader.export()];
  } finally {
    reader.close();
  }
}

/** Everything in a state, but for what depends on the way it got there: names of files, places in them. */
export function contentOf(state: string): string[] {
  return exportOf(state)
    .filter((line) => !line.startsWith('{"part":"checkpoint"'))
    .map((line) => line.replaceAll(/"input":"[^"]*"/g, '"input":""'));
}

/** What one uninterrupted read of the files says. */
export async function readReport(
  files: readonly string[],
  options: ReportFoldOptions & { senders?: boolean } = {},
): Promise<ReportSums> {
  const fold = foldReport(options);
  const sums = fold.create();
  const sources = await Promise.all(files.map((file) => fileSource(file)));
  const needs = { senders: options.senders ?? false, inbound: false, warnings: true };
  await runEvents({ ...READING, sources, needs, now: NOW }, { event: (event) => fold.add(sums, event) });
  return fold.extract(sums);
}

/** Sums as a report shows them: comparable whatever the order in which they came together. */
export function shown(
  sums: ReportSums,
  options: ReportFoldOptions = {},
  ledger: Iterable<LedgerAddress> = sums.ledger.addresses.values(),
): ReportData {
  const data = reportData(sums, {
    timeZone: 'UTC',
    now: NOW,
    policy: policyNamed('standard')!,
    categories: TABLES.categories,
    codeRow: (id) => TABLES.rows.find((row) => row.id === id),
    providerNames: new Map(TABLES.providers.map(({ id, name }) => [id, name])),
    warnings: TABLES.warnings,
    newest: 1000,
    ledger,
    ...options,
  });
  return JSON.parse(JSON.stringify(data).replaceAll(/"input":"[^"]*"/g, '"input":""')) as ReportData;
}
