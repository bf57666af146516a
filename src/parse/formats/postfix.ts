/**
 * The log of a Postfix mail server, however syslog, journald or a container's runtime framed it:
 *
 *   Nov 22 02:17:48 mx01 postfix/smtp[29598]: 4jXCQh6CYCzJTVP: to=<ok@gmail.example>, relay=mx.gmail.example[192.0.2.1]:25,
 *     delay=0.05, delays=0.02/0.01/0.01/0.01, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4F1C22A)
 *
 * The lines are read in ../assembly (see ../scan/log-lines.ts), what is rare in ../postfix.
 */
import { STAMP_NONE } from '../../event/index.ts';
import { type Format, LONGEST_LINE, type Stamp } from '../format.ts';
import { PostfixParser } from '../postfix/parser.ts';
import { eachHeader } from '../scan/each-header.ts';

export const postfix: Format = {
  name: 'postfix',
  describe: 'Postfix log: syslog (RFC 3164, RFC 5424, RFC 3339 stamps), journalctl -o short-iso, docker logs',
  framing: 'line',
  longest: LONGEST_LINE,
  recognise(head) {
    let lines = 0;
    let logLines = 0;
    eachHeader(head, ({ readable }) => {
      lines++;
      if (readable) logLines++;
      return true;
    });
    return lines === 0 ? 0 : 0.9 * (logLines / lines);
  },
  firstStamp(head) {
    let first: Stamp | undefined;
    eachHeader(head, ({ readable, stampKind, stamp, offset }) => {
      if (readable && stampKind !== STAMP_NONE) first = { stampKind, stamp, offset };
      return first === undefined;
    });
    return first;
  },
  createParser: (tools) => new PostfixParser(tools),
};
