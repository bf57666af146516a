/**
 * From the tables of earlier versions to today's. Each step is written for the tables as they were made then, and never changed:
 * what `sql.ts` says is where the last one leads.
 */
import { SCHEMA_VERSION } from './sql.ts';

export interface Migration {
  /** The schema it starts from; it leads to the next. */
  readonly from: number;
  /** @param clustered what SQLite appends to tables that lie in the order of their key */
  statements(clustered: string): readonly string[];
}

export interface Schema {
  readonly version: number;
  readonly migrations: readonly Migration[];
}

const MIGRATIONS: readonly Migration[] = [
  // From schema 1, which knew messages by other hashes (src/event/keys.ts) that cannot be made anew, no step leads on.
  {
    // Unsubscriptions from one group of mail, which schema 2 left out.
    from: 2,
    statements: () => [
      `ALTER TABLE failure_kind ADD COLUMN unsubscribe_group TEXT NOT NULL DEFAULT ''`,
      'ALTER TABLE failure_kind ADD COLUMN group_only INTEGER NOT NULL DEFAULT 0',
    ],
  },
];

export const SCHEMA: Schema = { version: SCHEMA_VERSION, migrations: MIGRATIONS };

/** The steps from a version to a schema's, or undefined where there is a gap between them. */
export function stepsFrom(version: number, schema: Schema): readonly Migration[] | undefined {
  const steps: Migration[] = [];
  for (let from = version; from < schema.version; from++) {
    const step = schema.migrations.find((migration) => migration.from === from);
    if (step === undefined) return undefined;
    steps.push(step);
  }
  return steps;
}
