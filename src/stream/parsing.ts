/**
 * parse and enrich, made ready for one thread: a block in, a batch of records with their verdicts out. Stateless in the log's
 * sense, so any number of these may work on blocks of one input.
 */

import { Classifier } from '../enrich/classify.ts';
import { compileTable } from '../enrich/code-table.ts';
import { RowEnricher } from '../enrich/enrich-rows.ts';
import { WebhookEnricher } from '../enrich/enrich-webhooks.ts';
import { compileWarnings } from '../enrich/warnings.ts';
import { emptyDictionaries, LogRowBatch, type RecordBatch, type Tables, WebhookBatch } from '../event/index.ts';
import type { Block, BlockParser, Needs } from '../parse/format.ts';
import { FORMATS } from '../parse/formats/index.ts';
import type { LineScanner } from '../parse/scan/marked-lines.ts';
import { parseSmtpReply } from '../parse/smtp-reply.ts';

export class BlockReader {
  readonly dictionaries = emptyDictionaries();
  readonly #parsers = new Map<string, BlockParser>();
  readonly #rows: RowEnricher;
  readonly #webhooks: WebhookEnricher;
  readonly #needs: Needs;
  readonly #scanner: LineScanner;

  constructor(tables: Tables, needs: Needs, scanner: LineScanner) {
    this.#needs = needs;
    this.#scanner = scanner;
    const classifier = new Classifier(compileTable(tables), parseSmtpReply);
    this.#rows = new RowEnricher(classifier, compileWarnings(tables), this.dictionaries);
    this.#webhooks = new WebhookEnricher(classifier);
  }

  read(block: Block): RecordBatch {
    const batch = this.#parserOf(block.input.format).parse(block);
    if (batch instanceof LogRowBatch) this.#rows.enrich(batch);
    else if (batch instanceof WebhookBatch) this.#webhooks.enrich(batch);
    return batch;
  }

  #parserOf(name: string): BlockParser {
    let parser = this.#parsers.get(name);
    if (parser === undefined) {
      const format = FORMATS.find((candidate) => candidate.name === name)!;
      parser = format.createParser({
        needs: this.#needs,
        scanner: this.#scanner,
        dictionaries: this.dictionaries,
        replyText: (response) => parseSmtpReply(response).text,
      });
      this.#parsers.set(name, parser);
    }
    return parser;
  }
}
