/** Tables that become cards where it is narrow: each cell then says its column itself. */
import { type Child, h } from './dom.ts';

export interface Column<Row> {
  readonly title: string;
  readonly isNumber?: boolean;
  cell(row: Row): Child | readonly Child[];
}

/** @param caption what the table holds, for those who cannot see where it stands */
export function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): HTMLElement {
  const heads = columns.map(({ title, isNumber }) =>
    h('th', { scope: 'col', class: isNumber ? 'number' : undefined }, title),
  );
  const lines = rows.map((row) =>
    h('tr', {}, ...columns.map((column, i) => cellOf(column, row, i === 0))),
  );
  const whole = h(
    'table',
    {},
    h('caption', { class: 'unseen' }, caption),
    h('thead', {}, h('tr', {}, ...heads)),
    h('tbody', {}, ...lines),
  );
  return h('div', { class: 'scroll' }, whole);
}

function cellOf<Row>({ title, isNumber, cell }: Column<Row>, row: Row, isFirst: boolean) {
  const content = h('span', {}, ...([cell(row)].flat() as Child[]));
  const attributes = { 'data-title': title, class: isNumber ? 'number' : undefined };
  if (isFirst) return h('th', { ...attributes, scope: 'row' }, content);
  return h('td', attributes, content);
}
