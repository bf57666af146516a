/** Writes what a batch's records say of their NDJSON lines, before they are settled: most of a line is that, and any thread can do it. */
import { SettledEvent } from '../correlate/settled-event.ts';
import type { LogRowBatch, SharedWasmMemory } from '../event/index.ts';
import { LARGE_DICTIONARIES } from '../parse/scan/log-lines.ts';
import { EventHeads, headWriterBytes } from '../report/event-heads.ts';
import type { Slot } from './block-pool.ts';

/** Bytes that a thread needs to write heads. */
export const HEAD_WRITER_BYTES = headWriterBytes(LARGE_DICTIONARIES.names);

/**
 * @param room where in the memory it has its own things: HEAD_WRITER_BYTES, all zero
 * @param names where in it the names lie
 */
export function headsWriter(
  memory: SharedWasmMemory,
  room: number,
  names: number,
): (batch: LogRowBatch, slot: Slot) => void {
  const heads = new EventHeads(memory, room, names, LARGE_DICTIONARIES.names);
  let event: SettledEvent | undefined;
  return (batch, slot) => {
    batch.borrow();
    heads.write(batch, slot.heads, (index) => {
      const record = batch.record(index);
      event ??= new SettledEvent(record, record.event, record.verdict, Number.NaN, 0, false, '', undefined);
      return event.become(record, record.event, Number.NaN, 0, false, '', undefined);
    });
  };
}
