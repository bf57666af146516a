// Deferrals and bounces, added up by who put the mail off or refused it, for which domain, with which verdict; with the earliest answer
// of each. Reasons and causes of any table are made from these: see ../refusals.ts. All of a log are in here, those too of which an event
// was made, in the order in which they came: what is told of them does not depend on who counted which.
import * as COLUMN from "../../event/row-layout";
import { Dictionary, entryAt } from "../../event/assembly/dictionary";
import { allocate, allocatePlaces, allocateSmall, releasePlaces } from "../../event/assembly/memory";

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
  /** Of the earliest: a name; where its answer, its queue id and a host without a number lie, behind each other, and how long each is. */
  host: u32;
  text: usize;
  answerLength: u32;
  queueIdLength: u32;
  hostLength: u32;
  room: u32;
  /** The next of the same domain, or provider: see indexRefusals. */
  nextOfDomain: usize;
  nextOfProvider: usize;
}
const SIZE: usize = 64;

/** An answer kept as an example is cut to so many bytes. A character has four at most; see ANSWER_LIMIT in ../reasons.ts. */
const LONGEST_ANSWER: u32 = 2000;
/** Answers of the same moment are compared so far. */
const COMPARED: u32 = 500;
/** So many are kept apart; what comes then is left to its event. */
const MOST: u32 = 1 << 18;
/** Bytes of texts: less than what isNearlyFull in ./memory.ts keeps free. */
const MOST_TEXT: usize = 128 << 20;

let slots: usize = 0;
let mask: u32 = 0;
let entries: usize = 0;
let count: u32 = 0;
let textBytes: usize = 0;
/** The dictionary that hosts are numbered in. */
let names: usize = 0;

// What a report asks for, once all is counted. See indexRefusals.
const OF_DOMAIN = 0, OF_PROVIDER = 1;
/** Row of the table by domain, or provider → its first refusal, or 0. */
let firstOfDomain: usize = 0;
let firstOfProvider: usize = 0;
/** Verdict → the sums of those gathered last: count, first, the refusal with the earliest answer; which verdicts, in order. */
let sums: usize = 0;
let gathered: usize = 0;
let gatheredCount: u32 = 0;
/** Verdict → whether its partners are asked for; row → how often it is one; which rows, in order. */
let wanted: usize = 0;
let times: usize = 0;
let partners: usize = 0;

export function createRefusals(dictionary: usize): void {
  names = dictionary;
  mask = 4095;
  slots = allocatePlaces(<usize>(mask + 1) * 4);
  entries = allocate(<usize>MOST * SIZE);
}

