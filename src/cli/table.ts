/** Plain text tables: columns as wide as their widest cell, two blanks between, no lines. */

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly alignRight?: boolean;
}

/** The whole table as text, ending in a newline. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => column.text(row)));
  const widths = columns.map((column, i) =>
    cells.reduce((width, line) => Math.max(width, line[i]!.length), column.title.length),
  );
  const titles = columns.map((column) => column.title);
  return [titles, ...cells].map((line) => formatLine(columns, widths, line)).join('');
}

function formatLine<Row>(
  columns: readonly Column<Row>[],
  widths: readonly number[],
  line: readonly string[],
): string {
  const padded = line.map((cell, i) =>
    columns[i]!.alignRight ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!),
  );
  return `${padded.join('  ').trimEnd()}\n`;
}
