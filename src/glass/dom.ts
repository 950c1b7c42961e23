/**
 * Elements, made only of attributes and text: nothing that comes from outside is ever read as markup.
 *
 * Texts are made {@link visible}, and each that is not ours stands in a `bdi`, so that it cannot turn what is
 * around it.
 */
import { visible } from './words.ts';

export type Child = Node | string | undefined | false | null;
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

const SVG = 'http://www.w3.org/2000/svg';

/** An HTML element; `true` stands for an attribute without value, `undefined` and `false` for none. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function s<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** A text that is not ours. */
export function bdi(text: string, className = ''): HTMLElement {
  return h('bdi', { class: className || undefined }, text);
}

/** Takes the place of what the element holds; who had the keyboard keeps it, known by its id. */
export function refill(element: Element, children: readonly Child[]): void {
  const { activeElement } = document;
  const id = activeElement && element.contains(activeElement) ? activeElement.id : '';
  element.replaceChildren(...children.filter(isThere).map(nodeOf));
  if (id) document.getElementById(id)?.focus({ preventScroll: true });
}

function fill<T extends Element>(
  element: T,
  attributes: Attributes,
  children: readonly Child[],
): T {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : visible(String(value)));
  }
  element.append(...children.filter(isThere).map(nodeOf));
  return element;
}

function isThere(child: Child): child is Node | string {
  return child !== undefined && child !== false && child !== null && child !== '';
}

function nodeOf(child: Node | string): Node {
  return typeof child === 'string' ? document.createTextNode(visible(child)) : child;
}

/** A part of the page that is made anew only when what it shows has changed. */
export class Region {
  readonly element: HTMLElement;
  #shown: string | undefined;

  constructor(element: HTMLElement) {
    this.element = element;
  }

  show(data: unknown, make: () => readonly Child[]): void {
    const text = JSON.stringify(data);
    if (text === this.#shown) return;
    this.#shown = text;
    refill(this.element, make());
  }
}
