// The tables that deliveries, deferrals and bounces are counted in: by a name of the row, by the group of its relay, by its verdict.
// Where the row of a number lies is found in a map; a new row is made here where its name is its key as it stands.
import { Dictionary, Entry, entryAt, PLAIN } from "../../event/assembly/dictionary";
import { allocate, touch } from "../../event/assembly/memory";
import { COUNTED_ROW_BYTES } from "./counted-rows";
import { createDelayTable } from "./delay-table";

/** How a table knows its keys: by the name in a column, by the group of the relay, by a number that only its owner can place. */
const BY_NAME = 0, BY_GROUP = 1;

/** Tables at most. */
const MOST_TABLES = 8;

/** A table by key. Read by ../plain-deliveries.ts, place by place. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
class Table {
  by: i32;
  /** Where in a row its number stands, bytes. */
  column: u32;
  /** Number → row + 1, or 0; for numbers below so many, which grow: see reaches. */
  map: usize;
  mapLength: u32;
  /** Rows there are, and rows that are made here at most. */
  rows: u32;
  most: u32;
  /** The rows: see ../counted-row.ts. */
  sums: usize;
  /** Row → the number of its name, or 0. */
  names: usize;
  /** A DelayTable: places, mask, used. */
  delays: usize;
  delaysMask: u32;
  delaysUsed: u32;
}

let names: usize = 0;
let tables: usize = 0;
export let tableCount: i32 = 0;
/** Rows of the tables of the row at hand. */
let found: usize = 0;

/** @returns where the tables will lie */
export function createTables(dictionary: usize): usize {
  names = dictionary;
  found = allocate(MOST_TABLES * 4);
  tables = allocate(MOST_TABLES * offsetof<Table>());
  return tables;
}

/** A table more. @param most rows that are made here; one more is made by its owner */
export function addTable(by: i32, column: i32, most: u32): void {
  const table = changetype<Table>(tables + <usize>tableCount * offsetof<Table>());
  tableCount++;
  table.by = by;
  table.column = <u32>column * 4;
  table.most = most;
  table.sums = allocate(<usize>(most + 1) * COUNTED_ROW_BYTES);
  table.names = allocate(<usize>(most + 1) * 4);
  if (by == BY_NAME || by == BY_GROUP) table.map = allocate(<usize>numbersOf(names) * 4);
  createDelayTable(changetype<usize>(table) + offsetof<Table>("delays"));
}

/** Numbers of the names of a dictionary are below so many. */
export function numbersOf(dictionary: usize): u32 {
  return (changetype<Dictionary>(dictionary).mask + 1) / 2 + 1;
}

/** So many numbers at once come to be in a map. */
const STEP: u32 = 16384;

/** Whether a table's map has a number in it, or has now. */
function reaches(table: Table, number: u32): bool {
  if (table.by > BY_GROUP) return false;
  const length = min((number | (STEP - 1)) + 1, numbersOf(names));
  touch(table.map + <usize>table.mapLength * 4, <usize>(length - table.mapLength) * 4);
  table.mapLength = length;
  return number < length;
}

/** Finds the row of each table, or makes it, where its name is its key as it stands; false where only the owner can. */
export function findRows(row: usize, relay: Entry): bool {
  const known = changetype<Dictionary>(names);
  for (let i = 0; i < tableCount; i++) {
    const table = changetype<Table>(tables + <usize>i * offsetof<Table>());
    const number = table.by == BY_GROUP ? <i32>relay.group : load<i32>(row + table.column);
    if (number <= 0 || (<u32>number >= table.mapLength && !reaches(table, <u32>number))) return false;
    const place = table.map + <usize>number * 4;
    let tableRow = load<u32>(place);
    if (tableRow == 0) {
      if (table.by > BY_GROUP || table.rows >= table.most) return false;
      // Once the dictionary is full, a key may have been placed by its text.
      if (known.most == 0 || (entryAt(known, number).flags & PLAIN) == 0) return false;
      store<u32>(table.names + <usize>table.rows * 4, number);
      // Written before they are read: see touch.
      memory.fill(table.sums + <usize>table.rows * COUNTED_ROW_BYTES, 0, COUNTED_ROW_BYTES);
      tableRow = ++table.rows;
      store<u32>(place, tableRow);
    }
    store<u32>(found + <usize>i * 4, tableRow - 1);
  }
  return true;
}

/** The row that was found last in a table; its counters. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function foundRow(table: i32): u32 {
  return load<u32>(found + <usize>table * 4);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
export function foundSums(table: i32): usize {
  return changetype<Table>(tables + <usize>table * offsetof<Table>()).sums + <usize>foundRow(table) * COUNTED_ROW_BYTES;
}

/** A table's DelayTable. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function delaysAt(table: i32): usize {
  return tables + <usize>table * offsetof<Table>() + offsetof<Table>("delays");
}
