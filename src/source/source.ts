/** Where bytes come from. A source is asked for its first bytes before anything is read in order, and read once. */

/** Reads an input front to back. */
export interface ByteReader {
  /** Fills [offset, offset + length) of `target` as far as bytes are at hand; 0 at the end of the input. */
  read(target: Buffer, offset: number, length: number): Promise<number>;
  close(): Promise<void>;
  /** Of what comes by and by: fulfilled when there is something to read, or nothing more. */
  ready?(): Promise<unknown>;
  /** What went missing on the way, a whole sentence each. Complete once `read` has returned 0. */
  readonly lost: readonly string[];
}

export interface Source {
  /** As given on the command line; `-` for standard input. */
  readonly name: string;
  /** Bytes on disk; undefined where it cannot be known. */
  readonly size: number | undefined;
  /** When it was last written, ms since 1970 UTC; undefined for streams. */
  readonly modified: number | undefined;
  /** The name of its format, where it is known from before. */
  readonly format?: string;
  open(): Promise<ByteReader>;
}
