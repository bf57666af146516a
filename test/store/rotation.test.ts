/**
 * Whatever happens to a log between two runs, each line is counted once, and what could not be read is said. RUNS=10000 for the
 * long version (npm run test:long).
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COMMANDS, checkSequence, happened, inodeIsReused } from '../support/rotation-model.ts';
import { SEED } from '../support/seed.ts';

const RUNS = Number(process.env.RUNS ?? 300);

test('the file system gives inodes out again, so that an inode proves nothing here', () => {
  expect(inodeIsReused()).toBe(true);
});

test(
  `${RUNS} sequences of writing, rotating, compressing, emptying, replacing and killed runs`,
  async () => {
    let sequences = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.commands(COMMANDS, { maxCommands: 20, size: 'max' }),
        fc.boolean(),
        fc.boolean(),
        async (commands, yearless, banner) => {
          sequences++;
          await checkSequence(commands, yearless, banner);
        },
      ),
      {
        seed: SEED,
        numRuns: RUNS,
        endOnFailure: process.env.SHRINK === undefined,
        ...(process.env.FC_PATH && { path: process.env.FC_PATH }),
      },
    );
    expect(sequences).toBeGreaterThanOrEqual(RUNS);
    console.info(JSON.stringify(happened));
    // A few sequences, repeated by their path, need not hold everything.
    if (RUNS >= 100)
      for (const [what, count] of Object.entries(happened)) expect(count, what).toBeGreaterThan(RUNS / 60);
  },
  60_000 + RUNS * 2000,
);
