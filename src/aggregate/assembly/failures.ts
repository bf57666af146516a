// Addresses that have failed once, by a bounce whose verdict says all that is kept of it: the row is kept, and nothing made of it before
// somebody asks (../counted-failures.ts). What comes next of such an address, delivery or failure, is left to its event.
import * as COLUMN from "../../event/row-layout";
import { createKeptRows, keepRow, KeptRow, releaseRow } from "../../event/assembly/kept-rows";
import { addEntry, createKeyTable, dropEntry, entryOf, hasRoomFor, KeyTable, placeOf } from "../../event/assembly/key-table";

/** A failure; its row follows. The time is its own, the zone is not set. Read by ../counted-failures.ts, place by place. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
class Failure extends KeptRow {
  /** The input it is of, counted by ../counted-failures.ts. */
  input: u32;
}

/** Whether failures are kept. */
let keeps: bool = false;
/** The hash of an address → its failure. */
let failures: KeyTable = changetype<KeyTable>(0);
/** Input of the rows at hand. */
let input: u32 = 0;

export function keepFailures(): void {
  createKeptRows();
  failures = createKeyTable();
  keeps = true;
}

/** The rows that follow are of this input. */
export function enterFailuresOf(number: u32): void {
  input = number;
}

/** Keeps the failure of a row, of an address that has not failed before; false where its event has to be made. */
export function keepFailure(row: usize, time: f64, scope: u32): bool {
  // Addresses compare without case: beyond ASCII, by more than their hash does.
  if (!keeps || load<i32>(row, COLUMN.plain * 4) == 0 || !hasRoomFor(failures)) return false;
  const made = changetype<Failure>(keepRow(row, scope));
  made.time = time;
  made.input = input;
  addEntry(failures, made.recipientKey).first = changetype<usize>(made);
  return true;
}

/** The failure that is kept of an address; 0 where there is none. */
export function failureOf(key: f64): usize {
  return keeps ? placeOf(failures, key).first : 0;
}

/** Somebody else knows it from now on. */
export function forgetFailure(key: f64): void {
  const entry = placeOf(failures, key);
  releaseRow(entry.first);
  dropEntry(failures, entry);
}

/** For those who look at all: how many places there are, and what lies at one, or 0. */
export function failurePlaces(): u32 {
  return keeps ? failures.mask + 1 : 0;
}
export function failureAt(place: u32): usize {
  return entryOf(failures, place).first;
}
