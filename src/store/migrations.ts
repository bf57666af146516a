/**
 * From the tables of earlier versions to today's. Each step is written for the tables as they were made then, and never changed:
 * what `sql.ts` says is where the last one leads.
 */

interface Migration {
  /** The schema it starts from; it leads to the next. */
  readonly from: number;
  /** @param clustered what SQLite appends to tables that lie in the order of their key */
  statements(clustered: string): readonly string[];
}

/** The words of a series of schema 1 that became an outcome. */
const OUTCOME_WORDS = `FROM old_series s
  LEFT JOIN old_word f ON f.id = s.format LEFT JOIN old_word h ON h.id = s.host LEFT JOIN old_word c ON c.id = s.category
  LEFT JOIN old_word e ON e.id = s.enhanced_code LEFT JOIN old_word l ON l.id = s.layer LEFT JOIN old_word r ON r.id = s.rule`;
const OUTCOME_COLUMNS = `s.kind AS kind, coalesce(f.text, '') AS format, h.text AS host, coalesce(c.text, '') AS category,
  s.reply_code AS reply_code, e.text AS enhanced_code, coalesce(l.text, '') AS layer, coalesce(r.text, '') AS rule`;

export const MIGRATIONS: readonly Migration[] = [
  {
    from: 1,
    statements: (clustered) => [
      'ALTER TABLE word RENAME TO old_word',
      'ALTER TABLE series RENAME TO old_series',
      `CREATE TABLE word (text TEXT PRIMARY KEY, id INTEGER NOT NULL)${clustered}`,
      'INSERT INTO word (text, id) SELECT text, id FROM old_word ORDER BY text',
      `CREATE TABLE outcome (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, format TEXT NOT NULL, host TEXT,
        category TEXT NOT NULL, reply_code INTEGER NOT NULL, enhanced_code TEXT, layer TEXT NOT NULL, rule TEXT NOT NULL)`,
      `INSERT INTO outcome (id, kind, format, host, category, reply_code, enhanced_code, layer, rule)
        SELECT row_number() OVER (), kind, format, host, category, reply_code, enhanced_code, layer, rule
        FROM (SELECT DISTINCT ${OUTCOME_COLUMNS} ${OUTCOME_WORDS}) d`,
      `CREATE TABLE series (domain INTEGER NOT NULL, relay INTEGER NOT NULL, outcome INTEGER NOT NULL,
        provider INTEGER NOT NULL, sender INTEGER NOT NULL, relay_host INTEGER NOT NULL, relay_ip INTEGER NOT NULL,
        id INTEGER NOT NULL,
        PRIMARY KEY (domain, relay, outcome, provider, sender, relay_host, relay_ip))${clustered}`,
      `INSERT INTO series (domain, relay, outcome, provider, sender, relay_host, relay_ip, id)
        SELECT w.domain, w.relay, o.id, w.provider, w.sender, w.relay_host, w.relay_ip, w.id
        FROM (SELECT s.domain, s.relay, s.provider, s.sender, s.relay_host, s.relay_ip, s.id, ${OUTCOME_COLUMNS}
          ${OUTCOME_WORDS}) w
        JOIN outcome o ON o.kind = w.kind AND o.format = w.format AND o.host IS NOT DISTINCT FROM w.host
          AND o.category = w.category AND o.reply_code = w.reply_code
          AND o.enhanced_code IS NOT DISTINCT FROM w.enhanced_code AND o.layer = w.layer AND o.rule = w.rule`,
      `INSERT INTO meta (name, value) SELECT 'last_word', CAST(coalesce(max(id), 0) AS TEXT) FROM word`,
      `INSERT INTO meta (name, value) SELECT 'last_series', CAST(coalesce(max(id), 0) AS TEXT) FROM series`,
      `ALTER TABLE checkpoint ADD COLUMN trail TEXT NOT NULL DEFAULT ''`,
      'DROP TABLE old_word',
      'DROP TABLE old_series',
    ],
  },
];
