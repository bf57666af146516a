/**
 * All SQL of the store. Kept to what SQLite and PostgreSQL both take: `$1` parameters, INSERT … ON CONFLICT DO UPDATE, no
 * rowid, no bare columns beside an aggregate. SQLite takes `$1` for a name and numbers names as they first appear: so they appear
 * in order. What only SQLite needs (WITHOUT ROWID: the rows lie in the order of their key)
 * is appended by the one function that creates tables.
 *
 * Words, kinds, outcomes and series are dictionaries: a rollup row is six small integers. A word of 0 stands for an absent one;
 * host and address of a relay are -1 where the relay's own text says them. Each dictionary is one tree, in the order in which it
 * is looked up while writing: a second one for the ids cost as much again, and reports read dictionaries whole.
 */

export const SCHEMA_VERSION = 3;

/** Quarter hours in a week: the rollup lies in order of week, then series, so that a sum over a year reads in order, and an
 * ingest touches the pages of the current week only. */
export const QUARTERS_A_WEEK = 672;

interface Table {
  readonly name: string;
  readonly columns: string;
  /** The rows lie in the order of the primary key, where the database has a choice. */
  readonly clustered?: boolean;
}

const TABLES: readonly Table[] = [
  { name: 'meta', columns: 'name TEXT PRIMARY KEY, value TEXT NOT NULL' },
  { name: 'word', columns: 'text TEXT PRIMARY KEY, id INTEGER NOT NULL', clustered: true },
  {
    name: 'kind',
    columns: `id INTEGER PRIMARY KEY, event TEXT NOT NULL, corrects TEXT NOT NULL, is_first INTEGER NOT NULL,
      suspended INTEGER NOT NULL, bounce_type TEXT NOT NULL`,
  },
  {
    name: 'outcome',
    columns: `id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, format TEXT NOT NULL, host TEXT, category TEXT NOT NULL,
      reply_code INTEGER NOT NULL, enhanced_code TEXT, layer TEXT NOT NULL, rule TEXT NOT NULL`,
  },
  {
    name: 'series',
    columns: `domain INTEGER NOT NULL, relay INTEGER NOT NULL, outcome INTEGER NOT NULL, provider INTEGER NOT NULL,
      sender INTEGER NOT NULL, relay_host INTEGER NOT NULL, relay_ip INTEGER NOT NULL, id INTEGER NOT NULL,
      PRIMARY KEY (domain, relay, outcome, provider, sender, relay_host, relay_ip)`,
    clustered: true,
  },
  {
    name: 'rollup',
    columns: `week INTEGER NOT NULL, series INTEGER NOT NULL, bucket INTEGER NOT NULL, quarter INTEGER NOT NULL,
      events INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (week, series, bucket, quarter)`,
    clustered: true,
  },
  {
    name: 'quarter_kind',
    columns: `quarter INTEGER NOT NULL, kind INTEGER NOT NULL, events INTEGER NOT NULL, bytes INTEGER NOT NULL,
      first_time INTEGER, last_time INTEGER, PRIMARY KEY (quarter, kind)`,
    clustered: true,
  },
  {
    name: 'sample',
    columns: `week INTEGER NOT NULL, series INTEGER NOT NULL, quarter INTEGER NOT NULL, first_time INTEGER,
      last_time INTEGER, answer TEXT NOT NULL, queue_id TEXT NOT NULL, matched TEXT NOT NULL,
      PRIMARY KEY (week, series, quarter)`,
    clustered: true,
  },
  {
    name: 'address',
    columns: 'key TEXT PRIMARY KEY, address TEXT NOT NULL, last_delivery INTEGER',
    clustered: true,
  },
  {
    name: 'failure_kind',
    columns: `id INTEGER PRIMARY KEY, category TEXT NOT NULL, layer TEXT NOT NULL, fault TEXT NOT NULL,
      reply_code INTEGER NOT NULL, command TEXT NOT NULL, without_text INTEGER NOT NULL, own_domain INTEGER NOT NULL,
      unsubscribe_group TEXT NOT NULL DEFAULT '', group_only INTEGER NOT NULL DEFAULT 0`,
  },
  {
    name: 'proof',
    columns: `id INTEGER PRIMARY KEY, host TEXT NOT NULL, format TEXT NOT NULL, input TEXT NOT NULL,
      enhanced_code TEXT NOT NULL, layer TEXT NOT NULL, rule TEXT NOT NULL, matched TEXT NOT NULL,
      UNIQUE (matched, rule, host, input, enhanced_code, format, layer)`,
  },
  {
    name: 'failure',
    columns: `key TEXT NOT NULL, kind INTEGER NOT NULL, first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,
      failures INTEGER NOT NULL, days TEXT NOT NULL, queue_id TEXT NOT NULL, answer TEXT NOT NULL, proof INTEGER NOT NULL,
      PRIMARY KEY (key, kind)`,
    clustered: true,
  },
  {
    name: 'open_message',
    columns:
      'seq INTEGER PRIMARY KEY, part TEXT NOT NULL, key INTEGER NOT NULL, value TEXT NOT NULL, UNIQUE (part, key)',
  },
  {
    name: 'webhook_key',
    columns: `part TEXT NOT NULL, key INTEGER NOT NULL, generation INTEGER NOT NULL, PRIMARY KEY (part, key)`,
    clustered: true,
  },
  {
    name: 'checkpoint',
    columns: `id INTEGER PRIMARY KEY, path TEXT NOT NULL, format TEXT NOT NULL, device TEXT NOT NULL, inode TEXT NOT NULL,
      packed INTEGER NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, print TEXT NOT NULL,
      head_length INTEGER NOT NULL, head_hash TEXT NOT NULL, read_offset INTEGER NOT NULL, tail_hash TEXT NOT NULL,
      trail TEXT NOT NULL, settled INTEGER NOT NULL, clock_year INTEGER, clock_last INTEGER, committed INTEGER NOT NULL,
      lines INTEGER NOT NULL, event INTEGER NOT NULL, context INTEGER NOT NULL, ignored INTEGER NOT NULL,
      malformed INTEGER NOT NULL, truncated INTEGER NOT NULL`,
  },
];

