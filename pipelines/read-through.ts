/** An input that was counted before, read to its end to see whether it is still the same. */
import { type Position, Progress } from '../src/source/position.ts';
import type { OpenInput } from '../src/stream/inputs.ts';

const READ_BYTES = 1 << 18;

/** Where an input ends, and its first `length` bytes, however small the pieces in which it comes. */
export async function readThrough(
  { head, reader }: OpenInput,
  length: number,
): Promise<Position & { beginning: Buffer }> {
  const progress = new Progress();
  progress.pass(head, 0, head.length);
  let beginning = head.subarray(0, length);
  const chunk = Buffer.alloc(READ_BYTES);
  for (let count = -1; count !== 0; ) {
    count = await reader.read(chunk, 0, chunk.length);
    progress.pass(chunk, 0, count);
    if (beginning.length < length)
      beginning = Buffer.concat([beginning, chunk.subarray(0, Math.min(count, length - beginning.length))]);
  }
  await reader.close();
  return { ...progress.position, beginning };
}
