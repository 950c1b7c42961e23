/** Steps through a long list: which rows, of how many where that is known. */
import { h } from './dom.ts';
import { count } from './words.ts';

export interface PageState {
  readonly offset: number;
  readonly shown: number;
  /** Undefined when nobody counted. */
  readonly total: number | undefined;
  readonly hasMore: boolean;
}

/** @param go called with the offset to show; `id` tells lists of one view apart */
export function pageSteps(
  id: string,
  { offset, shown, total, hasMore }: PageState,
  size: number,
  go: (offset: number) => void,
): HTMLElement {
  const button = (name: string, key: string, to: number, isOff: boolean) => {
    const element = h('button', { type: 'button', id: `${id}-${key}`, disabled: isOff }, name);
    element.addEventListener('click', () => go(Math.max(0, to)));
    return element;
  };
  const of = total === undefined ? '' : ` of ${count(total)}`;
  const range = shown === 0 ? 'none' : `${count(offset + 1)} to ${count(offset + shown)}${of}`;
  return h(
    'div',
    { class: 'pages' },
    button('Previous', 'previous', offset - size, offset === 0),
    h('span', { 'aria-live': 'polite' }, range),
    button('Next', 'next', offset + size, !hasMore),
  );
}
