/**
 * The columns of a row: what one event of SendGrid's says, as 32-bit numbers. Written by ../assembly/sendgrid-events.ts, which
 * imports this very file, read by ./event-rows.ts. Stamp and keys are doubles, at the even place that is named.
 */

/** The span of the object. */
export const start = 0;
export const end = 1;
/** The number of the event's name in the list the reader was made with, from 1; 0 where it is none of them. */
export const kind = 2;
/** 1 where the name is written as it stands in that list. */
export const exact = 3;
/** The number of the recipient's domain among the names; 0 where the address has none, UNNUMBERED where its text has to be looked at. */
export const domain = 4;
/** The number of a verdict, from 1: see EventRows. Written by enrichment. */
export const verdict = 5;
/** 1 where something stands there that is left to TypeScript: an escape, a number that is not whole. */
export const odd = 6;
/**
 * The number of what the answer comes down to; 0 where it has none that can be told here, UNNUMBERED where there was no room: see
 * EventRows.answerText.
 */
export const answer = 7;
/** Doubles: two columns each. Milliseconds since 1970 UTC, NaN for none. */
export const stamp = 8;
/** See LogRecord. */
export const eventKey = 10;
export const messageKey = 12;
export const recipientKey = 14;
/** The spans of the members, both 0 where absent; behind them a bit for each that holds an escape. */
export const members = 16;

// The members, by their numbers.
export const event = 0;
export const email = 1;
export const timestamp = 2;
export const sg_event_id = 3;
export const sg_message_id = 4;
export const smtp_id = 5;
export const response = 6;
export const reason = 7;
export const status = 8;
export const type = 9;
export const bounce_classification = 10;
export const asm_group_id = 11;
export const MEMBERS = 12;

export const escapes = 40;
/**
 * Columns a row; even, so that doubles are aligned. The shortest object that gives one has fourteen bytes: a block has less of them
 * than the room for its rows, which is made for lines (see LogRows); a test fills one.
 */
export const WIDTH = 42;
