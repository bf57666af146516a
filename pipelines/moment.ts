import type { ZoneOffset } from '../src/correlate/clock.ts';
import { SmtpEnrichError } from '../src/event/index.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { m: MINUTE, h: 60 * MINUTE, d: DAY, w: 7 * DAY };

/**
 * Reads a moment as people give it: `2026-11-22`, `2026-11-22T08:30`, with or without an offset, `today`, `yesterday`, `now`,
 * `7d` (so long ago; also m, h, w).
 * @param option its name, for the error
 * @param zone the zone of days and of times without an offset
 * @param now ms since 1970 UTC
 * @returns ms since 1970 UTC
 */
export function parseMoment(
  text: string | undefined,
  option: string,
  zone: ZoneOffset,
  now: number,
): number | undefined {
  if (text === undefined) return undefined;
  const word = text.trim().toLowerCase();
  const midnight = (epoch: number): number => {
    const local = epoch + zone(epoch) * MINUTE;
    return toEpoch(local - (((local % DAY) + DAY) % DAY), zone);
  };
  if (word === 'now') return now;
  if (word === 'today') return midnight(now);
  // Noon of the day before, so that a day of 23 or 25 hours does not matter.
  if (word === 'yesterday') return midnight(midnight(now) - DAY / 2);
  const ago = /^(\d{1,6})([mhdw])$/.exec(word);
  if (ago !== null) return now - Number(ago[1]) * UNITS[ago[2]!]!;
  const stamp = /^(\d{4})-(\d{2})-(\d{2})(?:[t ](\d{2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?(z|[+-]\d{2}:?\d{2})?)?$/.exec(
    word,
  );
  if (stamp !== null) {
    const [, year, month, day, hour = '0', minute = '0', second = '0', offset] = stamp;
    const local = Date.UTC(+year!, +month! - 1, +day!, +hour, +minute, +second);
    const back = new Date(local);
    if (back.getUTCMonth() + 1 === Number(month) && back.getUTCDate() === Number(day) && Number(hour) < 24) {
      if (offset === undefined) return toEpoch(local, zone);
      if (offset === 'z') return local;
      const digits = offset.replace(':', '');
      const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
      return local - (digits.startsWith('-') ? -minutes : minutes) * MINUTE;
    }
  }
  throw new SmtpEnrichError(
    'USAGE',
    `--${option}: expected a date, got ${JSON.stringify(text)}`,
    'For instance 2026-11-22, 2026-11-22T08:30, today, yesterday, 7d (seven days ago), 12h.',
  );
}

function toEpoch(local: number, zone: ZoneOffset): number {
  const guess = local - zone(local) * MINUTE;
  return local - zone(guess) * MINUTE;
}
