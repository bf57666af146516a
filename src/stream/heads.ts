/** Writes what a batch's records say of their NDJSON lines, before they are settled: most of a line is that, and any thread can do it. */
import { SettledEvent } from '../correlate/settled-event.ts';
import { COLUMN, KIND, type LogRowBatch } from '../event/index.ts';
import type { HeadWriter } from '../report/event-ndjson.ts';

/** @returns the heads; where each stands goes to its row */
export function headsOf(batch: LogRowBatch, writer: HeadWriter): ArrayBuffer {
  const { numbers } = batch.rows;
  batch.borrow();
  for (let index = 0; index < batch.length; index++) {
    const row = index * COLUMN.WIDTH;
    const kind = numbers[row + COLUMN.kind];
    if (kind !== KIND.outcome && kind !== KIND.rejected) continue;
    const record = batch.record(index);
    const event = new SettledEvent(record, record.event, record.verdict, Number.NaN, 0, false, '', undefined);
    numbers[row + COLUMN.head] = writer.length;
    numbers[row + COLUMN.head + 1] = writer.add(event);
  }
  return writer.take();
}
