/** All pages; those with a `link` stand in the navigation, `under` says which of them a page belongs to. */
export const pages = [
  { path: '/pipeline', link: 'Pipeline', load: () => import('./pipeline/page.js') },
  { path: '/functions', link: 'Functions', load: () => import('./functions/page.js') },
  { path: '/functions/:name', under: '/functions', load: () => import('./function/page.js') },
  { path: '/deploy', under: '/functions', load: () => import('./deploy/page.js') },
  { path: '/ask', link: 'Ask', load: () => import('./ask/page.js') },
  { path: '/nowhere', load: () => import('./nowhere.js') },
];
