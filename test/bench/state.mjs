#!/usr/bin/env node
// npm run bench:state [-- --bytes 400000000 --runs 3]: ingest into an empty state beside pflogsumm; a report of 5 million rollup
// rows; the export of a million suppressed addresses. Nothing else should run meanwhile.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure, median, PROGRAM } from './peers.mjs';

const Libsql = createRequire(import.meta.url)('libsql');
const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '400000000' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: 'ingest,report,suppress' },
  },
});
const folder = fileURLToPath(new URL('../../bench-data/', import.meta.url));
mkdirSync(folder, { recursive: true });
const runs = Number(values.runs);
const program = `'${process.execPath}' '${PROGRAM}'`;

function remove(path) {
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
}

function say(what, results) {
  const of = (name) => median(results.map((result) => result[name]));
  console.log(
    `${what}: ${of('wall').toFixed(2)} s, cpu ${of('cpu').toFixed(2)} s, ${of('memory').toFixed(0)} MB resident`,
  );
  return of('wall');
}

if (values.only.includes('ingest')) {
  const log = `${folder}maillog-${values.bytes}`;
  if (!existsSync(log) || statSync(log).size < Number(values.bytes)) {
    const generator = fileURLToPath(new URL('./generate-log.mjs', import.meta.url));
    spawnSync('sh', ['-c', `'${process.execPath}' '${generator}' --bytes ${values.bytes} > '${log}'`]);
  }
  const state = `${folder}ingest.db`;
  const ours = [];
  const theirs = [];
  for (let run = 0; run < runs; run++) {
    remove(state);
    ours.push(measure(`${program} ingest -q --state '${state}' '${log}'`));
    theirs.push(measure(`pflogsumm '${log}'`));
  }
  const wall = say(`ingest of ${Math.round(statSync(log).size / 1e6)} MB into an empty state`, ours);
  console.log(`  ${(say('  pflogsumm of the same', theirs) / wall).toFixed(1)} times as fast`);
  const again = [];
  for (let run = 0; run < runs; run++) again.push(measure(`${program} ingest -q --state '${state}' '${log}'`));
  say('  again, nothing new', again);
  say('  report from it', [measure(`${program} report --state '${state}'`)]);
  console.log(`  the state: ${(statSync(state).size / 1e6).toFixed(1)} MB`);
  remove(state);
}

/** A state of one line, to be filled by SQL: what is measured is reading. */
function emptyState(path) {
  remove(path);
  const seed = `${folder}one-line`;
  const line =
    'Nov 22 02:17:46 mx01 postfix/smtp[1]: 4jXCQh6JWQzJTVP: to=<a@b.example>, relay=b.example[192.0.2.1]:25, delay=0.1, delays=0/0/0/0.1, dsn=5.1.1, status=bounced (host b.example[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command))';
  spawnSync('sh', ['-c', `echo '${line}' > '${seed}'`]);
  spawnSync('sh', ['-c', `${program} ingest -q --state '${path}' '${seed}'`]);
  const database = new Libsql(path);
  database.exec('PRAGMA synchronous = OFF');
  return database;
}

/** As an ingest leaves it: one that was changed by anybody else is read through first. */
function closeAsIngest(database, path) {
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  spawnSync('sh', ['-c', `${program} ingest -q --state '${path}' '${folder}one-line'`]);
}

const NUMBERS = (count) =>
  `(WITH RECURSIVE n(v) AS (SELECT 0 UNION ALL SELECT v + 1 FROM n WHERE v < ${count - 1}) SELECT v FROM n)`;

