/**
 * The columns of a row: what one line says, as 32-bit numbers. Written by the parser (WebAssembly, src/parse/assembly, which
 * imports this very file), read by everyone after it through `COLUMN`.
 *
 * A span is two numbers, where a field starts and ends in the block's bytes; both 0 where the line has none. A name (host,
 * program, domain, relay) and an answer is its number in the parser's dictionary: 0 for none, UNNUMBERED where the dictionary is full
 * and the text has to be cut. Stamp and keys are doubles, at the even place that is named.
 */

// The first 64 bytes, a line of a processor's cache: what is asked of each row that is counted. Who counts mostly is another thread
// than who wrote the row, and gets the lines it asks for one by one. Of a removed queue id no more is written than these and the line.

/** A record kind, see KIND. */
export const kind = 0;
/** An outcome, see OUTCOMES. */
export const event = 1;
/** See LogRecord. */
export const stampKind = 2;
/** A name. */
export const host = 3;
/** Doubles: two columns each. */
export const stamp = 4;
export const queueKey = 6;
export const recipientKey = 8;
export const queuedAsKey = 10;
/** Of a refusal, which names no other queue id: the SMTP command that was refused, a span. */
export const stage = 10;
/** A name; its text is what follows the recipient's last `@`. */
export const domain = 12;
/** A name, whose span is that of the relay; where none was reached, of what the answer names instead: see `unreached`. */
export const relay = 13;
/** The number + 1 of a verdict, written by enrichment. */
export const verdict = 14;
/** The delay in ms; −1 where there is none, or none that is a plain decimal number. */
export const delayMs = 15;
/** How many columns that were. */
export const COUNTED = 16;

export const lineStart = 16;
export const lineEnd = 17;
/** Minutes east of UTC. */
export const offset = 18;
/** 1 where the relay is `none` and the name is that of the server that was not reached. */
export const unreached = 19;
/** An answer: status, dsn and what the text comes down to; and how much of it stands before the text. */
export const answer = 20;
export const answerText = 21;
/** Spans of host and relay. */
export const hostStart = 22;
export const hostEnd = 23;
export const relayStart = 24;
export const relayEnd = 25;
/** A name, and its span. */
export const program = 26;
export const programStart = 27;
export const programEnd = 28;
/** An integer; 0 for none. */
export const connectionUse = 29;
/** 1 where the line is printable ASCII without quotation marks and backslashes: it can stand in JSON as it is. */
export const plain = 30;
/** 1 where whose delivery it is cannot be told: see isDoubtful in src/parse/assembly/delivery-fields.ts. */
export const doubt = 31;
/** Spans. */
export const queueId = 32;
export const recipient = 34;
export const originalRecipient = 36;
export const status = 38;
export const delay = 40;
export const delays = 42;
export const tls = 44;
export const dsn = 46;
export const response = 48;
export const sender = 50;
export const messageId = 52;
/** The span of the beginning of the event's NDJSON line, in the same memory; both 0 where it is not written. */
export const head = 54;
/** Bytes. */
export const size = 56;
/** Where the message starts, behind the header and the queue id; for those who read on. */
export const message = 57;

/** Columns a row: whole lines of the cache, in which rows begin. */
export const WIDTH = 64;

/** The number of a name or an answer for which the dictionary has no room. */
export const UNNUMBERED = -1;
