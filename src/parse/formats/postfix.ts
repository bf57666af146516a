/**
 * The log of a Postfix mail server, however syslog, journald or a container's runtime framed it:
 *
 *   Nov 22 02:17:48 mx01 postfix/smtp[29598]: 4jXCQh6CYCzJTVP: to=<ok@gmail.example>, relay=mx.gmail.example[192.0.2.1]:25,
 *     delay=0.05, delays=0.02/0.01/0.01/0.01, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4F1C22A)
 *
 * The framing is read in ../syslog-header.ts, the records in ../postfix/.
 */
import { type Format, LONGEST_LINE } from '../format.ts';
import { PostfixParser } from '../postfix/parser.ts';
import { SyslogHeader } from '../syslog-header.ts';

export const postfix: Format = {
  name: 'postfix',
  describe: 'Postfix log: syslog (RFC 3164, RFC 5424, RFC 3339 stamps), journalctl -o short-iso, docker logs',
  framing: 'line',
  longest: LONGEST_LINE,
  recognise(head) {
    const header = new SyslogHeader();
    let lines = 0;
    let logLines = 0;
    for (let at = 0; at < head.length; ) {
      let end = head.indexOf(0x0a, at);
      // A line that the head cuts off tells nothing, unless it is all there is.
      if (end < 0) {
        if (lines > 0) break;
        end = head.length;
      }
      if (end > at) {
        lines++;
        if (header.read(head, at, end)) logLines++;
      }
      at = end + 1;
    }
    return lines === 0 ? 0 : 0.9 * (logLines / lines);
  },
  createParser: (tools) => new PostfixParser(tools),
};
