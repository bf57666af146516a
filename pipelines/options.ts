/** What the pipelines that read logs have in common: their options, their inputs, the accounting at the end. */
import { readlinkSync } from 'node:fs';
import { type ZoneOffset, zoneOffset } from '../src/correlate/clock.ts';
import type { CompiledTable } from '../src/enrich/code-table.ts';
import { type InputReport, SmtpEnrichError } from '../src/event/index.ts';
import type { Needs } from '../src/parse/format.ts';
import { FORMATS } from '../src/parse/formats/index.ts';
import { renderAccounting } from '../src/report/accounting-text.ts';
import { fileSource } from '../src/source/file.ts';
import type { Source } from '../src/source/source.ts';
import { stdinSource } from '../src/source/stream.ts';
import type { EventOptions } from '../src/stream/events.ts';
import { MOST_THREADS, usualThreads } from '../src/stream/threads.ts';
import { codeTable } from './code-table.ts';
import { parseMoment } from './moment.ts';
import type { Io, OptionSpecs, OptionValues } from './pipeline.ts';

export const FILES = {
  name: 'files',
  describe: 'log files, plain or gzip, in any order; - for standard input, which is read where none is named',
  variadic: true,
  files: true,
} as const;

export const INPUT_OPTIONS = {
  input: {
    type: 'string',
    choices: FORMATS.map(({ name }) => name),
    describe: 'format of the inputs; looked at where not given',
    value: 'FORMAT',
  },
  since: { type: 'string', describe: 'only events from then on: 2026-11-22, today, yesterday, 7d, 12h', value: 'TIME' },
  until: { type: 'string', describe: 'only events before then', value: 'TIME' },
  tz: { type: 'string', describe: "zone of time stamps that name none (default: this machine's)", value: 'ZONE' },
  year: { type: 'number', describe: "year of the first line, where stamps have none (default: by the file's date)" },
  table: {
    type: 'string',
    describe: 'a code table of your own (CSV), which comes before the built-in one',
    value: 'FILE',
  },
  'max-age': {
    type: 'number',
    default: 7,
    describe: 'days after which a deferred message is given up on',
    value: 'DAYS',
  },
  threads: {
    type: 'number',
    describe: 'threads that read large inputs beside the main one (default: one for each further processor, at most 3)',
    value: 'N',
  },
  'filter-relay': {
    type: 'string',
    array: true,
    describe: 'a relay that is a content filter and sends mail back: what it takes is no delivery (by name or address)',
    value: 'RELAY',
  },
  strict: {
    type: 'string',
    implied: '1%',
    describe: 'exit 3 if more than this share of the delivery records is malformed (--strict: 1%, --strict=0%: any)',
    value: 'N%',
  },
  quiet: {
    type: 'boolean',
    default: false,
    alias: 'q',
    describe: 'no accounting on stderr, unless something was lost',
  },
} as const satisfies OptionSpecs;

type InputValues = OptionValues<typeof INPUT_OPTIONS>;

export interface Settings extends EventOptions {
  readonly tables: CompiledTable;
  readonly timeZone: string;
  readonly since: number | undefined;
  readonly until: number | undefined;
}

/** Checks the options and opens nothing but the files' directory entries: a wrong name is reported at once. */
export async function settingsOf(
  values: InputValues,
  /** Absent where the pipeline opens its inputs itself. */
  files: readonly string[] | undefined,
  io: Io,
  needs: Needs,
): Promise<Settings> {
  const { timeZone, zone } = zoneOf(values.tz);
  share(values.strict); // a wrong share is said before the work, not after
  const { year, threads } = values;
  // `26` would be taken for 1926.
  if (year !== undefined && !(Number.isInteger(year) && year >= 1970 && year <= 9999))
    throw new SmtpEnrichError('USAGE', `--year: expected a year of four digits, got ${year}`, 'For instance 2026.');
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 0 && threads <= MOST_THREADS))
    throw new SmtpEnrichError('USAGE', `--threads: expected a whole number up to ${MOST_THREADS}, got ${threads}`);
  const since = parseMoment(values.since, 'since', zone, io.now);
  const until = parseMoment(values.until, 'until', zone, io.now);
  if (since !== undefined && until !== undefined && since >= until)
    throw new SmtpEnrichError('USAGE', '--since is not before --until', 'No event can lie between them.');
  return {
    sources: files === undefined ? [] : await sourcesOf(files, io),
    tables: codeTable(values.table),
    needs,
    format: values.input,
    year,
    zone,
    timeZone,
    now: io.now,
    maxAge: values['max-age'] * 86_400_000,
    filterRelays: values['filter-relay'],
    threads: threads ?? usualThreads(),
    since,
    until,
  };
}

export function zoneOf(name: string | undefined): { timeZone: string; zone: ZoneOffset } {
  const timeZone = name ?? machineZone();
  try {
    return { timeZone, zone: zoneOffset(timeZone) };
  } catch {
    throw new SmtpEnrichError(
      'USAGE',
      `--tz: ${JSON.stringify(timeZone)} is no time zone`,
      'For instance Europe/Berlin, America/New_York, UTC.',
    );
  }
}

/** Intl takes 9 ms for its first answer: not asked where the machine says plainly that it is on UTC, as most servers are. */
function machineZone(): string {
  let said = process.env.TZ;
  try {
    said ??= readlinkSync('/etc/localtime');
  } catch {
    // no such link: Intl knows other ways
  }
  return said !== undefined && /^(?:.*\/zoneinfo\/)?(?:Etc\/)?UTC$/.test(said)
    ? 'UTC'
    : new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

async function sourcesOf(files: readonly string[], io: Io): Promise<Source[]> {
  const names = files.length === 0 ? ['-'] : files;
  const sources: Source[] = [];
  for (const name of names) {
    if (name !== '-') sources.push(await fileSource(name));
    else if (!sources.some((source) => source.name === '-')) sources.push(stdinSource(io.stdin));
  }
  return sources;
}

/** Says on stderr where every line went. Returns the exit code: 3 where input was lost, not understood, or too malformed. */
export function accountFor(reports: readonly InputReport[], values: InputValues, io: Io): number {
  const limit = share(values.strict);
  const trouble = reports.some((report) => {
    const { event, malformed } = report.accounting;
    return (
      report.not_understood !== undefined ||
      report.lost.length > 0 ||
      (limit !== undefined && malformed > limit * (event + malformed))
    );
  });
  if (!values.quiet || trouble) io.stderr.write(renderAccounting(reports, doubts(values)));
  return trouble ? 3 : 0;
}

/** What is said of an input whose format was chosen among two that look the same. */
function doubts({ input }: InputValues): ReadonlyMap<string, string> {
  if (input !== undefined) return new Map();
  return new Map(FORMATS.flatMap(({ name, doubt }) => (doubt === undefined ? [] : [[name, doubt] as const])));
}

/** `5%` or `0.05` → 0.05. */
function share(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (value >= 0 && value <= 1) return value;
  throw new SmtpEnrichError('USAGE', `--strict: expected a share such as 1%, got ${JSON.stringify(text)}`);
}
