import { type Position, Progress } from '../source/position.ts';
import { type BlockPool, type PooledBlock, SLOT_BYTES, type Slot } from './block-pool.ts';
import { framerOf } from './framing.ts';
import type { OpenInput } from './inputs.ts';

/** One read asks for at most so many bytes: enough that handing a block to a thread costs little, few enough for its cache. */
export const READ_BYTES = 1024 * 1024;

/** What comes by and by is handed on in blocks of at least so many bytes, as long as that makes nobody wait. */
const ENOUGH_BYTES = 512 * 1024;
/** The slot that is being filled, one that is read, and one that waits to be. */
const BUSY_SLOTS = 3;

/** A block that says where in its input it ends, so that reading can go on there another day. */
export interface PlacedBlock extends PooledBlock {
  readonly position: Position;
}

/**
 * The blocks of an input, in order: whole units of what one read returned. A pipe that hands over a line at a time
 * (`tail -f`) is so answered a line at a time.
 * @param places whether their positions are wanted whole: where not, only the offsets are
 * @param readBytes so many bytes are asked for at once, asked anew each time
 */
export async function* blocksOf(
  input: OpenInput,
  pool: BlockPool,
  places: boolean,
  readBytes: () => number = () => READ_BYTES,
): AsyncGenerator<PlacedBlock> {
  await input.prepare?.();
  const { reader, format, info } = input;
  const progress = new Progress(input.start, places);
  const { bytes } = pool;
  const framer = framerOf(format);
  let slot = await pool.take();
  // What is in the slot already: first the head that was looked at, later the part of a unit that a block cut off.
  let filled = input.head.copy(bytes, slot.start);
  let unread = filled > 0;
  let truncated = 0;
  let skipping = false;
  const blockIn = (used: Slot, end: number, offset: number): PlacedBlock => ({
    input: info,
    bytes,
    start: used.start,
    end,
    rows: used.rows,
    slot: used,
    offset,
    truncated,
    position: progress.position,
    release: () => pool.give(used),
  });
  try {
    for (let ended = false; !ended; ) {
      if (!unread) {
        const count = await reader.read(bytes, slot.start + filled, Math.min(readBytes(), SLOT_BYTES - filled));
        filled += count;
        ended = count === 0;
        // Others are busy with earlier blocks: until one is done, there is time to wait for more.
        if (!ended && filled < ENOUGH_BYTES && reader.ready !== undefined) {
          let isMore = false;
          while (!isMore && pool.inUse > BUSY_SLOTS)
            isMore = await Promise.race([reader.ready().then(() => true), pool.released().then(() => false)]);
          if (isMore && pool.inUse > BUSY_SLOTS) continue;
        }
      }
      unread = false;
      if (filled === 0) continue;

      const { start } = slot;
      let end = start + filled;
      if (skipping) {
        const next = framer.endOfLongUnit(bytes, start, end);
        progress.pass(bytes, start, next < 0 ? end : next);
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
      let passed = cut;
      let part = 0;
      // A file that may grow: its last line is whole when its line feed is there, and waits until then.
      if (ended && cut < end && input.live !== true) {
        passed = end;
        part = end - cut;
        // The last line may lack its line feed, and is a line all the same.
        if (bytes[end - 1] !== 0x0a) bytes[end++] = 0x0a;
        cut = end;
      }
      if (cut === start) {
        if (full) {
          truncated++;
          skipping = true;
          const next = framer.endOfLongUnit(bytes, start, end);
          progress.pass(bytes, start, next < 0 ? end : next);
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
      const { offset } = progress.position;
      progress.pass(bytes, done.start, passed, part);
      input.passed?.(progress.position);
      yield blockIn(done, cut, offset);
      truncated = 0;
    }
    // On a file that may grow, a unit too long that has not ended is found again, from its start.
    if (truncated > 0 && !(skipping && input.live === true)) {
      const done = slot;
      slot = await pool.take();
      input.passed?.(progress.position);
      yield blockIn(done, done.start, progress.position.offset);
    }
  } finally {
    pool.give(slot);
    await reader.close();
  }
}
