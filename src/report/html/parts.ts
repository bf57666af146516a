/** What the sections of the page are made of. */
import type { ReportRow } from '../../aggregate/report-model.ts';
import { integer, percent } from '../figures.ts';
import { escapeHtml } from '../neutral.ts';
import type { Chart } from './charts.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: string;
}

export interface Cell<Row> {
  readonly head: string;
  /** `long`: an answer, which on a telephone takes a line of its own; `words`: may break anywhere. */
  readonly kind: 'head' | 'time' | 'figure' | 'text' | 'words' | 'long';
  readonly text: (row: Row) => string;
  /** What the column is sorted by, where that is not its text. */
  readonly value?: (row: Row) => number | null;
}

export function figureCell(
  head: string,
  value: (row: ReportRow) => number | null,
  write: (value: number) => string = integer,
): Cell<ReportRow> {
  return {
    head,
    kind: 'figure',
    value,
    text: (row) => {
      const found = value(row);
      return found === null ? '–' : write(found);
    },
  };
}

export const RATE_BY_MESSAGE = figureCell('rate by message', (row) => row.deferral_rate_by_message, percent);
export const RATE_BY_ATTEMPT = figureCell('rate by attempt', (row) => row.deferral_rate_by_attempt, percent);

/** A chart with its table: beside it where the table is narrow, else below. */
export function pair(left: string, right: string, beside = false): string {
  return `<div class="pair${beside ? ' beside' : ''}">${left}${right}</div>`;
}

export function figure(chart: Chart, caption: string): string {
  return `<figure><div class="wide">${chart.wide}</div><div class="narrow">${chart.narrow}</div><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

/** A heading that may break where its words join. */
function breakable(head: string): string {
  return escapeHtml(head).replaceAll('_', '_<wbr>');
}

const CLASSES = { figure: 'n', text: 't', words: 'words', long: 'long' } as const;

export function dataTable<Row>(
  caption: string,
  rows: readonly Row[],
  columns: readonly Cell<Row>[],
  id: string,
  title = '',
): string {
  const head = columns
    .map((column) => `<th scope="col"${column.kind === 'figure' ? ' class="n"' : ''}>${breakable(column.head)}</th>`)
    .join('');
  const body = rows
    .map(
      (row) =>
        `<tr>${columns
          .map((column) => {
            const value = column.value?.(row);
            const sort = value === undefined ? '' : ` data-v="${value ?? -1}"`;
            const text = escapeHtml(column.text(row));
            if (column.kind === 'head') return `<th scope="row"${sort}>${text}</th>`;
            if (column.kind === 'time') return `<th scope="row" class="t"${sort}>${text}</th>`;
            const style = ` class="${CLASSES[column.kind]}"`;
            return `<td${style}${sort}>${text}</td>`;
          })
          .join('')}</tr>`,
    )
    .join('\n');
  const worded = columns.some(({ kind }) => kind === 'long');
  // A region that scrolls must be reachable by keyboard, and have a name.
  return `<div class="scroll" tabindex="0" role="region" aria-labelledby="${id}"><table class="sortable${worded ? ' worded' : ''}"><caption id="${id}"${caption === title ? ' class="same"' : ''}>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

export function titleCase(text: string): string {
  return text.slice(0, 1) + text.slice(1).toLowerCase();
}
