// The names in rows: the recipient's domain and the relay of an outcome are looked up for many rows at once.
//
// A dictionary of names is megabytes, and a log asks for places all over it. A processor waits for one of them as long as it takes for a hundred
// steps, but for many at once not much longer than for one. So the names of a group of rows are hashed while their lines are read, then all
// their slots are read, then what these name, and both thrown away: when each name is looked up, it is at hand.
import * as COLUMN from "../../event/row-layout";
import { findLast, isDigit, matches, SPACE } from "../../event/assembly/bytes";
import { createDictionary, DESCRIBED, Dictionary, DOMAIN, ELSEWHERE, entryAt, hashOf, likelyNumber, numberOf, numberOfHashed, PROVIDER, RELAY, RELAY_GROUP, UNREACHED } from "../../event/assembly/dictionary";
import * as relays from "./relays";
import { at, put, ROW } from "./row";

// See KIND of src/event/log-rows.ts.
const KIND_OUTCOME = 1;

/** Lines that are read before the names in their rows are looked up. */
export const TOGETHER: usize = 64;

// Where the hashes of an outcome's names stand until then: in places that are 0 for everybody else, before and after.
const DOMAIN_HASH: usize = COLUMN.sender * 4, RELAY_HASH: usize = COLUMN.messageId * 4;

/** Where the dictionary lies. */
export let names: usize = 0;
/** The sum of what was read ahead. Nobody asks for it, but for the compilers, which leave out what nobody asks for. */
let reached: u32 = 0;

/** Makes it, in memory that is all zero, or joins the one there is. */
export function createNames(at: usize, bytes: usize, most: u32): void {
  names = createDictionary(at, bytes, most);
}

/** The number of a relay, for rows that are read in TypeScript. */
export function relayOf(start: usize, end: usize): i32 {
  return numberOf(names, start, end, RELAY, false);
}

/** The number of a domain, likewise. */
export function domainOf(start: usize, end: usize): i32 {
  return numberOf(names, start, end, DOMAIN, true);
}

/** Hosts whose names end in [start, end) are of this provider, counted from 1, whose id lies in [idStart, idEnd). */
export function addProviderHost(start: usize, end: usize, provider: u32, idStart: usize, idEnd: usize): void {
  relays.addProviderHost(names, start, end, provider, numberOf(names, idStart, idEnd, RELAY_GROUP, false));
}

/**
 * Says of a relay by which name its deliveries are grouped, in [start, end), nothing where it has none; whether it is a host on another
 * network; and its provider, counted from 1, or 0. The same is said by every thread that meets it.
 */
export function describeRelay(relay: i32, start: usize, end: usize, elsewhere: bool, provider: u32): void {
  const entry = entryAt(changetype<Dictionary>(names), relay);
  entry.group = end > start ? <u32>max(0, numberOf(names, start, end, RELAY_GROUP, false)) : 0;
  entry.flags |= DESCRIBED | (elsewhere ? ELSEWHERE : 0) | (provider << PROVIDER);
}

/** The recipient's domain, to be looked up: until then its place in the line stands for its number. */
export function putDomain(row: usize, recipientStart: usize, recipientEnd: usize): void {
  const domain = findLast(0x40, recipientStart, recipientEnd) + 1;
  const hasDomain = domain > recipientStart && domain < recipientEnd;
  put(row, COLUMN.domain, hasDomain ? <i32>domain : 0);
  store<u64>(row, hasDomain ? hashOf(domain, recipientEnd, DOMAIN, true) : 0, DOMAIN_HASH);
}

//  relay=none, …, status=deferred (connect to mx.example.org[192.0.2.1]:25: Connection timed out)
//        ^                                    ^
/** The relay, to be looked up; where none was reached, the one that the answer names. */
export function putRelay(row: usize): void {
  const relayStart = at(row, COLUMN.relayStart), relayEnd = at(row, COLUMN.relayEnd);
  // The row was cleared: its hash is 0.
  if (relayEnd == 0) return;
  if (relayEnd - relayStart == 4 && load<u32>(relayStart) == 0x656e6f6e) { // none
    const responseStart = at(row, COLUMN.response), responseEnd = at(row, COLUMN.response + 1);
    if (matches(responseStart, responseEnd, "connect to ")) {
      const start = responseStart + 11;
      let end = start;
      while (end < responseEnd && load<u8>(end) != 0x5d && load<u8>(end) != SPACE) end++;
      if (end < responseEnd && load<u8>(end) == 0x5d) {
        end++;
        if (load<u8>(end) == 0x3a) end++;
        while (end < responseEnd && isDigit(load<u8>(end))) end++;
        put(row, COLUMN.relayStart, <i32>start);
        put(row, COLUMN.relayEnd, <i32>end);
        put(row, COLUMN.unreached, 1);
        store<u64>(row, hashOf(start, end, UNREACHED, false), RELAY_HASH);
        return;
      }
    }
  }
  store<u64>(row, hashOf(relayStart, relayEnd, RELAY, false), RELAY_HASH);
}

/** Reads what will be asked for when the outcomes in [first, end) are named. */
export function reachNames(first: usize, end: usize): void {
  let sum: u32 = 0;
  for (let row = first; row < end; row += ROW) {
    if (at(row, COLUMN.kind) != KIND_OUTCOME) continue;
    sum += likelyNumber(names, load<u64>(row, DOMAIN_HASH)) + likelyNumber(names, load<u64>(row, RELAY_HASH));
  }
  const known = changetype<Dictionary>(names);
  for (let row = first; row < end; row += ROW) {
    if (at(row, COLUMN.kind) != KIND_OUTCOME) continue;
    const domain = likelyNumber(names, load<u64>(row, DOMAIN_HASH)), relay = likelyNumber(names, load<u64>(row, RELAY_HASH));
    if (domain != 0) sum += entryAt(known, domain).length;
    if (relay != 0) sum += entryAt(known, relay).length;
  }
  reached += sum;
}

/** Numbers the domain and the relay of an outcome; describes the relay where that can be done here. */
export function nameRow(row: usize): void {
  const domain = at(row, COLUMN.domain);
  if (domain != 0)
    put(row, COLUMN.domain, numberOfHashed(names, domain, at(row, COLUMN.recipient + 1), load<u64>(row, DOMAIN_HASH), DOMAIN, true, true));
  const relayStart = at(row, COLUMN.relayStart), relayEnd = at(row, COLUMN.relayEnd);
  if (relayEnd != 0) {
    const isUnreached = at(row, COLUMN.unreached) != 0;
    const relay = numberOfHashed(names, relayStart, relayEnd, load<u64>(row, RELAY_HASH), isUnreached ? UNREACHED : RELAY, false, true);
    if (relay > 0 && (entryAt(changetype<Dictionary>(names), relay).flags & DESCRIBED) == 0) relays.describe(names, relay, isUnreached);
    put(row, COLUMN.relay, relay);
  }
  store<u64>(row, 0, DOMAIN_HASH);
  store<u64>(row, 0, RELAY_HASH);
}
