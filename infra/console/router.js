import { h } from './dom/element.js';

/**
 * Shows the page that the address names after `#`. A path may end in a parameter: `/functions/:name`.
 *
 * @param {{live: any, main: HTMLElement, pages: readonly {path: string, create: Function}[]}} options
 */
export function createRouter({ live, main, pages }) {
  const listeners = [];
  let current;
  let first = true;

  function show() {
    const { page, params, query } = match(pages, location.hash.slice(1) || '/pipeline');
    current?.close?.();
    const shown = page.create({ live, params, query });
    current = shown;
    const heading = h('h1', { tabindex: -1 }, shown.heading ?? shown.title);
    main.replaceChildren(heading, shown.element);
    document.title = `${shown.title} – Event pipeline`;
    // After a link the keyboard and a screen reader go on at the new page's head; at the first load they begin above.
    if (!first) heading.focus({ preventScroll: true });
    first = false;
    window.scrollTo(0, 0);
    for (const listener of listeners) listener(page);
    update();
  }

  function update() {
    const state = live.state();
    if (state !== undefined) current?.update?.(state);
  }

  return {
    onPage: (listener) => listeners.push(listener),
    start: () => {
      window.addEventListener('hashchange', show);
      live.subscribe(() => {
        if (!live.isOld()) update();
      });
      show();
    },
  };
}

function match(pages, target) {
  const [path, search = ''] = target.split('?', 2);
  const query = new URLSearchParams(search);
  for (const page of pages) {
    const [before, name] = page.path.split(':');
    if (name === undefined ? path === page.path : path.startsWith(before) && path.length > before.length) {
      return { page, query, params: name === undefined ? {} : { [name]: decode(path.slice(before.length)) } };
    }
  }
  return { page: pages.at(-1), query, params: {} };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
