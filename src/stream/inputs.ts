/**
 * Opens inputs, looks at their first bytes, and puts them in time order: a shell lists mail.log, mail.log.1, mail.log.2.gz
 * with the newest first, and what correlate remembers needs the oldest first.
 */
import { basename, dirname } from 'node:path';
import { LogClock, type ZoneOffset } from '../correlate/clock.ts';
import { type InputInfo, type LogRecord, SmtpEnrichError, STAMP_YEARLESS } from '../event/index.ts';
import { detectFormat } from '../parse/detect.ts';
import type { Format } from '../parse/format.ts';
import { FORMATS } from '../parse/formats/index.ts';
import type { Position } from '../source/position.ts';
import type { ByteReader, Source } from '../source/source.ts';

/** An input whose first bytes have been read. */
export interface OpenInput {
  readonly info: InputInfo;
  readonly format: Format;
  readonly head: Buffer;
  readonly reader: ByteReader;
  readonly size: number | undefined;
  /** Called when its turn comes, before anything else of it is looked at: what follows may be settled only then. */
  readonly prepare?: () => Promise<void>;
  /** Told how far it has been read, before what was read is handed on. */
  readonly passed?: (position: Position) => void;
  /** Where reading goes on; absent: at the start, with `head`. */
  readonly start?: Position | undefined;
  /** The file may grow: a last line without its line feed is left for another day. */
  readonly live?: boolean;
}

export interface InputOptions {
  /** The name of the format of all inputs; each is looked at where absent. */
  readonly format: string | undefined;
  /** The year of a log's first line, where its stamps have none. */
  readonly year: number | undefined;
  readonly zone: ZoneOffset;
  /** The clock, ms since 1970 UTC. */
  readonly now: number;
}

const HEAD_BYTES = 16_384;

/** A file that is open waits with few bytes of its own; so many may wait at once before the rest is opened when its turn comes. */
export async function openInputs(sources: readonly Source[], options: InputOptions): Promise<OpenInput[]> {
  const opened: Candidate[] = [];
  try {
    for (const source of sources) opened.push(await look(source, options));
  } catch (error) {
    await Promise.all(opened.map(({ reader }) => reader.close()));
    throw error;
  }
  const ordered = inTimeOrder(opened);
  const yearOf = firstYears(options.year);
  return ordered.map((candidate, index) => ({
    info: {
      name: candidate.source.name,
      index,
      format: candidate.format.name,
      reference: candidate.source.modified ?? options.now,
      year: yearOf(candidate),
      ...(candidate.format.framing === 'csv' ? { heading: firstLine(candidate.head) } : {}),
    },
    format: candidate.format,
    head: candidate.head,
    reader: candidate.reader,
    size: candidate.source.size,
  }));
}

interface Candidate {
  readonly source: Source;
  readonly format: Format;
  readonly head: Buffer;
  readonly reader: ByteReader;
  /** The first stamp, ms since 1970 UTC; NaN where there is none. */
  readonly time: number;
  readonly yearless: boolean;
  readonly rotation: Rotation;
}

async function look(source: Source, options: InputOptions): Promise<Candidate> {
  const reader = await source.open();
  const head = Buffer.alloc(HEAD_BYTES);
  let length = 0;
  // The first line is enough; a pipe may not have more for a while.
  while (length < HEAD_BYTES && !head.subarray(0, length).includes(0x0a)) {
    const count = await reader.read(head, length, HEAD_BYTES - length);
    if (count === 0) break;
    length += count;
  }
  const first = head.subarray(0, length);
  const named = options.format ?? source.format;
  const format = named === undefined ? detectFormat(first, basename(source.name)) : formatNamed(named);
  const stamp = format.firstStamp(first);
  let time = Number.NaN;
  if (stamp !== undefined) {
    const info = {
      name: source.name,
      index: 0,
      format: format.name,
      reference: source.modified ?? options.now,
      year: options.year,
    };
    const clock = new LogClock(info, options.zone);
    clock.settle(stamp as LogRecord);
    time = clock.time;
  }
  return {
    source,
    format,
    head: first,
    reader,
    time,
    yearless: stamp?.stampKind === STAMP_YEARLESS,
    rotation: rotationOf(source.name),
  };
}

