import type { Accounting } from './accounting.ts';

/** So many bytes of an input's beginning identify it. */
export const HEAD_BYTES = 1024;

/**
 * How far a content has been read, and by what it is known again. A content is what one log file holds, under whatever name:
 * rotation renames it, compression moves it into another file, and neither is new to us. The name and the inode say where to
 * look first; its first bytes, and those before the place where reading stopped, decide.
 */
export interface Checkpoint {
  /** 0 until it has been stored. */
  id: number;
  /** The absolute path it was last seen at. */
  path: string;
  format: string;
  /** Device and inode, as text: they may need 64 bits. */
  /** '' once the content was said to be gone: its inode may be another's. */
  device: string;
  inode: string;
  /** Compressed; offset and hashes are of the unpacked bytes all the same. */
  packed: boolean;
  /** Bytes on disk and modification time (ms since 1970 UTC) when last seen. */
  size: number;
  modified: number;
  /** For a compressed file, which cannot be looked at in the middle: a hash of its packed beginning and end. */
  print: string;
  /** The hash of the first `head_length` bytes, at most HEAD_BYTES. */
  head_length: number;
  head_hash: string;
  /** Bytes that have been read and counted. */
  offset: number;
  /** The hash of the up to 256 bytes before `offset`. */
  tail_hash: string;
  /** By what more of it is known again, if it was cut; empty where nothing is kept. */
  trail: string;
  /** Read to its end, and cannot grow: it may disappear without a loss. */
  settled: boolean;
  /** See ClockState: NaN where there is none yet. */
  clock_year: number;
  clock_last: number;
  accounting: Accounting;
}
