/** A long text goes to standard output part by part, each when the one before it has been taken. */
import { PassThrough, Writable } from 'node:stream';
import { setImmediate as immediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { writeParts } from '../../src/sink/stdout.ts';

const PARTS = ['a', '', 'bücher ', 'x'.repeat(300_000), '\u{1f4ec}\ud800', 'end\n'];
const WHOLE = Buffer.from(PARTS.join(''));

/** A file descriptor's stream that reads what it was given as late as it may. */
class Slow extends Writable {
  readonly fd = 1;
  readonly taken: Buffer[] = [];

  override async _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): Promise<void> {
    await immediate();
    this.taken.push(Buffer.from(chunk));
    done();
  }
}

describe('a text in parts', () => {
  it('is written whole to what ends in a file, whenever that reads it', async () => {
    const stdout = new Slow({ highWaterMark: 1 << 20 });
    await writeParts(PARTS, stdout);
    expect(Buffer.concat(stdout.taken).equals(WHOLE)).toBe(true);
  });

  it('waits where nothing more is taken, and goes on when it is', async () => {
    const stdout = new PassThrough({ highWaterMark: 16 });
    const taken: Buffer[] = [];
    const written = writeParts(PARTS, stdout).then(() => stdout.end());
    for await (const chunk of stdout) taken.push(chunk);
    await written;
    expect(Buffer.concat(taken).equals(WHOLE)).toBe(true);
  });

  it.each([
    ['what ends in a file', () => new Slow()],
    ['any other stream', () => new PassThrough({ highWaterMark: 1 }).resume()],
  ])('ends where the reader has gone: %s', async (_name, made) => {
    const stdout = made();
    stdout.on('error', () => {});
    let asked = 0;
    function* endless(): IterableIterator<string> {
      for (; asked < 1000; asked++) {
        if (asked === 3) stdout.destroy();
        yield 'line\n';
      }
    }
    await writeParts(endless(), stdout);
    expect(asked).toBe(3);
  });
});
