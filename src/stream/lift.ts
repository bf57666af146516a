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
 * went in, as soon as it is there: nothing waits for the next item.
 */
export function liftInOrder<In, Out>(step: (item: In) => Out | Promise<Out>, atOnce: number): Transform {
  const waiting: Promise<Out>[] = [];
  /** Called when one less is under way, and when none is. */
  let hasRoom: (() => void) | undefined;
  let isDone: (() => void) | undefined;
  const handOn = (transform: Transform): void => {
    waiting[0]!.then(
      (out) => {
        waiting.shift();
        transform.push(out);
        const next = hasRoom;
        hasRoom = undefined;
        next?.();
        if (waiting.length > 0) handOn(transform);
        else isDone?.();
      },
      (error) => transform.destroy(error as Error),
    );
  };
  return through2.obj(
    { highWaterMark: 1 },
    function (this: Transform, item: In, _encoding, done) {
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
      later.catch(() => {}); // looked at in its turn
      if (waiting.push(later) === 1) handOn(this);
      if (waiting.length < atOnce) done();
      else hasRoom = () => done();
    },
    (done) => {
      if (waiting.length === 0) done();
      else isDone = () => done();
    },
  );
}
