/** What stays while one moves about: name, state, search, navigation, and word when nobody answers. */
import { h, Region } from './dom.ts';
import { linkTo } from './place.ts';
import type { Beat, Refused } from './reader.ts';
import { type Status, statePill } from './status.ts';
import type { View } from './view.ts';
import { duration } from './words.ts';

const SECTIONS: readonly (readonly [section: string, title: string, parts: readonly string[]])[] = [
  ['overview', 'Overview', []],
  ['neighbors', 'Neighbors', ['neighbors']],
  ['kernel', 'Kernel', ['kernel']],
];

/** See the head of the file. */
export class Frame {
  readonly elements: readonly HTMLElement[];
  readonly #identity = new Region(h('p', { class: 'identity' }));
  /** Said aloud when it changes. */
  readonly #state = new Region(h('p', { class: 'state', role: 'status' }));
  readonly #notice = new Region(h('div', { class: 'notice', role: 'alert' }));
  readonly #links = SECTIONS.map(([section, title, parts]) =>
    h('a', { href: linkTo(parts), 'data-section': section }, title),
  );
  readonly #main = h('main', { id: 'main', tabindex: -1 });

  constructor() {
    const skip = h('a', { href: '#main', class: 'skip' }, 'Skip to the content');
    skip.addEventListener('click', (event) => {
      event.preventDefault(); // the fragment is the place
      this.#main.focus();
    });
    const brand = h(
      'div',
      { class: 'brand' },
      h('img', { src: 'icon.svg', alt: '', width: 32, height: 32 }),
      h('div', {}, h('p', { class: 'name' }, 'Catbird'), this.#identity.element),
    );
    const nav = h('nav', { 'aria-label': 'Views' }, ...this.#links);
    const top = h('div', { class: 'top' }, brand, this.#state.element, searchForm());
    this.elements = [skip, h('header', {}, top, nav), this.#notice.element, this.#main];
  }

  /** @param isFirst nobody has moved yet */
  show(view: View, isFirst: boolean): void {
    document.title = `${view.title} · Catbird`;
    this.#main.replaceChildren(view.element);
    for (const link of this.#links) {
      if (link.dataset['section'] === view.section) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    if (isFirst) return;
    scrollTo(0, 0);
    const heading = view.element.querySelector('h1');
    heading?.setAttribute('tabindex', '-1');
    heading?.focus({ preventScroll: true });
  }

  showStatus(status: Status): void {
    const { node, asNumber, routerId, version, uptimeSec, state } = status;
    const up = duration(uptimeSec);
    const words = `${node} · AS ${asNumber} · ${routerId} · ${version}, up ${up}`;
    this.#identity.show(words, () => [words]);
    this.#state.show(state, () => [statePill(status)]);
  }

  showRefusal({ status, message }: Refused): void {
    this.#notice.show(message, () => [status === 503 ? `Not yet: ${message}.` : message]);
  }

  showBeat(beat: Beat): void {
    const lost = 'The daemon does not answer. What is shown is from before; it is asked again.';
    this.#notice.show(beat, () => (beat === 'fresh' ? [] : [lost]));
  }
}

function searchForm(): HTMLElement {
  const input = h('input', {
    id: 'search',
    name: 'query',
    type: 'search',
    placeholder: 'Prefix or address',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    maxlength: 64,
    required: true,
  });
  const form = h(
    'form',
    { role: 'search', class: 'search' },
    h('label', { for: 'search', class: 'unseen' }, 'Prefix or address'),
    input,
    h('button', { type: 'submit' }, 'Explain'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const query = input.value.trim();
    if (query !== '') location.hash = linkTo(['explain', query]);
  });
  return form;
}
