/** `smtp-enrich explain "550 5.1.1 …"`: what one answer means, what to do, and which row of the table says so. */
import { once } from 'node:events';
import { Classifier } from '../src/enrich/classify.ts';
import { parseSmtpReply } from '../src/parse/smtp-reply.ts';
import { renderExplanationNdjson, renderExplanationText } from '../src/report/explanation.ts';
import { textLines } from '../src/stream/lines.ts';
import { codeTable } from './code-table.ts';
import { definePipeline } from './pipeline.ts';
import { terminalStyle } from './terminal.ts';

export default definePipeline({
  positional: {
    name: 'answer',
    describe: 'what the server said, in quotes; without it, one answer per line of standard input',
    variadic: true,
  },
  options: {
    format: {
      type: 'string',
      choices: ['text', 'ndjson'],
      describe: 'what to write (default: text for one answer and on a terminal, else ndjson)',
    },
    table: {
      type: 'string',
      describe: 'a code table of your own (CSV), which comes before the built-in one',
      value: 'FILE',
    },
    host: { type: 'string', describe: 'the host that answered, by which its provider is known', value: 'NAME' },
  },
  examples: [
    ['smtp-enrich explain "550 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.spamhaus.org"', ''],
    ['smtp-enrich explain --format ndjson < answers.txt', 'one record per line, in the same order'],
  ],
  async run({ format, table, host }, words, io) {
    if (words.length === 0 && io.stdin.isTTY === true) {
      io.stderr.write('smtp-enrich explain: no answer: give it as an argument, or one per line on standard input\n');
      return 2;
    }
    const classifier = new Classifier(codeTable(table), parseSmtpReply);
    const style = terminalStyle(io);
    const text = (format ?? (words.length > 0 || io.stdout.isTTY === true ? 'text' : 'ndjson')) === 'text';
    const render = (answer: string): string => {
      const explanation = classifier.explain(answer, { outcome: 'other', relay_host: host });
      return text ? renderExplanationText(explanation, style) : `${renderExplanationNdjson(explanation)}\n`;
    };
    if (words.length > 0) {
      io.stdout.write(render(words.join(' ')));
      return 0;
    }
    let first = true;
    for await (const answer of textLines(io.stdin)) {
      if (io.stdout.destroyed) break; // the reader has gone: `| head -1`
      const written = io.stdout.write(text && !first ? `\n${render(answer)}` : render(answer));
      if (!written) await Promise.race([once(io.stdout, 'drain'), once(io.stdout, 'close')]);
      first = false;
    }
    return 0;
  },
});
