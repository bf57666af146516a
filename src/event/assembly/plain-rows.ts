// What all have in common who settle rows by their numbers: which queue ids are not plain, and how a run goes. See ../plain-rows.ts.
import * as COLUMN from "../row-layout";
import { addKey, createKeySet, deleteKey, hasKey } from "./key-set";
import { beginTimes, isClockBehind, settleStamp } from "./row-time";

// See KIND and OUTCOMES of src/event/log-rows.ts.
export const KIND_OUTCOME = 1, KIND_REMOVED = 3, KIND_OPENED = 4, KIND_MESSAGE_ID = 5, KIND_WARNING = 6;
export const DELIVERED = 0, DEFERRED = 1, BOUNCED = 2;
export const ROW_BYTES: usize = COLUMN.WIDTH * 4;

/** Queue ids whose lines are not plain: those that are open elsewhere, and those that may come back. */
let queueIds: usize = 0;
/** Where the last row lies whose time was settled; 0 before the first of a run. */
let settled: usize = 0;
/** Warnings that were passed over. */
let passed: i32 = 0;

export function createPlainRows(): void {
  queueIds = createKeySet();
}

export function watchQueueId(key: f64): void {
  addKey(queueIds, key);
}

export function forgetQueueId(key: f64): void {
  deleteKey(queueIds, key);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
export function isWatched(key: f64): bool {
  return hasKey(queueIds, key);
}

export function beginRun(): void {
  settled = 0;
  beginTimes();
}

/** A row is done whose time was settled. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function noteSettled(row: usize): void {
  settled = row;
}

/** Passes over a warning nobody can act on: a line like any other. Whether the row is one. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function passWarning(row: usize, kind: i32): bool {
  if (kind != KIND_WARNING || load<i32>(row, COLUMN.verdict * 4) != 0) return false;
  settleStamp(row);
  settled = row;
  passed++;
  return true;
}

/** The row that the clock has yet to be told of: the last whose time the last run settled; 0 where it knows. */
export function untold(): usize {
  return isClockBehind ? settled : 0;
}

/** How many warnings were passed over since this was last asked. */
export function takePassed(): i32 {
  const before = passed;
  passed = 0;
  return before;
}
