// Says of a relay what deliveries are counted by, where it is a host and its address as smtp(8) logs them: whose mail system it is, and
// whether it is on another network. The same as src/event/relay.ts and src/enrich/provider.ts say of its text; all other relays are left
// to them, see src/enrich/enrich-rows.ts.
import { find, matches } from "../../event/assembly/bytes";
import { DESCRIBED, Dictionary, ELSEWHERE, entryAt, HOST_AND_ADDRESS, numberOf, PLAIN, PROVIDER, PROVIDER_HOST, RELAY_GROUP } from "../../event/assembly/dictionary";

const DOT: u8 = 0x2e, SLASH: u8 = 0x2f, COLON: u8 = 0x3a, OPEN: u8 = 0x5b, CLOSE: u8 = 0x5d;
/** A host name has at most 127 labels (RFC 1035 section 2.3.4). */
const MOST_LABELS = 128;

/** Hosts whose names end in [start, end) are of this provider: counted from 1, with this id. */
export function addProviderHost(names: usize, start: usize, end: usize, provider: u32, id: i32): void {
  const number = numberOf(names, start, end, PROVIDER_HOST, true);
  if (number <= 0) return;
  const entry = entryAt(changetype<Dictionary>(names), number);
  entry.group = <u32>id;
  entry.flags |= provider << PROVIDER;
}

//  gmail-smtp-in.l.google.com[2607:f8b0:400e:c04::1b]:25
//  ^                         ^                      ^
/** @param unreached nothing was delivered there */
export function describe(names: usize, relay: i32, unreached: bool): void {
  const known = changetype<Dictionary>(names);
  const entry = entryAt(known, relay);
  if ((entry.flags & PLAIN) == 0) return;
  const start = <usize>entry.at, end = start + entry.length;
  const open = find(OPEN, start, end);
  const close = find(CLOSE, open, end);
  if (open == start || close >= end || close <= open + 1) return;
  const address = open + 1;
  // A socket; an address with its kind before it.
  if (find(SLASH, address, close) < close || (load<u8>(address) | 0x20) == 0x69) return;

  let flags = DESCRIBED | HOST_AND_ADDRESS;
  let group: u32 = 0;
  const trimmed = load<u8>(open - 1) == DOT ? open - 1 : open;
  for (let label = start, i = 0; label <= trimmed && i < MOST_LABELS; i++) {
    const host = numberOf(names, label, trimmed, PROVIDER_HOST, true, false);
    if (host > 0) {
      const suffix = entryAt(known, host);
      flags |= suffix.flags & ~(<u32>((1 << PROVIDER) - 1));
      group = suffix.group;
      break;
    }
    label = find(DOT, label, trimmed) + 1;
  }
  if (group == 0) group = <u32>max(0, numberOf(names, start, open, RELAY_GROUP, true));
  if (!unreached && !isNearby(address, close)) flags |= ELSEWHERE;
  entry.group = group;
  // Told by all threads alike; the last, for who finds it done.
  entry.flags |= flags;
}

/** Loopback and private networks (RFC 1918, RFC 4193, RFC 4291 section 2.5.3). */
function isNearby(at: usize, end: usize): bool {
  if (matches(at, end, "127.") || matches(at, end, "10.") || matches(at, end, "192.168.")) return true;
  if (matches(at, end, "172.") && at + 7 <= end && load<u8>(at + 6) == DOT) {
    const tens = load<u8>(at + 4), ones = load<u8>(at + 5);
    if (tens == 0x31) return ones >= 0x36 && ones <= 0x39;
    if (tens == 0x32) return ones >= 0x30 && ones <= 0x39;
    return tens == 0x33 && (ones == 0x30 || ones == 0x31);
  }
  if (end - at == 3 && matches(at, end, "::1")) return true;
  //  fd00:1::25
  return (
    at + 5 <= end &&
    (load<u8>(at) | 0x20) == 0x66 &&
    ((load<u8>(at + 1) | 0x20) == 0x63 || (load<u8>(at + 1) | 0x20) == 0x64) &&
    isHexadecimal(load<u8>(at + 2)) &&
    isHexadecimal(load<u8>(at + 3)) &&
    load<u8>(at + 4) == COLON
  );
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function isHexadecimal(byte: u8): bool {
  return <u8>(byte - 0x30) < 10 || <u8>((byte | 0x20) - 0x61) < 6;
}
