import type { Format } from './format.ts';
import { FORMATS } from './formats/index.ts';

/** The format whose input this most likely is, by its first bytes; the first format where none does. */
export function detectFormat(head: Buffer, formats: readonly Format[] = FORMATS): Format {
  let best = formats[0]!;
  let most = 0;
  for (const format of formats) {
    const sure = format.recognise(head);
    if (sure > most) {
      most = sure;
      best = format;
    }
  }
  return best;
}
