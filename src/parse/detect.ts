import type { Format } from './format.ts';
import { FORMATS } from './formats/index.ts';

/** The format whose input this most likely is, by its first bytes and its name; the first format where none does. */
export function detectFormat(head: Buffer, name = '', formats: readonly Format[] = FORMATS): Format {
  let best = formats[0]!;
  let most = 0;
  for (const format of formats) {
    const sure = format.recognise(head, name);
    if (sure > most) {
      most = sure;
      best = format;
    }
  }
  return best;
}
