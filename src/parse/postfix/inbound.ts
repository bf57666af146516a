/** What Postfix writes when it refuses a client: smtpd, cleanup's milters, postscreen (src/smtpd/smtpd_check.c log_whatsup). */

/** Start and end in the block's bytes. */
export type Span = readonly [start: number, end: number];

export interface Reject {
  /** reject, hold, discard, milter-reject, … */
  readonly action: Span;
  /** `host[address]`, with the port where postscreen names it. */
  readonly client: Span | undefined;
  /** What the client was told. */
  readonly answer: Span;
  readonly from: Span | undefined;
  readonly to: Span | undefined;
}

const ACTIONS = [
  'reject',
  'hold',
  'discard',
  'milter-reject',
  'milter-hold',
  'milter-discard',
  'header-reject',
  'body-reject',
].map((name) => ({ name, text: `${name}: ` }));

//  reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@b>: Recipient address rejected: …; from=<c@d> to=<a@b> proto=ESMTP helo=<e>
//  ^       ^         ^                   ^                                               ^          ^
/** Reads the line from its action on; undefined where it is no refusal. Time linear in the line's length. */
export function readReject(bytes: Buffer, start: number, end: number): Reject | undefined {
  const line = bytes.toString('latin1', start, end);
  const action = ACTIONS.find(({ text }) => line.startsWith(text));
  if (action === undefined) return undefined;
  const from = line.indexOf(' from ', action.text.length);
  if (from < 0) return undefined;
  const clientStart = from + 6;
  const bracket = line.indexOf(']', clientStart);
  const clientEnd = bracket < 0 ? -1 : line.indexOf(': ', bracket);
  if (clientEnd < 0) return undefined;
  const tail = line.indexOf('; from=<', clientEnd);
  const answerEnd = tail < 0 ? line.trimEnd().length : tail;
  return {
    action: [start, start + action.name.length],
    client: [start + clientStart, start + clientEnd],
    answer: [start + clientEnd + 2, start + Math.max(clientEnd + 2, answerEnd)],
    from: angle(line, ' from=<', tail, start),
    to: angle(line, ' to=<', tail, start),
  };
}

function angle(line: string, key: string, from: number, start: number): Span | undefined {
  const at = from < 0 ? -1 : line.indexOf(key, from);
  if (at < 0) return undefined;
  const open = at + key.length;
  const close = line.indexOf('>', open);
  return close < 0 ? undefined : [start + open, start + close];
}
