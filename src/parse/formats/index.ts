/** The formats, in the order in which they are asked whether an input is theirs. */
import type { Format } from '../format.ts';
import { postfix } from './postfix.ts';
import { postfixJournal } from './postfix-journal.ts';
import { sendgrid } from './sendgrid.ts';

export const FORMATS: readonly Format[] = [postfix, postfixJournal, sendgrid];
