/** The cells of the matrix and their outcomes, printed as a Markdown table. */

export type Outcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'failed'; readonly reason: string }
  /** The peer, or Catbird, has no such thing. */
  | { readonly kind: 'n/a'; readonly reason: string };

/** One row per claim, one column per peer. */
export class MatrixTable {
  readonly #columns: readonly string[];
  readonly #rows = new Map<string, Map<string, Outcome>>();

  /** @param rows in the order they are printed */
  constructor(columns: readonly string[], rows: readonly string[]) {
    this.#columns = columns;
    for (const row of rows) this.#rows.set(row, new Map());
  }

  /** A cell told twice is as bad as its worst half. */
  add(row: string, column: string, outcome: Outcome): void {
    const cells = this.#rows.get(row);
    if (cells?.get(column)?.kind !== 'failed') cells?.set(column, outcome);
  }

  /** The table, and a numbered note for every cell that is not `ok`. */
  toMarkdown(): string {
    const notes: string[] = [];
    const cell = (outcome: Outcome | undefined): string => {
      if (outcome === undefined) return 'not run';
      if (outcome.kind === 'ok') return 'ok';
      let index = notes.indexOf(outcome.reason);
      if (index < 0) index = notes.push(outcome.reason) - 1;
      return `${outcome.kind} (${index + 1})`;
    };
    const rows = [...this.#rows].map(([row, outcomes]) =>
      line([row, ...this.#columns.map((column) => cell(outcomes.get(column)))]),
    );
    const head = [line(['', ...this.#columns]), line(['', ...this.#columns].map(() => '---'))];
    return [...head, ...rows, '', ...notes.map((note, i) => `${i + 1}. ${note}`)].join('\n');
  }
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
