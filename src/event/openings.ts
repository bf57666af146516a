import type { LogRecord } from './log-record.ts';

/** What earlier lines said of a queue id. */
export interface Opening {
  sender: string | undefined;
  message_id: string | undefined;
  size: number | undefined;
  /** Who sent the message, until it is told that it was received. */
  client?: Client | undefined;
}

/** The client that handed a message in; `pickup` for one that a local user sent. */
export type Client = Pick<LogRecord, 'relay' | 'relay_host' | 'relay_ip'>;

/** So many queue ids' senders are remembered; the oldest go first. A queue is rarely larger. */
export const MOST_OPENINGS = 1_000_000;

/** What is remembered of queue ids until they are removed, by their keys. */
export interface Openings {
  get(key: number): Opening | undefined;
  /** cleanup(8) tells the message id. */
  noteMessageId(record: LogRecord): void;
  /** qmgr(8) tells sender and size. */
  noteOpened(record: LogRecord): void;
  close(key: number): void;
  /** All of them, the oldest first. */
  entries(): Iterable<readonly [key: number, opening: Opening]>;
}
