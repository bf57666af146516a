import { type BlockPool, type PooledBlock, SLOT_BYTES, type Slot } from './block-pool.ts';
import { framerOf } from './framing.ts';
import type { OpenInput } from './inputs.ts';

/** One read asks for at most so many bytes: enough to make reading cheap, few enough to stay in the processor's cache. */
const READ_BYTES = 256 * 1024;

/**
 * The blocks of an input, in order: whole units of what one read returned. A pipe that hands over a line at a time
 * (`tail -f`) is so answered a line at a time.
 */
export async function* blocksOf(input: OpenInput, pool: BlockPool): AsyncGenerator<PooledBlock> {
  const { reader, format, info } = input;
  const { bytes } = pool;
  const framer = framerOf(format);
  let slot = await pool.take();
  // What is in the slot already: first the head that was looked at, later the part of a unit that a block cut off.
  let filled = input.head.copy(bytes, slot.start);
  let unread = filled > 0;
  let first = true;
  let truncated = 0;
  let skipping = false;
  const blockIn = (used: Slot, end: number): PooledBlock => ({
    input: info,
    bytes,
    start: used.start,
    end,
    rows: used.rows,
    slot: used,
    first,
    truncated,
    release: () => pool.give(used),
  });
  try {
    for (let ended = false; !ended; ) {
      if (!unread) {
        const count = await reader.read(bytes, slot.start + filled, Math.min(READ_BYTES, SLOT_BYTES - filled));
        filled += count;
        ended = count === 0;
      }
      unread = false;
      if (filled === 0) continue;

      const { start } = slot;
      let end = start + filled;
      if (skipping) {
        const next = framer.endOfLongUnit(bytes, start, end);
        if (next < 0) {
          filled = 0;
          continue;
        }
        skipping = false;
        bytes.copyWithin(start, next, end);
        filled = end - next;
        end = start + filled;
      }
      const full = filled === SLOT_BYTES;
      let cut = framer.boundary(bytes, start, end, full);
      if (ended && cut < end) {
        // The last line may lack its line feed, and is a line all the same.
        if (bytes[end - 1] !== 0x0a) bytes[end++] = 0x0a;
        cut = end;
      }
      if (cut === start) {
        if (full) {
          truncated++;
          skipping = true;
          const next = framer.endOfLongUnit(bytes, start, end);
          if (next < 0) filled = 0;
          else {
            skipping = false;
            bytes.copyWithin(start, next, end);
            filled = end - next;
          }
        }
        continue;
      }
      const done = slot;
      slot = await pool.take();
      filled = bytes.copy(bytes, slot.start, cut, Math.max(cut, end));
      yield blockIn(done, cut);
      first = false;
      truncated = 0;
    }
    if (truncated > 0) {
      const done = slot;
      slot = await pool.take();
      yield blockIn(done, done.start);
    }
  } finally {
    pool.give(slot);
    await reader.close();
  }
}
