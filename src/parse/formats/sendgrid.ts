/**
 * SendGrid's Event Webhook: one JSON object for each event (docs: "Event Webhook Reference"). Stored as NDJSON, or as the
 * arrays it is posted in.
 *
 *   {"email":"a@example.com","timestamp":1461095250,"smtp-id":"<…>","sg_event_id":"…","sg_message_id":"Lli-03H….filter0077….0",
 *    "event":"bounce","type":"bounce","status":"5.1.1","reason":"550 5.1.1 The email account …"}
 */
import { emptyAccounting, type MalformedSample, STAMP_ABSOLUTE, WebhookBatch } from '../../event/index.ts';
import { type Block, type BlockParser, type Format, LONGEST_OBJECT, type ParserTools } from '../format.ts';
import { passOverOddUnit } from '../json-objects.ts';
import { EventReader } from '../sendgrid/event-reader.ts';
import { EventRows, type EventScope, newScope, scopeAfter } from '../sendgrid/event-rows.ts';

export const sendgrid: Format = {
  name: 'sendgrid',
  describe: 'SendGrid Event Webhook, NDJSON or JSON arrays',
  framing: 'json',
  longest: LONGEST_OBJECT,
  recognise(head) {
    const text = head.toString('utf8');
    if (!/^[\s\ufeff]*[[{]/.test(text)) return 0;
    if (/"sg_(?:event|message)_id"\s*:/.test(text)) return 1;
    return /"event"\s*:\s*"/.test(text) && /"email"\s*:\s*"/.test(text) ? 0.8 : 0.1;
  },
  firstStamp(head) {
    const seconds = /"timestamp"\s*:\s*"?(\d{9,10})\b/.exec(head.toString('latin1'))?.[1];
    return seconds === undefined ? undefined : { stampKind: STAMP_ABSOLUTE, stamp: Number(seconds) * 1000, offset: 0 };
  },
  createParser: (tools) => new SendgridParser(tools),
};

class SendgridParser implements BlockParser {
  readonly #replyText: (response: string) => string | undefined;
  readonly #reader: EventReader;
  #scope: EventScope;

  constructor({ reader, replyText }: ParserTools) {
    this.#replyText = replyText;
    this.#reader = new EventReader(reader);
    this.#scope = newScope(reader.names);
  }

  parse(block: Block): WebhookBatch {
    const { bytes, end } = block;
    const reader = this.#reader;
    const accounting = emptyAccounting();
    const malformed: MalformedSample[] = [];
    const broken = (reason: string, from: number, to: number): void => {
      accounting.lines++;
      accounting.malformed++;
      if (malformed.filter((sample) => sample.reason === reason).length < 3)
        malformed.push({ reason, text: bytes.toString('utf8', from, Math.min(to, from + 300)) });
    };
    const tooLong = (): void => {
      accounting.lines++;
      accounting.truncated++;
    };
    this.#scope = scopeAfter(this.#scope);
    const answers = { among: reader.begin(), textOf: (row: number) => reader.answerText(block.rows, row) };
    const rows = new EventRows(bytes, block.rows, this.#scope, this.#replyText, answers);
    let named = 0;
    for (let at = block.start; at < end; ) {
      at = reader.read(at, end, block.rows, rows.length, LONGEST_OBJECT);
      let unnamed = 0;
      let { found } = reader;
      if (reader.toSettle > 0) {
        const noRecipient = (from: number, to: number): void => {
          unnamed++;
          broken('an event without "email"', from, to);
        };
        found = rows.settle(found, noRecipient);
      }
      rows.length += found;
      named += reader.named;
      accounting.event += found;
      accounting.truncated += reader.tooLong;
      accounting.ignored += reader.objects - reader.tooLong - found - unnamed;
      accounting.lines += reader.objects - unnamed;
      if (at < end) at = passOverOddUnit(bytes, at, end, LONGEST_OBJECT, { broken, tooLong });
    }
    accounting.lines += block.truncated;
    accounting.truncated += block.truncated;
    const sample = { lines: accounting.lines, readable: named, own: 0, hasRecord: accounting.event > 0 };
    return new WebhookBatch(block.input, rows, accounting, malformed, sample, () => block.release());
  }
}