export function refusals(): usize {
  return entries;
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
  if (count == MOST || textBytes > MOST_TEXT) return 0;
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
export function addRefusal(at: usize, row: usize, time: f64, isFirst: bool): void {
  const refusal = changetype<Refusal>(at);
  if (refusal.count == 0 || time < refusal.time || (time == refusal.time && isBefore(refusal, row))) setExample(refusal, row, time);
  refusal.count++;
  if (isFirst) refusal.first++;
}

/**
 * Adds a row that its event is told of. @param verdict of refusals @param domain, provider rows of the tables
 * @returns whether there was room for it
 */
export function gatherRow(row: usize, time: f64, isFirst: bool, verdict: u32, domain: u32, provider: u32): bool {
  const refusal = refusalOf(domain, provider, verdict);
  if (refusal == 0) return false;
  addRefusal(refusal, row, time, isFirst);
  return true;
}

function setExample(refusal: Refusal, row: usize, time: f64): void {
  const answer = start(row, COLUMN.response), queueId = start(row, COLUMN.queueId), host = start(row, COLUMN.hostStart);
  const answerLength = answerLengthOf(row), queueIdLength = length(row, COLUMN.queueId), hostLength = hostLengthOf(row);
  const needed = answerLength + queueIdLength + hostLength;
  if (refusal.room < needed) {
    // Once there is no more room, the first of those that fitted stays.
    if (textBytes > MOST_TEXT) return;
    refusal.room = (needed + 63) & ~63;
    textBytes += refusal.room;
    refusal.text = allocateSmall(refusal.room);
  }
  refusal.time = time;
  refusal.host = <u32>max(0, load<i32>(row, COLUMN.host * 4));
  refusal.answerLength = answerLength;
  refusal.queueIdLength = queueIdLength;
  refusal.hostLength = hostLength;
  memory.copy(refusal.text, answer, answerLength);
  memory.copy(refusal.text + answerLength, queueId, queueIdLength);
  memory.copy(refusal.text + answerLength + queueIdLength, host, hostLength);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function start(row: usize, column: i32): usize {
  return <usize>load<u32>(row + <usize>column * 4);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function length(row: usize, column: i32): u32 {
  const end = load<u32>(row + <usize>column * 4, 4);
  return end == 0 ? 0 : end - load<u32>(row + <usize>column * 4);
}

function answerLengthOf(row: usize): u32 {
  return min(length(row, COLUMN.response), LONGEST_ANSWER);
}

/** Of a host that has no number: of that alone the text is kept. */
function hostLengthOf(row: usize): u32 {
  return load<i32>(row, COLUMN.host * 4) < 0 ? length(row, COLUMN.hostStart) : 0;
}

/** Whether a row comes before the example of the same moment: by answer, host, queue id, as `earlier` in ../reasons.ts says. */
function isBefore(refusal: Refusal, row: usize): bool {
  let order = compare(start(row, COLUMN.response), min(answerLengthOf(row), COMPARED), refusal.text, min(refusal.answerLength, COMPARED));
  if (order != 0) return order < 0;
  const number = load<i32>(row, COLUMN.host * 4);
  const known = changetype<Dictionary>(names);
  const host = number > 0 ? <usize>entryAt(known, number).at : start(row, COLUMN.hostStart);
  const hostLength = number > 0 ? entryAt(known, number).length : hostLengthOf(row);
  order = compare(host, hostLength, hostOf(refusal, known), hostLengthOfExample(refusal, known));
  if (order != 0) return order < 0;
  return compare(start(row, COLUMN.queueId), length(row, COLUMN.queueId), refusal.text + refusal.answerLength, refusal.queueIdLength) < 0;
}

function hostOf(refusal: Refusal, known: Dictionary): usize {
  return refusal.host > 0 ? <usize>entryAt(known, refusal.host).at : refusal.text + refusal.answerLength + refusal.queueIdLength;
}

function hostLengthOfExample(refusal: Refusal, known: Dictionary): u32 {
  return refusal.host > 0 ? entryAt(known, refusal.host).length : refusal.hostLength;
}

/** Whether the example of one comes before another's. */
function comesBefore(mine: Refusal, theirs: Refusal): bool {
  if (mine.time != theirs.time) return mine.time < theirs.time;
  let order = compare(mine.text, min(mine.answerLength, COMPARED), theirs.text, min(theirs.answerLength, COMPARED));
  if (order != 0) return order < 0;
  const known = changetype<Dictionary>(names);
  order = compare(hostOf(mine, known), hostLengthOfExample(mine, known), hostOf(theirs, known), hostLengthOfExample(theirs, known));
  if (order != 0) return order < 0;
  return compare(mine.text + mine.answerLength, mine.queueIdLength, theirs.text + theirs.answerLength, theirs.queueIdLength) < 0;
}

/** By bytes; of two that begin alike, the shorter is first. */
function compare(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  const order = memory.compare(a, b, min(aLength, bLength));
  return order != 0 ? order : <i32>aLength - <i32>bLength;
}

function grow(): void {
  releasePlaces(slots, <usize>(mask + 1) * 4);
  mask = 2 * mask + 1;
  slots = allocatePlaces(<usize>(mask + 1) * 4);
  for (let number: u32 = 1; number <= count; number++) {
    const known = changetype<Refusal>(entries + <usize>(number - 1) * SIZE);
    let slot = hashOf(known.domain, known.provider, known.verdict) & mask;
    while (load<u32>(slots + <usize>slot * 4) != 0) slot = (slot + 1) & mask;
    store<u32>(slots + <usize>slot * 4, number);
  }
}

/**
 * Once all is counted: makes what the questions below are answered by.
 * @param domains, providers rows of the tables by them @param verdicts how many there are
 * @returns where the sums lie that gatherRefusals fills; then which verdicts; then which verdicts are wanted of gatherPartners, a byte
 * each; how often each row is a partner, and which rows
 */
export function indexRefusals(domains: u32, providers: u32, verdicts: u32): usize {
  firstOfDomain = allocate(<usize>domains * 4);
  firstOfProvider = allocate(<usize>providers * 4);
  for (let number = count; number > 0; number--) {
    const at = entries + <usize>(number - 1) * SIZE;
    const refusal = changetype<Refusal>(at);
    const domain = firstOfDomain + <usize>refusal.domain * 4, provider = firstOfProvider + <usize>refusal.provider * 4;
    refusal.nextOfDomain = load<u32>(domain);
    store<u32>(domain, <u32>at);
    refusal.nextOfProvider = load<u32>(provider);
    store<u32>(provider, <u32>at);
  }
  sums = allocate(<usize>(verdicts + 1) * 12);
  gathered = allocate(<usize>(verdicts + 1) * 4);
  wanted = allocate(verdicts + 1);
  times = allocate(<usize>max(domains, providers) * 4);
  partners = allocate(<usize>(max(domains, providers) + 1) * 4);
  const out = allocate(5 * 4);
  store<u32>(out, <u32>sums);
  store<u32>(out, <u32>gathered, 4);
  store<u32>(out, <u32>wanted, 8);
  store<u32>(out, <u32>times, 12);
  store<u32>(out, <u32>partners, 16);
  return out;
}

/** The first that a question is about: of a row of the table by domain or provider, or of all. */
function firstOf(by: i32, row: u32): usize {
  if (by == OF_DOMAIN) return load<u32>(firstOfDomain + <usize>row * 4);
  if (by == OF_PROVIDER) return load<u32>(firstOfProvider + <usize>row * 4);
  return count == 0 ? 0 : entries;
}

function nextOf(by: i32, at: usize): usize {
  if (by == OF_DOMAIN) return changetype<Refusal>(at).nextOfDomain;
  if (by == OF_PROVIDER) return changetype<Refusal>(at).nextOfProvider;
  return at + SIZE < entries + <usize>count * SIZE ? at + SIZE : 0;
}

/** Adds up by verdict. @param by 0 those of a row of the table by domain, 1 by provider, 2 all @returns how many verdicts there were */
export function gatherRefusals(by: i32, row: u32): u32 {
  for (let i: u32 = 0; i < gatheredCount; i++) memory.fill(sums + <usize>load<u32>(gathered + <usize>i * 4) * 12, 0, 12);
  gatheredCount = 0;
  for (let at = firstOf(by, row); at != 0; at = nextOf(by, at)) {
    const refusal = changetype<Refusal>(at);
    const sum = sums + <usize>refusal.verdict * 12;
    const earliest = load<u32>(sum, 8);
    if (earliest == 0) store<u32>(gathered + <usize>(gatheredCount++) * 4, refusal.verdict);
    store<u32>(sum, load<u32>(sum) + refusal.count);
    store<u32>(sum, load<u32>(sum, 4) + refusal.first, 4);
    if (earliest == 0 || comesBefore(refusal, changetype<Refusal>(<usize>earliest))) store<u32>(sum, <u32>at, 8);
  }
  return gatheredCount;
}

/** Whether the answer of one comes before another's. */
export function isEarlier(mine: usize, theirs: usize): bool {
  return comesBefore(changetype<Refusal>(mine), changetype<Refusal>(theirs));
}

/**
 * Who else had to do with those of the wanted verdicts: the domains of a provider's, else the providers.
 * @param most so many are told apart, the first to come
 * @returns how many were told apart; how often others were partners stands behind their rows
 */
export function gatherPartners(by: i32, row: u32, most: u32): u32 {
  let found: u32 = 0;
  let others: u32 = 0;
  for (let at = firstOf(by, row); at != 0; at = nextOf(by, at)) {
    const refusal = changetype<Refusal>(at);
    if (load<u8>(wanted + refusal.verdict) == 0) continue;
    const partner = by == OF_PROVIDER ? refusal.domain : refusal.provider;
    const place = times + <usize>partner * 4;
    const before = load<u32>(place);
    if (before == 0) {
      if (found == most) {
        others += refusal.count;
        continue;
      }
      store<u32>(partners + <usize>(found++) * 4, partner);
    }
    store<u32>(place, before + refusal.count);
  }
  store<u32>(partners + <usize>found * 4, others);
  return found;
}

/** Forgets how often the rows that gatherPartners told of were partners. */
export function forgetPartners(found: u32): void {
  for (let i: u32 = 0; i < found; i++) store<u32>(times + <usize>load<u32>(partners + <usize>i * 4) * 4, 0);
}
