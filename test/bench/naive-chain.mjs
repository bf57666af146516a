// The peer everybody writes first: a string for each line, one regular expression, a Map.
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import split2 from 'split2';
import through2 from 'through2';

const counts = new Map();
const STATUS = /to=<([^>]*)>.* status=([a-z]+)/;
await pipeline(
  createReadStream(process.argv[2]),
  split2(),
  through2.obj((line, _encoding, done) => {
    const match = STATUS.exec(line);
    if (match !== null) {
      const key = `${match[1].slice(match[1].lastIndexOf('@') + 1)} ${match[2]}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    done();
  }),
);
console.log(counts.size);
