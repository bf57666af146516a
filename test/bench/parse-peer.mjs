// The peer of the webhooks: split2 with JSON.parse, and nothing but a count of the objects.
import { createReadStream } from 'node:fs';
import split2 from 'split2';

let objects = 0;
createReadStream(process.argv[2])
  .pipe(split2(JSON.parse))
  .on('data', () => objects++)
  .on('end', () => console.log(objects));
