import type { Accounting, MalformedSample } from './accounting.ts';
import type { Verdict } from './delivery-event.ts';
import type { EventShortcuts } from './event-shortcuts.ts';
import type { StampKind } from './stamp-kind.ts';
import type { EventName } from './vocabulary.ts';

/** What one line (or one JSON object) says. */
export type RecordKind =
  /** An outcome for one recipient. */
  | 'outcome'
  /** A queue id opened: its sender, its size. */
  | 'opened'
  /** A queue id's message id. */
  | 'message_id'
  /** `status=expired, returned to sender`: every recipient that is left has been given up. */
  | 'expired'
  /** The queue id is closed. */
  | 'removed'
  /** A queue id given to a message that a client or a local user sends: who it was. */
  | 'received'
  /** A client refused on the way in. */
  | 'rejected'
  /** A warning that names a cause a postmaster can mend. */
  | 'warning';

/** What one line says, before order and earlier lines are taken into account. A view on a block, valid until the next is asked for. */
export interface LogRecord extends EventShortcuts {
  readonly kind: RecordKind;
  /** What the line reports of its recipient, for `outcome`. */
  readonly event: EventName;
  readonly verdict: Verdict;
  readonly stampKind: StampKind;
  readonly stamp: number;
  /** Minutes east of UTC, for STAMP_ABSOLUTE. */
  readonly offset: number;

  /**
   * A 53-bit hash of log host and queue id, 0 where the line names none. Hashes lead to the entry, the strings behind them
   * decide.
   */
  readonly queueKey: number;
  /** Webhooks: the same of the provider's message id and the recipient. */
  readonly messageKey: number;
  /** The same of the recipient, without case; see addressKey. */
  readonly recipientKey: number;
  /** The queue key that `queued as QID` in the answer would have on the same log host; 0 where the answer names none. */
  readonly queuedAsKey: number;
  /** Webhooks: the same of the provider's id of this very event, for duplicates; 0 where it names none. */
  readonly eventKey: number;

  readonly format: string;
  readonly host: string | undefined;
  readonly program: string | undefined;
  readonly queue_id: string | undefined;
  readonly status: string | undefined;
  readonly recipient: string | undefined;
  readonly original_recipient: string | undefined;
  readonly domain: string | undefined;
  /** The relay is this machine or on a private network: where content filters are. */
  readonly nearby: boolean;
  readonly relay: string | undefined;
  readonly relay_host: string | undefined;
  readonly relay_ip: string | undefined;
  readonly relay_port: number | undefined;
  readonly provider: string | undefined;
  readonly delay: number | undefined;
  readonly delays: readonly number[] | undefined;
  readonly tls: string | undefined;
  readonly connection_use: number | undefined;
  readonly dsn: string | undefined;
  readonly response: string | undefined;
  readonly reply_text: string | undefined;
  /** Of a refusal: what the client was at, `RCPT`. */
  readonly stage?: string | undefined;
  readonly sender: string | undefined;
  readonly message_id: string | undefined;
  readonly size: number | undefined;
  readonly unsubscribe_group: string | undefined;
}

/** One input: what is known of it before its first line is read. */
export interface InputInfo {
  /** As given on the command line; `-` for standard input. */
  readonly name: string;
  /** Its place in time order, from 0. */
  readonly index: number;
  /** The name of its format. */
  readonly format: string;
  /** The latest moment its lines can speak of, ms since 1970 UTC: its modification time, or now. */
  readonly reference: number;
  /** The year of its first line, where it was said. */
  readonly year: number | undefined;
  /** Of an input in CSV: its first line, which may name the columns of every block. */
  readonly heading?: string;
}

/** A queue id that a line shows to be this host's own. */
export interface SeenQueueId {
  readonly lineStart: number;
  /** See LogRecord.queueKey. */
  readonly queueKey: number;
}

/** What one block of an input says: the records in the order of their lines, and where its lines went. */
export interface RecordBatch {
  readonly input: InputInfo;
  readonly length: number;
  /** True for logs, whose lines follow each other in time; false for webhooks. */
  readonly ordered: boolean;
  /** What record(index) says of these, without making it: most lines need no more. */
  kindOf(index: number): RecordKind;
  queueKeyOf(index: number): number;
  record(index: number): LogRecord;
  /** Where the record's line starts, an offset that orders it against `openings`. */
  lineStartOf(index: number): number;
  /**
   * The queue ids opened in this batch, where openings are not among its records already. Costs a search of the whole block:
   * to be asked only where a content filter is in use.
   */
  openings(): readonly SeenQueueId[];
  /** `event` counts the lines that hold an outcome; correlate corrects it where one yields no event. */
  readonly accounting: Accounting;
  readonly malformed: readonly MalformedSample[];
  readonly sample: HeaderSample;
  /** Gives the block's memory back; its records must not be used afterwards. */
  release(): void;
}

/** A look at some lines' headers, to tell an input that is no log at all. */
export interface HeaderSample {
  readonly lines: number;
  /** How many of them start like a line of a log (JSON: how many objects are events). */
  readonly readable: number;
  /** How many of those a Postfix program wrote; 0 for other formats. */
  readonly own: number;
  /** Whether any line of the block, looked at or not, is a delivery record that can be read. */
  readonly hasRecord: boolean;
}
