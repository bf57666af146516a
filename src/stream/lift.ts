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
