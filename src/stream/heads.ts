/** Writes what a batch's records say of their NDJSON lines, before they are settled: most of a line is that, and any thread can do it. */
import { SettledEvent } from '../correlate/settled-event.ts';
import { COLUMN, KIND, type LogRowBatch } from '../event/index.ts';
import { HeadWriter } from '../report/event-ndjson.ts';
import type { Slot } from './block-pool.ts';

/** Writes the heads into the slot of the batch's block; where each stands goes to its row. */
export function writeHeads(batch: LogRowBatch, { heads }: Slot): void {
  const { numbers } = batch.rows;
  const writer = new HeadWriter(batch.bytes, heads.start, heads.end);
  let event: SettledEvent | undefined;
  batch.borrow();
  for (let index = 0; index < batch.length; index++) {
    const row = index * COLUMN.WIDTH;
    const kind = numbers[row + COLUMN.kind];
    if (kind !== KIND.outcome && kind !== KIND.rejected) continue;
    const record = batch.record(index);
    event ??= new SettledEvent(record, record.event, record.verdict, Number.NaN, 0, false, '', undefined);
    const { at } = writer;
    if (!writer.add(event.become(record, record.event, Number.NaN, 0, false, '', undefined))) continue;
    numbers[row + COLUMN.head] = at;
    numbers[row + COLUMN.head + 1] = writer.at;
  }
}
