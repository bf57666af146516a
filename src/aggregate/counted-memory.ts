/** The memory in which deliveries are counted, and where in it what lies: see assembly/plain-deliveries.ts, place by place. */
import type { RowScope, SharedWasmMemory } from '../event/index.ts';

export interface View {
  readonly numbers: Int32Array;
  readonly doubles: Float64Array;
  readonly bytes: Buffer;
}

export function viewOf(memory: SharedWasmMemory): View {
  const { buffer } = memory;
  return { numbers: new Int32Array(buffer), doubles: new Float64Array(buffer), bytes: Buffer.from(buffer) };
}

/** Whose memory it is: what those who keep a part of it ask for. */
export interface CountedMemory {
  /** The memory, which may have grown since it was last looked at. */
  readonly view: View;
  /** Zeroed memory for whoever keeps something beside. */
  room(bytes: number): number;
  /** Whether numbers of this scope are those of the rows that are counted. */
  counts(scope: object | undefined): scope is RowScope;
}
