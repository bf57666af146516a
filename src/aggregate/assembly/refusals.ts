// Deferrals and bounces, added up by who put the mail off or refused it, for which domain, with which verdict; with the earliest answer of each. Reasons and causes
// of any table are made from these: see ../refusals.ts.
import * as COLUMN from "../../event/row-layout";
import { Dictionary, entryAt } from "../../event/assembly/dictionary";
import { allocate } from "./memory";

/** Read by ../refusals.ts, place by place. */
// @ts-ignore: decorators are AssemblyScript's
@unmanaged
class Refusal {
  /** Of the earliest; NaN where it has none. */
  time: f64;
  /** Rows of the tables by domain and by provider. */
  domain: u32;
  provider: u32;
  /** Counted by ../plain-deliveries.ts. */
  verdict: u32;
  /** Deferrals, or bounces: a verdict's number is for one of them. */
  count: u32;
  /** Those that were their message's first record. */
  first: u32;
  /** Of the earliest: a name; where its answer and its queue id lie, behind each other, and how long each is. */
  host: u32;
  text: usize;
  answerLength: u32;
  queueIdLength: u32;
  room: u32;
}
const SIZE: usize = 48;

/** An answer kept as an example is cut to so many bytes. A character has four at most; see ANSWER_LIMIT in ../reasons.ts. */
const LONGEST_ANSWER: u32 = 2000;
/** Answers of the same moment are compared so far. */
const COMPARED: u32 = 500;
/** So many are kept apart; what comes then is left to its event. */
const MOST: u32 = 1 << 18;

let slots: usize = 0;
let mask: u32 = 0;
let entries: usize = 0;
let count: u32 = 0;

export function createRefusals(): void {
  mask = 4095;
  slots = allocate(<usize>(mask + 1) * 4);
  entries = allocate(<usize>MOST * SIZE);
}

export function refusals(): usize {
  return entries;
}

export function refusalCount(): u32 {
  return count;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function hashOf(domain: u32, provider: u32, verdict: u32): u32 {
  let hash = domain * 0x9e3779b1 ^ rotl(provider * 0x85ebca6b, 13) ^ rotl(verdict * 0xc2b2ae35, 7);
  hash ^= hash >> 15;
  return (hash * 0x2c1b3c6d) >> 5;
}

/** The place of what is added up so, made where there is none; 0 where there is no room for it. */
export function refusalOf(domain: u32, provider: u32, verdict: u32): usize {
  let slot = hashOf(domain, provider, verdict) & mask;
  for (;;) {
    const number = load<u32>(slots + <usize>slot * 4);
    if (number == 0) break;
    const known = changetype<Refusal>(entries + <usize>(number - 1) * SIZE);
    if (known.domain == domain && known.provider == provider && known.verdict == verdict) break;
    slot = (slot + 1) & mask;
  }
  const number = load<u32>(slots + <usize>slot * 4);
  if (number != 0) return entries + <usize>(number - 1) * SIZE;
  if (count == MOST) return 0;
  const made = entries + <usize>count * SIZE;
  const refusal = changetype<Refusal>(made);
  refusal.domain = domain;
  refusal.provider = provider;
  refusal.verdict = verdict;
  store<u32>(slots + <usize>slot * 4, ++count);
  if (count * 2 > mask) grow();
  return made;
}

/** Adds one to it. */
export function addRefusal(at: usize, row: usize, time: f64, isFirst: bool, names: usize): void {
  const refusal = changetype<Refusal>(at);
  if (refusal.count == 0 || time < refusal.time || (time == refusal.time && isBefore(refusal, row, names))) setExample(refusal, row, time);
  refusal.count++;
  if (isFirst) refusal.first++;
}

function setExample(refusal: Refusal, row: usize, time: f64): void {
  const answer = <usize>load<u32>(row, COLUMN.response * 4), queueId = <usize>load<u32>(row, COLUMN.queueId * 4);
  const answerLength = min(load<u32>(row, COLUMN.response * 4 + 4) - <u32>answer, LONGEST_ANSWER);
  const queueIdLength = load<u32>(row, COLUMN.queueId * 4 + 4) - <u32>queueId;
  if (refusal.room < answerLength + queueIdLength) {
    refusal.room = (answerLength + queueIdLength + 63) & ~63;
    refusal.text = allocate(refusal.room);
  }
  refusal.time = time;
  refusal.host = load<u32>(row, COLUMN.host * 4);
  refusal.answerLength = answerLength;
  refusal.queueIdLength = queueIdLength;
  memory.copy(refusal.text, answer, answerLength);
  memory.copy(refusal.text + answerLength, queueId, queueIdLength);
}

/** Whether a row comes before the example of the same moment: by answer, host, queue id, as `earlier` in ../reasons.ts says. */
function isBefore(refusal: Refusal, row: usize, names: usize): bool {
  const answer = <usize>load<u32>(row, COLUMN.response * 4);
  const length = min(load<u32>(row, COLUMN.response * 4 + 4) - <u32>answer, LONGEST_ANSWER);
  let order = compare(answer, min(length, COMPARED), refusal.text, min(refusal.answerLength, COMPARED));
  if (order != 0) return order < 0;
  const known = changetype<Dictionary>(names);
  const mine = entryAt(known, load<u32>(row, COLUMN.host * 4)), theirs = entryAt(known, refusal.host);
  order = compare(mine.at, mine.length, theirs.at, theirs.length);
  if (order != 0) return order < 0;
  const queueId = <usize>load<u32>(row, COLUMN.queueId * 4);
  const queueIdLength = load<u32>(row, COLUMN.queueId * 4 + 4) - <u32>queueId;
  return compare(queueId, queueIdLength, refusal.text + refusal.answerLength, refusal.queueIdLength) < 0;
}

/** By bytes; of two that begin alike, the shorter is first. */
function compare(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  const order = memory.compare(a, b, min(aLength, bLength));
  return order != 0 ? order : <i32>aLength - <i32>bLength;
}

function grow(): void {
  mask = 2 * mask + 1;
  slots = allocate(<usize>(mask + 1) * 4);
  for (let number: u32 = 1; number <= count; number++) {
    const known = changetype<Refusal>(entries + <usize>(number - 1) * SIZE);
    let slot = hashOf(known.domain, known.provider, known.verdict) & mask;
    while (load<u32>(slots + <usize>slot * 4) != 0) slot = (slot + 1) & mask;
    store<u32>(slots + <usize>slot * 4, number);
  }
}
