// When what a row says was: the clock of src/correlate/clock.ts, asked where it would do more than go on.
import * as COLUMN from "../row-layout";

/** Tells the clock of a stamp. @param offset of one that names its zone @returns its moment; NaN where there is none */
// @ts-ignore: decorators are AssemblyScript's
@external("env", "settle")
declare function settle(kind: i32, stamp: f64, offset: i32): f64;

/** The zone of the moment that was settled last, minutes east of UTC. */
// @ts-ignore: decorators are AssemblyScript's
@external("env", "zone")
declare function zone(): i32;

// See src/event/stamp-kind.ts.
const STAMP_ABSOLUTE = 1;
const QUARTER_MS: f64 = 900_000;

/** The moment of the row that was settled last, ms since 1970 UTC, and its zone, minutes east of UTC. */
export let time: f64 = NaN;
export let offset: i32 = 0;
/** The clock has not been told of it. */
export let isClockBehind: bool = false;
/** The stamp that was settled last in a run. */
let lastKind: i32 = 0;
let lastStamp: f64 = NaN;

/** Begins a run: what was before it is known to the clock. */
export function beginTimes(): void {
  lastKind = 0;
  lastStamp = NaN;
  isClockBehind = false;
}

/** Settles the time of a row, the next of its run. */
export function settleStamp(row: usize): void {
  const kind = load<i32>(row, COLUMN.stampKind * 4);
  const stamp = load<f64>(row, COLUMN.stamp * 4);
  if (kind == lastKind && stamp == lastStamp && kind != STAMP_ABSOLUTE) return;
  if (kind == STAMP_ABSOLUTE) {
    time = stamp;
    offset = load<i32>(row, COLUMN.offset * 4);
    isClockBehind = true;
  } else if (kind == lastKind && stamp > lastStamp && Math.floor(stamp / QUARTER_MS) == Math.floor(lastStamp / QUARTER_MS)) {
    // Later in the same quarter hour, so much later: as in src/correlate/clock.ts.
    time += stamp - lastStamp;
    isClockBehind = true;
  } else {
    // What the clock goes by is the line before, of which it may not have been told.
    if (isClockBehind) settle(lastKind, lastStamp, offset);
    isClockBehind = false;
    time = settle(kind, stamp, 0);
    offset = zone();
  }
  lastKind = kind;
  lastStamp = stamp;
}