function firstLine(head: Buffer): string {
  const feed = head.indexOf(0x0a);
  return head.toString('utf8', 0, feed < 0 ? head.length : feed);
}

/** A file that begins so much earlier in the year than the one before it begins in the next. */
const NEW_YEAR = 7 * 86_400_000;

/** `year` is that of a log's first line; what was rotated later begins in it, or in a later one. To be asked in time order. */
function firstYears(year: number | undefined): (candidate: Candidate) => number | undefined {
  const families = new Map<string, { year: number; time: number }>();
  return ({ rotation: { family }, time }) => {
    if (year === undefined) return undefined;
    let last = families.get(family);
    if (last === undefined) {
      last = { year, time };
      families.set(family, last);
    } else if (!Number.isNaN(time)) {
      if (time < last.time - NEW_YEAR) last.year++; // all are given as of the same year
      last.time = time;
    }
    return last.year;
  };
}

function formatNamed(name: string): Format {
  const format = FORMATS.find((candidate) => candidate.name === name);
  if (format !== undefined) return format;
  throw new SmtpEnrichError(
    'USAGE',
    `unknown format ${JSON.stringify(name)}`,
    `Formats: ${FORMATS.map((f) => f.name).join(', ')}.`,
  );
}

/** What logrotate makes of a name. */
export interface Rotation {
  /** The name without what rotation and compression added. */
  readonly family: string;
  /** Larger is older. */
  readonly age: number;
}

//  mail.log.2.gz      mail.log-20261122      maillog-2026-11-22.gz
//          ^                  ^
export function rotationOf(name: string): Rotation {
  const file = basename(name).replace(/\.(?:gz|Z)$/, '');
  const numbered = /^(.*)\.(\d{1,4})$/.exec(file);
  if (numbered !== null) return { family: `${dirname(name)}/${numbered[1]}`, age: Number(numbered[2]) };
  const dated = /^(.*)[-.](\d{4}-?\d{2}-?\d{2}(?:[-T]?\d{2,6})?)$/.exec(file);
  // A date is of the day it was rotated: the later, the younger. The live file has none and is the youngest.
  if (dated !== null) {
    const digits = dated[2]!.replaceAll(/\D/g, '').padEnd(14, '0');
    return { family: `${dirname(name)}/${dated[1]}`, age: 1e15 - Number(digits) };
  }
  return { family: `${dirname(name)}/${file}`, age: 0 };
}

/** Families by their first stamp; within one, by stamp where each names its year, else by rotation, else by modification time. */
function inTimeOrder(candidates: readonly Candidate[]): Candidate[] {
  const families = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const family = families.get(candidate.rotation.family) ?? [];
    families.set(candidate.rotation.family, family);
    family.push(candidate);
  }
  const time = (candidate: Candidate): number =>
    Number.isNaN(candidate.time) ? Number.POSITIVE_INFINITY : candidate.time;
  const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
  const byName = (a: Candidate, b: Candidate): number =>
    a.source.name < b.source.name ? -1 : a.source.name > b.source.name ? 1 : 0;
  for (const family of families.values()) {
    const exact = family.every((candidate) => !candidate.yearless && !Number.isNaN(candidate.time));
    family.sort((a, b) =>
      exact
        ? compare(time(a), time(b)) || compare(b.rotation.age, a.rotation.age) || byName(a, b)
        : compare(b.rotation.age, a.rotation.age) ||
          compare(a.source.modified ?? 0, b.source.modified ?? 0) ||
          byName(a, b),
    );
  }
  return [...families.values()].sort((a, b) => compare(time(a[0]!), time(b[0]!)) || byName(a[0]!, b[0]!)).flat();
}
