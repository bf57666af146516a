/**
 * The opening lines of a block, read only where a content filter is in use: they say early that a queue id is this host's own.
 * A pipeline that reads senders gets them as records anyway; for all others nine blocks of ten are never searched for them.
 */
import { keyOf, type SeenQueueId } from '../../event/index.ts';
import { type LineScanner, MARK_OPENED, MARKED_LINE_FIELDS } from '../scan/marked-lines.ts';
import { SyslogHeader } from '../syslog-header.ts';
import { DeliveryFields } from './fields.ts';
import { endOfQueueId, HOST_SEED } from './queue-id.ts';

const header = new SyslogHeader();
const fields = new DeliveryFields();

/** Which queue ids are opened in [start, end), in the order of their lines. */
export function readOpenings(bytes: Buffer, start: number, end: number, scanner: LineScanner): SeenQueueId[] {
  const found = scanner.search(start, end, MARK_OPENED);
  const { marked } = scanner;
  const seen: SeenQueueId[] = [];
  header.forget();
  for (let i = 0; i < found * MARKED_LINE_FIELDS; i += MARKED_LINE_FIELDS) {
    const lineStart = marked[i]!;
    const lineEnd = marked[i + 1]!;
    if (!header.read(bytes, lineStart, lineEnd)) continue;
    const queueIdEnd = endOfQueueId(bytes, header.message, lineEnd);
    if (queueIdEnd < 0 || !isOpening(bytes, queueIdEnd + 2, lineEnd, fields)) continue;
    const hostKey = keyOf(bytes, header.hostStart, header.hostEnd, HOST_SEED);
    seen.push({ lineStart, queueKey: keyOf(bytes, header.message, queueIdEnd, hostKey) });
  }
  return seen;
}

//  4jXCQh6CYCzJTVP: from=<news@sender.example>, size=355, nrcpt=1 (queue active)
//                   ^                                     ^
/** Whether the list at `at` opens a queue id (src/qmgr/qmgr_active.c); leaves the fields read. */
export function isOpening(bytes: Buffer, at: number, end: number, into: DeliveryFields): boolean {
  return into.read(bytes, at, end) && into.statusEnd === 0 && into.nrcptStart > 0 && into.fromEnd > 0;
}
