// The hashes of src/event/keys.ts: the same numbers, from the same bytes. A test compares the two.
import { foldedWord } from "../../event/assembly/bytes";

let low: u32 = 0;
let high: u32 = 0;

/** Starts a hash from another. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function begin(seed: f64): void {
  const whole = <u64>seed;
  low = <u32>whole;
  high = <u32>(whole >> 32);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function step(word: u32): void {
  low = rotl(low ^ word, 13) * 0x9e3779b1;
  high = (rotl(high + word, 19) * 0x85ebca6b) ^ low;
}

/** Mixes in [at, end), four bytes a step; then what is left, with its length. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function mix(at: usize, end: usize, fold: bool): void {
  for (; at + 4 <= end; at += 4) {
    const word = load<u32>(at);
    step(fold ? foldedWord(word) : word);
  }
  const left = <u32>(end - at);
  const word = load<u32>(at) & (((<u32>1) << (left * 8)) - 1);
  step((fold ? foldedWord(word) : word) | (left << 24));
}

/** A positive integer below 2^53, never 0. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function key(): f64 {
  let a = low ^ (high >> 7);
  a = (a ^ (a >> 16)) * 0x85ebca6b;
  a ^= a >> 13;
  let b = high ^ (low >> 11);
  b = (b ^ (b >> 15)) * 0xc2b2ae35;
  b ^= b >> 16;
  const whole = (<u64>(b & 0x1fffff) << 32) | a;
  return whole == 0 ? 1 : <f64>whole;
}

/** The hash of one run of bytes. */
export function keyOf(at: usize, end: usize, seed: f64): f64 {
  begin(seed);
  mix(at, end, false);
  return key();
}

/** The hash of an address, without case. */
export function addressKey(at: usize, end: usize): f64 {
  begin(0x2545f491);
  mix(at, end, true);
  return key();
}
