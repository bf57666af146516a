// What classifying costs: node test/bench/classify.mjs (after npm run build).
// Processor time, user and system, so that others on the machine count little; for the start, the time that is waited. A peer in the
// same process tells a slow machine from slow code: JSON.parse of a small event.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Classifier, compileTable, loadTables, parseSmtpReply } from '../../dist/src/index.js';

const ms = (run) => {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
};
/** What is waited for at the start, while the compiler warms up on other processors. */
const waited = (run) => {
  const start = performance.now();
  run();
  return performance.now() - start;
};
const show = (what, figure, unit, limit) =>
  console.log(
    `${what.padEnd(58)} ${figure.toFixed(3).padStart(9)} ${unit}${limit === undefined ? '' : `   (limit ${limit})`}`,
  );

const word = (n) => [...n.toString(26)].map((c) => String.fromCharCode(97 + Number.parseInt(c, 26))).join('');
const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
/** A user's table: sentences of its own, codes, conditions. */
const userTable = (rows) => {
  const path = join(folder, `${rows}.csv`);
  const line = (i) =>
    `mine-${i},${i % 3 === 0 ? '550' : ''},,,${i % 5 === 0 ? 'RCPT TO' : ''},"gate ${word(i)} closed, ask the ${word(i * 7)} office",policy`;
  const lines = Array.from({ length: rows }, (_, i) => line(i));
  writeFileSync(path, `id,reply,enhanced,provider,command,phrase,category\n${lines.join('\n')}\n`);
  return path;
};

const small = userTable(100);
const large = userTable(5000);
let table;
show(
  'load the built-in table, first time',
  waited(() => (table = compileTable(loadTables()))),
  'ms',
);
show(
  "read and compile a user's 100 rows, first time",
  waited(() => loadTables({ userTable: small })),
  'ms',
  30,
);
const again = (run) => Array.from({ length: 9 }, () => waited(run)).sort((a, b) => a - b)[4];
show(
  '… median of 9',
  again(() => loadTables({ userTable: small })),
  'ms',
  30,
);
show(
  "read and compile a user's 5,000 rows, median of 9",
  again(() => loadTables({ userTable: large })),
  'ms',
);
const { categories, providers, rows, warnings } = table;
show(
  'compile the built-in rows, as the build does, median of 9',
  again(() => compileTable({ categories, providers, rows, warnings })),
  'ms',
);

// Real sentences with ids, addresses and words that differ. `kind` varies what makes a template, `id` what does not.
const id = (n) => `4j${n.toString(36).toUpperCase().padStart(6, '0')}ZzJTWD9`;
const SENTENCES = [
  (k, n) =>
    `host mx${k}.example.com[192.0.2.${n % 250}] said: 550 5.1.1 <user${n}@example.com>: Recipient address rejected: User unknown in virtual mailbox table (in reply to RCPT TO command)`,
  (k, n) =>
    `host mx${k}.example.com[192.0.2.${n % 250}] said: 550-5.7.26 This mail has been blocked because the sender is unauthenticated. 550-5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM. 550 5.7.26 ${id(n)} - gsmtp (in reply to end of DATA command)`,
  (k, n) =>
    `host mx${k}.example.com[192.0.2.${n % 250}] refused to talk to me: 421 4.7.0 [TSS04] Messages from 198.51.100.${n % 250} temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes`,
  (k, n) => `connect to mx${k}.example.com[192.0.2.${n % 250}]:25: Connection timed out`,
];
const answers = (count, kind) => Array.from({ length: count }, (_, n) => SENTENCES[n % SENTENCES.length](kind(n), n));
const context = { outcome: 'bounced', dsn: '5.0.0' };
const perAnswer = (classifier, list) =>
  (1000 *
    ms(() => {
      for (const a of list) classifier.classify(a, context);
    })) /
  list.length;

/** Each round on a classifier of its own; the median of the rounds. */
const median = (round) => {
  const figures = Array.from({ length: 7 }, (_, i) => round(i)).sort((a, b) => a - b);
  return figures[3];
};
const N = 4000;
show(
  'a new answer',
  median((i) =>
    perAnswer(
      new Classifier(table, parseSmtpReply),
      answers(N, (n) => word(n + i * N)),
    ),
  ),
  'us',
  20,
);
show(
  'a known template with new ids',
  median((i) => {
    const classifier = new Classifier(table, parseSmtpReply);
    perAnswer(
      classifier,
      answers(8, () => 'a'),
    );
    return (
      perAnswer(
        classifier,
        answers(N, () => 'a')
          .map((a) => `${a}`)
          .slice(8),
      ) +
      0 * i
    );
  }),
  'us',
  2,
);
show(
  'a byte-identical repeat',
  median(() => {
    const classifier = new Classifier(table, parseSmtpReply);
    const list = answers(400, (n) => word(n % 20));
    perAnswer(classifier, list);
    // Fresh strings, as a log gives them: their hashes are not yet computed.
    const again = Array.from({ length: 20 }, () => list.map((a) => Buffer.from(a).toString())).flat();
    return perAnswer(classifier, again);
  }),
  'us',
  0.5,
);
const json = JSON.stringify({
  event: 'bounce',
  email: 'user@example.com',
  reason: answers(1, () => 'a')[0],
  timestamp: 1,
});
show(
  'peer: JSON.parse of one such event',
  median(
    () =>
      (1000 *
        ms(() => {
          for (let i = 0; i < N; i++) JSON.parse(json);
        })) /
      N,
  ),
  'us',
);
