/**
 * What time it was: the year of a year-less stamp, the zone of a local one, the hour that comes twice when clocks go back.
 * All three need the order of the lines, so they are settled here and not in the parser. Nothing asks the real clock: the
 * latest moment an input can speak of is given (its modification time, or now).
 */
import { type InputInfo, type LogRecord, STAMP_ABSOLUTE, STAMP_LOCAL, STAMP_NONE } from '../event/index.ts';

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** 1 January and 1 March 2000: year-less stamps are given as of this leap year. */
const LEAP_YEAR_START = Date.UTC(2000, 0, 1);
const LEAP_DAY = Date.UTC(2000, 1, 29);
/** Lines of several processes interleave; a stamp that goes back less than this is no new year. */
const OUT_OF_ORDER = 7 * DAY;
/** And within one hour, no second run through the same hour. */
const JITTER = 2 * MINUTE;

/** Minutes east of UTC that hold in a zone at a moment. */
export type ZoneOffset = (epoch: number) => number;

/** Offsets of an IANA time zone (`Europe/Berlin`), remembered by quarter hour. Throws RangeError for a name that is none. */
export function zoneOffset(timeZone: string): ZoneOffset {
  if (timeZone === 'UTC') return () => 0;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const known = new Map<number, number>();
  let lastQuarter = Number.NaN;
  let lastOffset = 0;
  return (epoch) => {
    const quarter = Math.floor(epoch / QUARTER);
    if (quarter === lastQuarter) return lastOffset;
    let offset = known.get(quarter);
    if (offset === undefined) {
      const at = quarter * QUARTER;
      const part: Record<string, number> = {};
      for (const { type, value } of format.formatToParts(at)) part[type] = Number(value);
      const local = Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
      offset = Math.round((local - at) / MINUTE);
      if (known.size > 100_000) known.clear();
      known.set(quarter, offset);
    }
    lastQuarter = quarter;
    lastOffset = offset;
    return offset;
  };
}

/** Where one input's clock stands: plain data, so that reading can go on later. */
export interface ClockState {
  /** The year of the last year-less stamp; NaN before the first. */
  year: number;
  /** The last moment, ms since 1970 UTC; NaN before the first. */
  last: number;
}

/** Settles the stamps of one input, in the order of its lines. After `settle`, `time` and `offset` hold the answer. */
export class LogClock {
  /** Milliseconds since 1970 UTC, NaN where the line has no stamp. */
  time = Number.NaN;
  /** Minutes east of UTC. */
  offset = 0;
  readonly state: ClockState;
  readonly #zone: ZoneOffset;
  readonly #input: InputInfo;
  #lastKind = STAMP_NONE as number;
  #lastStamp = Number.NaN;

  constructor(input: InputInfo, zone: ZoneOffset, state: ClockState = { year: Number.NaN, last: Number.NaN }) {
    this.#input = input;
    this.#zone = zone;
    this.state = state;
  }

  settle(record: Pick<LogRecord, 'stampKind' | 'stamp' | 'offset'>): void {
    const kind = record.stampKind;
    const stamp = record.stamp;
    const before = this.#lastStamp;
    const sameKind = kind === this.#lastKind;
    this.#lastKind = kind;
    this.#lastStamp = stamp;
    if (kind === STAMP_ABSOLUTE) {
      this.time = stamp;
      this.offset = record.offset;
      this.state.last = stamp;
      return;
    }
    if (sameKind && stamp === before) return; // the same second as the line before: mostly so
    if (kind === STAMP_NONE) {
      this.time = this.state.last;
      return;
    }
    // Neither the year nor the zone's offset changes within a quarter hour: a stamp later in it is so much later. The same rule stands in
    // settleStamp of src/event/assembly/row-time.ts.
    if (sameKind && stamp > before && Math.floor(stamp / QUARTER) === Math.floor(before / QUARTER)) {
      this.time += stamp - before;
    } else this.#settleLocal(kind === STAMP_LOCAL ? stamp : this.#withYear(stamp));
    // A line that lags behind the newest by a little does not set the clock back.
    if (!(this.time < this.state.last && this.state.last - this.time < JITTER)) this.state.last = this.time;
  }

  /** Civil time → moment. In the hour that comes twice, the first unless the lines have already left it. */
  #settleLocal(local: number): void {
    const before = this.#zone(local - DAY);
    const after = this.#zone(local + DAY);
    let time = local - before * MINUTE;
    let offset = before;
    if (before !== after) {
      const second = local - after * MINUTE;
      const firstHolds = this.#zone(time) === before;
      const secondHolds = this.#zone(second) === after;
      if ((secondHolds && !firstHolds) || (secondHolds && second > time && time < this.state.last - JITTER)) {
        time = second;
        offset = after;
      }
    }
    this.time = time;
    this.offset = offset;
  }

  /** Gives a year-less stamp its year: the last line's, the next when the calendar has turned, never one that lies ahead. */
  #withYear(stamp: number): number {
    const { state } = this;
    const latest = this.#input.reference + DAY;
    const leap = stamp >= LEAP_DAY && stamp < LEAP_DAY + DAY;
    const valid = (year: number): boolean => !leap || isLeapYear(year);
    const at = (year: number): number => inYear(stamp, year);

    let year: number;
    if (Number.isNaN(state.year)) {
      year = this.#input.year ?? new Date(latest).getUTCFullYear();
      if (this.#input.year === undefined)
        while (at(year) - this.#zone(at(year)) * MINUTE > latest || !valid(year)) year--;
    } else {
      year = state.year;
      const last = state.last + this.#zone(state.last) * MINUTE; // civil, like the stamp
      if (at(year) < last - OUT_OF_ORDER) {
        // December → January. Where that would lie ahead, the clock was set back instead.
        const next = at(year + 1);
        if (next - this.#zone(next) * MINUTE <= latest || this.#input.year !== undefined) year++;
      } else if (at(year) > last + 365 * DAY - OUT_OF_ORDER && at(year - 1) > last - OUT_OF_ORDER) {
        // A straggler of 31 December behind the first lines of January belongs to the old year, and does not turn it back.
        return at(year - 1);
      }
      if (!valid(year)) while (!valid(year)) year--;
    }
    state.year = year;
    return at(year);
  }
}

/** A stamp given as of the year 2000, in another year. 29 February falls on 1 March where there is none. */
function inYear(stamp: number, year: number): number {
  const inLeapYear = stamp - LEAP_YEAR_START;
  const afterFebruary = stamp >= LEAP_DAY + DAY;
  if (year !== lastYear) {
    lastYear = year;
    lastYearStart = Date.UTC(year, 0, 1);
  }
  return lastYearStart + inLeapYear - (afterFebruary && !isLeapYear(year) ? DAY : 0);
}

/** A log is of one year, mostly. */
let lastYear = Number.NaN;
let lastYearStart = 0;

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** RFC 3339 with an offset: `2026-11-22T02:17:46+01:00`; with milliseconds where there are any. */
export function formatTimestamp(time: number, offset: number): string {
  if (time !== lastSecondTime || offset !== lastSecondOffset) {
    lastSecondTime = time;
    lastSecondOffset = offset;
    const iso = new Date(time + offset * MINUTE).toISOString();
    const sign = offset < 0 ? '-' : '+';
    const minutes = Math.abs(offset);
    const zone = `${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
    lastSecondText = (time % 1000 === 0 ? iso.slice(0, 19) : iso.slice(0, 23)) + zone;
  }
  return lastSecondText;
}

let lastSecondTime = Number.NaN;
let lastSecondOffset = 0;
let lastSecondText = '';

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}
