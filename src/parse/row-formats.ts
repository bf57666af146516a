/** The formats whose batches are rows of numbers, which any thread can read: a thread loads no others. */
import type { Format } from './format.ts';
import { postfix } from './formats/postfix.ts';
import { sendgrid } from './formats/sendgrid.ts';

export const ROW_FORMATS: readonly Format[] = [postfix, sendgrid];