if (values.only.includes('report')) {
  // Ninety days of 3,000 domains in four kinds of outcome: 12,000 series, each in one quarter hour of 21.
  const path = `${folder}rollup.db`;
  const database = emptyState(path);
  database.exec(`
    INSERT INTO word (id, text) SELECT 100000 + v, 'domain' || v || '.example' FROM ${NUMBERS(3000)};
    INSERT INTO kind (id, event, corrects, is_first, suspended, bounce_type)
      VALUES (101, 'delivered', '', 1, 0, ''), (102, 'deferred', '', 1, 0, 'soft'), (103, 'deferred', '', 0, 0, 'soft'),
        (104, 'bounced', '', 1, 0, 'hard');
    INSERT INTO outcome (id, kind, format, host, category, reply_code, enhanced_code, layer, rule)
      SELECT k.id, k.id, format, host, category, reply_code, enhanced_code, layer, rule
      FROM outcome o, kind k WHERE o.id = 1 AND k.id > 100;
    INSERT INTO series (id, domain, relay, outcome, provider, sender, relay_host, relay_ip)
      SELECT 1000 + v, 100000 + v % 3000, relay, 101 + v / 3000, provider, sender, relay_host, relay_ip
      FROM series, ${NUMBERS(12000)} WHERE series.id = 1;
    INSERT INTO rollup (week, series, bucket, quarter, events, bytes)
      SELECT quarter / 672, series, CASE WHEN series < 4000 THEN 20 + (series + quarter) % 4 ELSE -1 END, quarter,
        1 + quarter % 3, 0
      FROM (SELECT 1000 + a.v AS series, 1980000 + b.v * 21 + a.v % 21 AS quarter
        FROM ${NUMBERS(12000)} a, ${NUMBERS(417)} b)`);
  database.exec(`
    INSERT INTO sample (week, series, quarter, first_time, last_time, answer, queue_id, matched)
      SELECT week, series, quarter, quarter * 900000, quarter * 900000, '450 4.2.0 Try again later', '4jXCQh6JWQzJTVP', 'try again'
      FROM rollup WHERE series >= 4000 AND quarter % 4 = 0;
    DELETE FROM quarter_kind;
    INSERT INTO quarter_kind (quarter, kind, events, bytes, first_time, last_time)
      SELECT quarter, kind, sum(events), 0, quarter * 900000, quarter * 900000
      FROM (SELECT quarter, CASE WHEN series < 1000 THEN 1 ELSE 101 + (series - 1000) / 3000 END AS kind, events FROM rollup) r
      GROUP BY quarter, kind`);
  const count = (table) => database.prepare(`SELECT count(*) FROM ${table}`).raw(true).get()[0];
  console.log(`state of ${count('rollup')} rollup rows, ${count('sample')} samples, ${count('series')} series`);
  closeAsIngest(database, path);
  console.log(`  ${(statSync(path).size / 1e6).toFixed(0)} MB`);
  for (const more of ['', '--since 2026-08-01 --until 2026-08-08', '--format json']) {
    const results = [];
    for (let run = 0; run < runs; run++) results.push(measure(`${program} report --tz UTC --state '${path}' ${more}`));
    say(`  report ${more}`, results);
  }
  remove(path);
}

if (values.only.includes('suppress')) {
  const path = `${folder}ledger.db`;
  const database = emptyState(path);
  database.exec(`
    INSERT INTO address (key, address, last_delivery)
      SELECT 'user' || v || '@domain' || (v % 5000) || '.example', 'user' || v || '@domain' || (v % 5000) || '.example', NULL
      FROM ${NUMBERS(1_000_000)};
    INSERT INTO failure (key, kind, first_time, last_time, failures, days, queue_id, answer, proof)
      SELECT 'user' || v || '@domain' || (v % 5000) || '.example', f.kind, f.first_time + v, f.last_time + v, 1, '', 'Q' || v,
        f.answer, f.proof FROM ${NUMBERS(1_000_000)}, failure f WHERE f.key = 'a@b.example'`);
  closeAsIngest(database, path);
  console.log(`state of 1,000,001 suppressed addresses: ${(statSync(path).size / 1e6).toFixed(0)} MB`);
  for (const more of ['--for list', '--for sendgrid', '--format ndjson', '--format csv']) {
    const results = [];
    for (let run = 0; run < runs; run++)
      results.push(measure(`${program} suppress --tz UTC --state '${path}' ${more}`));
    say(`  suppress ${more}`, results);
  }
  remove(path);
}
