/** A thread that reads blocks: see threads.ts, which starts it, and workers.ts, which explains the messages. */
import { parentPort } from 'node:worker_threads';
import { CompiledTable } from '../enrich/code-table.ts';
import { LogRowBatch } from '../event/index.ts';
import { LARGE_DICTIONARIES, LineReader } from '../parse/scan/log-lines.ts';
import { SLOT_BYTES, slotAt } from './block-pool.ts';
import { writeHeads } from './heads.ts';
import { type BatchMessage, type BlockMessage, READY, type WorkerSetup } from './messages.ts';
import { BlockReader, nameTools } from './parsing.ts';

parentPort!.once('message', ({ memory, slots, scratch, names, table, needs }: WorkerSetup) => {
  const tables = new CompiledTable(table);
  const bytes = Buffer.from(memory.buffer);
  const places = Array.from({ length: slots }, (_, index) => slotAt(memory, slots, index));
  const lines = new LineReader(memory, scratch, SLOT_BYTES, nameTools(tables), LARGE_DICTIONARIES, names);
  const reader = new BlockReader(tables, needs, lines);
  let told = 0;
  parentPort!.postMessage(READY);

  parentPort!.on('message', ({ slot, input, end, offset, truncated }: BlockMessage) => {
    const { start, rows } = places[slot]!;
    const batch = reader.read({ input, bytes, start, end, rows, offset, truncated, release() {} });
    if (!(batch instanceof LogRowBatch)) throw new Error('only formats of lines are read by workers');
    if (needs.heads === true) writeHeads(batch, places[slot]!);
    const message: BatchMessage = {
      length: batch.length,
      accounting: batch.accounting,
      malformed: batch.malformed,
      sample: batch.sample,
      verdicts: reader.verdicts.slice(told),
    };
    told = reader.verdicts.length;
    parentPort!.postMessage(message);
  });
});
