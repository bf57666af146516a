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

/** What a clock in `zone` (an IANA name, `UTC`) shows at `time` (ms since 1970 UTC). */
export function localTime(time: number, zone: string): LocalTime {
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
