/** What comes by and by. */
export interface Bytes {
  /** Waits until there is something, or nothing more. Throws what reading failed with, once all before it has been taken. */
  wait(): Promise<boolean>;
  /** Copies what is there now, up to `length` bytes. */
  take(target: Buffer, offset: number, length: number): number;
  /** The first bytes, which stay where they are; fewer where the input ends before. */
  peek(count: number): Promise<Buffer>;
  close(): void;
}
