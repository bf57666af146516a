/** The memory in which deliveries are counted, and where in it what lies: see assembly/plain-deliveries.ts, place by place. */
import type { SharedWasmMemory } from '../event/index.ts';

export interface View {
  readonly numbers: Int32Array;
  readonly doubles: Float64Array;
  readonly bytes: Buffer;
}

export function viewOf(memory: SharedWasmMemory): View {
  const { buffer } = memory;
  return { numbers: new Int32Array(buffer), doubles: new Float64Array(buffer), bytes: Buffer.from(buffer) };
}
