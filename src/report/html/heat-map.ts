/** Which provider refuses for what. */
import type { ReportData, ReportRow } from '../../aggregate/report-model.ts';
import { heatMap } from './charts.ts';
import { dataTable, figure, figureCell, pair, type Section } from './parts.ts';

const MOST_PROVIDERS = 12;

export function heat(data: ReportData): Section | undefined {
  const table = data.tables.find(({ dimension }) => dimension === 'provider');
  if (table === undefined) return undefined;
  const weight = (row: ReportRow): number => row.reasons.reduce((sum, reason) => sum + reason.count, 0);
  const rows = table.rows
    .filter((row) => weight(row) > 0)
    .sort((a, b) => weight(b) - weight(a) || (a.key < b.key ? -1 : 1))
    .slice(0, MOST_PROVIDERS);
  const sums = new Map<string, number>();
  for (const row of rows)
    for (const reason of row.reasons)
      if (reason.count > 0) sums.set(reason.category, (sums.get(reason.category) ?? 0) + reason.count);
  const columns = [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([category]) => category);
  // One row is the table of categories once more.
  if (rows.length < 2 || columns.length === 0) return undefined;
  const count = (row: ReportRow, category: string): number =>
    row.reasons.find((reason) => reason.category === category)?.count ?? 0;
  const points = rows.flatMap((row, y) =>
    columns.flatMap((category, x) => (count(row, category) > 0 ? [[x, y, count(row, category)] as const] : [])),
  );
  return {
    id: 'heat',
    title: 'Who refuses for what',
    body: pair(
      figure(
        heatMap(
          columns,
          rows.map((row) => row.name ?? row.key),
          points,
        ),
        'Deferrals, bounces and drops by provider and category; stronger for more.',
      ),
      dataTable(
        'Provider by category',
        rows,
        [
          { head: 'provider', kind: 'head', text: (row) => row.name ?? row.key },
          ...columns.map((category) => figureCell(category, (row: ReportRow) => count(row, category))),
        ],
        'heat-table',
      ),
    ),
  };
}
