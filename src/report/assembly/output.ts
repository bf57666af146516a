// Where the next byte of NDJSON goes, and what is written there: what heads and tails of lines have in common.
import { copy } from "./copy";

/** What stands before a value: so many bytes each, the length in the last. */
export const KEY_BYTES: usize = 32;

/** Where the next byte goes. */
export let to: usize = 0;
let keys: usize = 0;

/** @param at where the keys lie */
export function useKeys(at: usize): void {
  keys = at;
}

/** Goes on somewhere else. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function goTo(at: usize): void {
  to = at;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
export function putByte(byte: u8): void {
  store<u8>(to++, byte);
}

/** Writes over by up to 31 bytes. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function putKey(key: i32): void {
  const from = keys + <usize>key * KEY_BYTES;
  v128.store(to, v128.load(from));
  v128.store(to + 16, v128.load(from + 16));
  to += load<u8>(from + KEY_BYTES - 1);
}

/** Writes over by up to 15 bytes. */
export function putSpan(from: usize, end: usize): void {
  to = copy(from, end, to);
}

/** A string that can stand in JSON as it is, behind its key. */
export function putQuoted(key: i32, from: usize, end: usize): void {
  putKey(key);
  putSpan(from, end);
  putByte(0x22);
}

export function putInteger(value: i32): void {
  if (value < 0) putByte(0x2d);
  const digits = <u32>abs<i64>(value);
  let scale: u32 = 1;
  while (digits / scale >= 10) scale *= 10;
  for (; scale > 0; scale /= 10) putByte(<u8>(0x30 + (digits / scale) % 10));
}
