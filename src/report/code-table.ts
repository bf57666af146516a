/** The code table itself: as aligned text, CSV in the form in which it is read, or JSON. */
import { stringify } from 'csv-stringify/sync';
import type { CategoryRow, TableRow, Tables } from '../event/index.ts';
import { neutral } from './neutral.ts';
import type { Style } from './style.ts';

const COLUMNS = [
  'id',
  'reply',
  'enhanced',
  'provider',
  'command',
  'phrase',
  'category',
  'action',
  'meaning',
  'reference',
  'example',
] as const satisfies readonly (keyof TableRow)[];

/** For people: two lines for each row, its name and conditions, then what it says. */
export function renderCodesText(rows: readonly TableRow[], tables: Tables, { color }: Style): string {
  const categories = new Map(tables.categories.map((c) => [c.category, c]));
  const width = Math.min(Math.max(0, ...rows.map((row) => row.id.length)), 48);
  let text = '';
  for (const row of rows) {
    const where = conditions(row);
    text += `${color.bold(neutral(row.id).padEnd(width))}  ${row.layer}${where === '' ? '' : `  ${color.cyan(where)}`}\n`;
    text += `    ${row.category}: ${actionText(row, categories.get(row.category))}. ${neutral(row.meaning)}\n`;
  }
  return text;
}

function conditions(row: TableRow): string {
  const parts = [row.reply, row.enhanced, row.provider, row.command && `after ${row.command}`];
  if (row.phrase !== undefined) parts.push(JSON.stringify(row.phrase));
  return neutral(parts.filter((part) => part !== undefined).join(' '));
}

function actionText(row: TableRow, category: CategoryRow | undefined): string {
  if (row.action !== undefined) return row.action;
  if (category === undefined) return '';
  return category.action_4xx === category.action_5xx
    ? category.action_4xx
    : `${category.action_4xx} on 4xx, ${category.action_5xx} on 5xx`;
}

/** A file that `--table` reads again; `layer` is left out, for a user's table is a layer of its own. */
export function renderCodesCsv(rows: readonly TableRow[]): string {
  return stringify([[...COLUMNS], ...rows.map((row) => COLUMNS.map((column) => row[column] ?? ''))]);
}

export function renderCodesJson(rows: readonly TableRow[], tables: Tables): string {
  return `${JSON.stringify({ rows, categories: tables.categories, providers: tables.providers }, null, 2)}\n`;
}
