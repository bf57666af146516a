// Questions about all rows of a table that a report asks once: over sixty thousand rows, that takes code which has just begun to run
// in JavaScript tens of milliseconds. See ../table-rows.ts, which answers the same of tables that are not counted in here.
import { allocate } from "../../event/assembly/memory";
import { COUNTED_ROW_BYTES, valueAt } from "./counted-rows";

/** The rows of the table that is asked about. */
let sums: usize = 0;
let rows: u32 = 0;
/** The columns by which rows are compared, the first first. */
const MOST_COLUMNS = 4;
let columns: usize = 0;
let columnCount: i32 = 0;
/** Rows that are told; there is room for so many. */
let told: usize = 0;
let room: u32 = 0;

/** Says which table the questions are about. @returns where the rows lie that are told, and before them room for the columns */
export function askAbout(at: usize, count: u32): usize {
  if (columns == 0) columns = allocate(MOST_COLUMNS * 4);
  if (count > room) {
    room = count;
    told = allocate(<usize>room * 4);
  }
  sums = at;
  rows = count;
  return told;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function value(row: u32, column: u32): f64 {
  return valueAt(sums + <usize>row * COUNTED_ROW_BYTES, column);
}

export function compareBy(column: u32): void {
  store<u32>(columns + <usize>(columnCount++) * 4, column);
}

export function sumOf(column: u32): f64 {
  let sum: f64 = 0;
  for (let row: u32 = 0; row < rows; row++) sum += value(row, column);
  return sum;
}

/** How many rows have something in either of two columns. */
export function countOfEither(column: u32, other: u32): u32 {
  let count: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) if (value(row, column) + value(row, other) > 0) count++;
  return count;
}

/** Tells the rows with so much in a column. @returns how many there are */
export function reaching(column: u32, least: f64): u32 {
  let found: u32 = 0;
  for (let row: u32 = 0; row < rows; row++)
    if (value(row, column) >= least) store<u32>(told + <usize>(found++) * 4, row);
  return found;
}

/**
 * Of the rows with at least so much in a column, those among which the first `limit` are by the columns of compareBy, most first: these,
 * and all that are equal to the last of them.
 * @param enough rows with so much in the first column are told all, or none of the others is
 */
export function foremost(filter: u32, least: f64, limit: u32, enough: f64): u32 {
  // A heap of the foremost so far, the last of them on top.
  let size: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    if (value(row, filter) < least) continue;
    if (size < limit) {
      up(size++, row);
    } else if (order(row, load<u32>(told)) > 0) down(size, row);
  }
  const last = size < limit ? -1 : <i64>load<u32>(told);
  const first = load<u32>(columns);
  const all = last >= 0 && value(<u32>last, first) >= enough;
  let found: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    if (value(row, filter) < least) continue;
    if (last < 0 || (all ? value(row, first) >= enough : order(row, <u32>last) >= 0)) store<u32>(told + <usize>(found++) * 4, row);
  }
  columnCount = 0;
  return found;
}

/** Positive where a row comes before another. */
function order(mine: u32, theirs: u32): i32 {
  for (let i = 0; i < columnCount; i++) {
    const column = load<u32>(columns + <usize>i * 4);
    const x = value(mine, column), y = value(theirs, column);
    if (x != y) return x > y ? 1 : -1;
  }
  return 0;
}

function at(place: u32): u32 {
  return load<u32>(told + <usize>place * 4);
}

function put(place: u32, row: u32): void {
  store<u32>(told + <usize>place * 4, row);
}

function up(place: u32, row: u32): void {
  while (place > 0) {
    const above = (place - 1) / 2;
    if (order(row, at(above)) >= 0) break;
    put(place, at(above));
    place = above;
  }
  put(place, row);
}

/** Puts a row in place of the one on top. */
function down(size: u32, row: u32): void {
  let place: u32 = 0;
  for (;;) {
    let below: u32 = 2 * place + 1;
    if (below >= size) break;
    if (below + 1 < size && order(at(below + 1), at(below)) < 0) below++;
    if (order(row, at(below)) <= 0) break;
    put(place, at(below));
    place = below;
  }
  put(place, row);
}
