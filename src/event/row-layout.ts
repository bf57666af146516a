/**
 * The columns of a row: what one line says, as 32-bit numbers. Written by the parser (WebAssembly, src/parse/assembly, which
 * imports this very file), read by everyone after it through `COLUMN`.
 *
 * A span is two numbers, where a field starts and ends in the block's bytes; both 0 where the line has none. A name (host,
 * program, domain, relay) and an answer is its number in the parser's dictionary: 0 for none, UNNUMBERED where the dictionary is full
 * and the text has to be cut. Stamp and keys are doubles, at the even place that is named.
 */

/** A record kind, see KIND. */
export const kind = 0;
/** An outcome, see OUTCOMES. */
export const event = 1;
export const lineStart = 2;
export const lineEnd = 3;
/** A name, and its span. */
export const host = 4;
export const hostStart = 5;
export const hostEnd = 6;
/** A name, and its span. */
export const program = 7;
export const programStart = 8;
export const programEnd = 9;
/** See LogRecord. */
export const stampKind = 10;
/** Minutes east of UTC. */
export const offset = 11;
/** Doubles: two columns each. */
export const stamp = 12;
export const queueKey = 14;
export const recipientKey = 16;
export const queuedAsKey = 18;
/** Of a refusal, which names no other queue id: the SMTP command that was refused, a span. */
export const stage = 18;
/** Spans. */
export const queueId = 20;
export const recipient = 22;
export const originalRecipient = 24;
/** A name; its text is what follows the recipient's last `@`. */
export const domain = 26;
/** A name, and its span: the relay; where none was reached, what the answer names instead, and UNREACHED in `reached`. */
export const relay = 27;
export const relayStart = 28;
export const relayEnd = 29;
/** 1 where the relay is `none` and the name is that of the server that was not reached. */
export const unreached = 30;
/** An answer: status, dsn and what the text comes down to; and how much of it stands before the text. */
export const answer = 31;
export const answerText = 32;
/** The number + 1 of a verdict, written by enrichment. */
export const verdict = 33;
/** Spans. */
export const status = 34;
export const delay = 36;
/** The delay in ms; −1 where there is none, or none that is a plain decimal number. */
export const delayMs = 38;
/** An integer; 0 for none. */
export const connectionUse = 39;
/** Spans. */
export const delays = 40;
export const tls = 42;
export const dsn = 44;
export const response = 46;
export const sender = 48;
export const messageId = 50;
/** Bytes. */
export const size = 52;
/** Where the message starts, behind the header and the queue id; for those who read on. */
export const message = 53;
/** The span of the beginning of the event's NDJSON line, in the same memory; both 0 where it is not written. */
export const head = 54;

/** 1 where the line is printable ASCII without quotation marks and backslashes: it can stand in JSON as it is. */
export const plain = 56;

/** 1 where whose delivery it is cannot be told: see isDoubtful in src/parse/assembly/delivery-fields.ts. */
export const doubt = 57;

/** Columns a row; even, so that doubles are aligned. */
export const WIDTH = 58;

/** The number of a name or an answer for which the dictionary has no room. */
export const UNNUMBERED = -1;
