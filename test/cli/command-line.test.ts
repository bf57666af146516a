/** What is wrong with the arguments is said in a sentence, with exit code 2. */
import { expect, it } from 'vitest';
import { runPipeline } from '../support/run-pipeline.ts';

it.each([
  [['report', '--top'], 'Not enough arguments following: top', 'smtp-enrich report --help'],
  [['report', '--topp', '5'], 'Unknown argument: topp', 'smtp-enrich report --help'],
  [['--tz'], 'Not enough arguments following: tz', 'smtp-enrich --help'],
  [['check', 'a.csv', 'b.csv'], 'unexpected argument "b.csv"', 'smtp-enrich check --help'],
])('%j', async (args, fault, help) => {
  expect(await runPipeline(args)).toEqual({ code: 2, stdout: '', stderr: `smtp-enrich: ${fault}\nTry: ${help}\n` });
});
