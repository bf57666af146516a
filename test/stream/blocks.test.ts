/** Blocks of an input that comes by and by. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FORMATS } from '../../src/parse/formats/index.ts';
import { BlockPool } from '../../src/stream/block-pool.ts';
import { blocksOf } from '../../src/stream/blocks.ts';

test('what has come is handed on once the earlier blocks are done, though nothing more comes', async () => {
  const pool = new BlockPool(8, 1);
  const earlier = await Promise.all(Array.from({ length: 5 }, () => pool.take()));
  const line = 'Nov 22 02:17:48 mx01 postfix/qmgr[1]: 4jXCQh6CYCzJTVP: removed\n';
  const never = new Promise<never>(() => {});
  let read = false;
  const format = FORMATS.find(({ name }) => name === 'postfix')!;
  const blocks = blocksOf(
    {
      info: { name: '-', index: 0, format: 'postfix', reference: 0, year: undefined },
      format,
      head: Buffer.alloc(0),
      size: undefined,
      reader: {
        lost: [],
        read(target, offset) {
          if (read) return never;
          read = true;
          return Promise.resolve(target.write(line, offset));
        },
        ready: () => never,
        close: async () => {},
      },
    },
    pool,
    false,
  );
  let isHandedOn = false;
  const block = blocks.next().then(({ value }) => {
    isHandedOn = true;
    return value!;
  });
  for (const slot of earlier) {
    await turn();
    pool.give(slot);
  }
  await turn();
  expect(isHandedOn).toBe(true);
  const { start, end, bytes } = await block;
  expect(bytes.toString('latin1', start, end)).toBe(line);
});
