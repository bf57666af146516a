/** A thread that is behind is helped, one that has ended keeps nobody waiting; and however many there are, their blocks leave room for what is counted. */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { COLUMN, type LogRowBatch, type RecordBatch } from '../../src/event/index.ts';
import type { LineReader } from '../../src/parse/scan/log-lines.ts';
import { BlockPool, type PooledBlock } from '../../src/stream/block-pool.ts';
import { createEngine } from '../../src/stream/events.ts';
import { type BlockMessage, READY, type WorkerSetup } from '../../src/stream/messages.ts';
import * as threads from '../../src/stream/threads.ts';
import { blocksUnderWay, WorkerPool } from '../../src/stream/workers.ts';
import { readBuiltInTables } from '../../src/tables/load.ts';
import { FEW_NEEDS, namesFor } from '../support/read-log.ts';
import { ROOT } from '../support/run.ts';

vi.mock('../../src/stream/threads.ts', { spy: true });

class FakeWorker extends EventEmitter {
  readonly postMessage = vi.fn();
  readonly terminate = async () => 0;
}

describe('a thread that is behind', () => {
  const needs = FEW_NEEDS;
  const tables = readBuiltInTables();
  const { pool, reader, read } = createEngine({ threads: 1, tables, needs });
  const sample = readFileSync(join(ROOT, 'samples/maillog'));

  async function blockOf(text: Buffer, format = 'postfix'): Promise<PooledBlock> {
    const slot = await pool.take();
    const input = { name: 'maillog', index: 0, format, reference: Date.UTC(2026, 11, 31), year: undefined };
    const place = { start: slot.start, end: slot.start + text.copy(pool.bytes, slot.start), offset: 0, truncated: 0 };
    return { ...place, input, bytes: pool.bytes, rows: slot.rows, slot, release: () => pool.give(slot) };
  }

  test('is sent blocks that have been searched, until it has caught up', async () => {
    const worker = new FakeWorker();
    vi.spyOn(threads, 'takeThread').mockImplementation(() => ({ worker: worker as never, isEarly: true }));
    const workers = new WorkerPool(1, pool, tables, needs, reader, read);
    const [{ blocksRead }] = worker.postMessage.mock.lastCall as [WorkerSetup];
    async function send(block: PooledBlock): Promise<BlockMessage> {
      void workers.read(block);
      block.release();
      return worker.postMessage.mock.lastCall![0];
    }
    const searched = async (): Promise<boolean> => (await send(await blockOf(sample))).marked !== undefined;
    expect([await searched(), await searched(), await searched(), await searched()]).toEqual([
      false,
      false,
      false,
      true,
    ]);
    Atomics.add(blocksRead, 0, 2);
    expect([await searched(), await searched()]).toEqual([false, true]);

    // Read from there, it says what it says anyway.
    const block = await blockOf(sample);
    const { marked } = await send(block);
    const alone = read(block) as LogRowBatch;
    const rows = alone.rows.numbers.slice(0, alone.length * COLUMN.WIDTH);
    alone.rows.numbers.fill(0, 0, rows.length);
    const batch = read({ ...block, marked }) as LogRowBatch;
    expect(batch.length).toBeGreaterThan(200);
    expect(batch.accounting).toEqual(alone.accounting);
    expect(batch.rows.numbers.slice(0, rows.length)).toEqual(rows);

    // What is no log has no marks; and a list may have no room.
    expect((await send(await blockOf(sample, 'sendgrid'))).marked).toBeUndefined();
    expect((await send(await blockOf(Buffer.from('ed\n'.repeat(100_000))))).marked).toBeUndefined();
  });
});

