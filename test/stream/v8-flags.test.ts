/** Who sets flags of V8: the main thread, or a thread that is on its way. */
import { beforeEach, expect, it, vi } from 'vitest';
import { beginThread, flagsLeft, setFlags } from '../../src/stream/v8-flags.ts';

const set = vi.spyOn(process.getBuiltinModule('node:v8'), 'setFlagsFromString').mockImplementation(() => {});
/** Only the release of V8 that Node 20 has knows the flag. */
const ONCE = process.versions.v8.startsWith('11.') ? 1 : 0;
beforeEach(() => set.mockClear());

it('at once where no thread is on its way', () => {
  setFlags(undefined);
  expect(set).toHaveBeenCalledTimes(ONCE);
});

it('the first of the threads that begin later, and no other', () => {
  const left = flagsLeft();
  setFlags(left);
  expect(set).not.toHaveBeenCalled();
  beginThread(left);
  expect(set).toHaveBeenCalledTimes(ONCE);
  beginThread(left);
  expect(set).toHaveBeenCalledTimes(ONCE);
});

it('the main thread where one has begun', () => {
  const left = flagsLeft();
  beginThread(left);
  expect(set).not.toHaveBeenCalled();
  setFlags(left);
  expect(set).toHaveBeenCalledTimes(ONCE);
});

it('nobody where nobody asks', () => {
  const left = flagsLeft();
  beginThread(left);
  beginThread(left);
  expect(set).not.toHaveBeenCalled();
});
