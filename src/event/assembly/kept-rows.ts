// Rows that outlive their block: each with the text of its line, so that whoever wants an event of it can read it as any other row.
import * as COLUMN from "../row-layout";
import { allocate, allocateSmall } from "./memory";

const ROW_BYTES: usize = COLUMN.WIDTH * 4;

/** What stands before a row; whoever keeps it says more of it in the places that follow. Read by ../numbered-rows.ts, place by place. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
export class KeptRow {
  /** The next of the same queue id, or 0; of one that is free, the next that is. */
  next: usize;
  /** Bytes, this head included. */
  size: u32;
  /** Whose numbers the row has: counted by ../numbered-rows.ts. */
  scope: u32;
  /** Minutes east of UTC, of `time`: ms since 1970 UTC. */
  offset: i32;
  recipientKey: f64;
  time: f64;
}

/** Where the row lies, and its text. */
const ROW: usize = 48, TEXT: usize = ROW + ROW_BYTES;
/** Lines longer than that are left to their events. */
export const LONGEST: usize = 4096;
const UNIT: usize = 64;

/** Free memory by size, in units of UNIT bytes. */
let free: usize = 0;

export function createKeptRows(): void {
  if (free == 0) free = allocate(((LONGEST + TEXT) / UNIT + 2) * 4);
}

/** A copy of a row with its text. What its head says besides `size`, `scope` and `recipientKey` is not set. */
export function keepRow(row: usize, scope: u32): usize {
  const start = <usize>load<u32>(row, COLUMN.lineStart * 4), end = <usize>load<u32>(row, COLUMN.lineEnd * 4);
  const made = keepHead(TEXT + (end - start));
  const head = changetype<KeptRow>(made);
  head.scope = scope;
  head.recipientKey = load<f64>(row, COLUMN.recipientKey * 4);
  const kept = made + ROW;
  memory.copy(kept, row, ROW_BYTES);
  memory.copy(made + TEXT, start, end - start);
  const moved = <i32>(made + TEXT) - <i32>start;
  move(kept, COLUMN.lineStart, moved);
  move(kept, COLUMN.hostStart, moved);
  move(kept, COLUMN.programStart, moved);
  move(kept, COLUMN.queueId, moved);
  move(kept, COLUMN.recipient, moved);
  move(kept, COLUMN.originalRecipient, moved);
  move(kept, COLUMN.relayStart, moved);
  move(kept, COLUMN.status, moved);
  move(kept, COLUMN.delay, moved);
  move(kept, COLUMN.delays, moved);
  move(kept, COLUMN.tls, moved);
  move(kept, COLUMN.dsn, moved);
  move(kept, COLUMN.response, moved);
  store<u64>(kept + COLUMN.head * 4, 0);
  return made;
}

/** Room for a head and what follows it. @param bytes of both */
export function keepHead(bytes: usize): usize {
  const units = (bytes + UNIT - 1) / UNIT;
  let made = load<usize>(free + units * 4);
  if (made != 0) store<usize>(free + units * 4, changetype<KeptRow>(made).next);
  else made = allocateSmall(units * UNIT);
  changetype<KeptRow>(made).size = <u32>(units * UNIT);
  return made;
}

/** Whether there is room for a head and what follows it among what was released. */
export function hasReleased(bytes: usize): bool {
  return load<usize>(free + ((bytes + UNIT - 1) / UNIT) * 4) != 0;
}

/** A span that lies elsewhere now. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function move(row: usize, column: i32, by: i32): void {
  const at = row + column * 4;
  if (load<i32>(at, 4) == 0) return;
  store<i32>(at, load<i32>(at) + by);
  store<i32>(at, load<i32>(at, 4) + by, 4);
}

export function releaseRow(kept: usize): void {
  const list = free + <usize>(changetype<KeptRow>(kept).size / <u32>UNIT) * 4;
  changetype<KeptRow>(kept).next = load<usize>(list);
  store<usize>(list, kept);
}
