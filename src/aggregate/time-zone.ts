/** Local dates and hours of a named zone, without asking the machine for its own. */

export interface LocalTime {
  /** `2026-11-22` */
  readonly date: string;
  /** 0-23 */
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Minutes east of UTC. */
  readonly offset: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  return format;
}

const QUARTER = 15 * 60_000;
/** No zone changes its offset but at a quarter hour: found once for each, since asking Intl costs a hundred times as much. */
const offsets = new Map<string, Map<number, number>>();
const MOST_OFFSETS = 50_000;

/** What a clock in `zone` (an IANA name, `UTC`) shows at `time` (ms since 1970 UTC). */
export function localTime(time: number, zone: string): LocalTime {
  let known = offsets.get(zone);
  if (known === undefined || known.size > MOST_OFFSETS) {
    known = new Map();
    offsets.set(zone, known);
  }
  const quarter = Math.floor(time / QUARTER);
  // Years beyond four digits are written otherwise, and zones once had offsets of odd seconds: those are asked each time.
  const usual = time >= 0 && time < 253_000_000_000_000;
  // UTC needs no answer of Intl, whose first one takes 9 ms.
  let offset = usual && zone === 'UTC' ? 0 : known.get(quarter);
  if (offset === undefined) {
    const asked = askIntl(time, zone);
    if (!usual || asked.offset % 15 !== 0) return asked;
    offset = asked.offset;
    known.set(quarter, offset);
  }
  const seconds = Math.floor(time / 1000) + offset * 60;
  const day = Math.floor(seconds / DAY);
  const second = seconds - day * DAY;
  return {
    date: dateOf(day),
    hour: Math.floor(second / 3600),
    minute: Math.floor(second / 60) % 60,
    second: second % 60,
    offset,
  };
}

const DAY = 86_400;
let dayOfDate = Number.NaN;
let date = '';

/** A day since 1970 as a date: made once for many times of one day. */
function dateOf(day: number): string {
  if (day !== dayOfDate) {
    dayOfDate = day;
    date = new Date(day * DAY * 1000).toISOString().slice(0, 10);
  }
  return date;
}

function askIntl(time: number, zone: string): LocalTime {
  const part: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(time)) part[type] = value;
  const date = `${part.year?.padStart(4, '0')}-${part.month}-${part.day}`;
  const hour = Number(part.hour);
  const minute = Number(part.minute);
  const second = Number(part.second);
  const shown = Date.UTC(Number(part.year), Number(part.month) - 1, Number(part.day), hour, minute, second);
  return { date, hour, minute, second, offset: Math.round((shown - Math.floor(time / 1000) * 1000) / 60_000) };
}

/** `2026-11-22T02:17:49+01:00`; an empty string where there is no time. */
export function isoLocal(time: number, zone: string): string {
  if (!Number.isFinite(time)) return '';
  const local = localTime(time, zone);
  return `${local.date}T${two(local.hour)}:${two(local.minute)}:${two(local.second)}${offsetText(local.offset)}`;
}

/** `2026-11-22 02:17` */
export function shortLocal(time: number, zone: string): string {
  if (!Number.isFinite(time)) return '';
  const local = localTime(time, zone);
  return `${local.date} ${two(local.hour)}:${two(local.minute)}`;
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return minutes === 0 ? 'Z' : `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
