import { h } from './dom/element.js';
import { showLiveness } from './live/badge.js';
import { createLive } from './live/live.js';
import { pages } from './pages/pages.js';
import { createRouter } from './router.js';

const byId = (id) => document.getElementById(id);
const live = createLive({ url: '/ui/api/stream' });
const main = byId('main');

showLiveness(live, { badge: byId('live'), text: byId('live-text'), banner: byId('old'), main });
const router = createRouter({ live, main, pages });
const links = pages
  .filter((page) => page.link !== undefined)
  .map((page) => ({ page, link: h('a', { href: `#${page.path}` }, page.link) }));
byId('pages').append(...links.map(({ link }) => h('li', {}, link)));
router.onPage((shown) => {
  for (const { page, link } of links) {
    if (shown.path === page.path || shown.under === page.path) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
});
// The address names the page; going to its content must not change it.
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
router.start();
