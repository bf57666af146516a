// Rows of counters: see ../counted-row.ts.
import { allocate } from "../../event/assembly/memory";
import { COUNTED_COLUMNS, COUNTED_ROW, FIRST_COUNTER, MORE } from "../counted-row";

export const COUNTED_ROW_BYTES: usize = COUNTED_ROW * 4;

/** Bytes of a row of doubles. */
let wideBytes: usize = 0;

/** @param columns how many counters there are in all */
export function createRows(columns: i32): void {
  wideBytes = <usize>columns * 8;
}

/** Where the doubles of a row lie; it has some from then on. */
export function moreOf(row: usize): usize {
  let more = <usize>load<u32>(row, MORE * 4);
  if (more == 0) {
    more = allocate(wideBytes);
    store<u32>(row, <u32>more, MORE * 4);
  }
  return more;
}

/** One more in a counter that numbers count. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function countIn(row: usize, column: usize): void {
  const place = row + (<usize>FIRST_COUNTER + column) * 4;
  const count = load<u32>(place) + 1;
  store<u32>(place, count);
  if (count == 0) carry(row, column);
}

/** A place that has come round to 0. */
function carry(row: usize, column: usize): void {
  const place = moreOf(row) + column * 8;
  store<f64>(place, load<f64>(place) + 4294967296);
}

/** A counter, whoever counted. */
export function valueAt(row: usize, column: u32): f64 {
  const more = <usize>load<u32>(row, MORE * 4);
  const counted: f64 = column < <u32>COUNTED_COLUMNS ? <f64>load<u32>(row + <usize>(<u32>FIRST_COUNTER + column) * 4) : 0;
  return more == 0 ? counted : counted + load<f64>(more + <usize>column * 8);
}
