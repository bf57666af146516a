/** A thread that has ended keeps nobody waiting; and however many there are, their blocks leave room for what is counted. */
import { expect, test } from 'vitest';
import type { LineReader } from '../../src/parse/scan/log-lines.ts';
import { BlockPool, type PooledBlock } from '../../src/stream/block-pool.ts';
import { createEngine } from '../../src/stream/events.ts';
import { MOST_THREADS } from '../../src/stream/threads.ts';
import { blocksUnderWay, WorkerPool } from '../../src/stream/workers.ts';
import { readBuiltInTables } from '../../src/tables/load.ts';
import { FEW_NEEDS, namesFor } from '../support/read-log.ts';

test('blocks fail with what ended it: those it had, and those that come later', async () => {
  const pool = new BlockPool(4, 2);
  const reader = { names: namesFor(FEW_NEEDS) } as unknown as LineReader;
  // In the sources there is no worker.cjs: the thread ends as it starts.
  const workers = new WorkerPool(1, pool, readBuiltInTables(), FEW_NEEDS, reader);
  const slot = await pool.take();
  const block = { input: { format: 'postfix' }, slot, start: slot.start, end: slot.start, offset: 0, truncated: 0 };
  const read = () => workers.read(block as unknown as PooledBlock);
  await expect(read()).rejects.toThrow('worker');
  await expect(read()).rejects.toThrow('worker');
  await workers.close();
});

test('there is room for any number of threads, and for what is counted beside', () => {
  for (let threads = 0; threads <= MOST_THREADS; threads++) {
    const { pool } = createEngine({ threads, tables: readBuiltInTables(), needs: FEW_NEEDS });
    // Of 2 GiB; the rest is for tables.
    expect(pool.memory.buffer.byteLength, `${threads} threads`).toBeLessThan(1.25 * 2 ** 30);
    // One that is filled, and one that is settled.
    expect(pool.slots).toBeGreaterThan(threads * blocksUnderWay(threads) + 1);
  }
});
