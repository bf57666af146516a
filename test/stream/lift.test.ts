/** What is lifted into a stream keeps its order and makes nobody wait. */
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { liftInOrder } from '../../src/stream/lift.ts';

/** A step whose answers come when they are told to. */
function lifted(atOnce: number) {
  const answers: (() => void)[] = [];
  const stage = liftInOrder<number, string>(
    (item) => (item < 0 ? `${item}` : new Promise((resolve) => answers.push(() => resolve(`${item}`)))),
    atOnce,
  );
  const out: string[] = [];
  const end = new Writable({
    objectMode: true,
    write(chunk, _encoding, done) {
      out.push(chunk);
      done();
    },
  });
  return { stage, answers, out, done: pipeline(stage, end) };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('an answer is handed on though nothing more comes', async () => {
  const { stage, answers, out, done } = lifted(6);
  stage.write(1);
  stage.write(2);
  await turn();
  answers[0]!();
  await turn();
  expect(out).toEqual(['1']);
  answers[1]!();
  await turn();
  expect(out).toEqual(['1', '2']);
  stage.end();
  await done;
});

test('what is answered first waits for what came first, and the end for all', async () => {
  const { stage, answers, out, done } = lifted(3);
  for (const item of [1, 2, -3, 4, -5]) stage.write(item);
  stage.end();
  await turn();
  answers[1]!();
  await turn();
  expect(out).toEqual([]);
  answers[0]!();
  await turn();
  answers[2]!();
  await done;
  expect(out).toEqual(['1', '2', '-3', '4', '-5']);
});

test('so many are under way at once, and no more', async () => {
  const { stage, answers, done } = lifted(2);
  for (const item of [1, 2, 3, 4]) stage.write(item);
  stage.end();
  await turn();
  expect(answers).toHaveLength(2);
  for (let i = 0; i < 4; i++) {
    answers[i]!();
    await turn();
  }
  await done;
});

test('what fails ends it', async () => {
  const stage = liftInOrder<number, string>(() => Promise.reject(new Error('no')), 2);
  stage.write(1);
  await expect(pipeline(stage, new Writable({ objectMode: true, write: (_c, _e, done) => done() }))).rejects.toThrow(
    'no',
  );
});