export const TABLE_NAMES: readonly string[] = TABLES.map(({ name }) => name);

/** What creates an empty state. */
export function createTables(clustered: string): string[] {
  return TABLES.map((table) => `CREATE TABLE ${table.name} (${table.columns})${table.clustered ? clustered : ''}`);
}

/** An INSERT of many rows at once: half the price of as many of one row. */
export interface Insert {
  readonly head: string;
  /** Values a row. */
  readonly width: number;
  /** What stands behind them in each row, the same in all: a value that is handed over costs more than the rest of its row. */
  readonly same: string;
  readonly tail: string;
}

/** @param same values of the last columns, where they are the same in all rows */
function insert(table: string, columns: string, tail = '', same: readonly number[] = []): Insert {
  return {
    head: `INSERT INTO ${table} (${columns}) VALUES `,
    width: columns.split(',').length - same.length,
    same: same.map((value) => `, ${value}`).join(''),
    tail,
  };
}

/** The statement for so many rows. */
export function insertSql({ head, width, same, tail }: Insert, rows: number): string {
  let at = 0;
  const row = (): string => `(${Array.from({ length: width }, () => `$${++at}`).join(', ')}${same})`;
  return `${head}${Array.from({ length: rows }, row).join(', ')}${tail}`;
}

/** In the place of a word, host or address of a relay: as the relay says. */
export const IN_RELAY = -1;

const ADD_TO_ROLLUP = ` ON CONFLICT (week, series, bucket, quarter)
    DO UPDATE SET events = rollup.events + excluded.events, bytes = rollup.bytes + excluded.bytes`;

export const INSERT = {
  word: insert('word', 'text, id'),
  series: insert('series', 'domain, relay, outcome, provider, sender, relay_host, relay_ip, id'),
  /** Of most: no sender is kept, and the relay says its host and address. */
  plainSeries: insert('series', 'domain, relay, outcome, provider, id, sender, relay_host, relay_ip', '', [
    0,
    IN_RELAY,
    IN_RELAY,
  ]),
  rollup: insert('rollup', 'week, series, bucket, quarter, events, bytes', ADD_TO_ROLLUP),
  /** Of most: no sizes are kept. */
  rollupOfEvents: insert('rollup', 'week, series, bucket, quarter, events, bytes', ADD_TO_ROLLUP, [0]),
  sample: insert(
    'sample',
    'week, series, quarter, first_time, last_time, answer, queue_id, matched',
    ` ON CONFLICT (week, series, quarter) DO UPDATE SET
      first_time = excluded.first_time, last_time = excluded.last_time, answer = excluded.answer,
      queue_id = excluded.queue_id, matched = excluded.matched`,
  ),
  address: insert(
    'address',
    'key, address, last_delivery',
    ' ON CONFLICT (key) DO UPDATE SET address = excluded.address, last_delivery = excluded.last_delivery',
  ),
  proof: insert('proof', 'id, matched, rule, host, input, enhanced_code, format, layer'),
  failure: insert(
    'failure',
    'key, kind, first_time, last_time, failures, days, queue_id, answer, proof',
    ` ON CONFLICT (key, kind) DO UPDATE SET
      first_time = excluded.first_time, last_time = excluded.last_time, failures = excluded.failures,
      days = excluded.days, queue_id = excluded.queue_id, answer = excluded.answer, proof = excluded.proof`,
  ),
  /** The place in the order of an entry that is known already stays. */
  openMessage: insert(
    'open_message',
    'seq, part, key, value',
    ' ON CONFLICT (part, key) DO UPDATE SET value = excluded.value',
  ),
  webhookKey: insert(
    'webhook_key',
    'part, key, generation',
    ' ON CONFLICT (part, key) DO UPDATE SET generation = excluded.generation',
  ),
} as const satisfies Record<string, Insert>;

