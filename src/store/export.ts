/** Everything in a state, one JSON object a line, in an order that depends on nothing but the content. */
import { savePlain } from '../aggregate/save.ts';
import type { LedgerAddress } from '../aggregate/suppression.ts';
import type { StoredCheckpoint } from './checkpoint-table.ts';
import type { Connection } from './connection.ts';
import { readKinds, readSeries } from './dictionary.ts';
import { SQL } from './sql.ts';
import type { StateSettings } from './state.ts';
import { finite } from './values.ts';

export interface ExportedParts {
  readonly settings: StateSettings;
  readonly ledger: Iterable<LedgerAddress>;
  readonly checkpoints: Iterable<StoredCheckpoint>;
}

export function* exportLines(db: Connection, { settings, ledger, checkpoints }: ExportedParts): Generator<string> {
  yield JSON.stringify({ part: 'settings', ...settings });
  const kinds = readKinds(db);
  const series = new Map<number, string>();
  for (const { id, series: members } of readSeries(db, kinds)) {
    const { outcome, ...where } = members;
    series.set(id, JSON.stringify({ ...outcome, ...where }));
  }
  const lines: string[] = [];
  for (const [id, bucket, quarter, events, bytes] of db.rows(SQL.rollupRows))
    lines.push(
      `{"part":"rollup","quarter":${quarter},"series":${series.get(Number(id))},"bucket":${bucket},"events":${events},"bytes":${bytes}}`,
    );
  for (const [id, quarter, first, last, answer, queue_id, matched] of db.rows(SQL.sampleRows))
    lines.push(
      `{"part":"sample","quarter":${quarter},"series":${series.get(Number(id))},"sample":${JSON.stringify([first, last, answer, queue_id, matched])}}`,
    );
  for (const [quarter, kind, ...sums] of db.rows(SQL.quarterKinds, -1, Number.MAX_SAFE_INTEGER))
    lines.push(
      `{"part":"quarter","quarter":${quarter},"kind":${JSON.stringify(kinds.get(Number(kind)))},"sums":${JSON.stringify(sums)}}`,
    );
  yield* lines.sort();
  for (const known of ledger) {
    known.entries.sort((a, b) => (JSON.stringify(a.kind) < JSON.stringify(b.kind) ? -1 : 1));
    yield JSON.stringify({ part: 'ledger', ...known, last_delivery: finite(known.last_delivery) });
  }
  const open = db.all(SQL.openMessages).map(([part, key, value]) => `{"part":"${part}","key":${key},"value":${value}}`);
  yield* open.sort();
  for (const { id: _id, committed: _committed, ...checkpoint } of checkpoints)
    yield JSON.stringify({ part: 'checkpoint', ...(savePlain(checkpoint) as object) });
}
