export interface Cell {
  readonly text: string;
  /** How it looks; gets the padded text, so that colors do not shift columns. */
  readonly paint?: (padded: string) => string;
}

/** Rows in columns as wide as their widest cell, two blanks apart, nothing trailing. */
export function renderColumns(rows: readonly (readonly Cell[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.text.length);
    }
  }
  return rows.map((row) => renderRow(row, widths)).join('\n');
}

function renderRow(row: readonly Cell[], widths: readonly number[]): string {
  const last = row.findLastIndex((cell) => cell.text !== '');
  const cells = row.slice(0, last + 1).map((cell, column) => {
    const padded = column === last ? cell.text : cell.text.padEnd(widths[column] ?? 0);
    return cell.paint === undefined ? padded : cell.paint(padded);
  });
  return cells.join('  ');
}
