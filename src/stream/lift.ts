/** Lifts pure functions into Node's streams: the only place that knows how. */
import type { Transform } from 'node:stream';
import through2 from 'through2';

/** A transform of objects by a function, one out for each one in; `undefined` is passed over. Errors end the pipeline. */
export function lift<In, Out>(step: (item: In) => Out | undefined): Transform {
  return through2.obj({ highWaterMark: 1 }, (item: In, _encoding, done) => {
    let out: Out | undefined;
    try {
      out = step(item);
    } catch (error) {
      done(error as Error);
      return;
    }
    if (out === undefined) done();
    else done(null, out);
  });
}

/**
 * The same for a function that may answer later: up to `atOnce` items are under way, and what comes out is in the order of what
 * went in.
 */
export function liftInOrder<In, Out>(step: (item: In) => Out | Promise<Out>, atOnce: number): Transform {
  const waiting: Promise<Out>[] = [];
  return through2.obj(
    { highWaterMark: 1 },
    (item: In, _encoding, done) => {
      let out: Out | Promise<Out>;
      try {
        out = step(item);
      } catch (error) {
        done(error as Error);
        return;
      }
      if (waiting.length === 0 && !(out instanceof Promise)) {
        done(null, out);
        return;
      }
      const later = Promise.resolve(out);
      later.catch(() => {}); // looked at below, in its turn
      waiting.push(later);
      if (waiting.length < atOnce) {
        done();
        return;
      }
      waiting.shift()!.then(
        (first) => done(null, first),
        (error) => done(error as Error),
      );
    },
    function (this: Transform, done) {
      const next = (): void => {
        const first = waiting.shift();
        if (first === undefined) {
          done();
          return;
        }
        first.then(
          (out) => {
            this.push(out);
            next();
          },
          (error) => done(error as Error),
        );
      };
      next();
    },
  );
}
