/** Lines of NDJSON as bytes, event by event. */
import type { DeliveryEvent } from '../event/index.ts';
import { renderEventNdjson, renderTail } from './event-ndjson.ts';
import { LineBuffer } from './line-buffer.ts';

const LF = 0x0a;
const RIGHT_BRACE = 0x7d;
/** Printable ASCII that stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;
/** Integers up to here are written digit by digit, */
const LARGEST = 0x7fffffff;
/** of which they have so many at most. */
const DIGITS = 10;
/** Copies of heads may run over by so much. */
const COPIED = 16;

/** Copies the head of an event, of so many bytes, to where the next byte goes. */
type CopyHead = (event: DeliveryEvent, length: number) => void;

/**
 * Writes events as lines of NDJSON, as bytes. The heads of a large input's events have been written by the threads that read it
 * (HeadWriter): they are copied, and only the tails are made here.
 */
export class EventLines {
  readonly #lines: LineBuffer;
  readonly #copyHead: CopyHead | undefined;
  /** Of the event before: many share a second. */
  #timestamp: string | undefined;
  #timestampMember = '';

  /** @param copyHead where heads have been written: without it each line is rendered whole */
  constructor(lines: LineBuffer = new LineBuffer(), copyHead?: CopyHead) {
    this.#lines = lines;
    this.#copyHead = copyHead;
  }

  add(event: DeliveryEvent): void {
    const lines = this.#lines;
    const head = this.#copyHead === undefined ? 0 : (event.headLength ?? 0);
    if (head === 0) {
      this.#write(renderEventNdjson(event));
    } else {
      lines.makeRoom(head + COPIED);
      this.#copyHead!(event, head);
      lines.length += head;
      this.#writeTail(event);
    }
    lines.makeRoom(1);
    lines.bytes[lines.length++] = LF;
  }

  /** Writes what renderTail gives. */
  #writeTail(event: DeliveryEvent): void {
    const { timestamp, sender = '', message_id = '', size } = event;
    const isUsual =
      timestamp !== undefined &&
      (timestamp === this.#timestamp || PLAIN.test(timestamp)) &&
      size !== undefined &&
      size >= 0 &&
      size <= LARGEST &&
      Number.isInteger(size) &&
      PLAIN.test(sender) &&
      PLAIN.test(message_id) &&
      event.unsubscribe_group === undefined &&
      event.corrects === undefined;
    if (!isUsual) {
      this.#write(renderTail(event));
      return;
    }
    if (timestamp !== this.#timestamp) {
      this.#timestamp = timestamp;
      this.#timestampMember = `,"timestamp":"${timestamp}"`;
    }
    let json = this.#timestampMember;
    if (event.sender !== undefined) json += `,"sender":"${sender}"`;
    if (event.message_id !== undefined) json += `,"message_id":"${message_id}"`;
    json += ',"size":';
    const lines = this.#lines;
    lines.makeRoom(json.length + DIGITS + 1);
    // All of it is ASCII, which needs no encoding.
    lines.length += lines.bytes.write(json, lines.length, 'latin1');
    this.#writeInteger(size);
    lines.bytes[lines.length++] = RIGHT_BRACE;
  }

  /** Makes no string of a number that is new each time. */
  #writeInteger(value: number): void {
    const lines = this.#lines;
    let end = lines.length + 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end++;
    for (let at = end, rest = value; at > lines.length; ) {
      lines.bytes[--at] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    lines.length = end;
  }

  /** The lines since the last call; undefined where there is none. */
  take(): Buffer | undefined {
    return this.#lines.take();
  }

  /** They have been written: see LineBuffer. */
  giveBack(lines: Buffer): void {
    this.#lines.giveBack(lines);
  }

  #write(text: string): void {
    const lines = this.#lines;
    lines.makeRoom(text.length * 3);
    lines.length += lines.bytes.write(text, lines.length, 'utf8');
  }
}
