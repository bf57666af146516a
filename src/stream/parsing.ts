/**
 * parse and enrich, made ready for one thread: a block in, a batch of records with their verdicts out. Stateless in the log's
 * sense, so any number of these may work on blocks of one input.
 */

import { Classifier } from '../enrich/classify.ts';
import { compileTable } from '../enrich/code-table.ts';
import { RowEnricher } from '../enrich/enrich-rows.ts';
import { WebhookEnricher } from '../enrich/enrich-webhooks.ts';
import { ProviderHosts } from '../enrich/provider.ts';
import { compileWarnings } from '../enrich/warnings.ts';
import {
  LogRowBatch,
  type NameTools,
  type RecordBatch,
  type Tables,
  type Verdict,
  WebhookBatch,
} from '../event/index.ts';
import { domainOf } from '../parse/addresses.ts';
import type { Block, BlockParser, Format, Needs } from '../parse/format.ts';
import type { LineReader } from '../parse/scan/log-lines.ts';
import { parseSmtpReply, replyText } from '../parse/smtp-reply.ts';

/** What makes names of the texts that parsers number. */
export function nameTools(tables: Tables): NameTools {
  const { providers } = tables;
  const hosts = new ProviderHosts(providers);
  return { providers, domainOf, providerOf: (host) => hosts.search(host) };
}

export class BlockReader {
  readonly #parsers = new Map<string, BlockParser>();
  readonly #rows: RowEnricher;
  readonly #webhooks: WebhookEnricher;
  readonly #needs: Needs;
  readonly #reader: LineReader;
  readonly #formats: readonly Format[];

  /**
   * @param reader reads lines in the memory that the blocks lie in
   * @param formats those that blocks may be of
   */
  constructor(tables: Tables, needs: Needs, reader: LineReader, formats: readonly Format[]) {
    this.#formats = formats;
    this.#needs = needs;
    this.#reader = reader;
    const classifier = new Classifier(compileTable(tables), parseSmtpReply);
    this.#rows = new RowEnricher(classifier, compileWarnings(tables, needs.notices));
    this.#webhooks = new WebhookEnricher(classifier);
  }

  /** What the verdicts of row batches are numbered by: grows. */
  get verdicts(): readonly Verdict[] {
    return this.#rows.verdicts;
  }

  read(block: Block): RecordBatch {
    const parser = this.#parserOf(block.input.format);
    const batch = parser.parse(block);
    if (batch instanceof LogRowBatch) {
      this.#rows.enrich(batch, parser.reader!);
      // A parser whose rows lie in a memory of its own writes the next block's over them.
      return batch.rows === block.rows ? batch : batch.withRows(block.rows);
    }
    if (batch instanceof WebhookBatch) this.#webhooks.enrich(batch);
    return batch;
  }

  #parserOf(name: string): BlockParser {
    let parser = this.#parsers.get(name);
    if (parser === undefined) {
      const format = this.#formats.find((candidate) => candidate.name === name)!;
      parser = format.createParser({
        needs: this.#needs,
        reader: this.#reader,
        verdicts: this.#rows.verdicts,
        replyText,
      });
      this.#parsers.set(name, parser);
    }
    return parser;
  }
}
