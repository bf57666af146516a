/** A thread that reads blocks: see threads.ts, which starts it, and workers.ts, which explains the messages. */
import { parentPort } from 'node:worker_threads';
import { CompiledTable } from '../enrich/code-table.ts';
import { LogRowBatch, type RecordBatch, SmtpEnrichError, type Verdict, WebhookBatch } from '../event/index.ts';
import { ROW_FORMATS } from '../parse/row-formats.ts';
import { LARGE_DICTIONARIES, LineReader } from '../parse/scan/log-lines.ts';
import { EventRows, type EventScope } from '../parse/sendgrid/event-rows.ts';
import { SLOT_BYTES, slotAt } from './block-pool.ts';
import { headsWriter } from './heads.ts';
import { type BatchMessage, type BlockMessage, type FailureMessage, READY, type WorkerSetup } from './messages.ts';
import { BlockReader, nameTools } from './parsing.ts';
import { readTableText } from './table-text.ts';

parentPort!.once('message', ({ memory, slots, scratch, headWriter, blocksRead, names, table, needs }: WorkerSetup) => {
  const tables = new CompiledTable(table, readTableText);
  const bytes = Buffer.from(memory.buffer);
  const places = Array.from({ length: slots }, (_, index) => slotAt(memory, slots, index));
  const lines = new LineReader(memory, scratch, SLOT_BYTES, nameTools(tables), LARGE_DICTIONARIES, names);
  const reader = new BlockReader(tables, needs, lines, ROW_FORMATS);
  const writeHeads = needs.heads === true ? headsWriter(memory, headWriter, names) : undefined;
  let told = 0;
  let eventsTold = 0;
  let eventScope: EventScope | undefined;
  /** The verdicts that nobody has been told of yet. */
  const verdictsOf = (batch: RecordBatch): { verdicts: Verdict[]; anew?: boolean } => {
    if (batch instanceof LogRowBatch) {
      const verdicts = reader.verdicts.slice(told);
      told += verdicts.length;
      return { verdicts };
    }
    if (!(batch instanceof WebhookBatch && batch.records instanceof EventRows))
      throw new Error('only formats of rows are read by workers');
    const { scope } = batch.records;
    const anew = scope !== eventScope;
    if (anew) eventsTold = 0;
    eventScope = scope;
    const verdicts = scope.verdicts.slice(eventsTold);
    eventsTold += verdicts.length;
    return { verdicts, anew };
  };
  parentPort!.postMessage(READY);

  const read = ({ slot, input, end, offset, truncated, marked }: BlockMessage): BatchMessage => {
    const { start, rows } = places[slot]!;
    const batch = reader.read({ input, bytes, start, end, rows, offset, truncated, marked, release() {} });
    if (batch instanceof LogRowBatch) writeHeads?.(batch, places[slot]!);
    return {
      length: batch.length,
      accounting: batch.accounting,
      malformed: batch.malformed,
      sample: batch.sample,
      ...verdictsOf(batch),
    };
  };

  parentPort!.on('message', (block: BlockMessage) => {
    let answer: BatchMessage | FailureMessage;
    try {
      answer = read(block);
    } catch (error) {
      // Of an error that ends a thread, others get the message only.
      if (!(error instanceof SmtpEnrichError)) throw error;
      const { code, message, hint } = error;
      answer = { failure: { code, message, hint } };
    }
    Atomics.add(blocksRead, 0, 1);
    parentPort!.postMessage(answer);
  });
});
