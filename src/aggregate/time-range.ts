/** What `--since` and `--until` mean: dates and times in a zone, relative to now. The clock and the zone are arguments. */
import { SmtpEnrichError } from '../event/index.ts';
import { localTime } from './time-zone.ts';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
const EXPECTED =
  '2026-11-22, 2026-11-22T02:17, 2026-11-22T02:17:49Z, today, yesterday, now, or an age such as 90m, 6h, 7d, 2w';

/**
 * Milliseconds since 1970 UTC.
 *
 * - a date is its midnight in `zone`; `today` and `yesterday` likewise
 * - a date with a time is local to `zone`, unless it names its offset
 * - `7d` is seven times 24 hours before `now`
 */
export function parseMoment(text: string, option: string, now: number, zone: string): number {
  const wanted = text.trim().toLowerCase();
  if (wanted === 'now') return now;
  if (wanted === 'today') return midnight(localTime(now, zone).date, zone);
  if (wanted === 'yesterday') return midnight(dayBefore(localTime(now, zone).date), zone);
  if (wanted === 'tomorrow') return midnight(dayAfter(localTime(now, zone).date), zone);
  const age = /^(\d{1,6})\s*([mhdw])$/.exec(wanted);
  if (age !== null) return now - Number(age[1]) * UNITS[age[2]!]!;
  const stamp = /^(\d{4}-\d{2}-\d{2})(?:[t ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(z|[+-]\d{2}:?\d{2})?)?$/.exec(
    wanted,
  );
  if (stamp !== null) {
    const [, date = '', hour = '00', minute = '00', second = '00', offset] = stamp;
    const civil = Date.parse(`${date}T${hour}:${minute}:${second}Z`);
    // Date.parse takes 31 February for 3 March in some engines: what it means must read as what was written.
    if (!Number.isNaN(civil) && new Date(civil).toISOString().startsWith(date)) {
      if (offset === undefined) return fromCivil(civil, zone);
      return civil - (offset === 'z' ? 0 : offsetMinutes(offset) * 60_000);
    }
  }
  throw new SmtpEnrichError(
    'USAGE',
    `--${option} must be a time, got ${JSON.stringify(text)}`,
    `Write it as ${EXPECTED}.`,
  );
}

/** A period from two options; refuses one that ends before it begins. */
export function parsePeriod(
  since: string | undefined,
  until: string | undefined,
  now: number,
  zone: string,
): { since: number | undefined; until: number | undefined } {
  const from = since === undefined ? undefined : parseMoment(since, 'since', now, zone);
  const to = until === undefined ? undefined : parseMoment(until, 'until', now, zone);
  if (from !== undefined && to !== undefined && from >= to)
    throw new SmtpEnrichError(
      'USAGE',
      `--since ${since} is not before --until ${until}`,
      '--until is exclusive: --since yesterday --until today is all of yesterday.',
    );
  return { since: from, until: to };
}

function offsetMinutes(text: string): number {
  const digits = text.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return digits.startsWith('-') ? -minutes : minutes;
}

function midnight(date: string, zone: string): number {
  return fromCivil(Date.parse(`${date}T00:00:00Z`), zone);
}

/**
 * The moment at which a clock in `zone` shows a civil time (given as if it were UTC). Of a repeated hour the first; a time
 * that clocks jump over is taken for the moment of the jump, or what follows it by as much.
 */
function fromCivil(civil: number, zone: string): number {
  const first = civil - localTime(civil - 14 * 3_600_000, zone).offset * 60_000;
  if (localTime(first, zone).offset * 60_000 === civil - first) return first;
  return civil - localTime(first, zone).offset * 60_000;
}

function dayBefore(date: string): string {
  return new Date(Date.parse(`${date}T12:00:00Z`) - UNITS.d!).toISOString().slice(0, 10);
}

function dayAfter(date: string): string {
  return new Date(Date.parse(`${date}T12:00:00Z`) + UNITS.d!).toISOString().slice(0, 10);
}
