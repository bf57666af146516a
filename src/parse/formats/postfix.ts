/**
 * The log of a Postfix mail server, however syslog, journald or a container's runtime framed it:
 *
 *   Nov 22 02:17:48 mx01 postfix/smtp[29598]: 4jXCQh6CYCzJTVP: to=<ok@gmail.example>, relay=mx.gmail.example[192.0.2.1]:25,
 *     delay=0.05, delays=0.02/0.01/0.01/0.01, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4F1C22A)
 *
 * The framing is read in ../syslog-header.ts, the records in ../postfix/.
 */
import { STAMP_NONE } from '../../event/index.ts';
import { type Format, LONGEST_LINE, type Stamp } from '../format.ts';
import { PostfixParser } from '../postfix/parser.ts';
import { SyslogHeader } from '../syslog-header.ts';

export const postfix: Format = {
  name: 'postfix',
  describe: 'Postfix log: syslog (RFC 3164, RFC 5424, RFC 3339 stamps), journalctl -o short-iso, docker logs',
  framing: 'line',
  longest: LONGEST_LINE,
  recognise(head) {
    let lines = 0;
    let logLines = 0;
    eachLine(head, (readable) => {
      lines++;
      if (readable) logLines++;
    });
    return lines === 0 ? 0 : 0.9 * (logLines / lines);
  },
  firstStamp(head) {
    let stamp: Stamp | undefined;
    eachLine(head, (readable, header) => {
      if (readable && header.stampKind !== STAMP_NONE && stamp === undefined) {
        stamp = { stampKind: header.stampKind, stamp: header.stamp, offset: header.offset };
      }
    });
    return stamp;
  },
  createParser: (tools) => new PostfixParser(tools),
};

/** Visits each whole line of an input's first bytes; the only one, where it is cut off. */
function eachLine(head: Buffer, visit: (readable: boolean, header: SyslogHeader) => void): void {
  const header = new SyslogHeader();
  for (let at = 0, seen = false; at < head.length; ) {
    let end = head.indexOf(0x0a, at);
    if (end < 0) {
      if (seen) break;
      end = head.length;
    }
    if (end > at) {
      seen = true;
      visit(header.read(head, at, end), header);
    }
    at = end + 1;
  }
}