export const SQL = {
  readMeta: 'SELECT value FROM meta WHERE name = $1',
  writeMeta: 'INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value',

  /** Of words and series, which lie in another order, `meta` holds it. */
  lastId: {
    word: `SELECT value FROM meta WHERE name = 'last_word'`,
    series: `SELECT value FROM meta WHERE name = 'last_series'`,
    kind: 'SELECT max(id) FROM kind',
    outcome: 'SELECT max(id) FROM outcome',
    failure_kind: 'SELECT max(id) FROM failure_kind',
    proof: 'SELECT max(id) FROM proof',
    checkpoint: 'SELECT max(id) FROM checkpoint',
    open_message: 'SELECT max(seq) FROM open_message',
  },

  findWord: 'SELECT id FROM word WHERE text = $1',
  kinds: 'SELECT id, event, corrects, is_first, suspended, bounce_type FROM kind',
  addKind: 'INSERT INTO kind (id, event, corrects, is_first, suspended, bounce_type) VALUES ($1, $2, $3, $4, $5, $6)',
  outcomes: 'SELECT id, kind, format, host, category, reply_code, enhanced_code, layer, rule FROM outcome',
  addOutcome: `INSERT INTO outcome (id, kind, format, host, category, reply_code, enhanced_code, layer, rule)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
  words: 'SELECT id, text FROM word',
  findSeries: `SELECT id FROM series WHERE domain = $1 AND relay = $2 AND outcome = $3 AND provider = $4 AND sender = $5
    AND relay_host = $6 AND relay_ip = $7`,

  addQuarterKind: `INSERT INTO quarter_kind (quarter, kind, events, bytes, first_time, last_time)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (quarter, kind) DO UPDATE SET
      events = quarter_kind.events + excluded.events, bytes = quarter_kind.bytes + excluded.bytes,
      first_time = CASE WHEN excluded.first_time < quarter_kind.first_time THEN excluded.first_time
        ELSE quarter_kind.first_time END,
      last_time = CASE WHEN excluded.last_time > quarter_kind.last_time THEN excluded.last_time
        ELSE quarter_kind.last_time END`,
  findSample: `SELECT first_time, last_time, answer, queue_id, matched FROM sample
    WHERE week = $1 AND series = $2 AND quarter = $3`,

  /** Sums of a period, a row for each week, series and bucket: in the order of the table, so nothing is sorted. */
  sumRollup: `SELECT series, bucket, sum(events), sum(bytes) FROM rollup
    WHERE week >= $1 AND week <= $2 AND quarter >= $3 AND quarter < $4 GROUP BY week, series, bucket`,
  quarterKinds: `SELECT quarter, kind, events, bytes, first_time, last_time FROM quarter_kind
    WHERE quarter >= $1 AND quarter < $2 ORDER BY quarter, kind`,
  /** The earliest sample of each series lies in its earliest quarter; those without a time (quarter -1) come after all others. */
  samples: `SELECT s.series, s.first_time, m.last_time, s.answer, s.queue_id, s.matched
    FROM (SELECT series, min(CASE WHEN quarter = -1 THEN 1000000000 ELSE quarter END) AS earliest,
        max(last_time) AS last_time FROM sample
      WHERE week >= $1 AND week <= $2 AND quarter >= $3 AND quarter < $4 GROUP BY series) m
    JOIN sample s ON s.series = m.series AND s.quarter = CASE WHEN m.earliest = 1000000000 THEN -1 ELSE m.earliest END
      AND s.week = CASE WHEN m.earliest = 1000000000 THEN -1 ELSE m.earliest / ${QUARTERS_A_WEEK} END`,
  series: 'SELECT id, domain, relay, outcome, provider, sender, relay_host, relay_ip FROM series',
  span: 'SELECT min(first_time), max(last_time) FROM quarter_kind',
  /** What must agree: the rollup and the quarter hours count the same events, and no failure is without its address. */
  faults: `SELECT 'rollup and quarter hours differ' FROM meta WHERE name = 'revision'
      AND (SELECT coalesce(sum(events), 0) FROM rollup) <> (SELECT coalesce(sum(events), 0) FROM quarter_kind)
    UNION ALL SELECT 'a failure has no address' FROM meta WHERE name = 'revision'
      AND EXISTS (SELECT 1 FROM failure f LEFT JOIN address a ON a.key = f.key WHERE a.key IS NULL)
    UNION ALL SELECT 'a rollup row has no series' FROM meta WHERE name = 'revision'
      AND EXISTS (SELECT 1 FROM rollup WHERE series NOT IN (SELECT id FROM series))`,
  rollupRows: 'SELECT series, bucket, quarter, events, bytes FROM rollup ORDER BY week, series, bucket, quarter',
  sampleRows: `SELECT series, quarter, first_time, last_time, answer, queue_id, matched FROM sample
    ORDER BY week, series, quarter`,

  addressCount: 'SELECT count(*) FROM address',
  addressKeys: 'SELECT key FROM address',
  findAddress: 'SELECT address, last_delivery FROM address WHERE key = $1',
  noteDelivery: `UPDATE address SET last_delivery = $1 WHERE key = $2 AND (last_delivery IS NULL OR last_delivery < $1)`,
  failureKinds: `SELECT id, category, layer, fault, reply_code, command, without_text, own_domain, unsubscribe_group,
      group_only FROM failure_kind`,
  addFailureKind: `INSERT INTO failure_kind (id, category, layer, fault, reply_code, command, without_text, own_domain,
      unsubscribe_group, group_only)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
  proofs: 'SELECT id, host, format, input, enhanced_code, layer, rule, matched FROM proof',
  findProof: `SELECT id FROM proof WHERE matched = $1 AND rule = $2 AND host = $3 AND input = $4 AND enhanced_code = $5
    AND format = $6 AND layer = $7`,
  failuresOf: `SELECT kind, first_time, last_time, failures, days, queue_id, answer, proof FROM failure
    WHERE key = $1 ORDER BY kind`,
  proof: 'SELECT host, format, input, enhanced_code, layer, rule, matched FROM proof WHERE id = $1',
  /** In the order of the addresses, in which the table lies. */
  ledger: `SELECT key, kind, first_time, last_time, failures, days, queue_id, answer, proof FROM failure ORDER BY key, kind`,
  /** In the same order, the addresses of which more is known than their failures: few, so a join would cost more than a merge. */
  remarkable: `SELECT key, address, last_delivery FROM address
    WHERE address <> key OR last_delivery IS NOT NULL ORDER BY key`,

  openMessages: 'SELECT part, key, value FROM open_message ORDER BY seq',
  removeOpenMessage: 'DELETE FROM open_message WHERE part = $1 AND key = $2',
  hasWebhookKey: 'SELECT generation FROM webhook_key WHERE part = $1 AND key = $2',
  pruneWebhookKeys: 'DELETE FROM webhook_key WHERE part = $1 AND generation < $2',

  checkpoints: `SELECT id, path, format, device, inode, packed, size, modified, print, head_length, head_hash, read_offset,
      tail_hash, settled, clock_year, clock_last, committed, lines, event, context, ignored, malformed, truncated, trail
    FROM checkpoint ORDER BY id`,
  putCheckpoint: `INSERT INTO checkpoint (id, path, format, device, inode, packed, size, modified, print, head_length,
      head_hash, read_offset, tail_hash, settled, clock_year, clock_last, committed, lines, event, context, ignored,
      malformed, truncated, trail)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
    ON CONFLICT (id) DO UPDATE SET path = excluded.path, format = excluded.format, device = excluded.device,
      inode = excluded.inode, packed = excluded.packed, size = excluded.size, modified = excluded.modified,
      print = excluded.print, head_length = excluded.head_length, head_hash = excluded.head_hash,
      read_offset = excluded.read_offset, tail_hash = excluded.tail_hash, settled = excluded.settled,
      clock_year = excluded.clock_year, clock_last = excluded.clock_last, committed = excluded.committed,
      lines = excluded.lines, event = excluded.event, context = excluded.context, ignored = excluded.ignored,
      malformed = excluded.malformed, truncated = excluded.truncated,
      trail = excluded.trail`,

  pruneRollup: 'DELETE FROM rollup WHERE week >= 0 AND week <= $1 AND quarter < $2',
  pruneSamples: 'DELETE FROM sample WHERE week >= 0 AND week <= $1 AND quarter < $2',
  pruneQuarterKinds: 'DELETE FROM quarter_kind WHERE quarter >= 0 AND quarter < $1',
  pruneSeries: `DELETE FROM series WHERE id NOT IN (SELECT series FROM rollup UNION SELECT series FROM sample)`,

  countRows: (table: string): string => `SELECT count(*) FROM ${table}`,
} as const;
