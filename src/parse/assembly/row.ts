// A row that is being written; see src/event/row-layout.ts.
import * as COLUMN from "../../event/row-layout";

/** Bytes of a row. */
export const ROW: usize = COLUMN.WIDTH * 4;

// @ts-ignore: decorators are AssemblyScript's
@inline
export function put(row: usize, column: i32, value: i32): void {
  store<i32>(row + column * 4, value);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
export function putKey(row: usize, column: i32, value: f64): void {
  store<f64>(row + column * 4, value);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
export function at(row: usize, column: i32): usize {
  return load<u32>(row + column * 4);
}

/** Sets all columns to 0. Neither this nor `copy` is long enough for memory.fill and memory.copy, which are calls, to pay. */
export function clearRow(row: usize): void {
  clear(row, COLUMN.WIDTH);
}

/** The same of the columns that are counted. */
export function clearCounted(row: usize): void {
  clear(row, COLUMN.COUNTED);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function clear(row: usize, columns: i32): void {
  const none = i8x16.splat(0);
  for (let at = row; at < row + columns * 4; at += 16) v128.store(at, none);
}
