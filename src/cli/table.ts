/** Plain text tables: columns as wide as their widest cell, two blanks between, no lines. */

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly alignRight?: boolean;
}

/** A table that comes in pieces: columns keep their widths, and only ever grow. */
export class LongTable<Row> {
  readonly #columns: readonly Column<Row>[];
  #widths: number[];
  #isBegun = false;

  constructor(columns: readonly Column<Row>[]) {
    this.#columns = columns;
    this.#widths = columns.map(({ title }) => title.length);
  }

  /** The next rows as text; the first piece begins with the titles. */
  format(rows: readonly Row[]): string {
    const cells = rows.map((row) => this.#columns.map((column) => column.text(row)));
    this.#widths = this.#widths.map((width, i) =>
      cells.reduce((widest, line) => Math.max(widest, line[i]!.length), width),
    );
    const titles = this.#isBegun ? [] : [this.#columns.map(({ title }) => title)];
    this.#isBegun = true;
    return [...titles, ...cells]
      .map((line) => formatLine(this.#columns, this.#widths, line))
      .join('');
  }
}

/** The whole table as text, ending in a newline. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return new LongTable(columns).format(rows);
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