describe('a thread that ends', () => {
  const tables = readBuiltInTables();
  const reader = { names: namesFor(FEW_NEEDS) } as unknown as LineReader;
  const readHere = vi.fn((block: PooledBlock) => ({ block }) as unknown as RecordBatch);
  let worker: FakeWorker;
  let isEarly = true;

  beforeEach(() => {
    worker = new FakeWorker();
    isEarly = true;
    readHere.mockClear();
    vi.spyOn(threads, 'takeThread').mockImplementation(() => ({ worker: worker as never, isEarly }));
  });
  const workersWith = (): WorkerPool => new WorkerPool(1, new BlockPool(4, 2), tables, FEW_NEEDS, reader, readHere);
  const block = (index: number): PooledBlock => ({ input: { format: 'postfix' }, slot: { index } }) as never;

  test('takes blocks before it is there where it was started early, else when it is', () => {
    expect(workersWith().takesBlocks).toBe(true);
    isEarly = false;
    const workers = workersWith();
    expect(workers.takesBlocks).toBe(false);
    worker.emit('message', READY);
    expect(workers.takesBlocks).toBe(true);
  });

  test('before it is there: what it was sent is read here, in order, and what comes later', async () => {
    const workers = workersWith();
    const sent = [block(0), block(1)];
    const read = sent.map((one) => workers.read(one));
    expect(worker.postMessage).toHaveBeenCalledTimes(3);
    worker.emit('error', new Error('it could not begin'));
    expect(await Promise.all(read)).toEqual(sent.map((one) => ({ block: one })));
    expect(readHere.mock.calls).toEqual(sent.map((one) => [one]));
    expect(workers.takesBlocks).toBe(false);
    expect(await workers.read(block(2))).toEqual({ block: block(2) });
    expect(worker.postMessage).toHaveBeenCalledTimes(3);
  });

  test('after that: its blocks fail with what ended it, and those that come later', async () => {
    const workers = workersWith();
    worker.emit('message', READY);
    const read = workers.read(block(0));
    worker.emit('error', new Error('out of memory'));
    await expect(read).rejects.toThrow('out of memory');
    await expect(workers.read(block(1))).rejects.toThrow('out of memory');
    expect(readHere).not.toHaveBeenCalled();
    // What it said of a block before may come last.
    expect(() => worker.emit('message', { length: 0 })).not.toThrow();
  });

  test('for a reason that people can do something about: they are told that one', async () => {
    const workers = workersWith();
    worker.emit('message', READY);
    const read = [workers.read(block(0)), workers.read(block(1))];
    const failure = { code: 'TABLE', message: 'it was written over', hint: 'Start it again.' } as const;
    worker.emit('message', { failure });
    for (const one of read) await expect(one).rejects.toMatchObject({ name: 'SmtpEnrichError', ...failure });
    expect(workers.takesBlocks).toBe(false);
  });

  test('started early, and unable to begin: taken by nobody', async () => {
    const nodes = process.getBuiltinModule('node:worker_threads');
    const started: EventEmitter[] = [];
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue({
      ...nodes,
      Worker: class extends nodes.Worker {
        constructor(...args: ConstructorParameters<typeof nodes.Worker>) {
          super(...args);
          started.push(this);
        }
      },
    } as never);
    threads.startThreads(1);
    expect(threads.areStarted()).toBe(true);
    await new Promise((resolve) => started[0]!.on('exit', resolve));
    expect(threads.areStarted()).toBe(false);
    vi.mocked(process.getBuiltinModule).mockRestore();
  });

  test('nobody waits for one that is not there', async () => {
    vi.mocked(threads.takeThread).mockRestore();
    // In the sources there is no worker.cjs: the thread ends as it starts.
    const workers = workersWith();
    expect(await workers.read(block(0))).toEqual({ block: block(0) });
    await workers.close();
  });
});

test('there is room for any number of threads, and for what is counted beside', () => {
  for (let count = 0; count <= threads.MOST_THREADS; count++) {
    const { pool } = createEngine({ threads: count, tables: readBuiltInTables(), needs: FEW_NEEDS });
    // Of 2 GiB; the rest is for tables.
    expect(pool.memory.buffer.byteLength, `${count} threads`).toBeLessThan(1.25 * 2 ** 30);
    // One that is filled, and one that is settled.
    expect(pool.slots).toBeGreaterThan(count * blocksUnderWay(count) + 1);
  }
});
