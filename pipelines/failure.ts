/** What can go wrong in a pipeline, as far as the command line has to tell it apart. */
export { type ErrorCode, SmtpEnrichError } from '../src/event/index.ts';
export { isClosedPipe } from '../src/sink/stdout.ts';
