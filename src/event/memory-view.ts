import type { SharedWasmMemory } from './shared-memory.ts';

/** A memory as numbers; what has grown since is not in it. */
export interface View {
  readonly numbers: Int32Array;
  readonly doubles: Float64Array;
  readonly bytes: Buffer;
}

export function viewOf(memory: SharedWasmMemory): View {
  const { buffer } = memory;
  return { numbers: new Int32Array(buffer), doubles: new Float64Array(buffer), bytes: Buffer.from(buffer) };
}
