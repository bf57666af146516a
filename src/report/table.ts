/** Aligned columns without rules: they survive `diff`, mail and 80 columns. */

export interface Column<Row> {
  readonly head: string;
  readonly align?: 'left' | 'right';
  readonly cell: (row: Row) => string;
  /** The column that gives way where the table is too wide. */
  readonly flexible?: boolean;
}

/** The lines of a table, each at most `width` columns wide. Cells must be neutral text already. */
export function tableLines<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width: number): string[] {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const widths = columns.map((column, index) => {
    let widest = displayWidth(column.head);
    for (const row of cells) widest = Math.max(widest, displayWidth(row[index]!));
    return widest;
  });
  const content = widths.reduce((sum, w) => sum + w, 0);
  const gap = content + 2 * (columns.length - 1) <= width ? '  ' : ' ';
  const excess = content + gap.length * (columns.length - 1) - width;
  const flexible = columns.findIndex((column) => column.flexible);
  if (excess > 0 && flexible >= 0)
    widths[flexible] = Math.max(displayWidth(columns[flexible]!.head), 8, widths[flexible]! - excess);
  const place = (text: string, index: number): string => {
    const shown = ellipsis(text, widths[index]!);
    const room = ' '.repeat(widths[index]! - displayWidth(shown));
    return columns[index]!.align === 'right' ? room + shown : shown + room;
  };
  return [columns.map((column) => column.head), ...cells].map((row) => row.map(place).join(gap).trimEnd());
}

/** Columns that a text takes on a terminal: East Asian wide characters take two, combining marks none. */
export function displayWidth(text: string): number {
  // Nearly everything in a mail log is ASCII.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Breaks a text into lines of at most `width` columns, at spaces where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ +/)) {
    let rest = word;
    if (line !== '' && displayWidth(line) + 1 + displayWidth(rest) <= width) {
      line += ` ${rest}`;
      continue;
    }
    if (line !== '') lines.push(line);
    while (displayWidth(rest) > width) {
      const cut = cutToWidth(rest, width);
      lines.push(cut);
      rest = rest.slice(cut.length);
    }
    line = rest;
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** The longest start of a text that fits, at least one character. */
export function cutToWidth(text: string, width: number): string {
  let used = 0;
  let end = 0;
  for (const character of text) {
    const more = displayWidth(character);
    if (used + more > width && end > 0) break;
    used += more;
    end += character.length;
  }
  return text.slice(0, end);
}

/** A text on one line, its end replaced by `…` where it is too long. */
export function ellipsis(text: string, width: number): string {
  return displayWidth(text) <= width ? text : `${cutToWidth(text, width - 1)}…`;
}
